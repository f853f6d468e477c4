"""What came and cannot be told yet: so much of it, in order, and the rest counted (F46, F47)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import SlowConsumer

if TYPE_CHECKING:
    from ..events import Emitter

__all__ = ["Backlog"]

T = TypeVar("T")


class Backlog(Generic[T]):
    """Keeps things until somebody has time for them.

    Args:
        emitter: Has the time; told of what does not fit: each is counted, the first of a flood is reported.
        most: How many it keeps.
        words: What the report says of them.

    Attributes:
        most: How many it keeps.
    """

    def __init__(self, emitter: Emitter, most: int, words: str) -> None:
        self._emitter = emitter
        self.most = most
        self._words = words
        self._kept: deque[T] = deque()
        self._came: deque[float] = deque()
        self._is_flooded = False

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def oldest(self) -> float | None:
        """When that came which waits longest; None if nothing waits."""
        try:
            return self._came[0]
        except IndexError:
            return None

    def keep(self, thing: T) -> None:
        """Put it behind the others, if there is room."""
        if len(self._kept) < self.most:
            self._kept.append(thing)
            self._came.append(self._emitter.now())
            return
        self._emitter.overflowed()
        if not self._is_flooded:
            self._is_flooded = True
            self._emitter.report(SlowConsumer(f"{self.most} {self._words}: what comes now is dropped"))

    def take(self) -> T:
        """The one that waits longest."""
        self._came.popleft()
        thing = self._kept.popleft()
        self._is_flooded = self._is_flooded and bool(self._kept)
        return thing

    def take_all(self) -> list[T]:
        """All of them, in order."""
        things = list(self._kept)
        self.clear()
        return things

    def clear(self) -> None:
        """Forget them."""
        self._kept.clear()
        self._came.clear()
        self._is_flooded = False
