"""JSON that was made to hurt is read or refused, and nothing else comes of it (check 24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from trbridge import TaskRouterError, Workspace, WorkspaceCapability
from trbridge.following.doubles import Told
from trbridge.resources.decoding import decode_any, parse_document
from trbridge.resources.registry import materialize
from trbridge.wire import Request, decode_event, decode_reply

SID = "WT" + "1" * 32
DEEP = 100_000

BOMBS: dict[str, bytes] = {
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "arrays that never end": b"[" * DEEP,
    "many keys": b"{" + b",".join(b'"%d":1' % number for number in range(50_000)) + b"}",
    "many times the same key": b"{" + b",".join([b'"sid":1'] * 50_000) + b"}",
    "a number of a million digits": b"9" * 1_000_000,
    "a fraction of a million digits": b"0." + b"9" * 1_000_000,
    "an exponent beyond all": b"1e999999999",
    "much text": b'"' + b"x" * 1_000_000 + b'"',
    "many escapes": b'"' + b"\\ud83d" * 20_000 + b'"',
    "no numbers": b"[NaN,Infinity,-Infinity]",
    "nothing": b"",
    "zeros": b"\0" * 100_000,
}

LARGE: dict[str, bytes] = {
    "a million keys": b"{" + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}",
    "ten megabytes of text": b'{"payload":"' + b"x" * 10_000_000 + b'"}',
}

PLACES: dict[str, bytes] = {
    "alone": b"%s",
    "as a payload": b'{"event_type":"task.created","payload":%s}',
    "as a type": b'{"event_type":%s,"payload":{}}',
    "as a field": b'{"event_type":"task.created","payload":{"sid":"' + SID.encode() + b'","age":%s,"attributes":%s}}',
}


def context() -> Any:
    token = WorkspaceCapability("AC" + "1" * 32, "0123456789abcdef" * 2, "WS" + "1" * 32).to_jwt()
    return Workspace(token)._context


def readers(raw: bytes) -> dict[str, Any]:
    """Whatever reads what the service sends."""
    payload = msgspec.Raw(raw)
    return {
        "a frame": lambda: _read_all(decode_event(raw)),
        "an answer": lambda: _read_all(decode_reply(raw)),
        "a payload": lambda: _look(materialize(payload, context())),
        "a value": lambda: decode_any(payload),
        "a document": lambda: parse_document(msgspec.Raw(msgspec.json.encode(raw.decode("latin-1")))),
    }


def _read_all(message: Any) -> None:
    if message is not None:
        _look(materialize(message.payload, context()))


def _look(value: Any) -> None:
    """Ask for what is read when asked for only."""
    for name in ("attributes", "addons", "extra", "age"):
        getattr(value, name, None)
    repr(value)[:10]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("bomb", BOMBS)
def test_it_is_read_or_refused_with_our_error(bomb: str, place: str) -> None:
    """RecursionError, MemoryError and ValueError of a JSON library never get out."""
    raw = PLACES[place].replace(b"%s", BOMBS[bomb])
    for read in readers(raw).values():
        assert len(_refusal(read)) < 2000  # the error does not carry the bomb along


@pytest.mark.parametrize("bomb", LARGE)
def test_size_alone_is_no_trouble(bomb: str) -> None:
    """As much as an answer may have."""
    assert decode_reply(LARGE[bomb]).etag is None
    assert decode_event(LARGE[bomb]) is not None


def _refusal(read: Callable[[], object]) -> str:
    try:
        read()
    except TaskRouterError as error:
        return f"{error} {error!r}"
    return ""


def test_a_bomb_in_a_name_is_text() -> None:
    """It gets no further than the tables it is looked up in."""
    name = "task." + "[" * DEEP
    assert Told(name, SID).event_type == name
    assert Request("GET", "x", {"FriendlyName": name}).params == {"FriendlyName": name}
