"""How many tasks may be worked on at once, by task channel; it follows the worker's capacity."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..resources.worker_channel import WorkerChannelInstance

__all__ = ["Capacity"]


class Capacity:
    """Counts the work under way per task channel.

    TaskRouter itself gives a worker no more than its capacity; this holds when the capacity is lowered
    while reservations are pending, and when ``most`` is less than the capacity.

    Args:
        most: Never more than this at once on one channel; None for the worker's capacity alone.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._limits: dict[str, int] = {}
        self._busy: Counter[str] = Counter()
        self._freed = asyncio.Condition()

    def learn(self, channel: WorkerChannelInstance) -> None:
        """Take in a channel's configured capacity."""
        if channel.task_channel_unique_name is not None:
            self._limits[channel.task_channel_unique_name] = channel.configured_capacity

    def limit(self, channel: str) -> float:
        """Tasks at once on a channel; one that is not known is left to TaskRouter, which keeps to its capacity."""
        limit = max(1, self._limits[channel]) if channel in self._limits else inf
        return limit if self._most is None else min(limit, self._most)

    @asynccontextmanager
    async def slot(self, channel: str) -> AsyncIterator[None]:
        """Wait for a free place on a channel, and hold it."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy[channel] < self.limit(channel))
            self._busy[channel] += 1
        try:
            yield
        finally:
            self._busy[channel] -= 1
            async with self._freed:
                self._freed.notify_all()
