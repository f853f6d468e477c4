"""Where a blocked event loop stands: the line of the handler that does not return (F34).

Names of functions, files and lines only: a line of source may hold a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import Final

import msgspec

__all__ = ["Place", "place_of"]

_LOOPS: Final = frozenset({"asyncio", "uvloop"})
_BETWEEN: Final = _LOOPS | {"anyio", "contextvars", "httpcore", "httpx", "pyee", "trbridge", "websockets"}
"""Packages that lie between the loop and a handler of the user's."""
_WAITING: Final = frozenset({"selectors", "select", "_overlapped"})
_EMITTER: Final = "trbridge.events"
_MOST_FRAMES: Final = 100


class Place(msgspec.Struct, frozen=True):
    """Where a thread was.

    Attributes:
        handler: The first function that is the user's own, and its line.
        stack: From there inwards, one a line.
    """

    handler: str
    stack: tuple[str, ...]

    def __str__(self) -> str:
        """The handler, and what it has called that does not return."""
        return self.handler if len(self.stack) == 1 else f"{self.handler}, in {self.stack[-1]}"


def place_of(innermost: FrameType) -> Place | None:
    """Where the thread of a loop stands; None if it waits, or was just not given a processor."""
    frames = list(_outermost_first(innermost))
    if _module(innermost).partition(".")[0] in _LOOPS | _WAITING:
        return None
    own = _handler(frames)
    stack = tuple(_line(frame) for frame in frames[own:][-_MOST_FRAMES:])
    return Place(_line(frames[own]), stack)


def _handler(frames: list[FrameType]) -> int:
    """Which of them is the user's function that was called last, by our emitter or by the loop."""
    modules = [_module(frame) for frame in frames]
    is_own = [module.partition(".")[0] not in _BETWEEN for module in modules]
    start = next((place for place, module in enumerate(modules) if module.partition(".")[0] in _LOOPS), len(frames))
    called = [place for place in range(start + 1, len(frames)) if is_own[place] and modules[place - 1] == _EMITTER]
    first = next((place for place in range(start, len(frames)) if is_own[place]), len(frames) - 1)
    return called[-1] if called else first


def _outermost_first(innermost: FrameType) -> Iterator[FrameType]:
    frames = []
    frame: FrameType | None = innermost
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return reversed(frames)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _line(frame: FrameType) -> str:
    return f"{frame.f_code.co_qualname}() at {frame.f_code.co_filename}:{frame.f_lineno}"
