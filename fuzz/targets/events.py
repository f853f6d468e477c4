"""Frames of the websocket and answers of the bridge."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec

from trbridge.errors import DecodeError
from trbridge.wire import Event, decode_event, decode_reply, mend

from .oracles import check, check_refusal, plain_json, text_of

__all__ = ["read_event"]


def read_event(data: bytes) -> None:
    """Any frame is an event, a heartbeat or a DecodeError; and what JSON says is what the event says."""
    with suppress(UnicodeDecodeError):
        _read(text_of(data), _expected(data))
    _read(data, _expected(data))
    check(mend(mend(data)) == mend(data), "mending twice is not mending once")
    try:
        decode_reply(data, may_be_empty=bool(len(data) % 2))
    except DecodeError as error:
        check_refusal(error)


def _read(frame: bytes | str, expected: Any) -> None:
    try:
        event = decode_event(frame)
    except DecodeError as error:
        check_refusal(error)
        check(expected is None, f"JSON was refused: {error}")
        return
    if event is None:
        check(frame.isspace() or not frame, "it was taken for a heartbeat")
    elif expected is not None:
        _compare(event, expected)


def _compare(event: Event, expected: Any) -> None:
    name = expected.get("event_type") if isinstance(expected, dict) else None
    if isinstance(name, str):
        check(event.event_type == name, f"{event.event_type!r} is not {name!r}")
        payload = msgspec.json.decode(event.payload)
        check(_same(payload, expected.get("payload")), f"{payload!r} is not the payload of {expected!r}")
    else:
        check(event.event_type is None, f"a name out of nothing: {event.event_type!r}")


def _same(one: Any, other: Any) -> bool:
    # Where the two disagree by design: numbers beyond 64 bits, which msgspec reads as floats.
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return float(one) == float(other)
    return bool(one == other)


def _expected(data: bytes) -> Any:
    """What the standard library reads; None if it is no JSON, or nothing that both can hold."""
    try:
        document = plain_json(data.decode())
        json.dumps(document, ensure_ascii=False).encode()  # halves of surrogate pairs: those are mended
        return _bounded(document)
    except (ValueError, RecursionError, OverflowError):
        return None


def _bounded(value: Any) -> Any:
    """The value, unless a number in it is too large for a float."""
    if isinstance(value, (int, float)) and not abs(value) < 1e308:
        raise OverflowError
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _bounded(inner)
    return value
