"""Reads the bridge's answer: a value or a typed error, never more of it than there is room for.

Whatever comes (HTML of a proxy, nothing, half a document, a compression bomb), what leaves is a
:class:`~trbridge.wire.Reply` or a :class:`~trbridge.errors.RequestError` (F66). No HTTP library here.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from .errors import ApiError, DecodeError, ServerError, TooManyRequests, api_error
from .hints import REPEAT_WITH_CARE, hint_for_status
from .retry import parse_retry_after
from .shown import printable
from .wire import Reply, Request, decode_reply

__all__ = ["MAX_ANSWER", "MAX_ERROR", "Answer", "Inflater", "printable", "read_answer"]

MAX_ANSWER: Final = 16 * 1024 * 1024
"""Bytes of a successful answer, inflated; a page of 1,000 workers has about 1.1 MB."""

MAX_ERROR: Final = 64 * 1024
"""Bytes read of an answer that tells of an error; the rest is left unread."""

_GZIP: Final = 16 + zlib.MAX_WBITS
_CODINGS: Final[Mapping[str, int | None]] = {"": None, "identity": None, "gzip": _GZIP, "x-gzip": _GZIP}


class Answer(NamedTuple):
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        reason: The reason phrase; empty over HTTP/2.
        headers: The headers, their names in lower case.
        body: The body, inflated, no longer than allowed; of an error without the token, should it repeat it.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Answer {self.status}, {len(self.body)} bytes>"


class Inflater:
    """Collects a body and undoes gzip, but never makes more than ``limit`` bytes of it (check 22).

    HTTP libraries inflate first and let the caller count later, so that 64 KiB can become 64 MiB.

    Args:
        coding: The ``Content-Encoding`` header; only gzip is ever asked for.
        limit: How many bytes are taken.

    Raises:
        DecodeError: The coding is another one.
    """

    def __init__(self, coding: str, limit: int) -> None:
        name = coding.strip().lower()
        if name not in _CODINGS:
            raise DecodeError(f"the answer is compressed in a way that was not asked for: {printable(coding, 40)}")
        bits = _CODINGS[name]
        self._gzip = None if bits is None else zlib.decompressobj(bits)
        self._limit = limit
        self._body = bytearray()

    @property
    def overflown(self) -> bool:
        """True once there was more than ``limit`` bytes."""
        return len(self._body) > self._limit

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as they came.

        Raises:
            DecodeError: They are not gzip.
        """
        room = self._limit + 1 - len(self._body)
        if room <= 0:  # to zlib, 0 would mean as much as there is
            return
        if self._gzip is None:
            self._body += chunk[:room]
            return
        try:
            self._body += self._gzip.decompress(chunk, room)
        except zlib.error:
            raise DecodeError("the answer says that it is gzip, but it is not") from None

    def body(self) -> bytes:
        """The bytes so far, at most ``limit``."""
        return bytes(self._body[: self._limit])


def read_answer(answer: Answer, request: Request, channel_sid: str, now: float) -> Reply:
    """The reply in an answer. Any 2xx is a success (Q3).

    Args:
        answer: What came.
        request: What was asked.
        channel_sid: Whose token was used; for the hint.
        now: Seconds since 1970, for a ``Retry-After`` that is a date.

    Raises:
        ApiError: The status says that it failed.
        DecodeError: The status says that it worked, the body is not what the protocol says.
    """
    if not 200 <= answer.status < 300:
        raise _api_error(answer, request, channel_sid, now)
    try:
        return decode_reply(answer.body, answer.headers.get("etag"), may_be_empty=request.method == "DELETE")
    except DecodeError as error:
        error.status = answer.status
        error.hint = _what_answered(answer)
        raise


def _what_answered(answer: Answer) -> str | None:
    if "html" in answer.headers.get("content-type", "").lower():
        return "it is a web page: check event_bridge_base_url, and whether a proxy or a login page answers in its place"
    return None


def _api_error(answer: Answer, request: Request, channel_sid: str, now: float) -> ApiError:
    told = _told(answer.body)
    message, more_info = told.get("message"), told.get("more_info")
    message = printable(message) if isinstance(message, str) and message else _phrase(answer)
    hint = hint_for_status(answer.status, request, channel_sid, message)
    error = api_error(
        answer.status,
        message,
        code=told.get("code") if type(told.get("code")) is int else None,
        more_info=printable(more_info) if isinstance(more_info, str) else None,
        hint=hint and printable(hint),
        details=told.get("details"),
    )
    if isinstance(error, (TooManyRequests, ServerError)):
        error.retry_after = parse_retry_after(answer.headers.get("retry-after"), now)
    if request.method != "GET" and _perhaps_done(error):
        error.outcome_unknown = True
        error.hint = REPEAT_WITH_CARE
    return error


def _perhaps_done(error: ApiError) -> bool:
    if not isinstance(error, ServerError):
        return False
    # A 503 that names a time or carries Twilio's code is the service declining; any other may be a
    # gateway that lost the answer of a request that went through [I].
    return error.status != 503 or (error.retry_after is None and error.code is None)


def _told(body: bytes) -> dict[str, Any]:
    """Twilio's error object (rest-api 1.2); empty for HTML, nothing, garbage or a list."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def _phrase(answer: Answer) -> str:
    return printable(answer.reason.strip()) or _PHRASES.get(answer.status, f"status {answer.status}")


_PHRASES: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}
