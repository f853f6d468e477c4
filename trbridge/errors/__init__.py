"""Everything that trbridge raises, as one tree sorted by what the caller can do about it.

::

    TaskRouterError
    ├── InvalidArgument            fix the call; nothing was sent          (also a ValueError)
    │   └── ExpressionError        fix the expression or configuration
    ├── TokenError                 get another token
    │   ├── InvalidToken           malformed, badly signed, or a claim is missing or wrong
    │   ├── WrongTokenKind         a v2 access token, or a token for another kind of client
    │   ├── TokenExpired           its time is over
    │   ├── TokenRejected          the service does not take it
    │   ├── WrongIdentity          it belongs to another channel than the one it should renew
    │   └── TokenProviderError     your token provider raised, timed out or returned no token
    ├── RequestError               one request failed
    │   ├── ApiError               it was answered: status, code, message, more_info
    │   │   ├── BadRequest           400   the parameters or the state do not allow it
    │   │   ├── Unauthorized         401   the token is not (or no longer) valid
    │   │   ├── Forbidden            403   the token has no policy for this
    │   │   ├── NotFound             404   no such resource
    │   │   ├── MethodNotAllowed     405   not on this resource
    │   │   ├── Conflict             409   somebody else changed it
    │   │   ├── Gone                 410   it existed and is over
    │   │   │   └── ReservationGone        the reservation ended before the answer to it came
    │   │   ├── PreconditionFailed   412   the version in If-Match is an old one
    │   │   ├── TooManyRequests      429   slow down; ``retry_after`` seconds if the service said so
    │   │   └── ServerError          5xx   not your fault
    │   ├── RequestTimeout         no answer in time
    │   ├── TransportError         no answer: name resolution, refused, reset, TLS
    │   └── DecodeError            an answer that is not what the protocol says
    ├── ConnectionFailed           a websocket that could not be opened
    ├── ConnectionLost             a websocket that ended; ``code`` and ``reason`` as the server gave them
    ├── NotReady                   too early: connect first
    ├── ClientClosed               too late: the client was closed
    ├── SlowConsumer               a bounded queue is full, or a handler does not keep up
    ├── CheckpointError            how far a log was followed cannot be read or kept; ``path`` says where
    ├── JournalError               the emulator's data file cannot be used; ``path`` says which
    └── HandlerError               a handler of yours raised; the cause is in ``__cause__``

The emulator raises the :class:`ApiError` family for the same reasons as the service does, so that one
class means one thing on both sides of the wire.
"""

from __future__ import annotations

from .base import TaskRouterError
from .of_requests import (
    ApiError,
    BadRequest,
    Conflict,
    DecodeError,
    Forbidden,
    Gone,
    MethodNotAllowed,
    NotFound,
    PreconditionFailed,
    RequestError,
    RequestTimeout,
    ReservationGone,
    ServerError,
    TooManyRequests,
    TransportError,
    Unauthorized,
    api_error,
)

__all__ = [
    "ApiError",
    "BadRequest",
    "CheckpointError",
    "ClientClosed",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "DecodeError",
    "ExpressionError",
    "Forbidden",
    "Gone",
    "HandlerError",
    "InvalidArgument",
    "InvalidToken",
    "JournalError",
    "MethodNotAllowed",
    "NotFound",
    "NotReady",
    "PreconditionFailed",
    "RequestError",
    "RequestTimeout",
    "ReservationGone",
    "ServerError",
    "SlowConsumer",
    "TaskRouterError",
    "TokenError",
    "TokenExpired",
    "TokenProviderError",
    "TokenRejected",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "WrongIdentity",
    "WrongTokenKind",
    "api_error",
]


class InvalidArgument(TaskRouterError, ValueError):
    """The call itself is wrong; it was refused before anything was sent."""


class ExpressionError(InvalidArgument):
    """An expression or a workflow configuration that cannot be understood.

    Args:
        message: What is wrong.
        line: Line of the fault, from 1.
        column: Column of the fault, from 1.
    """

    def __init__(self, message: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class TokenError(TaskRouterError):
    """A token cannot be used."""


class InvalidToken(TokenError):
    """The token is malformed, badly signed, or a claim is missing or wrong."""


class WrongTokenKind(TokenError):
    """A v2 access token where a capability token belongs, or a token for another kind of client."""


class TokenExpired(TokenError):
    """The token's time is over."""


class TokenRejected(TokenError):
    """The service refused a token that looked right from here."""


class WrongIdentity(TokenError):
    """The new token speaks for another channel than the one it should renew."""


class TokenProviderError(TokenError):
    """The token provider raised, took too long, or returned something that is no token."""


class ConnectionFailed(TaskRouterError):
    """The websocket could not be opened.

    Attributes:
        kind: What failed, in a word, as in :class:`TransportError`; or ``http`` for an answer that was no
            websocket's, with its ``status``, or ``timeout``.
    """

    kind: str = "network"


class ConnectionLost(TaskRouterError):
    """The websocket ended.

    Attributes:
        reason: The server's words, at most 123 bytes (RFC 6455 section 5.5).
    """

    reason: str = ""


class NotReady(TaskRouterError):
    """The client is not connected yet."""


class ClientClosed(TaskRouterError):
    """The client was closed; what was still under way is reported with this."""


class SlowConsumer(TaskRouterError):
    """A handler or an iterator does not keep up with the events.

    Attributes:
        place: If the event loop was blocked: by which function, in which file, at which line; None if that was not
            seen. Text for people.
    """

    place: str | None = None


class CheckpointError(TaskRouterError):
    """A checkpoint's file cannot be read or written, or holds something else.

    Args:
        message: What is wrong.
        path: The file.
        hint: What to do about it.
    """

    def __init__(self, message: str, *, path: str = "", hint: str | None = None) -> None:
        super().__init__(f"the checkpoint {path}: {message}" if path else message, hint=hint)
        self.path = path


class JournalError(TaskRouterError):
    """The emulator's data file cannot be opened, read or written.

    Args:
        message: What is wrong.
        path: The file.
        hint: What to do about it.
    """

    def __init__(self, message: str, *, path: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.path = path


class HandlerError(TaskRouterError):
    """A handler or callback raised. The exception is in ``__cause__``.

    Attributes:
        event: Name of the event it was handling, or None for a callback.
    """

    event: str | None = None
