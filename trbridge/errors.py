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

from typing import Any, ClassVar

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


class TaskRouterError(Exception):
    """Base of everything trbridge raises.

    Args:
        message: What went wrong, in words. Never holds a token or a secret.
        status: HTTP status, where one was received.
        code: Twilio's error code (such as 20001) or a websocket close code.
        more_info: Address of Twilio's page about the code.
        hint: What to do about it, where we know.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: int | None = None,
        more_info: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.more_info = more_info
        self.hint = hint

    def __str__(self) -> str:
        facts = self._facts()
        text = f"{self.message} ({', '.join(facts)})" if facts else self.message
        return f"{text}. Hint: {self.hint}" if self.hint else text

    def _facts(self) -> list[str]:
        facts = [f"HTTP {self.status}"] if self.status is not None else []
        return facts if self.code is None else [*facts, f"code {self.code}"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


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


class RequestError(TaskRouterError):
    """One request failed. The tree below says whether it was answered.

    Attributes:
        outcome_unknown: True if the service may have carried the request out all the same, so that
            repeating it blindly could do it twice.
        attempts: How often it was tried before this error was raised.
    """

    outcome_unknown: bool = False
    attempts: int = 1

    def _facts(self) -> list[str]:
        facts = super()._facts()
        return facts if self.attempts == 1 else [*facts, f"after {self.attempts} attempts"]


class ApiError(RequestError):
    """The service answered with an error.

    Args:
        message: The service's own words.
        status: HTTP status; the class's own when left out.
        code: Twilio's error code; the usual one for the status when left out.
        more_info: Address of the page about the code; derived from the code when left out.
        hint: What to do about it.
        details: Twilio's optional ``details`` object.
    """

    default_status: ClassVar[int] = 500
    default_code: ClassVar[int | None] = None

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: int | None = None,
        more_info: str | None = None,
        hint: str | None = None,
        details: Any = None,
    ) -> None:
        code = self.default_code if code is None else code
        if more_info is None and code is not None:
            more_info = f"https://www.twilio.com/docs/errors/{code}"
        super().__init__(
            message,
            status=self.default_status if status is None else status,
            code=code,
            more_info=more_info,
            hint=hint,
        )
        self.details = details


class BadRequest(ApiError):
    """400: a parameter is wrong, or the resource's state does not allow the change."""

    default_status = 400
    default_code = 20001


class Unauthorized(ApiError):
    """401: credentials are missing, wrong or expired."""

    default_status = 401
    default_code = 20003


class Forbidden(ApiError):
    """403: the token is good, but no policy in it allows this."""

    default_status = 403
    default_code = 20403


class NotFound(ApiError):
    """404: no such resource."""

    default_status = 404
    default_code = 20404


class MethodNotAllowed(ApiError):
    """405: the resource exists but does not take this method."""

    default_status = 405
    default_code = 20004


class Conflict(ApiError):
    """409: the resource is being changed by somebody else."""

    default_status = 409
    default_code = 20409


class Gone(ApiError):
    """410: it existed and is over (accepting a rescinded reservation, for one)."""

    default_status = 410
    default_code = 20410


class ReservationGone(Gone):
    """The reservation is over: it timed out, was canceled, rescinded, or answered otherwise (fault F65).

    The service says so with a 410 or a plain 400; ``status`` is what it sent.

    Attributes:
        reservation_status: How it ended: ``timeout``, ``canceled``, ``rescinded``, ``rejected`` or ``completed``.
    """

    reservation_status: str = ""


class PreconditionFailed(ApiError):
    """412: the version given in ``If-Match`` is not the current one; nothing was changed."""

    default_status = 412
    default_code = 20412


class TooManyRequests(ApiError):
    """429: too many requests.

    Attributes:
        retry_after: Seconds to wait, if the service said so.
    """

    default_status = 429
    default_code = 20429
    retry_after: float | None = None


class ServerError(ApiError):
    """5xx: the service is in trouble.

    Attributes:
        retry_after: Seconds to wait, if the service said so (it may with a 503).
    """

    default_status = 500
    default_code = 20500
    retry_after: float | None = None


_BY_STATUS: dict[int, type[ApiError]] = {
    cls.default_status: cls
    for cls in (
        BadRequest,
        Unauthorized,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        Conflict,
        Gone,
        PreconditionFailed,
        TooManyRequests,
    )
}


def api_error(
    status: int,
    message: str,
    *,
    code: int | None = None,
    more_info: str | None = None,
    hint: str | None = None,
    details: Any = None,
) -> ApiError:
    """Make the error that belongs to an HTTP status.

    A status without a class of its own becomes :class:`ServerError` from 500 on and plain
    :class:`ApiError` below; neither is given a code that the service did not send.
    """
    cls = _BY_STATUS.get(status) or (ServerError if status >= 500 else ApiError)
    error = cls(message, status=status, code=code, more_info=more_info, hint=hint, details=details)
    if code is None:
        error.code, error.more_info = None, more_info
    return error


class RequestTimeout(RequestError):
    """No answer in time. ``outcome_unknown`` tells whether the request may have been carried out."""


class TransportError(RequestError):
    """No answer at all: the name did not resolve, the connection was refused or broke off.

    Attributes:
        kind: What failed, in a word: ``dns``, ``refused``, ``unreachable``, ``reset``, ``tls``, ``proxy``,
            ``protocol`` (an answer that is no HTTP), or ``network`` for anything else.
    """

    kind: str = "network"


class DecodeError(RequestError):
    """An answer or a frame that is not what the protocol says."""


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
