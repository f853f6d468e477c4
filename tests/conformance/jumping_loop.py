"""An event loop with real sockets and a clock that stands still until it is moved: no test waits for a delay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import TypeVarTuple, Unpack

__all__ = ["JumpingLoop"]

_Ts = TypeVarTuple("_Ts")
_ROUNDING = 1e-5
"""Seconds by which two ways to compute one moment may differ: the wall's clock has ten digits before the point."""


class JumpingLoop(asyncio.SelectorEventLoop):
    """Timers fire when :meth:`advance` comes by, each at its own moment. Whoever waits must spin meanwhile.

    Attributes:
        started_at: When the current story began.
    """

    def __init__(self) -> None:
        self._now = self.started_at = 1_000.0
        self._timers: list[asyncio.TimerHandle] = []
        super().__init__()

    def restart(self) -> None:
        """Begin a new story: now is the moment at which it starts."""
        self.started_at = self._now

    def time(self) -> float:
        """Seconds of the loop's clock."""
        return self._now

    def call_at(
        self, when: float, callback: Callable[[Unpack[_Ts]], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """As ever, but remembered: :meth:`advance` stops at each timer on its way."""
        timer = super().call_at(when, callback, *args, context=context)
        self._timers.append(timer)
        return timer

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Move the clock.

        Args:
            seconds: How far.
            settle: Waits until everything that a timer set off is done.
        """
        until = self._now + seconds
        await settle()
        for _ in range(10_000):
            due = self._next_timer()
            if due is None or due > until + _ROUNDING:
                break
            self._now = max(self._now, due)
            await settle()
        self._now = max(self._now, until)
        await settle()

    def _next_timer(self) -> float | None:
        self._timers = [timer for timer in self._timers if not timer.cancelled() and timer.when() > self._now]
        return min((timer.when() for timer in self._timers), default=None)
