"""Wakes the emulator up when something is due, in a running loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from .clock import ManualClock

if TYPE_CHECKING:
    from .engine import Engine

__all__ = ["Driver", "Ticking"]

_log = logging.getLogger("trbridge.emulator.driver")

_LONGEST_SLEEP: Final = 3600.0
_AFTER_FAILURE: Final = 1.0


class Ticking(Protocol):
    """What has moments of its own on the engine's clock, besides the engine: heartbeats, alarms."""

    on_due_changed: Callable[[], None] | None

    def next_due(self) -> float | None:
        """When the next one is, or None."""
        ...

    def tick(self) -> None:
        """Do what is due by now."""
        ...


class Driver:
    """One timer of the loop for everything that falls due: the engine's deadlines, heartbeats, alarms.

    With a :class:`~trbridge.emulator.clock.ManualClock` it sets no timer: time passes when it is told to, by
    :meth:`advance`.

    Args:
        engine: The emulator's core.
        ticking: What else has moments: the open sockets, alarms.
    """

    def __init__(self, engine: Engine, *ticking: Ticking) -> None:
        self._engine = engine
        self._ticking = ticking
        self._manual = isinstance(engine.clock, ManualClock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._when = float("inf")

    def start(self) -> None:
        """Begin, in the running loop."""
        self._loop = asyncio.get_running_loop()
        if not self._manual:
            self._engine.on_deadline_changed = self._changed
            self._listen(self._changed)
            self._wake()

    def stop(self) -> None:
        """End. Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop = None
        if not self._manual:
            self._engine.on_deadline_changed = None
            self._listen(None)

    def advance(self, seconds: float) -> float:
        """Let time pass on a ManualClock: deadlines in turn, then heartbeats and alarms. Returns the new time.

        Raises:
            InvalidArgument: The clock is not a ManualClock, or the seconds are negative.
        """
        now = self._engine.advance(seconds)
        self._tick()
        return now

    def next_due(self) -> float | None:
        """When anything is due next, epoch seconds; None if nothing is."""
        moments = [self._engine.next_deadline(), *[each.next_due() for each in self._ticking]]
        return min([when for when in moments if when is not None], default=None)

    def _listen(self, listener: Callable[[], None] | None) -> None:
        for each in self._ticking:
            each.on_due_changed = listener

    def _tick(self) -> None:
        for each in self._ticking:
            each.tick()

    def _changed(self, _when: float | None = None) -> None:
        if self._loop is None:
            return
        when = self._next()
        if when == self._when and self._timer is not None:
            return
        self._arm(when)

    def _arm(self, when: float, at_least: float = 0.0) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._when = when
        if self._loop is None or when == float("inf"):
            self._timer = None
            return
        # The system's clock may be set; so look again now and then, and never trust one long sleep.
        delay = min(max(when - self._engine.now(), at_least), _LONGEST_SLEEP)
        self._timer = self._loop.call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        at_least = 0.0
        try:
            self._engine.fire_due()
        except Exception:  # noqa: BLE001 the engine has logged which; the others must still come
            _log.exception("something that was due failed; trying again in %g s", _AFTER_FAILURE)
            at_least = _AFTER_FAILURE
        self._tick()
        if self._loop is None:
            return
        self._arm(self._next(), at_least)

    def _next(self) -> float:
        when = self.next_due()
        return float("inf") if when is None else when
