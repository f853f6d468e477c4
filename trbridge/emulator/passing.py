"""Letting time pass on a clock that stands still, so that what answers at once in truth answers at once here too."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .callbacks.callbacks import Callbacks
    from .driver import Driver
    from .engine import Engine
    from .state.alarms import Alarms

__all__ = ["pass_time"]

_PATIENCE: Final = 20.0
"""Seconds of this machine that callbacks get to be answered between two moments."""


async def pass_time(engine: Engine, driver: Driver, alarms: Alarms, callbacks: Callbacks, seconds: float) -> float:
    """Let time pass, stopping at each moment at which something is due.

    At each stop callbacks that are under way are waited for: a server on this machine answers within
    milliseconds, which are nothing beside the seconds that pass. So a reservation that an assignment callback
    accepts is accepted before it could time out.

    Returns:
        The new time, epoch seconds.

    Raises:
        InvalidArgument: The clock is not a ManualClock, or the seconds are negative or without end.
    """
    driver.advance(0.0 if 0 <= seconds < float("inf") else seconds)  # refuses, before anything happens
    target = engine.now() + seconds
    await _settle(callbacks)
    while (when := _next(engine, alarms)) is not None and when <= target:
        waking = alarms.next_due() is not None
        driver.advance(max(when - engine.now(), 0.0))
        if waking or callbacks.busy:
            await _settle(callbacks)
    now = driver.advance(max(target - engine.now(), 0.0))
    await _settle(callbacks)
    return now


def _next(engine: Engine, alarms: Alarms) -> float | None:
    # Heartbeats are left out: after a long jump a socket gets one, not thousands.
    moments = [when for when in (engine.next_deadline(), alarms.next_due()) if when is not None]
    return min(moments, default=None)


async def _settle(callbacks: Callbacks) -> None:
    with contextlib.suppress(TimeoutError):  # whoever has not answered by then is late by any clock
        async with asyncio.timeout(_PATIENCE):
            await callbacks.settled()
