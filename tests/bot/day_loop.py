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
_MOST_WAITS = 20
"""How often that patience may be in vain: a day has 15,000 jumps, and each that waits takes half a second."""
_MOST_TURNS = 100_000
"""Turns of the loop in which neither a byte comes nor the clock moves: something is due for ever."""


class _Jumping(selectors.DefaultSelector):
    """Waits for sockets only while something is on its way; else lets the loop's time go on to the next timer.

    Whatever it waits for is bounded: a test that would hang fails instead, and says at what.
    """

    jumped = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.is_busy: Callable[[], bool] = lambda: False
        self._turns = self._in_vain = 0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if timeout == 0 and not ready:
            self._turns += 1
            if self._turns > _MOST_TURNS:
                self._turns = 0
                raise AssertionError(f"the clock stands still at {self.jumped} s: something is due for ever")
            return ready
        self._turns = 0
        return ready or self._jump(timeout)

    def _jump(self, timeout: float | None) -> Any:
        for _ in range(_PATIENCE):
            if not self.is_busy():
                break
            ready = super().select(0.001)
            if ready:
                return ready
        else:
            self._in_vain += 1
            if self._in_vain > _MOST_WAITS:
                raise AssertionError(f"something has been under way for ever at {self.jumped} s")
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
