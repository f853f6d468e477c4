"""The one timer of a connection: moved as the session likes, and watched, so that its being late has a cause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

from .watch import WATCH, Watched

__all__ = ["Timer"]


class Timer:
    """Calls ``wake(due)`` when it is due.

    Args:
        loop: The loop.
        wake: What to call, with the moment that it was set to.
        limit: Seconds that it may be late before somebody is to blame (F34).
        context: What it is called in, whoever has moved it.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, wake: Callable[[float], None], limit: float, context: Context
    ) -> None:
        self._loop = loop
        self._context = context
        self._wake = wake
        self._handle: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._watched = Watched(loop, limit)
        self._is_watched = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is scheduled, nor watched."""
        return self._handle is None and not self._is_watched

    def set(self, due: float | None) -> None:
        """Move it; None if nothing is scheduled."""
        if due == self._due and self._is_watched is (due is not None):
            return
        if self._handle is not None:
            self._handle.cancel()
        self._due = self._watched.due = due
        self._handle = None
        if due is not None:
            self._handle = self._loop.call_at(due, self._fire, due, context=self._context.copy())
        if self._is_watched is (due is None):
            self._is_watched = due is not None
            WATCH.begin(self._watched) if self._is_watched else WATCH.end(self._watched)

    def blocked_by(self, due: float) -> str | None:
        """Who kept the loop while it was due; None if that is not known."""
        place = WATCH.blocked_at(self._watched, due)
        return None if place is None else str(place)

    def is_news(self, due: float) -> bool:
        """Whether no other timer of the loop has told of the same delay."""
        return WATCH.is_news(self._watched, due, self._loop.time())

    def _fire(self, due: float) -> None:
        self._due = self._handle = None
        self._wake(due)
