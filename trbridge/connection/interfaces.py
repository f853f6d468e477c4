"""What the driver needs of a socket, so that it can be driven over a fake one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ..session import Failure

__all__ = ["Dial", "DialFailed", "Listener", "Socket"]


class Listener(Protocol):
    """Is told what a socket brings. Never raises."""

    def traffic(self) -> None:
        """Bytes came, of whatever kind: before what is in them is told."""

    def frame(self, data: bytes) -> None:
        """A whole message came, text or binary."""

    def lost(self, code: int | None, reason: str) -> None:
        """The socket is gone; told once, and nothing after it."""


class Socket(Protocol):
    """An open websocket."""

    @property
    def server_time(self) -> float | None:
        """The service's clock when the socket was opened, in seconds since 1970; None if it did not say."""

    def listen(self, listener: Listener) -> None:
        """Tell this listener from now on, beginning with what came already."""

    def ping(self) -> None:
        """Send a ping; silently nothing if the socket is closing."""

    def hold(self, is_held: bool) -> None:
        """Read nothing more until further notice, or go on; what was read already is still told."""

    def abort(self, code: int, reason: str) -> None:
        """Let go at once: a close frame if there is room for it, no waiting, no more word to the listener.

        Ends a :meth:`close` that is under way.
        """

    async def close(self, code: int, reason: str) -> None:
        """As :meth:`abort`, but give the other side a moment to answer the close frame."""

    async def wait_released(self) -> None:
        """Wait until nothing of the socket is left in the event loop. Call :meth:`abort` first."""


Dial = Callable[[str], Awaitable[Socket]]
"""Opens a websocket. Raises :class:`DialFailed`; any other exception counts as trouble of the network."""


class DialFailed(Exception):
    """An attempt failed.

    Args:
        failure: Why. Never holds the URL's query.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error.message)
        self.failure = failure
