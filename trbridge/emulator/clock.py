"""Where the emulator's time comes from: the machine, or a test that moves it by hand."""

from __future__ import annotations

import time
from typing import Protocol

from ..errors import InvalidArgument

__all__ = ["Clock", "ManualClock", "SystemClock"]


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> float:
        """Epoch seconds, UTC."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> float:
        """Epoch seconds, UTC."""
        return time.time()

    def __repr__(self) -> str:
        return "SystemClock()"


class ManualClock:
    """A clock that stands still until it is told to go on.

    Move an emulator with :meth:`Engine.advance <trbridge.emulator.engine.Engine.advance>`, which also lets
    everything happen that falls due on the way; this class only holds the time.

    Args:
        start: Epoch seconds to begin with; 2030-01-01T00:00:00Z when left out.

    Example::

        clock = ManualClock(start=1_893_456_000)
        clock.advance(2.5)
        assert clock.now() == 1_893_456_002.5
    """

    def __init__(self, start: float = 1_893_456_000.0) -> None:
        self._now = float(start)

    def now(self) -> float:
        """Epoch seconds, UTC."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Go on by some seconds and return the new time.

        Raises:
            InvalidArgument: The seconds are negative or no number: time does not go back.
        """
        if not 0 <= seconds < float("inf"):
            raise InvalidArgument(f"a clock advances by 0 or more seconds, not {seconds!r}")
        self._now += seconds
        return self._now

    def advance_to(self, when: float) -> float:
        """Go on to a moment; stay where it is if that has passed. Returns the new time."""
        self._now = max(self._now, when)
        return self._now

    def __repr__(self) -> str:
        return f"ManualClock({self._now!r})"
