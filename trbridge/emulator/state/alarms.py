"""What outside the store waits for a moment of the engine's clock: delayed answers, deadlines of callbacks."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Alarm", "Alarms"]

T = TypeVar("T")


class Alarm:
    """One call at one moment, until it is canceled."""

    __slots__ = ("call", "canceled")

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.canceled = False

    def cancel(self) -> None:
        """Let the moment pass in silence."""
        self.canceled = True


class Alarms:
    """All alarms of an emulator. They go off when :meth:`tick` is called, which the driver does.

    Args:
        engine: Whose clock.

    Attributes:
        on_due_changed: Called when :meth:`next_due` may have become another.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._heap: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._closed = False
        self.on_due_changed: Callable[[], None] | None = None

    def at(self, when: float, call: Callable[[], Any]) -> Alarm:
        """Call something at a moment, epoch seconds of the engine's clock."""
        alarm = Alarm(call)
        heapq.heappush(self._heap, (when, next(self._numbers), alarm))
        if self.on_due_changed is not None:
            self.on_due_changed()
        return alarm

    async def sleep(self, seconds: float) -> None:
        """Wait until so much of the engine's time has passed. On a clock that stands still that is for ever."""
        if seconds > 0 and not self._closed:
            reached = asyncio.Event()
            alarm = self.at(self._engine.now() + seconds, reached.set)
            try:
                await reached.wait()
            finally:
                alarm.cancel()

    async def within(self, seconds: float, work: Awaitable[T]) -> T:
        """Wait for work, no longer than so many seconds of the engine's time nor of this machine's.

        Raises:
            TimeoutError: It took longer; the work is cancelled.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds) as limit:
            alarm = self.at(self._engine.now() + seconds, lambda: limit.reschedule(loop.time()))
            try:
                return await work
            finally:
                alarm.cancel()

    def next_due(self) -> float | None:
        """When the next one goes off, or None."""
        while self._heap and self._heap[0][2].canceled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def tick(self) -> None:
        """Let those go off whose moment has come, in order."""
        now = self._engine.now()
        while (when := self.next_due()) is not None and when <= now:
            heapq.heappop(self._heap)[2].call()

    def close(self) -> None:
        """Nobody will wait for the clock any more: all go off now, and nothing sleeps from here on."""
        self._closed = True
        while self.next_due() is not None:
            heapq.heappop(self._heap)[2].call()
