"""Every fault of the matrix, and what shows that it is dealt with.

``python tests/faults/table.py`` writes docs/faults.md. A row names tests, as ``file::function`` below ``tests/``, or
says why there is none; with both, the words say what the tests leave out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fault_row import Fault
from faults_around import AROUND
from faults_connected import CONNECTED
from faults_connecting import CONNECTING
from faults_events import EVENTS

__all__ = ["FAULTS", "PAGE", "page"]

FAULTS: Final = CONNECTING + CONNECTED + EVENTS + AROUND
PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"


def _row(fault: Fault) -> str:
    names = ", ".join(f"`{test.rpartition('::')[2]}`" for test in fault.tests) or "-"
    words = "; ".join(filter(None, (fault.promise, f"*not: {fault.missing}*" if fault.missing else "")))
    return f"| {fault.number} | {fault.fault} | {words} | {names} |"


_HEAD: Final = """# Faults, and what is done about them

What can go wrong between a client and the service, and the tests that show what happens then. This page is made from
`tests/faults/table.py` by `python tests/faults/table.py`; a test holds them together. What *not* begins is a limit.

| fault | what goes wrong | what is done | shown by |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The text of docs/faults.md."""
    return _HEAD + "\n".join(map(_row, FAULTS)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
