"""The record: what was said, to be asserted on, without secrets."""

from __future__ import annotations

from typing import Any

import pytest

from trbridge.emulator.faults.record import Record, matches
from trbridge.emulator.faults.record_reading import (
    HEARTBEAT,
    bridge_params,
    call_of,
    channel_of_path,
    frame_payload,
    frame_type,
    query_params,
    rest_params,
)


@pytest.fixture
def record() -> Record:
    return Record(lambda: 1000.5, size=3)


def test_entries_are_numbered_and_dated_and_only_the_latest_are_kept(record: Record) -> None:
    for path in "abcd":
        record.note("rest", method="GET", path=path)
    assert [(entry.number, entry.path, entry.when) for entry in record] == [
        (2, "b", 1000.5),
        (3, "c", 1000.5),
        (4, "d", 1000.5),
    ]
    record.clear()
    assert (len(record), record.note("rest").number) == (0, 5)


def test_they_are_found_by_what_is_known_of_them(record: Record) -> None:
    record.note("rest", method="GET", path="/v1/Workspaces/WS1/Tasks")
    record.note("bridge", method="POST", path="/v1/Workspaces/WS1/Tasks/WT1", channel="WK1")
    record.note("frame", channel="WK1", event_type="reservation.created")

    def numbers(*args: Any, **fields: Any) -> list[int]:
        return [entry.number for entry in record.find(*args, **fields)]

    assert numbers() == [1, 2, 3]
    assert numbers("bridge") == [2]
    assert numbers(method="GET") == [1]
    assert numbers(path="*/Tasks") == [1]
    assert numbers(path="*/Tasks*") == [1, 2]
    assert numbers(channel="WK1") == [2, 3]
    assert numbers(event_type="reservation.*") == [3]
    assert numbers(since=2) == [3]
    assert numbers("frame", channel="WK2") == []


def test_parameters_are_read_when_asked_for_and_once(record: Record) -> None:
    read: list[bool] = []

    def params() -> dict[str, list[str]]:
        read.append(True)
        return {"FriendlyName": ["x"], "StatusCallbackEvent": ["a", "b"]}

    entry = record.note("rest", params=params, payload=lambda: {"later": True})
    assert read == []
    assert entry.params == entry.params == {"FriendlyName": "x", "StatusCallbackEvent": ["a", "b"]}
    assert read == [True]
    assert entry.payload == {"later": True}
    entry.payload = "other"
    assert entry.payload == "other"


@pytest.mark.parametrize("name", ["token", "Token", "SipAuthPassword", "client_secret"])
def test_what_sounds_like_a_secret_is_not_kept(record: Record, name: str) -> None:
    given = {name: ["hunter2"], "other": ["x"]}
    for entry in (record.note("socket", params=given), record.note("rest", params=lambda: given)):
        assert entry.params == {"other": "x"}
        assert "hunter2" not in repr(entry) + str(entry.view())


def test_a_view_shows_what_there_is(record: Record) -> None:
    entry = record.note("socket", path="/v1/wschannels/AC1/WK1", channel="WK1")
    entry.status = 101
    wanted = {
        "number": 1,
        "when": 1000.5,
        "what": "socket",
        "path": "/v1/wschannels/AC1/WK1",
        "channel": "WK1",
        "status": 101,
    }
    assert entry.view() == wanted
    assert repr(entry).startswith("Entry(number=1, when=1000.5, what='socket'")


@pytest.mark.parametrize(
    ("pattern", "text", "good"),
    [
        (None, None, True),
        (None, "x", True),
        ("*", None, False),
        ("*", "x", True),
        ("a*c", "abc", True),
        ("A*", "abc", False),
    ],
)
def test_patterns(pattern: str | None, text: str | None, good: bool) -> None:
    assert matches(pattern, text) is good


# Reading


def scope(
    query: bytes = b"", content_type: bytes = b"application/x-www-form-urlencoded", **more: Any
) -> dict[str, Any]:
    return {"query_string": query, "headers": [(b"content-type", content_type)], "method": "POST", "path": "/p", **more}


def test_requests_to_rest_are_read_from_query_and_body() -> None:
    form, json = b"application/x-www-form-urlencoded", b"application/json"
    assert rest_params(b"a=1&a=2", form, b"b=3") == {"a": ["1", "2"], "b": ["3"]}
    assert rest_params(b"a=1", json, b'{"queueSids":["WQ1"]}') == {
        "a": ["1"],
        "queueSids": ["WQ1"],
    }
    for body in (b"[1]", b"{no", b"[" * 100_000):
        assert rest_params(b"a=1", json, body) == {"a": ["1"]}
    assert rest_params(b"a=1", form, b"%ff=x") == {"a": ["1"]}
    assert query_params(b"%ff=x") == {}


def test_calls_within_the_event_bridges_requests() -> None:
    body = (
        b'{"url":"https://taskrouter.twilio.com/v1/Workspaces/WS1?x=1","method":"post","token":"t","params":{"A":"1"}}'
    )
    assert call_of(scope(), body) == ("POST", "/v1/Workspaces/WS1")
    assert bridge_params(body) == {"A": "1"}
    second = b'{"url":"Workspaces/WS1/Workers/WK1/WorkerChannels","method":"GET"}'
    assert call_of(scope(), second) == ("GET", "/v1/Workspaces/WS1/Workers/WK1/Channels")
    assert bridge_params(second) == {}
    for wrong in (b"", b"{}", b'{"url":7,"method":"GET"}', b'{"url":"../x","method":"GET"}', b"\xff"):
        assert call_of(scope(), wrong) == ("POST", "/p")
    assert bridge_params(b'{"params":7}') == {}


def test_channels_and_frames() -> None:
    sid = "WK" + "a" * 32
    assert channel_of_path(f"/v1/wschannels/AC1/{sid}") == sid
    assert channel_of_path("/v1/wschannels") is None
    assert frame_type("\n") == HEARTBEAT
    assert frame_type('{"event_type":"x","payload":{"a":1}}') == "x"
    assert frame_type("{no") is frame_type('{"payload":1}') is None
    assert frame_payload('{"event_type":"x","payload":{"a":1}}') == {"a": 1}
    assert frame_payload("{no") == "{no"
