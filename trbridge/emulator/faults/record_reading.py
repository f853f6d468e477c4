"""Reading requests and frames for the record: leniently, for they may be wrong in any way."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from ...errors import ApiError, InvalidArgument
from ...paths import split_url
from ...sids import is_sid
from ..bridge.dialect_v2 import is_relative, path_of
from ..web import AsgiScope, parse_form
from .record import Params

__all__ = [
    "HEARTBEAT",
    "KEPT",
    "bridge_params",
    "call_of",
    "channel_of_path",
    "frame_payload",
    "frame_type",
    "query_params",
    "rest_params",
]

HEARTBEAT: Final = "heartbeat"
"""What the record calls the type of a blank frame."""

KEPT: Final = 64 * 1024
"""Bytes of a body that are kept for the record; of a larger one it has no parameters."""
_CHANNEL_KINDS: Final = ("WS", "WK", "WQ")


class _Envelope(msgspec.Struct):
    url: str
    method: str


class _Params(msgspec.Struct):
    params: dict[str, Any] | None = None


class _FrameType(msgspec.Struct):
    event_type: str | None = None


class _Frame(msgspec.Struct):
    payload: Any = None


_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_params: Final = msgspec.json.Decoder(_Params).decode
_type: Final = msgspec.json.Decoder(_FrameType).decode
_frame: Final = msgspec.json.Decoder(_Frame).decode
_BAD: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def channel_of_path(path: str) -> str | None:
    """The channel's SID that an event bridge's URL ends in, if it does."""
    last = path.rpartition("/")[2]
    return last if any(is_sid(last, kind) for kind in _CHANNEL_KINDS) else None


def query_params(query: bytes) -> Params:
    """The query's parameters."""
    try:
        return parse_form(query)
    except ApiError:
        return {}


def rest_params(query_string: bytes, content_type: bytes, body: bytes) -> Params:
    """The parameters of a request to REST, from query and body."""
    query = query_params(query_string)
    try:
        if not content_type.startswith(b"application/json"):
            return {**query, **parse_form(body)}
        decoded = msgspec.json.decode(body)
    except (ApiError, *_BAD):
        return query
    return {**query, **decoded} if isinstance(decoded, dict) else query


def bridge_params(body: bytes) -> Params:
    """The parameters of the call within a request to the event bridge."""
    try:
        return _params(body).params or {}
    except _BAD:
        return {}


def call_of(scope: AsgiScope, body: bytes) -> tuple[str, str]:
    """Method and path of the call within a request to the event bridge; the request's own where there is none."""
    try:
        envelope = _envelope(body)
        path, _ = split_url(f"/v1/{envelope.url}" if is_relative(envelope.url) else envelope.url)
    except (InvalidArgument, *_BAD):
        return scope["method"], scope["path"]
    return envelope.method.upper(), "/" + "/".join(path_of(path))


@lru_cache(maxsize=16)
def frame_type(text: str) -> str | None:
    """The event type of a frame; None if it has none. One event goes to many sockets."""
    if not text.strip():
        return HEARTBEAT
    try:
        return _type(text).event_type
    except _BAD:
        return None


def frame_payload(text: str) -> Any:
    """The payload of a frame; the whole text if it is no event."""
    try:
        return _frame(text).payload
    except _BAD:
        return text
