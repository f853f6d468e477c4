"""httpx's connections on asyncio's own streams, opened in the task that asks for them.

httpx opens them by way of a task group of anyio's. A request that is cancelled in the very turn in which its
connection opens loses the connection there: nobody closes the socket (F61; seen with anyio 4.16 and httpcore
1.0.9, a test holds it). Opened in the caller's own task there is no such turn. It also costs less.

The time limits of httpx are not observed here: the requester has one over the whole attempt.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import httpcore

if TYPE_CHECKING:
    import types

    import httpx

__all__ = ["AsyncioBackend", "AsyncioStream", "use_asyncio_streams"]


def use_asyncio_streams(client: httpx.AsyncClient) -> AsyncioBackend:
    """Let a client open its connections here, those through proxies too. httpx has no public way to say so.

    Returns:
        What opens them; its ``abort`` closes those that httpx lost.
    """
    backend = AsyncioBackend()
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(pool := getattr(transport, "_pool", None), httpcore.AsyncConnectionPool):
            pool._network_backend = backend
    return backend


class _Reader(asyncio.StreamReader):
    """Counts what comes, so that it is seen when something came unasked."""

    fed = 0

    def feed_data(self, data: Any) -> None:
        self.fed += len(data)
        super().feed_data(data)


class _Protocol(asyncio.StreamReaderProtocol):
    """Closes when the other side does: half a connection is of no use, and an idle one would keep its socket."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(
        self, reader: _Reader, writer: asyncio.StreamWriter, on_close: Callable[[AsyncioStream], None]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_close = on_close
        self._taken = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what is there, at most so much; nothing at the end."""
        with _READING:
            data = await self._reader.read(max_bytes)
        self._taken += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write all of it."""
        with _WRITING:
            self._writer.write(buffer)
            await self._writer.drain()

    async def aclose(self) -> None:
        """Close; whatever still waits to be written is dropped."""
        self.abort()
        with suppress(OSError):
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Close at once."""
        self._on_close(self)
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> AsyncioStream:
        """Go on encrypted; a failure closes the connection."""
        try:
            with _CONNECTING:
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            self.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore wants to know; ``is_readable`` on an idle connection means that it is over."""
        if info == "is_readable":
            return not self.is_quiet
        return self._writer.get_extra_info(_NAMES.get(info, info))

    @property
    def is_quiet(self) -> bool:
        """Whether it is open and nothing came that was not read: neither an end nor an answer to nothing.

        Some servers send a 408 on an idle connection before they close it: it must not be taken for the
        answer to the next request.
        """
        reader = self._reader
        over = reader.fed != self._taken or reader.at_eof() or reader.exception() is not None
        return not over and not self._writer.is_closing()


_NAMES: Final = {"client_addr": "sockname", "server_addr": "peername"}


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Opens connections, and knows those that are open.

    httpcore forgets a connection whose request is cancelled a second time while it tidies up after the first.
    """

    def __init__(self) -> None:
        self._open: set[AsyncioStream] = set()

    def abort(self) -> None:
        """Close what is still open."""
        for stream in list(self._open):
            stream.abort()

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> AsyncioStream:
        """Connect to a host by name or address. What else httpcore could ask for, it does not with our settings."""
        loop = asyncio.get_running_loop()
        reader = _Reader(loop=loop)
        protocol = _Protocol(reader, loop=loop)
        with _CONNECTING:
            # Addresses one after the other: asyncio tries them at the same time (happy eyeballs) in tasks of
            # their own, which has the same fault on Python 3.11.
            transport = (await loop.create_connection(lambda: protocol, host, port))[0]
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        stream = AsyncioStream(reader, writer, self._open.discard)
        self._open.add(stream)
        return stream


class _Mapped:
    """The errors that httpcore's callers expect."""

    __slots__ = ("_failed",)

    def __init__(self, failed: type[httpcore.NetworkError]) -> None:
        self._failed = failed

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: types.TracebackType | None
    ) -> None:
        if isinstance(error, OSError):  # ssl.SSLError is one
            raise self._failed(str(error)) from error


_CONNECTING: Final = _Mapped(httpcore.ConnectError)
_READING: Final = _Mapped(httpcore.ReadError)
_WRITING: Final = _Mapped(httpcore.WriteError)
