"""What one request can fail with: the branch of the tree in :mod:`trbridge.errors` that HTTP statuses lead to."""

from __future__ import annotations

from typing import Any, ClassVar

from .base import TaskRouterError

__all__ = [
    "ApiError",
    "BadRequest",
    "Conflict",
    "DecodeError",
    "Forbidden",
    "Gone",
    "MethodNotAllowed",
    "NotFound",
    "PreconditionFailed",
    "RequestError",
    "RequestTimeout",
    "ReservationGone",
    "ServerError",
    "TooManyRequests",
    "TransportError",
    "Unauthorized",
    "api_error",
]


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
