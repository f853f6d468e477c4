"""From one socket to its connection."""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["Line"]

_logger = logging.getLogger("trbridge.connection")


class Line:
    """Keeps the promises of :class:`~trbridge.connection.interfaces.Listener`. On the way of every message, so short.

    Args:
        received: The session's.
        time: The loop's.
        on_frame: The client's; what it raises stays here, since it would end the socket.
        on_lost: The connection's.
        epoch: Which of the connection's sockets it is.
    """

    __slots__ = ("_epoch", "_on_frame", "_on_lost", "_received", "_time")

    def __init__(
        self,
        received: Callable[[float], None],
        time: Callable[[], float],
        on_frame: Callable[[bytes], None],
        on_lost: Callable[[int, int | None, str], None],
        epoch: int,
    ) -> None:
        self._epoch = epoch
        self._received = received
        self._time = time
        self._on_frame = on_frame
        self._on_lost = on_lost

    def traffic(self) -> None:
        """Bytes came."""
        self._received(self._time())

    def frame(self, data: bytes) -> None:
        """A whole message came."""
        try:
            self._on_frame(data)
        except Exception:
            _logger.exception("the client failed to deal with a message")

    def lost(self, code: int | None, reason: str) -> None:
        """The socket is gone."""
        self._on_lost(self._epoch, code, reason)
