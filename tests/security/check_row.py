"""One check of the list."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Check"]


class Check(NamedTuple):
    """One row.

    Attributes:
        number: 1 to 42.
        topic: What it belongs to.
        check: What must hold.
        tests: Those that show it.
        missing: What is not shown or not built, and why.
    """

    number: int
    topic: str
    check: str
    tests: tuple[str, ...] = ()
    missing: str = ""
