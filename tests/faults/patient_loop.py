"""Real sockets in virtual time: waiting takes no time, and no timer fires while bytes are on their way.

Everybody who talks is in this one loop, so what was written to a socket of this machine can be read at once.
When nothing can be read or written the clock jumps to the next timer; first it looks a moment longer, for the
kernel may hand over a connection late.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

START = 1000.0
_GRACE = 0.005
"""Real seconds that a jump looks for late bytes."""
_STUCK = 10.0
"""Real seconds without bytes and timers after which a test has failed."""
_MOST_TURNS = 100_000
"""Turns of the loop in which neither a byte comes nor the clock moves; what is due for ever would hang the test."""


class _Selector(selectors.DefaultSelector):
    jumped = 0.0
    turns = 0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        self.turns = 0 if ready or timeout != 0 else self.turns + 1
        if self.turns > _MOST_TURNS:
            self.turns = 0
            raise AssertionError("the clock stands still: something is due for ever")
        if ready or timeout == 0:
            return ready
        ready = super().select(_STUCK if timeout is None else _GRACE)
        if not ready and timeout is None:
            raise AssertionError("everybody waits and nothing is scheduled")
        if not ready and timeout is not None:
            self.jumped += timeout
        return ready


class PatientLoop(asyncio.SelectorEventLoop):
    """Its clock starts at 1000 s and only jumps."""

    def __init__(self) -> None:
        self._patient = _Selector()
        super().__init__(self._patient)

    def time(self) -> float:
        return START + self._patient.jumped


class LoopClock:
    """The emulator's clock, kept by the loop: 2030-01-01 when the loop begins."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        return 1_893_456_000.0 + self._loop.time() - START


def patient(scenario: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
    """Run a scenario in virtual time; at most a day of it."""

    async def bounded() -> T:
        async with asyncio.timeout(86_400):
            return await scenario(*args)

    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        return runner.run(bounded())


async def passing(seconds: float) -> None:
    """Let virtual time pass."""
    loop = asyncio.get_running_loop()
    reached = loop.create_future()
    loop.call_later(seconds, reached.set_result, None)
    await reached
