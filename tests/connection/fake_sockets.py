"""A service without a network: attempts that wait for the test's word, sockets that record what is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from trbridge.connection import Connection, DialFailed, Listener
from trbridge.errors import ConnectionFailed
from trbridge.session import Effect, Failure, Session, SessionOptions, effects

E = TypeVar("E")


class FakeSocket:
    def __init__(self, server_time: float | None = None) -> None:
        self.server_time = server_time
        self.listener: Listener | None = None
        self.done: list[tuple[Any, ...]] = []
        self.released = asyncio.Event()
        self.may_close = asyncio.Event()
        self.may_close.set()

    def listen(self, listener: Listener) -> None:
        self.listener = listener

    def ping(self) -> None:
        self.done.append(("ping",))

    def hold(self, is_held: bool) -> None:
        self.done.append(("hold", is_held))

    def abort(self, code: int, reason: str) -> None:
        self.done.append(("abort", code, reason))
        self.listener = None
        self.may_close.set()
        self.released.set()

    async def close(self, code: int, reason: str) -> None:
        self.done.append(("close", code, reason))
        self.listener = None
        try:
            await self.may_close.wait()
        finally:
            self.released.set()

    async def wait_released(self) -> None:
        await self.released.wait()

    # -- for the test

    def bring(self, data: bytes) -> None:
        if self.listener is not None:
            self.listener.traffic()
        if self.listener is not None:
            self.listener.frame(data)

    def break_off(self, code: int | None = None, reason: str = "") -> None:
        assert self.listener is not None
        listener, self.listener = self.listener, None
        self.released.set()
        listener.lost(code, reason)


class FakeService:
    """Answers attempts by ``answer``: a socket, an exception to raise, or None to keep it waiting."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.sockets: list[FakeSocket] = []
        self.attempts = asyncio.Queue[int]()
        self.answer: Callable[[], FakeSocket | Exception | None] = FakeSocket
        self.hanging: asyncio.Future[FakeSocket] | None = None

    async def dial(self, url: str) -> FakeSocket:
        self.urls.append(url)
        self.attempts.put_nowait(len(self.urls))
        answer = self.answer()
        if answer is None:
            self.hanging = asyncio.get_running_loop().create_future()
            answer = await self.hanging
        if isinstance(answer, Exception):
            raise answer
        self.sockets.append(answer)
        return answer

    @property
    def socket(self) -> FakeSocket:
        return self.sockets[-1]


class Harness:
    """A connection over a fake service, and everything it told."""

    def __init__(self, *, can_refresh: bool = False, **options: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.service = FakeService()
        self.log: list[tuple[float, Effect]] = []
        self.frames: list[bytes] = []
        self.happened = asyncio.Condition()
        self.react: Callable[[Effect], None] = lambda effect: None
        self.token = "T1"
        self.wall = 1_700_000_000.0 - self.loop.time()
        self.asleep = 0.0
        self.session = Session(random=lambda: 0.5, options=SessionOptions(**options), can_refresh=can_refresh)
        self.connection = Connection(
            self.session,
            url=lambda: f"ws://127.0.0.1:9/v1/wschannels/AC1/WS1?token={self.token}",
            on_effect=self._on_effect,
            on_frame=self.frames.append,
            dial=self.service.dial,
            wall=lambda: self.wall + self.loop.time() + self.asleep,
            sleepless=lambda: self.loop.time() + self.asleep,
        )

    def _on_effect(self, effect: Effect) -> None:
        self.log.append((self.loop.time(), effect))
        self.react(effect)

    def of(self, kind: type[E]) -> list[E]:
        return [effect for _, effect in self.log if isinstance(effect, kind)]

    def names(self) -> list[str]:
        return [type(effect).__name__ for _, effect in self.log if not isinstance(effect, effects.StateChanged)]

    async def up(self) -> FakeSocket:
        """Start, and wait until ready."""
        ready = asyncio.Event()
        before = self.react

        def react(effect: Effect) -> None:
            before(effect)
            if isinstance(effect, effects.RequestReady):
                self.loop.call_soon(self.connection.ready_succeeded, effect.epoch)
            elif isinstance(effect, effects.Ready):
                ready.set()

        self.react = react
        self.connection.start()
        await ready.wait()
        return self.service.socket


def refused(kind: str = "refused", status: int | None = None, retry_after: float | None = None) -> DialFailed:
    error = ConnectionFailed("no way", status=status)
    error.kind = kind
    return DialFailed(Failure(kind, error, status, retry_after))
