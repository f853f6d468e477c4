"""What crosses the bridge, byte for byte (wire-protocol 4), and how parameters are written."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import DecodeError, InvalidArgument
from trbridge.wire import (
    Event,
    Reply,
    Request,
    decode_event,
    decode_reply,
    encode_params,
    encode_request,
    format_datetime,
    mend,
    wire_name,
)

URL = "https://taskrouter.twilio.com/v1/Workspaces/WS1"


def sent(request: Request) -> Any:
    return json.loads(encode_request(request, "t.o.k"))


# -- requests -----------------------------------------------------------------------------------------------


def test_any_kind_of_text_is_written_as_text() -> None:
    """Enumerations and the like of frameworks; msgspec takes text only."""

    class Status(StrEnum):
        CANCELED = "canceled"

    class Text(str):
        __slots__ = ()

    encoded = encode_params({Text("AssignmentStatus"): Status.CANCELED, "Reason": Text("no")})
    assert encoded == {"AssignmentStatus": "canceled", "Reason": "no"}
    assert {type(each) for pair in encoded.items() for each in pair} == {str}


def test_a_request_without_parameters_has_no_params() -> None:
    assert sent(Request("GET", URL)) == {"url": URL, "method": "GET", "token": "t.o.k"}


def test_empty_parameters_are_sent_as_such() -> None:
    assert sent(Request("POST", URL, {}))["params"] == {}


def test_a_label_is_sent_and_the_version_is_not() -> None:
    """If-Match is a header (rest-api 1.3)."""
    body = sent(Request("POST", URL, {"A": "b"}, event_type="ready", if_match='"3"'))
    assert body == {"url": URL, "method": "POST", "token": "t.o.k", "event_type": "ready", "params": {"A": "b"}}


def test_the_token_shows_in_no_repr() -> None:
    assert "t.o.k" not in repr(Request("GET", URL))


# -- replies ------------------------------------------------------------------------------------------------


def test_a_reply_keeps_its_payload_undecoded() -> None:
    reply = decode_reply(b'{"event_type":"ready","payload":{"sid":"WS1"}}', etag='"3"')
    assert (bytes(reply.payload), reply.event_type, reply.etag) == (b'{"sid":"WS1"}', "ready", '"3"')
    assert decode_reply(b'{"payload":1}').etag is None


@pytest.mark.parametrize("body", [b"", b"  \r\n", b'{"event_type":null,"payload":null}', b"{}"])
def test_q13_a_deletes_answer_may_be_next_to_nothing(body: bytes) -> None:
    """Q7, Q13: v1 never called back after one."""
    reply = decode_reply(body, etag="x", may_be_empty=True)
    assert (bytes(reply.payload), reply.event_type, reply.etag) == (b"null", None, "x")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"5", b"null", b'{"event_type":5}', b"{", b'{"payload":NaN}', b"[" * 100_000, b'{"\xff"'],
)
def test_a_body_that_is_not_the_protocols_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError, match="not what the protocol says"):
        decode_reply(body)


def test_half_an_emoji_does_not_lose_the_answer() -> None:
    reply = decode_reply(rb'{"payload":{"a":"x\ud83e","b":"\ud83e\udd8a"}}')
    assert msgspec.json.decode(reply.payload) == {"a": "x\ufffd", "b": "\U0001f98a"}
    event = decode_event('{"event_type":"x","payload":"\\udd8a"}')
    assert event is not None
    assert bytes(event.payload) == rb'"\ufffd"'


# -- events -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", ["", " ", "\n", "\r\n", b"", b" \n"])
def test_a_blank_frame_is_a_heartbeat(frame: str | bytes) -> None:
    """wire-protocol 3.3."""
    assert decode_event(frame) is None


def test_an_event_has_a_name_and_an_undecoded_payload() -> None:
    event = decode_event('{"event_type":"reservation.created","payload":{"sid":"WT1"},"more":1}')
    assert event is not None
    assert (event.event_type, bytes(event.payload)) == ("reservation.created", b'{"sid":"WT1"}')
    assert decode_event("{}") == Event()


@pytest.mark.parametrize("frame", ["null", "5", "[]", "true", '"text"', '{"event_type":5}'])
def test_json_of_another_form_is_an_event_without_a_name(frame: str) -> None:
    """Q33: v1 threw on null, and dropped the others without a word; so nobody gets them."""
    assert decode_event(frame) == Event()


@pytest.mark.parametrize("frame", ["nope", "\ud83e", '{"a":"\ud83e"}'])
def test_a_frame_that_is_no_json_is_refused(frame: str) -> None:
    """Nobody can tell what it was; the client reports it."""
    with pytest.raises(DecodeError, match="a frame is not"):
        decode_event(frame)


@given(st.one_of(st.text(), st.binary()))
def test_any_frame_is_read_or_refused(frame: str | bytes) -> None:
    with suppress(DecodeError):
        assert isinstance(decode_event(frame), Event | None)
    with suppress(DecodeError):
        assert isinstance(decode_reply(frame if isinstance(frame, bytes) else b""), Reply)


# -- mending ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (rb'"\ud83e\udd8a"', rb'"\ud83e\udd8a"'),
        (rb'"\ud83e"', rb'"\ufffd"'),
        (rb'"\UD83E"', rb'"\UD83E"'),
        (rb'"\uDD8A\uD83E"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83e\ud83e\udd8a"', rb'"\ufffd\ud83e\udd8a"'),
        (rb'"\\ud83e"', rb'"\\ud83e"'),
        (rb'"\\\ud83e"', rb'"\\\ufffd"'),
        (rb'"\u0041\n"', rb'"\u0041\n"'),
        (b'"plain"', b'"plain"'),
    ],
)
def test_only_halves_of_pairs_are_mended(text: bytes, mended: bytes) -> None:
    assert mend(text) == mended


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=20))
def test_any_text_of_javascript_can_be_read_after_mending(text: str) -> None:
    mended = mend(json.dumps({"a": text}).encode())
    units = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    read = msgspec.json.decode(mended)["a"]
    assert "\ufffd" in read or read == units
    assert len(read) <= len(text)


# -- names and moments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("activity_sid", "ActivitySid"),
        ("friendly_name", "FriendlyName"),
        ("from_", "From"),
        ("re_evaluate_tasks", "ReEvaluateTasks"),
        ("sip_auth_username", "SipAuthUsername"),
        ("FriendlyName", "FriendlyName"),
    ],
)
def test_keywords_become_taskrouters_names(name: str, wire: str) -> None:
    assert wire_name(name) == wire


def test_moments_are_utc_with_whole_seconds() -> None:
    moment = datetime(2030, 1, 2, 1, 4, 5, 999999, tzinfo=timezone(timedelta(hours=2)))
    assert format_datetime(moment) == "2030-01-01T23:04:05Z"
    with pytest.raises(InvalidArgument, match="has no time zone"):
        format_datetime(datetime(2030, 1, 2))  # noqa: DTZ001 - that is the point


@given(st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis wants it so
def test_a_written_moment_can_be_read(moment: datetime) -> None:
    assert datetime.fromisoformat(format_datetime(moment)) == moment.astimezone(UTC).replace(microsecond=0)


# -- parameters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("text", "text"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (1.5, "1.5"),
        (10**30, str(10**30)),
        (datetime(2030, 1, 2, tzinfo=UTC), "2030-01-02T00:00:00Z"),
        (date(2030, 1, 2), "2030-01-02"),
        ({"a": [1, {"b": None}]}, '{"a":[1,{"b":null}]}'),
        ([1, "x"], '[1,"x"]'),
        ((1, 2), "[1,2]"),
        ({}, "{}"),
        ({"ü": "é"}, '{"ü":"é"}'),
    ],
)
def test_values_are_written_as_taskrouter_reads_them(value: Any, written: str) -> None:
    assert encode_params({"X": value}) == {"X": written}


def test_parameters_that_take_several_values_stay_lists() -> None:
    assert encode_params({"AssignmentStatus": ("pending", "reserved")}) == {"AssignmentStatus": ["pending", "reserved"]}
    assert encode_params({"StatusCallbackEvent": ["a", True, 1]}) == {"StatusCallbackEvent": ["a", "true", "1"]}
    assert encode_params({"AssignmentStatus": "pending,reserved"}) == {"AssignmentStatus": "pending,reserved"}


def test_none_is_left_out_and_keywords_come_last() -> None:
    assert encode_params({"A": None, "B": "1"}, {"b": 2, "friendly_name": "x"}) == {"B": "2", "FriendlyName": "x"}
    assert encode_params({"B": "1"}, {"b": None}) == {}
    assert encode_params() == {}


def test_nothing_of_the_callers_is_changed() -> None:
    """Q14: v1 wrote JSON text into the caller's object."""
    mine = {"Attributes": {"a": [1]}}
    encode_params(mine)
    assert mine == {"Attributes": {"a": [1]}}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({5: "x"}, "name must be text"),
        ({"": "x"}, "name must be text"),
        ({"X": object()}, "X cannot be a object"),
        ({"X": b"bytes"}, "X cannot be a bytes"),
        ({"X": {"a": object()}}, "cannot be written as JSON"),
        ({"AssignmentStatus": [{"a": 1}]}, "AssignmentStatus cannot be a dict"),
        ({"X": datetime(2030, 1, 2)}, "no time zone"),  # noqa: DTZ001 - that is the point
        ({"X": "\ud83e"}, "X holds half"),
        ({"\ud83e": "x"}, "name holds half"),
        ({"AssignmentStatus": ["\ud83e"]}, "AssignmentStatus holds half"),
        ({"X": {"a": "\ud83e"}}, "cannot be written as JSON"),
    ],
)
def test_what_cannot_be_written_is_refused(params: dict[Any, Any], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        encode_params(params)


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["me"] = endless
    with pytest.raises(InvalidArgument, match="cannot be written as JSON"):
        encode_params({"Attributes": endless})


jsons = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), st.one_of(jsons, st.floats(), st.binary()), max_size=4))
def test_any_parameters_are_written_or_refused_and_what_is_written_can_be_sent(params: dict[str, Any]) -> None:
    try:
        encoded = encode_params(params)
    except InvalidArgument:
        return
    assert json.loads(encode_request(Request("POST", URL, encoded), "t"))["params"] == encoded
    for name, value in params.items():
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(encoded[name], str)):
            assert json.loads(str(encoded[name])) == value
        elif value is None:
            assert name not in encoded
