"""An event loop in which waiting takes no time: when nothing is ready, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_MOST_TURNS = 100_000
"""Turns of the loop in which the clock does not move; what is due for ever would hang the test."""


class _JumpingSelector(selectors.DefaultSelector):
    jumped = 0.0
    turns = 0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        self.turns = 0 if ready or timeout != 0 else self.turns + 1
        if self.turns > _MOST_TURNS:
            self.turns = 0
            raise AssertionError("the clock stands still: something is due for ever")
        if not ready and timeout is None:
            raise AssertionError("everybody waits and nothing is scheduled")
        if not ready and timeout:
            self.jumped += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at 1000 s."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return 1000.0 + self._jumping.jumped


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario in virtual time; at most a day of it."""

    async def bounded() -> T:
        async with asyncio.timeout(86_400):
            return await scenario

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(bounded())


async def until(moment: float) -> None:
    """Wait for a moment of the loop's clock."""
    loop = asyncio.get_running_loop()
    reached = loop.create_future()
    loop.call_at(moment, reached.set_result, None)
    await reached


Scenario = Callable[[], Coroutine[Any, Any, None]]


def virtual(scenario: Scenario) -> Callable[[], None]:
    """Run a test in virtual time, and see that it leaves no task behind."""

    def test() -> None:
        async def checked() -> None:
            await scenario()
            assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

        run(checked())

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test
