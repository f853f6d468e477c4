"""A call of the REST API and its answer, and what both have in common whatever is asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from ...errors import ApiError, PreconditionFailed
from ..access.rate_limits import GENERAL, Limit, LimitReached, RateLimits, limit_of
from .parameters import Form, shown
from .router import Segments

__all__ = ["Answer", "Call", "Dialect", "check_version", "count_request", "error_answer", "rate_headers"]

Dialect = Literal["v1", "v2"]

_NOTHING: Final[Mapping[str, list[str]]] = {}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request, whoever brought it.

    Attributes:
        method: ``GET``, ``POST`` or ``DELETE``.
        path: Segments of the path, decoded: ``("v1", "Workspaces", "WS...")``.
        query: Query parameters.
        form: Form parameters.
        json: Decoded JSON body, for the one operation that has one.
        if_match: The ``If-Match`` header, or None.
        base_url: Base of URLs in the answer, with ``/v1``.
        account_sid: Whose credentials were checked.
        dialect: ``v2`` for the internal JSON that the second generation of clients speaks (wire-protocol 7.1).
    """

    method: str
    path: Segments
    query: Form = _NOTHING
    form: Form = _NOTHING
    json: Any = None
    if_match: str | None = None
    base_url: str
    account_sid: str
    dialect: Dialect = "v1"


class Answer(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        status: HTTP status.
        body: JSON object, or None for an empty body.
        headers: Headers of its own, beside those of every answer.
    """

    status: int
    body: dict[str, Any] | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it went well."""
        return self.status < 400


def error_answer(error: ApiError) -> Answer:
    """The error body of rest-api 1.2."""
    status = error.status or error.default_status
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "more_info": error.more_info,
        "status": status,
    }
    if error.details is not None:
        body["details"] = error.details
    wait = getattr(error, "retry_after", None)
    # Whole seconds (RFC 9110 section 10.2.3), never too few.
    headers = {} if wait is None else {"Retry-After": str(max(math.ceil(wait), 1))}
    if isinstance(error, LimitReached):
        headers.update(rate_headers(error.limit, 0))
    return Answer(status, body, headers)


def count_request(
    limits: RateLimits | None, operation_id: str, values: dict[str, Any], scope: str, now: float
) -> Mapping[str, str]:
    """Count a request against its limit; the headers that tell about it (rest-api 1)."""
    if limits is None:
        return {}
    limit = limit_of(operation_id, values)
    return _GENERAL if limit is None else rate_headers(limit, limits.check(scope, limit, now))


def rate_headers(limit: Limit = GENERAL, remaining: int | None = None) -> dict[str, str]:
    """The headers of every answer, errors included (rest-api 1)."""
    return {
        "X-Rate-Limit-Limit": str(limit.requests),
        "X-Rate-Limit-Remaining": str(limit.requests if remaining is None else remaining),
        "X-Rate-Limit-Config": limit.name,
    }


_GENERAL: Final[Mapping[str, str]] = rate_headers()


_TAG: Final = re.compile(r'\s*(?:W/)?"?([^",]*)"?\s*(?:,|$)')


def check_version(if_match: str | None, version: int | None) -> None:
    """Let a change pass only if the version it was made for is the present one (rest-api 1.3).

    Quoted, bare and weak tags are read, lists of them, and ``*`` [I].

    Raises:
        PreconditionFailed: It is another version.
    """
    if if_match is None or version is None:
        return
    wanted = {tag for tag in _TAG.findall(if_match[:500]) if tag}
    if "*" not in wanted and str(version) not in wanted:
        raise PreconditionFailed(f"The version {shown(if_match)} in If-Match is not the current one, {version}.")
