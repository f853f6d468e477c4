"""A transport for httpx with connections on asyncio's own streams; a library speaks HTTP on them (:mod:`.speaking`).

httpx's own transport looks, for each request, at all its connections, and for each of those at all others
(encode/httpx issue 3215), and tries to import what is not installed, twice. Here a request takes the connection
that was free last, or opens one. Requests through a proxy stay httpx's.

What it gains, in CPU per request of the whole client (``make bench``, "requests"): a third of what the same client
needs on httpx's own transport with one request in flight, a sixth with 32; two hundred bots on a hundred
connections worked their tasks in 15 s in place of 158. httpx-aiohttp came to the same as h11 here does, with eight
packages more, and calls a connection that broke off after the request one that was never made: the request of a
create would have been repeated. httptools, the extra ``fast``, takes another third off.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import httpcore
import httpx

from .speaking import Exchange, default_exchange

if TYPE_CHECKING:
    import ssl
    import types

    from .network import AsyncioBackend, AsyncioStream

__all__ = ["Transport"]

_CHUNK: Final = 64 * 1024
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """What a connection leads to."""

    scheme: str
    host: str
    port: int


class Line:
    """One connection, for one exchange at a time.

    Attributes:
        free_since: When it became idle.
    """

    __slots__ = ("_exchange", "_stream", "free_since", "origin")

    def __init__(self, stream: AsyncioStream, origin: Origin) -> None:
        self._stream = stream
        self._exchange: Exchange
        self.origin = origin
        self.free_since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether an idle one can still be used: whatever comes on it unasked is its end."""
        return self._stream.is_quiet

    @property
    def may_go_on(self) -> bool:
        """Whether another exchange may follow."""
        return self._exchange.may_go_on

    async def ask(self, exchange: Exchange, request: httpx.Request) -> None:
        """Send a request, all of it at once, and read the head of its answer."""
        self._exchange = exchange
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise RuntimeError("an asynchronous client sends asynchronous bodies")
        body = b"".join([part async for part in request.stream])
        await self._stream.write(exchange.request(request, body))
        while not exchange.status:
            exchange.feed(await self._stream.read(_CHUNK))

    async def read(self) -> bytes:
        """The next part of the answer's body; nothing at its end."""
        exchange = self._exchange
        while not exchange.body and not exchange.complete:
            exchange.feed(await self._stream.read(_CHUNK))
        parts, exchange.body = exchange.body, []
        return b"".join(parts)

    def abort(self) -> None:
        """Close at once."""
        self._stream.abort()


class Transport(httpx.AsyncBaseTransport):
    """Direct connections, kept for a while.

    Args:
        backend: Opens them.
        ssl_context: For ``https``.
        max_connections: How many there may be at a time; further requests wait their turn.
        idle_seconds: How long an unused one is kept.
        exchange: Which HTTP library speaks; the faster one that is installed by default.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        backend: AsyncioBackend,
        *,
        ssl_context: ssl.SSLContext,
        max_connections: int,
        idle_seconds: float,
        exchange: type[Exchange] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange or default_exchange()
        self._backend = backend
        self._ssl = ssl_context
        self._most = max_connections
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._count = 0
        self._idle: dict[Origin, deque[Line]] = {}
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its body is read by whoever gets the response."""
        line, exchange = await self._take(_origin(request.url)), self._exchange()
        try:
            with _TRANSLATED:
                await line.ask(exchange, request)
        except BaseException:
            self._drop(line)
            raise
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=_Body(line, self._give_back),
            extensions={"http_version": exchange.version, "reason_phrase": exchange.reason},
        )

    async def aclose(self) -> None:
        """Close what is idle."""
        self.drop_idle()

    def drop_idle(self) -> None:
        """Close what is idle, at once; requests open new connections."""
        for lines in self._idle.values():
            while lines:
                self._drop(lines.pop())

    async def _take(self, origin: Origin) -> Line:
        """The connection that was free last, or a new one; waits while there are as many as there may be."""
        woken = False
        while True:
            # Whoever waits goes first.
            if woken or not self._waiting:
                line = self._idle_line(origin)
                if line is not None:
                    return line
                if self._count < self._most or self._make_room():
                    return await self._open(origin)
            await self._wait(first=woken)
            woken = True

    def _idle_line(self, origin: Origin) -> Line | None:
        lines = self._idle.get(origin)
        earliest = self._clock() - self._idle_seconds
        while lines and lines[0].free_since <= earliest:
            self._drop(lines.popleft())
        while lines:
            line = lines.pop()
            if line.is_open:
                return line
            self._drop(line)
        return None

    def _make_room(self) -> bool:
        """Close the connection to some other place that was idle longest, if there is one."""
        oldest = min(
            (lines for lines in self._idle.values() if lines), key=lambda all_: all_[0].free_since, default=None
        )
        if oldest is None:
            return False
        self._drop(oldest.popleft())
        return True

    async def _open(self, origin: Origin) -> Line:
        self._count += 1
        try:
            with _TRANSLATED:
                stream = await self._backend.connect_tcp(origin.host, origin.port)
                if origin.scheme == "https":
                    stream = await stream.start_tls(self._ssl, server_hostname=origin.host)
            return Line(stream, origin)
        except BaseException:
            self._count -= 1
            self._wake()
            raise

    async def _wait(self, *, first: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # woken and cancelled in one turn: the next one's
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _give_back(self, line: Line) -> None:
        if not line.may_go_on:
            self._drop(line)
            return
        line.free_since = self._clock()
        self._idle.setdefault(line.origin, deque()).append(line)
        self._wake()

    def _drop(self, line: Line) -> None:
        line.abort()
        self._count -= 1
        self._wake()


class _Body(httpx.AsyncByteStream):
    """A response's body; when it is closed the connection goes back."""

    def __init__(self, line: Line, give_back: Callable[[Line], None]) -> None:
        self._line: Line | None = line
        self._give_back = give_back

    def __aiter__(self) -> Self:  # in one piece, as the body that goes out
        return self

    async def __anext__(self) -> bytes:
        if self._line is not None:
            with _TRANSLATED:
                if part := await self._line.read():
                    return part
        raise StopAsyncIteration

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._give_back(line)


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in _DEFAULT_PORTS:
        raise httpx.UnsupportedProtocol(f"{url.scheme!r} is neither http nor https")
    return Origin(url.scheme, url.host, url.port or _DEFAULT_PORTS[url.scheme])


class _Translated:
    """Errors of the network as httpx's, of the same names."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: types.TracebackType | None
    ) -> None:
        if isinstance(error, httpcore.NetworkError):
            translated: type[httpx.NetworkError] = getattr(httpx, type(error).__name__)
            raise translated(str(error)) from error


_TRANSLATED: Final = _Translated()
