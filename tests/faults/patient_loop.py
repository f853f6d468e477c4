"""Real sockets in virtual time: waiting takes no time, and no timer fires while bytes are on their way.

Everybody who talks is in this one loop, so what was written to a socket of this machine can be read soon. How
soon is the kernel's choice: on a loaded machine it hands bytes over milliseconds later, and a clock that jumped
meanwhile would find every request too late. So before a jump the kernel is asked what is still on its way: bytes
that one end has sent and the other has not got, connections that are not made yet.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

START = 1000.0
_GRACE = 0.005
"""Real seconds that a jump looks for what cannot be asked for: the end of a connection."""
_LATE = 2.0
"""Real seconds after which what is on its way is taken for something that nobody will read."""
_STUCK = 10.0
"""Real seconds without bytes and timers after which a test has failed."""
_MOST_TURNS = 100_000
"""Turns of the loop in which neither a byte comes nor the clock moves; what is due for ever would hang the test."""


class _Selector(selectors.DefaultSelector):
    jumped = 0.0
    turns = 0
    _something_ended = False

    def unregister(self, fileobj: Any) -> Any:
        self._something_ended = True
        return super().unregister(fileobj)

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        self.turns = 0 if ready or timeout != 0 else self.turns + 1
        if self.turns > _MOST_TURNS:
            self.turns = 0
            raise AssertionError("the clock stands still: something is due for ever")
        if ready or timeout == 0:
            return ready
        ready = self._arriving() or super().select(_STUCK if timeout is None else self._grace())
        if not ready and timeout is None:
            raise AssertionError("everybody waits and nothing is scheduled")
        if not ready and timeout is not None:
            self.jumped += timeout
        return ready

    def _grace(self) -> float:
        ended, self._something_ended = self._something_ended, False
        return _GRACE if ended else 0.0

    def _arriving(self) -> Any:
        """Wait for what is on its way."""
        give_up = time.monotonic() + _LATE
        ready: Any = []
        while not ready and self._is_something_on_its_way() and time.monotonic() < give_up:
            ready = super().select(0.001)
        return ready

    def _is_something_on_its_way(self) -> bool:
        keys = self.get_map().values()
        # Who waits to write is about to be connected, or the other side is about to read.
        if any(key.events & selectors.EVENT_WRITE for key in keys):
            return True
        ways = dict(filter(None, (_way(key.fd) for key in keys)))
        return any(
            sent > ways[there, here].received for (here, there), (sent, _) in ways.items() if (there, here) in ways
        )


class _Bytes(NamedTuple):
    sent: int
    received: int


def _way(descriptor: int) -> tuple[tuple[Any, Any], _Bytes] | None:
    """From where to where a connection goes, and what the kernel has sent and received on it."""
    try:
        end = socket.socket(fileno=descriptor)
    except OSError:  # the loop's own selector has a pipe, too
        return None
    try:
        known = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        here, there = end.getsockname(), end.getpeername()
    except OSError:  # it listens, or has just ended
        return None
    finally:
        end.detach()
    # include/uapi/linux/tcp.h, struct tcp_info
    ((received,), (sent, sent_again)) = struct.unpack_from("Q", known, 128), struct.unpack_from("QQ", known, 200)
    return (here, there), _Bytes(sent - sent_again, received)


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
