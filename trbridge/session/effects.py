"""What a session asks for. The driver carries out the first four; the rest is for the client."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConnectionLost, TaskRouterError
from .states import State

__all__ = [
    "CloseSocket",
    "Connected",
    "Dial",
    "Disconnected",
    "Effect",
    "Ping",
    "Ready",
    "RefreshToken",
    "Report",
    "RequestReady",
    "StateChanged",
    "Stopped",
    "TokenExpired",
]


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a socket; answer with ``opened`` or ``failed``."""

    epoch: int
    """Number of the attempt since the session was made; everything about its socket carries it."""
    attempt: int
    """Number of the attempt since the last stable connection, from 1."""


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Let go of the socket, or of the attempt to open it, now. Nothing it still brings counts."""

    epoch: int
    code: int
    reason: str = ""
    final: bool = False
    """True if no other socket follows, so that there is time for the closing handshake."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Send a ping: it keeps a NAT's entry alive, and the pong counts as traffic (F30)."""

    epoch: int


@dataclass(frozen=True, slots=True)
class RequestReady:
    """Send the ready request; answer with ``ready_succeeded`` or ``ready_failed`` and the same epoch."""

    epoch: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open: the event ``connected``."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The ready request of this socket was answered: the event ``ready``."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A socket that was open no longer is: the event ``disconnected``, once for each outage (Q28)."""

    code: int | None
    """Close code, if there was one; 1006 if the connection broke off."""
    reason: str
    """The server's words."""
    message: str
    """What happened, in ours."""
    will_retry: bool
    """False if nothing more is tried."""
    delay: float | None
    """Seconds until the next attempt, if one is scheduled."""
    error: ConnectionLost | None = None
    """The same as an exception; None if it was on request."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Get a new token; answer with ``token_updated`` or ``refresh_failed``. It replaces the one before it."""

    reason: str
    """``early``, ``expired`` or ``rejected``."""
    attempt: int


@dataclass(frozen=True, slots=True)
class TokenExpired:
    """The token runs out in a few seconds, or has: the event ``token.expired``, once for each token."""


@dataclass(frozen=True, slots=True)
class Report:
    """Something failed that will be tried again: the event ``error``."""

    error: TaskRouterError
    delay: float | None = None
    """Seconds until it is tried again, if that is scheduled."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The session went from one state to another."""

    old: State
    new: State


@dataclass(frozen=True, slots=True)
class Stopped:
    """Given up; trying again would not help."""

    error: TaskRouterError


Effect = (
    Dial
    | CloseSocket
    | Ping
    | RequestReady
    | Connected
    | Ready
    | Disconnected
    | RefreshToken
    | TokenExpired
    | Report
    | StateChanged
    | Stopped
)
