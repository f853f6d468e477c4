"""Keeps HTTP connections for several clients: one httpx client for each event loop, made when needed."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import weakref
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import ssl

    import httpx

    from .network import AsyncioBackend

__all__ = ["SHARED", "Connections", "HttpPool"]

_IDLE_SECONDS: Final = 30.0
"""How long an unused connection is kept [I]; one the server has closed meanwhile is noticed before it is used."""

_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_LOOPBACK: Final = ("all://127.0.0.1", "all://[::1]", "all://localhost")


class Connections:
    """What one event loop has: a client of httpx, and who uses it."""

    __slots__ = ("_backend", "_client", "users")

    def __init__(self, client: httpx.AsyncClient, backend: AsyncioBackend) -> None:
        self._client = client
        self._backend = backend
        # Weak: whoever forgets to close must not keep the others' connections open for ever.
        self.users: weakref.WeakSet[object] = weakref.WeakSet()

    def to(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """What leads there: a proxy's transport or the direct one. The client knows, but does not tell in public."""
        return self._client._transport_for_url(url)

    def drop_idle(self) -> None:
        """Close those that nobody uses; those through a proxy stay, httpx has no way to tell them."""
        from .transport import Transport

        if isinstance(self._client._transport, Transport):
            self._client._transport.drop_idle()

    async def aclose(self) -> None:
        """Close all of them."""
        try:
            await self._client.aclose()
        finally:
            self._backend.abort()


class HttpPool:
    """HTTP connections that several clients share.

    Without one, all clients of an event loop share that loop's pool, which closes with the last of them.
    Make your own to decide about TLS or proxies, or to keep connections between clients; close it in
    every event loop that used it. A pool may be used by several event loops and threads: each loop gets
    its own connections.

    Args:
        transport: Another httpx transport to send with (a mock, or a faster one). It belongs to the pool,
            and to one event loop. Without one: HTTP/1.1 with certificates checked.
        ssl_context: For a private certificate authority. By default httpx's: certifi's authorities, host
            names checked, TLS 1.2 or later.
        trust_env: Honour ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and
            ``SSL_CERT_DIR``. Loopback addresses are never asked for through a proxy.
        max_connections: How many connections there may be at a time; further requests wait.

    Example:
        ``async with HttpPool() as pool: ...``
    """

    def __init__(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        ssl_context: ssl.SSLContext | None = None,
        trust_env: bool = True,
        max_connections: int = 100,
    ) -> None:
        self.ssl_context = ssl_context
        self._transport = transport
        self._trust_env = trust_env
        self._max_connections = max_connections
        self._open: dict[asyncio.AbstractEventLoop, Connections] = {}
        self._lock = threading.Lock()

    def connections(self, user: object) -> Connections:
        """The running loop's; ``user`` counts as using them until :meth:`leave`."""
        loop = asyncio.get_running_loop()
        with self._lock:
            here = self._open.get(loop)
            if here is None:
                self._forget_closed_loops()
                here = self._open[loop] = self._make()
            here.users.add(user)
            return here

    async def leave(self, user: object) -> None:
        """``user`` needs the running loop's connections no more. They stay open for others."""
        self._without(user)

    def drop_idle(self) -> None:
        """Close the running loop's connections that no request is using; the next one opens a new one.

        What is idle cannot tell whether it still leads anywhere: after the network has changed, or the machine
        has slept, a request would wait for its time limit in a connection that nobody hears of (F18, F33, F58).
        """
        here = self._open.get(asyncio.get_running_loop())
        if here is not None:
            here.drop_idle()

    async def aclose(self) -> None:
        """Close the running loop's connections. The next request opens new ones."""
        with self._lock:
            here = self._open.pop(asyncio.get_running_loop(), None)
        if here is not None:
            await here.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _without(self, user: object) -> bool:
        """Take the user off the running loop's list; True if that was the last one."""
        with self._lock:
            here = self._open.get(asyncio.get_running_loop())
            if here is None or user not in here.users:
                return False
            here.users.discard(user)
            return not here.users

    def _forget_closed_loops(self) -> None:
        # Nothing can be closed on a loop that is closed; its sockets went with it.
        for loop in [loop for loop in self._open if loop.is_closed()]:
            del self._open[loop]

    def _make(self) -> Connections:
        import httpx

        from .network import use_asyncio_streams
        from .transport import Transport

        authorities = self.ssl_context or _authorities(self._trust_env, *map(os.environ.get, _CERTIFICATES))
        client = httpx.AsyncClient(
            transport=self._transport,
            verify=authorities,
            trust_env=self._trust_env,
            # None is "no proxy": a token for the emulator has no business in one (check 17).
            mounts=dict.fromkeys(_LOOPBACK),
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the requester has one, over the whole attempt
            limits=httpx.Limits(
                max_connections=self._max_connections,
                max_keepalive_connections=self._max_connections,
                keepalive_expiry=_IDLE_SECONDS,
            ),
        )
        backend = use_asyncio_streams(client)
        if self._transport is None:
            # Not as an argument: httpx would not look for proxies then.
            client._transport = Transport(
                backend,
                ssl_context=authorities,
                max_connections=self._max_connections,
                idle_seconds=_IDLE_SECONDS,
            )
        return Connections(client, backend)


class OwnPool(HttpPool):
    """A pool that nobody closes by hand: it closes with its last user."""

    async def leave(self, user: object) -> None:
        """``user`` needs it no more; without users the running loop's connections are closed."""
        if self._without(user):
            await self.aclose()


SHARED: Final = OwnPool()
"""What clients use that were given no pool."""


@functools.cache
def _authorities(trust_env: bool, *_places: str | None) -> ssl.SSLContext:
    """The certificate authorities that httpx trusts. To read them takes 0.1 s: once for each place they are in."""
    import httpx

    return httpx.create_ssl_context(trust_env=trust_env)
