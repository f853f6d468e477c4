"""Clocks that run on while the machine sleeps."""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from collections.abc import Callable

__all__ = ["sleepless_clock"]


def sleepless_clock(loop: asyncio.AbstractEventLoop) -> Callable[[], float] | None:
    """A clock that runs on while the machine sleeps, to compare the loop's with; None if that makes no sense.

    Linux and macOS have one that nobody sets (their ``time.monotonic()`` stands still in sleep). Elsewhere it is
    the wall's: a clock that is set forward looks like a sleep there, which costs one needless reconnect.
    """
    if abs(loop.time() - time.monotonic()) > 1.0:
        return None  # a loop with a time of its own, as in tests, does not sleep when the machine does
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(sys.platform, "")
    number = getattr(time, name, None)
    if number is None:
        return time.time
    try:
        time.clock_gettime(number)
    except OSError:
        return time.time
    return _system_clock(number)


@functools.cache
def _system_clock(number: int) -> Callable[[], float]:
    return lambda: time.clock_gettime(number)
