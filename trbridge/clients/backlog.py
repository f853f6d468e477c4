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

    __slots__ = ("_emitter", "_is_flooded", "_kept", "_words", "most")

    def __init__(self, emitter: Emitter, most: int, words: str) -> None:
        self._emitter = emitter
        self.most = most
        self._words = words
        # When each came, and it. Made when it is needed: an empty deque takes 760 bytes, and an idle client has two.
        self._kept: deque[tuple[float, T]] | None = None
        self._is_flooded = False

    def __len__(self) -> int:
        return len(self._kept or ())

    @property
    def oldest(self) -> float | None:
        """When that came which waits longest; None if nothing waits."""
        return self._kept[0][0] if self._kept else None

    def keep(self, thing: T) -> None:
        """Put it behind the others, if there is room."""
        if len(self) < self.most:
            if self._kept is None:
                self._kept = deque()
            self._kept.append((self._emitter.now(), thing))
            return
        self._emitter.overflowed()
        if not self._is_flooded:
            self._is_flooded = True
            self._emitter.report(SlowConsumer(f"{self.most} {self._words}: what comes now is dropped"))

    def take(self) -> T:
        """The one that waits longest.

        Raises:
            IndexError: None does.
        """
        if not self._kept:
            raise IndexError("nothing waits")
        _, thing = self._kept.popleft()
        if not self._kept:
            self.clear()
        return thing

    def take_all(self) -> list[T]:
        """All of them, in order."""
        things = [thing for _, thing in self._kept or ()]
        self.clear()
        return things

    def clear(self) -> None:
        """Forget them."""
        self._kept = None
        self._is_flooded = False
