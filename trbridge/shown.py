"""Text from outside, fit to be shown."""

from __future__ import annotations

from typing import Final

__all__ = ["printable"]

_LONGEST: Final = 1000


def printable(text: str, limit: int = _LONGEST) -> str:
    """Text from outside, fit for a log: one line, nothing invisible, not endless (checks 28 and 29)."""
    line = "".join(char if char.isprintable() else _escape(char) for char in text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
