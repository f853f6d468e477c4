"""Events one by one: the ordered form of listening."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from .errors import SlowConsumer, TaskRouterError

__all__ = ["Event", "EventStream"]


class Event(NamedTuple):
    """One event, as :meth:`listen` gives it.

    Attributes:
        type: Its name.
        payload: What a handler would be called with; None if with nothing.
        origin: Where it comes from: ``"socket"``, ``"log"``, ``"callback"``, ``"reconcile"`` for what a comparison
            with the service found, or ``"client"`` for the client's own.
    """

    type: str
    payload: Any = None
    origin: str = "socket"


class EventStream:
    """Events in order, for one consumer: ``async for event in client.listen("task.created")``.

    Holds at most ``size`` events that were not taken yet. If the consumer falls further behind, it gets
    those and then :class:`~trbridge.errors.SlowConsumer`: a gap is never silent.

    Args:
        types: Names of the events that belong here; empty for all.
        size: How many may wait.
        on_close: Told when nobody listens any more.
        on_miss: Told of each event that is missed, and whether it is the first of a gap.
        now: The time, for how long an event has waited.
    """

    def __init__(
        self,
        types: frozenset[str],
        size: int,
        on_close: Callable[[EventStream], None],
        on_miss: Callable[[EventStream, bool], None] = lambda *_: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._types = types
        self._size = size
        self._on_close = on_close
        self._on_miss = on_miss
        self._now = now
        self._events: deque[Event] = deque()
        self._came: deque[float] = deque()
        self._missed = 0
        self._ended = False
        self._error: TaskRouterError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"listen({', '.join(map(repr, sorted(self._types)))}, size={self._size})"

    def __len__(self) -> int:
        return len(self._events)

    @property
    def oldest(self) -> float | None:
        """When the event came that has waited longest; None if none waits."""
        try:
            return self._came[0]
        except IndexError:
            return None

    def wants(self, name: str) -> bool:
        """Whether events of this name belong here."""
        return not self._types or name in self._types

    def push(self, event: Event) -> None:
        """Take an event in, or count it as missed."""
        if len(self._events) >= self._size or self._missed:
            self._missed += 1
            self._on_miss(self, self._missed == 1)
        else:
            self._events.append(event)
            self._came.append(self._now())
        self._wake()

    def end(self, error: TaskRouterError | None = None) -> None:
        """Nothing more will come; what is here is still delivered."""
        self._ended, self._error = True, error
        self._wake()

    def close(self) -> None:
        """Stop listening."""
        self._on_close(self)
        self.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._missed:
                missed, self._missed = self._missed, 0
                raise SlowConsumer(
                    f"{missed} events were missed, since {self._size} were waiting already",
                    hint="do the work in tasks of its own, or listen(..., size=more)",
                )
            if self._ended:
                self._on_close(self)
                raise self._error or StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._came.popleft()
        return self._events.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
