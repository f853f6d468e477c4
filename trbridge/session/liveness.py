"""Whether the socket still lives, and whether the machine slept."""

from __future__ import annotations

from typing import Final

from .options import SessionOptions

__all__ = ["Liveness", "SleepWatch"]

_GRACE: Final = 5.0
_SLEPT: Final = 5.0
"""Clocks that differ by less are just read at different moments."""


class Liveness:
    """Silence and pings of one open socket. Silence is measured from any traffic (Ably RTN23a).

    Attributes:
        last_traffic: When something came last.
        is_held: Nothing is read at present, so silence says nothing (F47).
    """

    __slots__ = ("_options", "_ping_at", "is_held", "last_traffic")

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._ping_at: float | None = None
        # Written for every frame, so it arms no timer: the deadline is looked at when it comes and then moves on,
        # as in v1 (perf, surprise 10).
        self.last_traffic = 0.0
        self.is_held = False

    @property
    def deadline(self) -> float | None:
        """When to look again; None without a socket."""
        if self._ping_at is None or self.is_held:
            return self._ping_at
        return min(self._ping_at, self._silent_at)

    @property
    def _silent_at(self) -> float:
        # One sum for both: of `last + limit` and `now - last >= limit` one may be true and the other not, by the
        # last bit, and a deadline at which nothing is due is set again for ever by a loop whose clock stands still.
        return self.last_traffic + self._options.silence_limit

    def opened(self, now: float) -> None:
        """There is a socket."""
        self.last_traffic = now
        self._ping_at = now + self._options.ping_interval

    def closed(self) -> None:
        """There is none."""
        self._ping_at = None

    def is_silent(self, now: float) -> bool:
        """Tell whether nothing came for too long."""
        return not self.is_held and now >= self._silent_at

    def ping_due(self, now: float) -> bool:
        """Tell whether to send a ping, once each time."""
        if self._ping_at is None or now < self._ping_at:
            return False
        self._ping_at = now + self._options.ping_interval
        return True

    def forgive(self, now: float) -> None:
        """We looked too late. What came meanwhile may not have been read yet, so silence proves nothing."""
        if self._ping_at is not None:
            self._ping_at = now
            earliest = now - self._options.silence_limit + min(_GRACE, self._options.silence_limit)
            self.last_traffic = max(self.last_traffic, earliest)


class SleepWatch:
    """Finds out that the machine slept: a clock that runs on in sleep drifts from one that does not (F58).

    A blocked loop moves both alike, and a wall clock that is set moves neither, if the driver has a better clock
    than the wall's; so neither is mistaken for sleep (F59).
    """

    __slots__ = ("_drift", "_interval", "_next")

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._drift: float | None = None
        self._next: float | None = None

    @property
    def deadline(self) -> float | None:
        """When to look again; None if there is no second clock."""
        return self._next

    def postpone(self, now: float) -> None:
        """Nothing was looked at while nothing was wanted; begin anew."""
        if self._next is not None:
            self._next = now + self._interval

    def check(self, now: float, wall: float | None) -> float:
        """Seconds that the machine slept since the last look; 0 if it did not.

        Args:
            now: The time that stands still in sleep.
            wall: The time that runs on, or None if there is none.
        """
        if wall is None:
            self._next = None
            return 0.0
        self._next = now + self._interval
        before, self._drift = self._drift, wall - now
        slept = 0.0 if before is None else self._drift - before
        return slept if slept > _SLEPT else 0.0
