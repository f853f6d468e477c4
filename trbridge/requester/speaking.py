"""HTTP/1.1 as a client speaks it, once on either library: what is written, and what comes of what is read.

No sockets here. ``h11`` comes with httpx; ``httptools``, the parser of Node in C, comes with the extra ``fast`` and
is taken when it is there.
"""

from __future__ import annotations

from typing import Final, Protocol

import httpx

__all__ = ["HEAD_LIMIT", "Exchange", "default_exchange"]

HEAD_LIMIT: Final = 100 * 1024
"""Bytes of an answer's head; httpx's own transport has the same."""


class Exchange(Protocol):
    """One request and its answer on one connection.

    Attributes:
        status: The answer's status; 0 until its head is complete.
        reason: Its reason phrase.
        version: ``HTTP/1.1``, or what the server says.
        headers: Its headers as they came.
        body: What came of its body and was not taken; whoever takes it empties it.
        complete: Whether all of it came.
    """

    status: int
    reason: bytes
    version: bytes
    headers: list[tuple[bytes, bytes]]
    body: list[bytes]
    complete: bool

    @property
    def may_go_on(self) -> bool:
        """Whether the connection can carry another exchange: both sides said all, and nothing after it."""

    def request(self, request: httpx.Request, body: bytes) -> bytes:
        """What to write.

        Raises:
            httpx.LocalProtocolError: It cannot be said in HTTP.
        """

    def feed(self, data: bytes) -> None:
        """What was read; nothing means that the connection ended.

        Raises:
            httpx.RemoteProtocolError: That is no answer, or not all of it.
        """


def default_exchange() -> type[Exchange]:
    """The faster one that is installed."""
    try:
        from .with_httptools import HttptoolsExchange
    except ImportError:
        from .with_h11 import H11Exchange

        return H11Exchange
    return HttptoolsExchange
