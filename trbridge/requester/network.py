"""httpx's connections on asyncio's own streams, opened in the task that asks for them.

httpx opens them by way of a task group of anyio's. A request that is cancelled in the very turn in which its
connection opens loses the connection there: nobody closes the socket (F61; seen with anyio 4.16 and httpcore
1.0.9, a test holds it). Opened in the caller's own task there is no such turn. It also costs less.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import httpcore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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


class AsyncioStream(httpcore.AsyncNetworkStream):
    """One connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_close: Callable[[AsyncioStream], None]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_close = on_close

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, at most so much; nothing at the end."""
        async with _mapped(timeout, httpcore.ReadTimeout, httpcore.ReadError):
            return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        async with _mapped(timeout, httpcore.WriteTimeout, httpcore.WriteError):
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
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncioStream:
        """Go on encrypted; a failure closes the connection."""
        try:
            async with _mapped(timeout, httpcore.ConnectTimeout, httpcore.ConnectError):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except BaseException:
            self.abort()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore wants to know; ``is_readable`` on an idle connection means that it is over."""
        if info == "is_readable":
            return self._reader.at_eof() or self._reader.exception() is not None or self._writer.is_closing()
        return self._writer.get_extra_info(_NAMES.get(info, info))


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

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncioStream:
        """Connect to a host by name or address."""
        local = None if local_address is None else (local_address, 0)
        async with _mapped(timeout, httpcore.ConnectTimeout, httpcore.ConnectError):
            # Addresses one after the other: asyncio tries them at the same time (happy eyeballs) in tasks of
            # their own, which has the same fault on Python 3.11.
            reader, writer = await asyncio.open_connection(host, port, local_addr=local)
        for option in socket_options or ():
            writer.get_extra_info("socket").setsockopt(*option)
        stream = AsyncioStream(reader, writer, self._open.discard)
        self._open.add(stream)
        return stream

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002 - httpcore's signature
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> AsyncioStream:
        """The service has an address on the network, never a path."""
        raise httpcore.UnsupportedProtocol("requests do not go to unix sockets")

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore would between attempts of its own, which are off."""
        await asyncio.sleep(seconds)


@asynccontextmanager
async def _mapped(
    timeout: float | None, late: type[httpcore.TimeoutException], failed: type[httpcore.NetworkError]
) -> AsyncIterator[None]:
    """A time limit, and the errors that httpcore's callers expect."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, ssl.SSLError) as error:
        raise failed(str(error)) from error
