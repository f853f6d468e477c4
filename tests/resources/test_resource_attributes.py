"""Attributes: replaced as a whole, or patched without losing anybody's change."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import WK, Bridge, raw, task, worker
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import DecodeError, InvalidArgument, PreconditionFailed
from trbridge.resources.binding import read_instance
from trbridge.resources.merge_patch import merge_patch
from trbridge.resources.task import TaskInstance
from trbridge.resources.worker import WorkerInstance


def held(bridge: Bridge, **changes: Any) -> WorkerInstance:
    return read_instance(WorkerInstance, raw(worker(**changes)), bridge.context)


async def test_set_replaces_them() -> None:
    bridge = Bridge()
    one = held(bridge)
    bridge.answer(worker(attributes='{"team":"x"}'))
    assert await one.set_attributes({"team": "x"}) is one
    assert one.attributes == {"team": "x"}
    assert bridge.sent == [("POST", f"/Workers/{WK}", {"Attributes": '{"team":"x"}'})]


async def test_set_can_be_for_one_version_only_and_can_call_back() -> None:
    bridge, called = Bridge(), list[Any]()
    one = held(bridge)
    bridge.answer(worker())
    one.set_attributes({}, lambda error, result: called.append(result), if_match='"3"')
    await bridge.settle()
    assert called == [one]
    assert bridge.last.if_match == '"3"'


async def test_patch_changes_what_it_names_and_keeps_the_rest() -> None:
    bridge = Bridge()
    one = held(bridge)
    bridge.answer(worker(attributes='{"skills":{"en":1,"fr":2},"team":"x","on":true}'), etag='"7"')
    bridge.answer(worker(attributes='{"skills":{"en":5,"fr":2},"on":true}'), etag='"8"')
    assert await one.patch_attributes({"skills": {"en": 5}, "team": None}) is one
    assert bridge.sent == [
        ("GET", f"/Workers/{WK}", None),
        ("POST", f"/Workers/{WK}", {"Attributes": '{"skills":{"en":5,"fr":2},"on":true}'}),
    ]
    assert bridge.last.if_match == '"7"'
    assert (one.attributes, one.etag) == ({"skills": {"en": 5, "fr": 2}, "on": True}, '"8"')


async def test_patch_starts_over_when_somebody_else_was_faster() -> None:
    bridge = Bridge()
    one = held(bridge)
    bridge.answer(worker(attributes='{"n":1}'), etag='"1"')
    bridge.fail(PreconditionFailed("old"))
    bridge.answer(worker(attributes='{"n":2,"new":true}'), etag='"2"')
    bridge.answer(worker(attributes='{"n":2,"new":true,"mine":1}'), etag='"3"')
    await one.patch_attributes({"mine": 1})
    assert bridge.last.params == {"Attributes": '{"n":2,"new":true,"mine":1}'}
    assert [request.if_match for request in bridge.requests] == [None, '"1"', None, '"2"']


async def test_patch_gives_up_in_the_end() -> None:
    bridge = Bridge()
    for _ in range(5):
        bridge.answer(worker(), etag='"1"')
        bridge.fail(PreconditionFailed("old"))
    with pytest.raises(PreconditionFailed):
        await held(bridge).patch_attributes({"a": 1})
    assert len(bridge.requests) == 10


async def test_without_a_version_the_last_writer_wins() -> None:
    bridge = Bridge()
    bridge.answer(worker(attributes='{"a":1}'))
    bridge.answer(worker(attributes='{"a":1,"b":2}'))
    await held(bridge).patch_attributes({"b": 2})
    assert bridge.last.if_match is None


async def test_patch_does_not_write_onto_what_it_could_not_read() -> None:
    bridge = Bridge()
    bridge.answer({"nothing": "like a worker"})
    with pytest.raises(DecodeError, match="nothing was changed"):
        await held(bridge).patch_attributes({"a": 1})
    assert [request.method for request in bridge.requests] == ["GET"]


async def test_what_the_caller_changes_later_is_not_sent() -> None:
    bridge = Bridge()
    changes: dict[str, Any] = {"a": {"b": 1}}
    bridge.answer(worker(attributes="{}"))
    bridge.answer(worker())
    patching = held(bridge).patch_attributes(changes)
    changes["a"]["b"] = 2
    await patching
    assert bridge.last.params == {"Attributes": '{"a":{"b":1}}'}


@pytest.mark.parametrize("wrong", [None, "{}", [], 5, {1: 2}])
def test_attributes_must_be_a_mapping(wrong: Any) -> None:
    one = held(Bridge())
    for verb in (one.set_attributes, one.patch_attributes):
        with pytest.raises(InvalidArgument, match="must be a mapping"):
            verb(wrong)


def test_what_cannot_be_written_is_refused_before_anything_is_sent() -> None:
    one = held(Bridge())
    for verb in (one.set_attributes, one.patch_attributes):
        with pytest.raises(InvalidArgument, match="cannot be written as JSON"):
            verb({"a": object()})


async def test_tasks_have_them_too() -> None:
    bridge = Bridge()
    one = read_instance(TaskInstance, raw(task()), bridge.context)
    bridge.answer(task(), etag="1")
    bridge.answer(task())
    await one.patch_attributes({"done": True})
    assert bridge.last.params == {"Attributes": '{"type":"support","done":true}'}


# -- RFC 7396 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    """Appendix A."""
    assert merge_patch(target, patch) == result


jsons = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(jsons, jsons)
def test_patching_twice_is_patching_once_and_changes_no_argument(target: Any, patch: Any) -> None:
    before = repr((target, patch))
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert repr((target, patch)) == before
