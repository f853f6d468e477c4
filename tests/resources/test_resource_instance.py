"""What all resources have in common."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from fake_bridge import AC, WA, WK, WS, WT, Bridge, W, activity, page, raw, sid, task, worker

from trbridge.errors import DecodeError, InvalidArgument, NotFound, NotReady
from trbridge.resources.activity import ActivityInstance
from trbridge.resources.binding import read_instance
from trbridge.resources.event import EventInstance
from trbridge.resources.instance import ReadOnlyInstance, merge, require
from trbridge.resources.page import Page
from trbridge.resources.task import TaskInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.worker_channel import WorkerChannelInstance


def an_activity(bridge: Bridge, **changes: Any) -> ActivityInstance:
    return read_instance(ActivityInstance, raw(activity(**changes)), bridge.context)


def a_worker(bridge: Bridge, **changes: Any) -> WorkerInstance:
    return read_instance(WorkerInstance, raw(worker(**changes)), bridge.context)


def a_task(bridge: Bridge, **changes: Any) -> TaskInstance:
    return read_instance(TaskInstance, raw(task(**changes)), bridge.context)


async def test_fetch_changes_the_same_object_and_returns_it() -> None:
    bridge = Bridge()
    one = an_activity(bridge)
    bridge.answer(activity(friendly_name="Lunch"))
    assert await one.fetch() is one
    assert one.friendly_name == "Lunch"
    assert bridge.sent == [("GET", f"/Activities/{WA}", None)]


async def test_update_changes_the_same_object_and_returns_it() -> None:
    bridge = Bridge()
    one = an_activity(bridge)
    bridge.answer(activity(friendly_name="Lunch"))
    assert await one.update(friendly_name="Lunch") is one
    assert one.friendly_name == "Lunch"
    assert bridge.sent == [("POST", f"/Activities/{WA}", {"FriendlyName": "Lunch"})]


async def test_a_failed_update_changes_nothing() -> None:
    bridge = Bridge()
    one = an_activity(bridge)
    bridge.fail(NotFound("gone"))
    with pytest.raises(NotFound):
        await one.update(friendly_name="Lunch")
    assert one.friendly_name == "Idle"


async def test_with_a_callback_nothing_is_returned_and_the_callback_gets_the_result() -> None:
    bridge, called = Bridge(), list[tuple[Any, Any]]()
    one = an_activity(bridge)
    bridge.answer(activity())
    bridge.fail(NotFound("gone"))
    fetch: Any = one.fetch
    assert fetch(lambda error, result: called.append((error, result))) is None
    await bridge.settle()
    assert called == [(None, one)]
    one.update("FriendlyName", "x", lambda error, result: called.append((type(error), result)))
    await bridge.settle()
    assert called[1] == (NotFound, None)


async def test_delete_asks_for_it_once() -> None:
    bridge = Bridge()
    bridge.answer(None)
    await an_activity(bridge).delete()
    assert bridge.sent == [("DELETE", f"/Activities/{WA}", None)]


async def test_an_update_answered_with_another_sid_makes_it_the_other() -> None:
    """As in v1: the answer decides. Nothing of the old one stays."""
    bridge = Bridge()
    one = a_worker(bridge)
    before = one.channels
    bridge.answer({"sid": sid("WK", 3), "friendly_name": "Other"})
    assert await one.update("A", "b") is one
    assert (one.sid, one.friendly_name, one.activity_sid, one.attributes) == (sid("WK", 3), "Other", None, None)
    assert one.channels is not before
    assert one.channels.resource_url == f"{W}/Workers/{sid('WK', 3)}/Channels"


async def test_an_answer_that_is_something_else_is_handed_on_as_what_it_is() -> None:
    bridge = Bridge()
    one = an_activity(bridge)
    for payload in (worker(), page("workers", [worker()]), {"a_b": 1}, [1], "hello", None):
        bridge.answer(payload)
    answers: list[Any] = [await one.fetch() for _ in range(6)]
    assert isinstance(answers[0], WorkerInstance)
    assert isinstance(answers[1], Page)
    assert answers[2:] == [{"a_b": 1}, [1], "hello", None]
    assert one.friendly_name == "Idle"


async def test_an_answer_that_is_not_json_is_refused() -> None:
    bridge = Bridge()
    bridge.answer(msgspec.Raw(b"{nope"))
    with pytest.raises(DecodeError):
        await an_activity(bridge).fetch()


async def test_the_version_is_the_last_answers() -> None:
    bridge = Bridge()
    one = a_worker(bridge)
    assert one.etag is None
    bridge.answer(worker(), etag='"15"')
    assert (await one.fetch()).etag == '"15"'
    bridge.answer(worker())
    assert (await one.update(friendly_name="x", if_match=one.etag)).etag is None
    assert bridge.last.if_match == '"15"'
    assert bridge.last.params == {"FriendlyName": "x"}


async def test_an_event_makes_the_known_version_an_old_one() -> None:
    bridge = Bridge()
    one = a_worker(bridge)
    bridge.answer(worker(), etag='"15"')
    await one.fetch()
    merge(one, raw({"sid": WK, "available": 0}))
    assert one.etag is None


async def test_if_match_goes_with_a_delete_too() -> None:
    bridge = Bridge()
    bridge.answer(None)
    await a_task(bridge).delete(if_match="7")
    assert bridge.last.if_match == "7"
    with pytest.raises(InvalidArgument, match="nothing else has a version"):
        an_activity(bridge).delete(if_match="7")


def test_extra_shows_what_has_no_field() -> None:
    one = a_worker(Bridge(), new_thing=1, available="perhaps")
    assert one.extra == {"new_thing": 1, "available": "perhaps"}
    assert one.available is None


def test_extra_of_bytes_that_are_no_text_is_empty() -> None:
    sent = msgspec.Raw(b'{"sid":"%s","friendly_name":"x","new":"\xff"}' % WA.encode())
    one = read_instance(ActivityInstance, sent, Bridge().context)
    assert (one.friendly_name, one.extra) == ("x", {})


def test_extra_of_what_was_never_fetched_is_empty() -> None:
    link = a_worker(Bridge()).activity
    assert link is not None
    assert link.extra == {}


def test_what_belongs_to_no_client_says_so() -> None:
    with pytest.raises(NotReady, match="belongs to no client"):
        ActivityInstance(sid=WA).fetch()


def test_own_attributes_can_be_set_but_not_fields() -> None:
    one = an_activity(Bridge())
    one._note = "mine"  # type: ignore[attr-defined]
    assert vars(one)["_note"] == "mine"
    with pytest.raises(AttributeError, match="the service's"):
        one.sid = "x"


def test_a_url_needs_its_sids() -> None:
    with pytest.raises(InvalidArgument, match="has no sid"):
        merge(read_instance(ActivityInstance, raw({}), Bridge().context), raw({})).fetch()
    with pytest.raises(InvalidArgument, match="has no worker_sid"):
        read_instance(WorkerChannelInstance, raw({"sid": sid("WC")}), Bridge().context).fetch()
    assert require("x", "x", ActivityInstance()) == "x"


def test_an_event_can_only_be_read() -> None:
    assert not issubclass(EventInstance, type(an_activity(Bridge())).__mro__[1])
    assert not any(hasattr(EventInstance, name) for name in ("update", "delete"))


def test_the_same_link_is_the_same_object() -> None:
    one = a_task(Bridge())
    assert one.workspace is one.workspace
    assert one.workspace is not None
    assert one.workspace.sid == WS


# -- merging an event -------------------------------------------------------------------------------------


def test_merging_changes_only_what_is_in_the_payload() -> None:
    one = a_worker(Bridge())
    document = one.attributes
    assert merge(one, raw({"sid": WK, "activity_name": "Busy", "available": 0, "version": 7})) is one
    assert (one.activity_name, one.available, one.version) == ("Busy", False, 7)
    assert (one.friendly_name, one.account_sid) == ("Alice", AC)
    assert one.attributes is document


def test_merging_null_empties_a_field() -> None:
    one = a_task(Bridge(), reason="x")
    merge(one, raw({"sid": WT, "reason": None}))
    assert one.reason is None


def test_merging_something_odd_leaves_the_field_as_it_was() -> None:
    one = a_worker(Bridge())
    merge(one, raw({"sid": WK, "available": "perhaps", "date_created": 1893456000}))
    assert one.available is True
    assert one.date_created is not None
    assert one.date_created.timestamp() == 1893456000
    assert one.extra == {"available": "perhaps"}


def test_merging_new_attributes_parses_them_anew() -> None:
    one = a_worker(Bridge())
    assert one.attributes == {"languages": ["en"]}
    merge(one, raw({"sid": WK, "attributes": '{"languages":[]}'}))
    assert one.attributes == {"languages": []}
    assert one.attributes is one.attributes


def test_a_tasks_event_may_use_the_sockets_names() -> None:
    one = a_task(Bridge())
    merge(one, raw({"sid": WT, "queue_sid": sid("WQ", 2), "queue_name": "French", "workflow_name": "Other"}))
    assert (one.task_queue_sid, one.task_queue_friendly_name) == (sid("WQ", 2), "French")
    assert one.workflow_friendly_name == "Other"
    assert one.extra == {}


def test_what_belongs_to_another_cannot_be_merged() -> None:
    one = a_worker(Bridge())
    with pytest.raises(InvalidArgument, match="cannot take over"):
        merge(one, raw(worker(2, friendly_name="Bob")))
    with pytest.raises(DecodeError):
        merge(one, raw([1]))
    assert one.friendly_name == "Alice"


def test_base_classes_are_open_for_the_registry() -> None:
    assert issubclass(WorkerInstance, ReadOnlyInstance)
    assert WorkerInstance.versioned
    assert not ActivityInstance.versioned
