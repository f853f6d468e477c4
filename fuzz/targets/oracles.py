"""What is asked of every reader."""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["check", "check_refusal", "plain_json", "text_of"]

_LONGEST = 2000


def check(holds: bool, what: str) -> None:
    """Like ``assert``, which ``python -O`` would take away.

    Raises:
        AssertionError: It does not hold.
    """
    if not holds:
        raise AssertionError(what)


def check_refusal(error: Exception) -> None:
    """A refusal is for a log: one visible line with an end (security checks 28 and 29)."""
    shown = str(error)
    check(shown.isprintable(), f"the refusal breaks out of its line: {shown!r}")
    check(0 < len(shown) <= _LONGEST, f"the refusal has {len(shown)} characters")


def text_of(data: bytes) -> str:
    """Bytes as text, halves of surrogate pairs included: a str of Python's can hold them, so somebody will pass one."""
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace")


def plain_json(text: str) -> Any:
    """What the standard library reads, without its extensions.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
