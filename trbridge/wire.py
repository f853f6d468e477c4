"""What crosses the event bridge: a request, its reply, an event; and how parameters are written.

The websocket only brings events; every request is an HTTPS POST to the same channel URL, which the
bridge turns into a call of the REST API (wire-protocol 0.4 and 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

import msgspec

from .errors import DecodeError, InvalidArgument

__all__ = [
    "Event",
    "Params",
    "Reply",
    "Request",
    "Scalar",
    "decode_event",
    "decode_reply",
    "encode_params",
    "encode_request",
    "format_datetime",
    "mend",
    "wire_name",
]

T = TypeVar("T")

Scalar = str | int | float | bool | date | None
Params = Mapping[str, Any]
"""Parameters as a caller gives them: TaskRouter names, any values."""

_NULL: Final = msgspec.Raw(b"null")


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call of the REST API, to be made by the bridge.

    Attributes:
        method: ``GET``, ``POST`` or ``DELETE``.
        url: Absolute REST URL; without a query, unless it is a page's.
        params: Encoded parameters (:func:`encode_params`), or None for no ``params`` key at all.
        event_type: A label that the reply repeats; ``"ready"`` makes the reply an event.
        if_match: Version for the ``If-Match`` header, or None. Sent as a header, never in the body.
    """

    method: str
    url: str
    params: dict[str, str | list[str]] | None = None
    event_type: str | None = None
    if_match: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """The bridge's answer to a request.

    Attributes:
        payload: The resource, list page or statistics object as undecoded JSON; ``null`` after a delete.
        event_type: The request's label, or None.
        etag: The resource's version, if an ``ETag`` header came with it.
    """

    payload: msgspec.Raw = _NULL
    event_type: str | None = None
    etag: str | None = None


class Event(msgspec.Struct, frozen=True, gc=False):
    """A frame of the websocket: a name and an undecoded payload."""

    event_type: str | None = None
    payload: msgspec.Raw = _NULL


class _Envelope(msgspec.Struct):
    url: str
    method: str
    token: str
    event_type: str | msgspec.UnsetType = msgspec.UNSET
    params: dict[str, str | list[str]] | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.json.Encoder().encode
_reply = msgspec.json.Decoder(Reply)
_event = msgspec.json.Decoder(Event)
_decode_event = _event.decode


def encode_request(request: Request, token: str) -> bytes:
    """The body of the POST (wire-protocol 4.1). Holds the token: never log it."""
    return _encode(
        _Envelope(
            url=request.url,
            method=request.method,
            token=token,
            event_type=request.event_type or msgspec.UNSET,
            params=msgspec.UNSET if request.params is None else request.params,
        )
    )


# One alternative takes every escape, so that the backslash of an escaped backslash starts none.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def mend(text: bytes) -> bytes:
    """JSON whose strings can be decoded: halves of surrogate pairs become U+FFFD (RFC 8259 section 8.2).

    A service that cuts names at 64 UTF-16 units may cut an emoji in two; JavaScript reads that, UTF-8 cannot hold it.
    """
    if b"\\u" not in text:
        return text
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found["lone"] else found[0], text)


def _decode(decoder: msgspec.json.Decoder[T], text: bytes | str) -> T:
    try:
        return decoder.decode(text)
    except msgspec.DecodeError:
        raw = text.encode() if isinstance(text, str) else text
        mended = mend(raw)
        if mended == raw:
            raise
    return decoder.decode(mended)


def decode_reply(body: bytes, etag: str | None = None, *, may_be_empty: bool = False) -> Reply:
    """Read the body of a successful answer (v1 never called back after one it could not read, Q7).

    Args:
        body: What came.
        etag: The ``ETag`` header.
        may_be_empty: An empty body reads as a ``null`` payload: a delete's may have none.

    Raises:
        DecodeError: The body is not a JSON object.
    """
    if may_be_empty and not body.strip():
        return Reply(etag=etag)
    try:
        reply = _decode(_reply, body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise DecodeError(f"the event bridge's answer is not what the protocol says: {error}") from error
    return reply if etag is None else Reply(payload=reply.payload, event_type=reply.event_type, etag=etag)


def decode_event(frame: bytes | str) -> Event | None:
    """Read a frame; None for a heartbeat, which is blank (wire-protocol 3.3).

    JSON of another form is an event without a name, which nobody gets: v1 drops it, too (3.3, Q33).

    Raises:
        DecodeError: The frame is not JSON.
    """
    try:
        return _decode_event(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # Only now, since most frames are events.
        if not frame or frame.isspace():
            return None
    try:
        return _decode(_event, frame)
    except msgspec.ValidationError:
        return Event()
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise DecodeError(f"a frame is not what the protocol says: {error}") from error


def wire_name(name: str) -> str:
    """TaskRouter's name of a snake_case keyword: ``activity_sid`` is ``ActivitySid``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def format_datetime(value: datetime) -> str:
    """ISO 8601 in UTC with whole seconds, as the REST API writes and reads it (rest-api 1).

    Raises:
        InvalidArgument: The value has no time zone, so that its moment is not known.
    """
    if value.tzinfo is None:
        raise InvalidArgument(f"{value.isoformat()} has no time zone; say which: datetime.now(timezone.utc)")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode_params(params: Params | None = None, keywords: Params | None = None) -> dict[str, str | list[str]]:
    """Write parameters the way TaskRouter reads them.

    A mapping goes under its own names, snake_case keywords under TaskRouter's, keywords last. Scalars
    become text (``True`` is ``"true"``, moments are ISO 8601), objects and lists JSON text, a list for a
    parameter that takes several values stays one, None leaves it out. Nothing of the caller's is
    changed (Q14, Q15).

    Raises:
        InvalidArgument: A name is no text, or a value cannot be written.
    """
    encoded: dict[str, str | list[str]] = {}
    named = [*(params or {}).items(), *((wire_name(key), value) for key, value in (keywords or {}).items())]
    for name, value in named:
        if not isinstance(name, str) or not name:
            raise InvalidArgument(f"a parameter's name must be text, not {name!r}")
        if value is None:
            encoded.pop(name, None)
        else:
            encoded[_text("a parameter's name", name)] = _encode_value(name, value)
    return encoded


_REPEATED: Final = frozenset(
    {
        "AssignmentStatus",
        "ConferenceStatusCallbackEvent",
        "DequeueStatusCallbackEvent",
        "DequeueStatusCallbackEvents",
        "StatusCallbackEvent",
        "QueueSids",
    }
)
"""The parameters of rest-api that take several values; any other list is a JSON document, as in v1's update."""


def _encode_value(name: str, value: Any) -> str | list[str]:
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, (list, tuple)) and name in _REPEATED:
        return [_scalar(name, item) for item in value]
    if isinstance(value, (Mapping, list, tuple)):
        return _json(name, value)
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return _json(name, value)
    raise InvalidArgument(f"{name} cannot be a {type(value).__name__}: give text, a number, a bool, a date or JSON")


def _text(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"{name} holds half of a surrogate pair, which no UTF-8 can hold") from None
    return str.__str__(value)  # an enumeration's, or another kind of text, which msgspec does not take


def _json(name: str, value: Any) -> str:
    # Like JSON.stringify: no blanks, nothing but what must be escaped.
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise InvalidArgument(f"{name} cannot be written as JSON: {error}") from error
