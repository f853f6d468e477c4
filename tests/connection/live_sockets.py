"""A connection over real sockets on this machine, and servers for it to meet."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve

from trbridge.connection import Connection
from trbridge.session import Effect, Session, SessionOptions, State, effects

E = TypeVar("E")

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.c2VjcmV0c2lnbmF0dXJl"
CERTIFICATES = Path(__file__).parents[1] / "data" / "tls"

_quiet = logging.Logger("server")  # noqa: LOG001  the server's log holds the token, and is not what is tested
_quiet.disabled = True


class Live:
    """A connection to a real address, answering its own ready requests.

    Args:
        address: Host and port, or a whole URL.
        ssl_context: For wss.
        options: For the session.
    """

    def __init__(self, address: str, *, ssl_context: ssl.SSLContext | None = None, **options: Any) -> None:
        scheme = "ws" if ssl_context is None else "wss"
        base = address if "://" in address else f"{scheme}://{address}"
        self.url = f"{base}/v1/wschannels/AC1/WS1?token={TOKEN}&closeExistingSessions=false"
        self.log: list[Effect] = []
        self.frames: list[bytes] = []
        self._changed = asyncio.Event()
        self.session = Session(random=lambda: 0.0, options=SessionOptions(**options))
        self.connection = Connection(
            self.session, url=lambda: self.url, on_effect=self._note, on_frame=self._take, ssl=ssl_context
        )

    def _note(self, effect: Effect) -> None:
        self.log.append(effect)
        self._changed.set()
        if isinstance(effect, effects.RequestReady):
            self.connection.ready_succeeded(effect.epoch)

    def _take(self, data: bytes) -> None:
        self.frames.append(data)
        self._changed.set()

    def of(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.log if isinstance(effect, kind)]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def see(self, kind: type[E], times: int = 1) -> E:
        """Wait for an effect."""
        await self.until(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    async def ready(self, times: int = 1) -> None:
        await self.see(effects.Ready, times)

    async def state(self, state: State) -> None:
        await self.until(lambda: self.connection.state is state)


def left_behind(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Tasks of the connection's that came since; the test's server has some of its own."""
    new: list[Any] = list(asyncio.all_tasks() - before)
    return [task for task in new if "trbridge/connection/" in Path(task.get_coro().cr_code.co_filename).as_posix()]


@asynccontextmanager
async def live(address: str, **options: Any) -> AsyncIterator[Live]:
    """A started connection, closed at the end; sees that nothing is left behind."""
    before = asyncio.all_tasks()
    client = Live(address, **options)
    client.connection.start()
    try:
        yield client
    finally:
        await client.connection.aclose()
    assert left_behind(before) == [], "a task was left behind"


Handler = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A websocket server; yields its address."""
    running: Server
    async with serve(handler, "127.0.0.1", 0, logger=_quiet, close_timeout=1, **options) as running:
        yield "{}:{}".format(*next(iter(running.sockets)).getsockname())


Talk = Callable[["RawServer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """A TCP server that says what it is told to. Its requests and the number of its connections are recorded."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.connections = 0
        self.heads: list[bytes] = []
        self.gone = asyncio.Event()
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Noted at once: a task that is cancelled before its first step would leave the connection open.
        self.connections += 1
        self._open[asyncio.ensure_future(self._serve(reader, writer))] = writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self.gone.set()

    async def head(self, reader: asyncio.StreamReader) -> bytes:
        """Read a request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        return head

    @asynccontextmanager
    async def run(self, ssl_context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        running = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=ssl_context)
        try:
            yield "{}:{}".format(*running.sockets[0].getsockname())
        finally:
            running.close()
            for task, writer in self._open.items():
                task.cancel()
                writer.transport.abort()
            if self._open:
                await asyncio.wait(self._open)
            await running.wait_closed()


def accepting(head: bytes) -> bytes:
    """The answer that opens a websocket (RFC 6455 section 4.2.2)."""
    (key,) = [line[18:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")]
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    accept = base64.b64encode(digest)
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def frame(data: bytes, opcode: int = 1, *, fin: bool = True) -> bytes:
    """A server's frame (RFC 6455 section 5.2)."""
    first = bytes([opcode | (0x80 if fin else 0)])
    if len(data) < 126:
        return first + bytes([len(data)]) + data
    if len(data) < 65536:
        return first + b"\x7e" + len(data).to_bytes(2, "big") + data
    return first + b"\x7f" + len(data).to_bytes(8, "big") + data


async def stay(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read until the client goes, or says that it will."""
    while (data := await reader.read(65536)) and data[0] != 0x88:
        pass


async def ignore(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read, and never react."""
    while await reader.read(65536):
        pass


def server_tls(name: str) -> ssl.SSLContext:
    """A server's TLS settings with one of the test certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


def client_tls(trusts: str) -> ssl.SSLContext:
    """A client's TLS settings that trust one of the test certificates only."""
    return ssl.create_default_context(cafile=str(CERTIFICATES / f"{trusts}.pem"))
