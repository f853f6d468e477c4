"""How many tasks may be worked on at once, by task channel; it follows the worker's capacity."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..resources.worker_channel import WorkerChannelInstance

__all__ = ["Capacity"]


class Capacity:
    """Counts the work under way per task channel.

    TaskRouter itself gives a worker no more than its capacity. This holds when the capacity is lowered while
    reservations are pending, and when TaskRouter hears of a task's end a moment before the bot does.
    """

    def __init__(self) -> None:
        self._limits: dict[str, int] = {}
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def learn(self, channel: WorkerChannelInstance) -> None:
        """Take in a channel's configured capacity; who waits goes on if it has grown."""
        name = channel.task_channel_unique_name
        if name is not None:
            self._limits[name] = channel.configured_capacity
            self._let_in(name)

    def limit(self, channel: str) -> float:
        """Tasks at once on a channel; one that is not known is left to TaskRouter, which keeps to its capacity.

        At least one: what was offered before the capacity became 0 is worked rather than let time out.
        """
        return max(1, self._limits[channel]) if channel in self._limits else inf

    def busy(self, channel: str) -> int:
        """Tasks under way on a channel."""
        return self._busy[channel]

    def try_acquire(self, channel: str) -> bool:
        """Take a place on a channel if one is free, and nobody waits for it."""
        free = self._busy[channel] < self.limit(channel) and not self._waiting.get(channel)
        self._busy[channel] += free
        return free

    async def acquire(self, channel: str) -> None:
        """Wait for a free place on a channel, first come, first served, and take it."""
        if self.try_acquire(channel):
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(channel, deque()).append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # let in and cancelled in one turn: the next one's
                self.release(channel)
            raise

    def release(self, channel: str) -> None:
        """Give a place back."""
        self._busy[channel] -= 1
        self._let_in(channel)

    def _let_in(self, channel: str) -> None:
        waiting = self._waiting.get(channel)
        while waiting and self._busy[channel] < self.limit(channel):
            place = waiting.popleft()
            if not place.done():
                self._busy[channel] += 1
                place.set_result(None)
