"""Odd JSON costs a field at most, never the answer."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import DecodeError
from trbridge.resources import decoding
from trbridge.resources.decoding import (
    NULL,
    Moment,
    decode_any,
    decode_struct,
    is_object,
    parse_document,
    split_items,
    split_object,
)


class Part(msgspec.Struct):
    name: str = "?"
    count: int = 0


class Whole(msgspec.Struct, dict=True):
    sid: str = ""
    flag: bool | None = None
    count: int = 0
    share: float = 0.0
    moment: Moment = None
    document: msgspec.Raw = NULL
    part: Part | None = None
    parts: list[Part] = msgspec.field(default_factory=list)
    table: dict[str, Part] = msgspec.field(default_factory=dict)
    either: int | str | None = None


def read(text: str | bytes) -> Whole:
    return decode_struct(Whole, text if isinstance(text, bytes) else text.encode())


def odd(whole: Whole) -> frozenset[str]:
    names: frozenset[str] = vars(whole).get("_odd", frozenset())
    return names


def test_a_documented_object_is_read() -> None:
    whole = read('{"sid":"x","flag":true,"count":3,"moment":"2030-01-02T09:00:05Z","part":{"name":"a"},"new":1}')
    assert (whole.sid, whole.flag, whole.count, whole.part) == ("x", True, 3, Part("a"))
    assert whole.moment == datetime(2030, 1, 2, 9, 0, 5, tzinfo=UTC)
    assert odd(whole) == frozenset()


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("1614592800", datetime(2021, 3, 1, 10, tzinfo=UTC)),
        ("1614592800.5", datetime(2021, 3, 1, 10, 0, 0, 500000, tzinfo=UTC)),
        ('"1614592800"', datetime(2021, 3, 1, 10, tzinfo=UTC)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ('"2021-03-01T10:00:00"', datetime(2021, 3, 1, 10, tzinfo=UTC)),
        ('"2021-03-01"', datetime(2021, 3, 1, tzinfo=UTC)),
        ('"Mon, 01 Mar 2021 10:00:00 +0000"', datetime(2021, 3, 1, 10, tzinfo=UTC)),
        ('"Mon, 01 Mar 2021 10:00:00 -0000"', datetime(2021, 3, 1, 10, tzinfo=UTC)),
        ("null", None),
    ],
)
def test_moments_are_read_as_both_dialects_write_them(sent: str, moment: datetime | None) -> None:
    """wire-protocol 7.1: seconds on the socket, ISO 8601 in REST, and what else v1's Date takes (Q46, Q47)."""
    whole = read(f'{{"sid":"x","moment":{sent}}}')
    assert whole.moment == moment
    assert odd(whole) == frozenset()


@pytest.mark.parametrize("sent", ['""', '"nonsense"', "true", "{}", "[]", "1893575200123", "1e400", '"99999999999999"'])
def test_q46_what_is_no_moment_is_none_and_not_1970(sent: str) -> None:
    whole = read(f'{{"sid":"x","moment":{sent}}}')
    assert (whole.sid, whole.moment) == ("x", None)
    assert odd(whole) == {"moment"}


def test_flags_and_numbers_are_read_as_the_socket_writes_them() -> None:
    whole = read('{"flag":1,"count":"12","share":3}')
    assert (whole.flag, whole.count, whole.share) == (True, 12, 3.0)


def test_the_sockets_dialect_goes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Field by field takes ten times as long; events come by the thousand."""
    monkeypatch.setattr(decoding, "_decode_field_by_field", None)
    whole = read('{"sid":"x","flag":1,"moment":1893575405,"count":3,"part":null,"new":[1,{"a":2}]}')
    assert (whole.flag, whole.count) == (True, 3)
    assert whole.moment is not None


def test_null_where_none_is_foreseen_is_the_default_and_not_odd() -> None:
    whole = read('{"sid":null,"count":null,"parts":null,"table":null,"document":null}')
    assert whole == Whole()
    assert odd(whole) == frozenset()


def test_an_odd_field_costs_itself_only() -> None:
    whole = read('{"sid":"x","flag":7,"count":1.5,"share":"much","either":[1],"document":"kept"}')
    assert (whole.sid, whole.flag, whole.count, whole.share, whole.either) == ("x", None, 0, 0.0, None)
    assert bytes(whole.document) == b'"kept"'
    assert odd(whole) == {"flag", "count", "share", "either"}


def test_odd_items_cost_themselves_only() -> None:
    whole = read(
        '{"part":{"name":"a","count":[]},"parts":[{"name":"b"},5,{"name":6,"count":7}],"table":{"x":{},"y":0}}'
    )
    assert whole.part == Part("a", 0)
    assert whole.parts == [Part("b"), Part("?", 7)]
    assert whole.table == {"x": Part()}


def test_numbers_beyond_a_double_are_read_as_javascript_does() -> None:
    assert decode_any(b'{"f":1e400,"n":12345678901234567890}') == {"f": math.inf, "n": 12345678901234567890}
    assert read('{"sid":"x","count":1e400,"other":1e400}').sid == "x"


def test_half_an_emoji_does_not_lose_the_rest() -> None:
    """A service that counts in UTF-16 may cut one in two."""
    whole = read(rb'{"sid":"ab\ud83e","other":"\udd8a"}')
    assert whole.sid == "ab\ufffd"
    assert decode_any(rb'{"a":"\ud83e\udd8a \ud83e"}') == {"a": "\U0001f98a \ufffd"}
    assert split_items(rb'["\ud83e"]') == [msgspec.Raw(rb'"\ufffd"')]


def test_bytes_that_are_no_utf_8_cost_their_field_only() -> None:
    whole = decode_struct(Whole, b'{"sid":"\xff","count":3}')
    assert (whole.sid, whole.count) == ("", 3)


@pytest.mark.parametrize("text", ["", "nope", "[]", "5", '"x"', "null", "{", '{"a":NaN}', "[" * 100_000])
def test_what_is_no_object_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_struct(Whole, text.encode())
    with pytest.raises(DecodeError):
        split_object(text.encode())


def test_what_is_no_json_is_refused_with_our_error() -> None:
    for text in (b"", b"nope", b'{"a":NaN}', b"[" * 100_000, b"1" * 10_000, b"\xff"):
        with pytest.raises(DecodeError):
            decode_any(text)
    with pytest.raises(DecodeError):
        split_items(b"{}")


def test_an_object_is_known_by_its_first_character() -> None:
    assert is_object(b" \r\n\t{}")
    assert not is_object(b"[{}]")
    assert not is_object(b"")


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ('{"a":{"B_c":[1,null]}}', {"a": {"B_c": [1, None]}}),
        ("null", None),
        ("5", 5),
        ("", ""),
        ("{oops", "{oops"),
        ("task-routing:\n  - x", "task-routing:\n  - x"),
        ('{"f":1e400}', {"f": math.inf}),
        ('{"a":NaN}', '{"a":NaN}'),
    ],
)
def test_q48_a_document_that_is_not_json_stays_text(sent: str, value: object) -> None:
    assert parse_document(msgspec.Raw(json.dumps(sent).encode())) == value


@pytest.mark.parametrize("sent", [None, 5, True, {"a": 1}, [1]])
def test_q48_a_document_that_is_no_text_stays_what_it_is(sent: object) -> None:
    assert parse_document(msgspec.Raw(msgspec.json.encode(sent))) == sent


jsons = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=12,
)
names = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Whole)])


@given(st.dictionaries(names, jsons))
def test_any_object_is_read_without_an_error(value: dict[str, Any]) -> None:
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        return  # NaN is no JSON
    whole = read(text)
    for name in odd(whole):
        assert getattr(whole, name) in ("", None, 0, 0.0, [], {})
    assert bytes(whole.document) == b"null" if "document" not in value else True


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_our_error(text: bytes) -> None:
    for function in (decode_any, split_object, split_items, read):
        try:
            function(text)
        except DecodeError:
            continue


@given(jsons)
def test_plain_values_survive_a_round_trip(value: Any) -> None:
    try:
        text = json.dumps(value, allow_nan=False).encode()
    except ValueError:
        with pytest.raises(DecodeError):
            decode_any(json.dumps(value).encode())
    else:
        assert decode_any(text) == value
