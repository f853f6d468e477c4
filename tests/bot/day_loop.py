"""An event loop with real sockets in which waiting takes no time: when nothing goes on, its clock jumps."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["DayLoop", "run", "until"]

T = TypeVar("T")

_PATIENCE = 500
"""Milliseconds of this machine's time for what is on its way through the kernel."""


class _Jumping(selectors.DefaultSelector):
    """Waits for sockets only while something is on its way; else lets the loop's time go on to the next timer."""

    jumped = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.is_busy: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        for _ in range(_PATIENCE):
            if not self.is_busy():
                break
            ready = super().select(0.001)
            if ready:
                return ready
        if timeout is None:
            raise AssertionError("everybody waits and nothing is scheduled")
        self.jumped += timeout
        return super().select(0)


class DayLoop(asyncio.SelectorEventLoop):
    """Its clock starts at 1000 s, and the calendar at ``began``.

    Attributes:
        began: Seconds since 1970 when it started.
    """

    def __init__(self) -> None:
        self._jumping = _Jumping()
        self.began = 1_893_456_000.0
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of the loop's clock."""
        return 1000.0 + self._jumping.jumped

    def now(self) -> float:
        """Seconds since 1970; what an emulator's clock has to have."""
        return self.began + self._jumping.jumped

    def watch(self, is_busy: Callable[[], bool]) -> None:
        """Do not let time jump while this is so: something is on its way."""
        self._jumping.is_busy = is_busy


def run(story: Callable[[DayLoop], Coroutine[Any, Any, T]]) -> T:
    """Run a story in a loop of this kind."""
    with asyncio.Runner(loop_factory=DayLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, DayLoop)
        return runner.run(story(loop))


async def until(moment: float) -> None:
    """Wait for a moment of the calendar."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, DayLoop)
    reached = loop.create_future()
    loop.call_at(loop.time() + max(0.0, moment - loop.now()), reached.set_result, None)
    await reached
