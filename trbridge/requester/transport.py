"""HTTP/1.1 for httpx on asyncio's own streams. The only user of h11, which httpx itself is built on.

httpx's own transport looks, for each request, at all its connections, and for each of those at all others
(encode/httpx issue 3215), and tries to import what is not installed, twice. With a fleet's hundred
connections that is more than all the rest together (perf 2, surprise 2). Here a request takes the connection
that was free last, or opens one. Requests through a proxy stay httpx's.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import h11
import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from .network import AsyncioBackend, AsyncioStream

__all__ = ["Client", "Transport"]

_CHUNK: Final = 64 * 1024
_MOST_HEADERS: Final = 100 * 1024
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        pass


_NO_COOKIES: Final = _NoCookies()


class Client(httpx.AsyncClient):
    """Takes no cookies: clients with different tokens share connections, a cookie would tie them together.

    v1 sent none. To look for them takes httpx a tenth of a request.
    """

    @property
    def cookies(self) -> httpx.Cookies:
        """None, whatever is set."""
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, _cookies: object) -> None:
        pass


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

    __slots__ = ("_h11", "_stream", "free_since", "origin")

    def __init__(self, stream: AsyncioStream, origin: Origin) -> None:
        self._stream = stream
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADERS)
        self.origin = origin
        self.free_since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether an idle one can still be used: what comes on it unasked is its end."""
        return not self._stream.get_extra_info("is_readable")

    async def send(self, request: httpx.Request) -> h11.Response:
        """Send a request, all of it at once, and read the head of its response."""
        with _translated():
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            parts = [self._h11.send(head)]
            if not isinstance(request.stream, httpx.AsyncByteStream):
                raise RuntimeError("an asynchronous client sends asynchronous bodies")
            parts.extend([self._h11.send(h11.Data(data=chunk)) async for chunk in request.stream])
            parts.append(self._h11.send(h11.EndOfMessage()))
            await self._stream.write(b"".join(part for part in parts if part))
            while True:
                event = await self._event()
                if isinstance(event, h11.Response):
                    return event

    async def body(self) -> AsyncIterator[bytes]:
        """The parts of the response's body."""
        with _translated():
            while isinstance(event := await self._event(), h11.Data):
                yield bytes(event.data)

    async def _event(self) -> Any:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            data = await self._stream.read(_CHUNK)
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._h11.receive_data(data)

    def again(self) -> bool:
        """Make ready for another exchange; False if there can be none."""
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            return True
        return False

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
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        backend: AsyncioBackend,
        *,
        ssl_context: ssl.SSLContext,
        max_connections: int,
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
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
        line = await self._take(_origin(request.url))
        try:
            head = await line.send(request)
        except BaseException:
            self._drop(line)
            raise
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(line, self._give_back),
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": bytes(head.reason)},
        )

    async def aclose(self) -> None:
        """Close what is idle."""
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
            with _translated():
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
        if not line.again():
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

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._line is not None:
            async for part in self._line.body():
                yield part

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            self._give_back(line)


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in _DEFAULT_PORTS:
        raise httpx.UnsupportedProtocol(f"{url.scheme!r} is neither http nor https")
    return Origin(url.scheme, url.host, url.port or _DEFAULT_PORTS[url.scheme])


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the layers below as httpx's, of the same names."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.TimeoutException) as error:
        translated: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise translated(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
