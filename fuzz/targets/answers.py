"""Answers over HTTP: whatever a proxy, a login page or the service may say."""

from __future__ import annotations

from typing import Final

from trbridge.answers import Answer, Inflater, read_answer
from trbridge.errors import ApiError, DecodeError, RequestError
from trbridge.wire import Request

from .oracles import check, check_refusal

__all__ = ["read_http_answer"]

_LIMIT: Final = 4096
_WORKSPACE: Final = "WS" + "2" * 32
_URL: Final = f"https://taskrouter.twilio.com/v1/Workspaces/{_WORKSPACE}/Tasks"
_CODINGS: Final = ("", "gzip", "identity", "br", "GZIP ")


def read_http_answer(data: bytes) -> None:
    """Two bytes for status, method and coding, a line of headers, and a body: a reply or a typed error, never more."""
    first, second = (*data[:2], 0, 0)[:2]
    headers, _, body = data[2:].partition(b"\n")
    told = _inflated(body, _CODINGS[second % len(_CODINGS)])
    if told is None:
        return
    reason, _, retry = headers.decode("latin-1").partition("|")
    method = "DELETE" if second & 128 else "POST" if second & 64 else "GET"
    answer = Answer(200 + first * 2, reason, {"retry-after": retry, "content-type": reason, "etag": retry}, told)
    try:
        reply = read_answer(answer, Request(method, _URL), _WORKSPACE, 1_000_000.0)
    except RequestError as error:
        check_refusal(error)
        check(isinstance(error, (ApiError, DecodeError)), f"a {type(error).__name__} of an answer that came")
        after = getattr(error, "retry_after", None)
        check(after is None or 0 <= after <= 86_400, f"to wait {after} s")
        return
    check(200 <= answer.status < 300, f"status {answer.status} is a success")
    check(len(reply.payload) <= len(told) + 4, "more came out than went in")


def _inflated(body: bytes, coding: str) -> bytes | None:
    try:
        inflater = Inflater(coding, _LIMIT)
        for start in range(0, len(body), 100):
            inflater.feed(body[start : start + 100])
    except DecodeError as error:
        check_refusal(error)
        return None
    told = inflater.body()
    check(len(told) <= _LIMIT, f"{len(told)} bytes where {_LIMIT} are allowed")
    return told
