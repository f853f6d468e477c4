"""uvicorn inside a running event loop: no signal handlers, no log of its own, started and stopped at once."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import re
import socket
import warnings
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..errors import InvalidArgument
from .bridge.sockets import ABORT
from .web import is_loopback

if TYPE_CHECKING:
    from .web import Web

__all__ = ["Listener", "check_address"]

_TOKEN: Final = re.compile(r"(token=)[^&\s\"']+")
_PATIENCE: Final = 5.0
_BACKLOG: Final = 2048  # uvicorn's
_MOST_HEAD: Final = 256 * 1024
"""Bytes of a request beside its body: head, sizes of chunks, what follows the last. A token has 128 KiB. httptools
has no limit, and time that grows with the square."""
_FRAMING: Final = 8
"""Bytes beside a byte of the body that are all right: a chunk of one byte has five."""


class Listener:
    """Listening sockets, and what serves the connections to them.

    Args:
        app: The ASGI application.
        host: Address to listen on; ``localhost`` is both of this machine's, where it has both.
        port: Port to listen on; 0 takes a free one.
        most: Connections at a time; who comes after that is answered 503.

    Raises:
        InvalidArgument: The address cannot be listened on; says why.
    """

    def __init__(self, app: Web, host: str, port: int, most: int) -> None:
        self._sockets = _bind_both(port) if host == "localhost" else [_bind(host, port)]
        self.port: int = self._sockets[0].getsockname()[1]
        config = uvicorn.Config(
            app,
            http=_Http,
            ws=_web_socket,  # type: ignore[arg-type]
            ws_max_size=64 * 1024,  # the clients never send anything
            ws_ping_interval=None,  # heartbeats do it (wire-protocol 3.3)
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            limit_concurrency=most + 1,
        )
        config.load()
        logging.getLogger("uvicorn.error").addFilter(_redact)
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)

    async def start(self) -> None:
        """Take connections."""
        await self._server.startup(sockets=self._sockets)

    async def stop(self) -> None:
        """Take no more connections, end the ones there are, and wait until they have ended."""
        servers = getattr(self._server, "servers", [])  # none if it was never started
        for server in servers:
            server.close()
        for listening in self._sockets:
            listening.close()
        state = self._server.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._drained()
        for connection in list(state.connections):
            connection.transport.abort()
        for task in list(state.tasks):
            task.cancel()
        for server in servers:
            await server.wait_closed()

    async def _drained(self) -> None:
        # A few turns of the loop are enough for everybody who is not stuck.
        state = self._server.server_state
        turns = 0
        while state.connections or state.tasks:
            await asyncio.sleep(0 if turns < 100 else 0.01)
            turns += 1


class _Http(HttpToolsProtocol):
    """uvicorn's HTTP, with a way to cut the connection (fault rules drop answers) and an end to all but the body."""

    _beside = _arrived = 0

    def data_received(self, data: bytes) -> None:
        self._arrived = len(data)
        super().data_received(data)
        self._beside += len(data)
        if self._beside > _MOST_HEAD and not self.transport.is_closing():
            self.send_400_response(f"The request has more than {_MOST_HEAD} bytes beside its body.")

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._beside -= (1 + _FRAMING) * len(body)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._beside = -self._arrived  # what came along with its first byte may be the end of the one before
        extensions: dict[str, Any] = {ABORT: self.transport.abort}
        self.scope["extensions"] = extensions


def _web_socket(**arguments: Any) -> asyncio.Protocol:
    """The protocol of a connection that is upgraded: uvicorn wants a class, and only ever calls it."""
    from .bridge.websocket_protocol import WebSocketProtocol

    return WebSocketProtocol(**arguments)


def check_address(host: str, *, allow_remote: bool) -> None:
    """Listen wider than this machine only if that was asked for, and then say so (security check 30).

    Raises:
        InvalidArgument: Others can reach the address, and ``allow_remote`` is not given.
    """
    if is_loopback(f"[{host}]" if ":" in host else host):
        return
    if not allow_remote:
        raise InvalidArgument(
            f"{host!r} can be reached by other machines",
            hint="give allow_remote=True (--allow-remote) if that is what you want",
        )
    warnings.warn(
        f"the emulator listens on {host}, for other machines too; credentials and tokens travel unencrypted",
        stacklevel=3,
    )


def _bind_both(port: int, attempts: int = 5) -> list[socket.socket]:
    """Sockets on 127.0.0.1 and ::1 with one port: ``localhost`` is either, as the caller's resolver has it."""
    first = _bind("127.0.0.1", port)
    try:
        return [first, _bind("::1", first.getsockname()[1])]
    except InvalidArgument as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno != errno.EADDRINUSE:
            return [first]  # there is no IPv6 here
        first.close()
        if port or attempts == 1:
            raise
    return _bind_both(port, attempts - 1)  # that one was free on one of them only


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol: asyncio sends small answers at once (TCP_NODELAY) only on sockets that name it.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # At once: of two that begin at the same moment the second is to be refused here. asyncio says it again.
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise InvalidArgument(
            f"cannot listen on {host}, port {port}: {why}", hint="choose another port, or 0 for any free one"
        ) from error
    return listening


def _redact(record: logging.LogRecord) -> bool:
    """Keep tokens out of uvicorn's log: it and websockets write the URL of each handshake (security check 1)."""
    text = record.getMessage()
    if "token=" in text:
        record.msg, record.args = _TOKEN.sub(r"\1***", text), ()
    return True
