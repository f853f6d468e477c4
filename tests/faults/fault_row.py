"""One fault of the matrix."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Fault"]


class Fault(NamedTuple):
    """One row.

    Attributes:
        number: ``F01`` to ``F70``.
        fault: What goes wrong.
        promise: What is done about it.
        tests: Those that show it.
        missing: What is not shown, or not built.
    """

    number: str
    fault: str
    promise: str
    tests: tuple[str, ...] = ()
    missing: str = ""
