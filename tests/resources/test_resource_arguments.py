"""Every argument form of the original and of Python means one thing."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import WA, WK
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.resources.arguments import (
    Call,
    check_sid_or_name,
    read_create,
    read_delete,
    read_fetch,
    read_instance_update,
    read_list_update,
    read_query,
    split_callback,
    take_if_match,
)
from trbridge.sids import check_sid

KNOWN = frozenset({"FriendlyName", "Available", "TaskQueueSid"})


def check(value: Any) -> str:
    return check_sid(value, "WK")


def done(error: object, result: object) -> None: ...


def fetch(*args: Any, **keywords: Any) -> Call:
    return read_fetch(args, keywords, check=check, known=KNOWN)


def update(*args: Any, **keywords: Any) -> Call:
    return read_list_update(args, keywords, check=check, known=KNOWN)


def change(*args: Any, **keywords: Any) -> Call:
    return read_instance_update(args, keywords, sid=WA, known=KNOWN)


def test_fetch_takes_nothing_a_sid_a_mapping_or_keywords() -> None:
    assert fetch() == Call(None, None, None)
    assert fetch(WK) == Call(WK, None, None)
    assert fetch({"Available": "true"}) == Call(None, {"Available": "true"}, None)
    assert fetch(available=True) == Call(None, {"Available": "true"}, None)
    assert fetch({"Available": "true"}, friendly_name="x").params == {"Available": "true", "FriendlyName": "x"}


def test_fetch_takes_a_callback_after_any_of_these() -> None:
    assert fetch(done) == Call(None, None, done)
    assert fetch(WK, done) == Call(WK, None, done)
    assert fetch({"Available": "true"}, done).callback is done
    assert fetch(done, available=True) == Call(None, {"Available": "true"}, done)


def test_a_second_callback_is_ignored_as_in_v1() -> None:
    assert fetch(done, print) == Call(None, None, done)


def test_none_in_the_callbacks_place_is_no_callback() -> None:
    """Q16: v1 threw."""
    assert fetch(None) == Call(None, None, None)
    assert fetch(WK, None) == Call(WK, None, None)
    assert change({"FriendlyName": "x"}, None) == Call(WA, {"FriendlyName": "x"}, None)
    assert change("FriendlyName", "x", None) == Call(WA, {"FriendlyName": "x"}, None)
    assert update(WK, "FriendlyName", "x", None) == Call(WK, {"FriendlyName": "x"}, None)


@pytest.mark.parametrize("wrong", [5, ["x"], "Alice", "../../Accounts", "", f"{WK}/..", WA, f"{WK}\n", True, b"x"])
def test_what_is_no_sid_of_the_list_never_gets_into_a_url(wrong: object) -> None:
    with pytest.raises(InvalidArgument):
        fetch(wrong)
    with pytest.raises(InvalidArgument):
        read_delete((wrong,), check=check)
    with pytest.raises(InvalidArgument):
        update(wrong, {"FriendlyName": "x"})


def test_null_where_v1_refuses_it_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="expected a SID or query parameters"):
        fetch(None, done)
    with pytest.raises(InvalidArgument, match="nothing to update"):
        update(WK, None)


def test_a_fetch_by_sid_takes_no_filters() -> None:
    with pytest.raises(InvalidArgument, match="takes no filters"):
        fetch(WK, available=True)


def test_create_takes_a_mapping_or_keywords_or_nothing() -> None:
    assert read_create((), {}, known=KNOWN) == Call(None, None, None)
    assert read_create((done,), {}, known=KNOWN) == Call(None, None, done)
    assert read_create((None, done), {}, known=KNOWN) == Call(None, None, done)
    assert read_create(({"FriendlyName": "x"}, done), {}, known=KNOWN) == Call(None, {"FriendlyName": "x"}, done)
    assert read_create((), {"friendly_name": "x"}, known=KNOWN).params == {"FriendlyName": "x"}
    with pytest.raises(InvalidArgument, match="expected parameters"):
        read_create(("x",), {}, known=KNOWN)


def test_delete_needs_to_know_which_one() -> None:
    """v1 asked for ``/undefined``."""
    assert read_delete((WK, done), check=check) == Call(WK, None, done)
    with pytest.raises(InvalidArgument, match="which one to delete"):
        read_delete((done,), check=check)


def test_update_on_a_list_takes_a_name_and_a_value_or_a_mapping_or_keywords() -> None:
    assert update(WK, "FriendlyName", "x", done) == Call(WK, {"FriendlyName": "x"}, done)
    assert update(WK, {"FriendlyName": "x"}) == Call(WK, {"FriendlyName": "x"}, None)
    assert update(WK, done, friendly_name="x") == Call(WK, {"FriendlyName": "x"}, done)
    assert update(WK, "Available", True).params == {"Available": "true"}
    with pytest.raises(InvalidArgument, match="which one to update"):
        update()


def test_a_callback_alone_updates_nothing_and_is_called() -> None:
    """v1 sends it, too, and never calls back; only nothing at all is refused there (wire-protocol 5.7)."""
    assert change(done) == Call(WA, None, done)
    assert update(WK, done) == Call(WK, None, done)


def test_q18_an_instance_takes_its_own_sid_first_as_the_documentation_has_it() -> None:
    assert change(WA, "FriendlyName", "x", done) == Call(WA, {"FriendlyName": "x"}, done)
    assert change(WA, {"FriendlyName": "x"}) == Call(WA, {"FriendlyName": "x"}, None)
    assert change(WA, friendly_name="x") == Call(WA, {"FriendlyName": "x"}, None)
    with pytest.raises(InvalidArgument, match=f"this is {WA}"):
        change(WK, "FriendlyName", "x")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "nothing to update"),
        (("FriendlyName",), "needs a value"),
        ((5, "x"), "name must be text"),
        ((5,), "or a mapping"),
        (({"FriendlyName": "x"}, "nope"), "at most a callback"),
        (("FriendlyName", "x", "nope", "more"), "one too many"),
        ((done, "FriendlyName", "x"), "callback must be the last"),
    ],
)
def test_an_update_that_says_nothing_sensible_is_refused(args: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        change(*args)


def test_none_leaves_a_parameter_out_and_nothing_else_left_is_refused() -> None:
    assert change(friendly_name="x", available=None).params == {"FriendlyName": "x"}
    with pytest.raises(InvalidArgument, match="None leaves a parameter out"):
        change(friendly_name=None)


def test_an_empty_mapping_is_sent_as_in_v1() -> None:
    assert change({}) == Call(WA, {}, None)


def test_a_misspelt_keyword_is_refused_with_the_right_one() -> None:
    """The service ignores unknown parameters without a word (rest-api 1)."""
    with pytest.raises(InvalidArgument, match="did you mean friendly_name\\?"):
        change(freindly_name="x")
    with pytest.raises(InvalidArgument, match="it takes available, friendly_name, task_queue_sid"):
        change(zzz="x")
    with pytest.raises(InvalidArgument, match="last positional argument"):
        change(friendly_name="x", callback=done)


def test_a_mapping_is_sent_unchecked() -> None:
    assert change({"Whatever": "x"}).params == {"Whatever": "x"}


def test_q14_the_callers_mapping_is_never_changed() -> None:
    mine = {"Attributes": {"a": [1]}}
    assert change(mine).params == {"Attributes": '{"a":[1]}'}
    assert mine == {"Attributes": {"a": [1]}}


def test_a_query_takes_no_sid() -> None:
    assert read_query(({"Minutes": "5"}, done), {}, known=KNOWN) == Call(None, {"Minutes": "5"}, done)
    with pytest.raises(InvalidArgument, match="expected query parameters"):
        read_query((WK,), {}, known=KNOWN)


def test_if_match_is_taken_out_of_the_parameters() -> None:
    keywords: dict[str, Any] = {"friendly_name": "x", "if_match": '"15"'}
    assert take_if_match(keywords, versioned=True) == '"15"'
    assert keywords == {"friendly_name": "x"}
    assert take_if_match({}, versioned=False) is None


@pytest.mark.parametrize("version", ["", "1\r\nX-Evil: 1", "ä", "\x00", 15, "x" * 201])
def test_a_version_cannot_break_out_of_its_header(version: Any) -> None:
    with pytest.raises(InvalidArgument, match="as `etag` shows it"):
        take_if_match({"if_match": version}, versioned=True)


def test_if_match_is_refused_where_there_are_no_versions() -> None:
    with pytest.raises(InvalidArgument, match="nothing else has a version"):
        take_if_match({"if_match": "1"}, versioned=False)


def test_a_unique_name_may_stand_for_a_channels_sid() -> None:
    assert check_sid_or_name("voice", "TC") == "voice"
    assert check_sid_or_name("my_channel$1", "TC") == "my_channel$1"
    for wrong in ("a/b", "..", "1st", "a b", "", WK, "voice\n", None):
        with pytest.raises(InvalidArgument):
            check_sid_or_name(wrong, "TC")


values = st.one_of(st.none(), st.integers(), st.text(max_size=5), st.dictionaries(st.text(max_size=3), st.integers()))


@given(st.lists(st.one_of(values, st.just(done)), max_size=5))
def test_any_arguments_are_understood_or_refused(args: list[Any]) -> None:
    """Nothing but InvalidArgument ever comes out, and never a SID of something else."""
    for read in (fetch, update, change):
        try:
            call = read(*args)
        except InvalidArgument:
            continue
        assert call.sid in (None, WK, WA)
        assert call.callback in (None, done)


@given(st.lists(values, max_size=4))
def test_a_callback_is_found_at_the_end(args: list[Any]) -> None:
    assert split_callback((*args, done), most=9) == (tuple(args), done)
