"""Opens a websocket by way of the ``websockets`` library: no redirects, no log, no proxy for this machine."""

from __future__ import annotations

import functools
import inspect
import logging
import ssl as ssl_module
import sys
import time
from typing import Any, Final, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.version import version as websockets_version

from .. import __version__
from ..urls import is_loopback
from .failures import Redirected, describe
from .interfaces import DialFailed
from .websocket import WebSocket, Wire

__all__ = ["dial"]

MAX_SIZE: Final = 1024 * 1024
"""Bytes of a message, inflated and put together; a longer one closes the socket with 1009 (F35, F36)."""

CLOSE_TIMEOUT: Final = 2.0
"""Seconds that the other side has to answer a close frame (F29)."""

_USER_AGENT: Final = (
    f"trbridge/{__version__} Python/{sys.version_info[0]}.{sys.version_info[1]} websockets/{websockets_version}"
)
_HAS_PROXIES: Final = "proxy" in inspect.signature(connect.__init__).parameters  # from 15 on

_SILENT: Final = logging.Logger("trbridge.websocket")  # noqa: LOG001  in no hierarchy, for nobody to turn on
"""The library logs the request with its query, which holds the token (reliability W4)."""
_SILENT.disabled = True


class _Connect(connect):
    """Opens a connection, but never follows a redirect: the token would go along (F11, check 16)."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def dial(url: str, *, ssl: ssl_module.SSLContext | None = None) -> WebSocket:
    """Open a websocket.

    The environment's proxy is used as ``websockets`` does it from version 15 on, but never for this machine, where
    the emulator is.

    Args:
        url: With the token in its query.
        ssl: For ``wss``; default the system's certificates.

    Raises:
        DialFailed: It could not be opened.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = {"ssl": ssl or _default_ssl()} if parts.scheme == "wss" else {}
    if _HAS_PROXIES:
        options["proxy"] = None if is_loopback(parts.hostname or "") else True
    made: list[Wire] = []

    def make(*args: Any, **kwargs: Any) -> Wire:
        wire = Wire(*args, **kwargs)
        # A second connection is a redirect that got past process_redirect(): nothing is sent there.
        if made:
            wire.unwanted = True
        made.append(wire)
        return wire

    try:
        await _Connect(
            url,
            create_connection=cast("type[ClientConnection]", make),
            compression=None,
            ping_interval=None,
            open_timeout=None,
            close_timeout=CLOSE_TIMEOUT,
            max_size=MAX_SIZE,
            logger=_SILENT,
            user_agent_header=_USER_AGENT,
            **options,
        )
    except Exception as error:  # noqa: BLE001  whatever it is, it is told as one thing
        reason = Redirected() if len(made) > 1 else error
        raise DialFailed(describe(reason, url, time.time())) from None
    socket = made[0].socket
    socket.settle()
    return socket


@functools.cache
def _default_ssl() -> ssl_module.SSLContext:
    """One for all: it takes 20 ms to load the certificates."""
    return ssl_module.create_default_context()
