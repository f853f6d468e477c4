"""Long stories without coverage, which makes them take two to three times as long."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

__all__ = ["uncounted"]

T = TypeVar("T")


def uncounted(story: Callable[[], T]) -> T:
    """Play a story that is about numbers: each of its lines is counted in a short test, too.

    Only coverage's own tracer is put aside, not a debugger's; what it counts by other means (``sys.monitoring``,
    which costs little) it goes on counting.
    """
    tracer = sys.gettrace()
    if type(tracer).__module__.partition(".")[0] != "coverage":
        return story()
    sys.settrace(None)
    try:
        return story()
    finally:
        sys.settrace(tracer)
