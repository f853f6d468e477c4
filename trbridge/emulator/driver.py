"""Wakes the emulator up when something is due, in a running loop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from .clock import ManualClock

if TYPE_CHECKING:
    from .channels import Channels
    from .engine import Engine

__all__ = ["Driver"]

_log = logging.getLogger("trbridge.emulator.driver")

_LONGEST_SLEEP: Final = 3600.0
_AFTER_FAILURE: Final = 1.0


class Driver:
    """One timer of the loop for everything that falls due: the engine's deadlines and the sockets' heartbeats.

    With a :class:`~trbridge.emulator.clock.ManualClock` it sets no timer: time passes when it is told to, by
    :meth:`advance`.

    Args:
        engine: The emulator's core.
        channels: The open sockets.
    """

    def __init__(self, engine: Engine, channels: Channels) -> None:
        self._engine = engine
        self._channels = channels
        self._manual = isinstance(engine.clock, ManualClock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._when = float("inf")

    def start(self) -> None:
        """Begin, in the running loop."""
        self._loop = asyncio.get_running_loop()
        if not self._manual:
            self._engine.on_deadline_changed = self._changed
            self._channels.on_due_changed = self._changed
            self._wake()

    def stop(self) -> None:
        """End. Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop = None
        if not self._manual:
            self._engine.on_deadline_changed = self._channels.on_due_changed = None

    def advance(self, seconds: float) -> float:
        """Let time pass on a ManualClock: deadlines in turn, then heartbeats. Returns the new time.

        Raises:
            InvalidArgument: The clock is not a ManualClock, or the seconds are negative.
        """
        now = self._engine.advance(seconds)
        self._channels.tick()
        return now

    def _changed(self, _when: float | None = None) -> None:
        if self._loop is None:
            return
        due = [when for when in (self._engine.next_deadline(), self._channels.next_due()) if when is not None]
        when = min(due, default=float("inf"))
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
        self._channels.tick()
        if self._loop is None:
            return
        due = [when for when in (self._engine.next_deadline(), self._channels.next_due()) if when is not None]
        self._arm(min(due, default=float("inf")), at_least)
