"""Events are read once and merged late; whoever looks sees what he would have seen without that."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from fake_bridge import TC, WK, WQ, WR, WT, Bridge, mashup, nested, raw, reservation, sid, task, worker
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.resources.instance import ReadOnlyInstance, merge
from trbridge.resources.registry import materialize, materialize_event
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.reservation_event import as_reservation, read_event, reservation_from_event, reservation_sid_of

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.integers(0, 9) | st.none(),
        "reason": st.sampled_from(["late", ""]) | st.none(),
        "assignment_status": st.sampled_from(["reserved", "assigned"]) | st.none(),
        "attributes": st.sampled_from(['{"a":1}', "{}", "{oops"]) | st.none(),
        "task_channel_sid": st.sampled_from([TC, sid("TC", 9)]) | st.none(),
        "queue_name": st.sampled_from(["English", "French"]) | st.none(),
        "worker_sid": st.just(WK),
        "age": st.just("odd"),
    },
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["accepted", "wrapup", "completed", "nonsense"]), st.booleans(), CHANGES, st.booleans()),
    max_size=12,
)


def payload_of(is_nested: bool, changes: dict[str, Any], whole: bool) -> dict[str, Any]:
    """An event's payload; ``whole`` with everything the service usually sends, else only with what changed."""
    if is_nested:
        base = nested("accepted")
        one_task = base["task"] if whole else {"sid": WT}
        return {**base, "task": {**one_task, **changes}}
    base = mashup() if whole else {"sid": WT, "reservation_sid": WR}
    return {**base, **changes}


def hear(one: ReservationInstance, bridge: Bridge, payload: Any, event: str) -> None:
    """As a worker's client does it."""
    text = raw(payload)
    read = read_event(text, bridge.context)
    assert read is not None
    assert reservation_sid_of(read) == WR
    one._hear(read, text, event)


def seen(one: ReadOnlyInstance | None) -> dict[str, Any]:
    """Everything a user can see of it."""
    if one is None:
        return {}
    fields = {name: getattr(one, name) for name in one.__struct_fields__ if not name.startswith("_")}
    return fields | {"attributes": getattr(one, "attributes", None), "extra": one.extra}


def first(bridge: Bridge) -> ReservationInstance:
    one = reservation_from_event(raw(mashup()), bridge.context, "reservation.created")
    assert one is not None
    return one


@settings(deadline=None)
@given(EVENTS)
def test_a_task_that_is_looked_at_late_is_what_it_would_have_become(events: list[Any]) -> None:
    """Merging waits until somebody has the task in his hand; no field that an older event brought is lost."""
    bridges = Bridge(WK), Bridge(WK)
    early, late = first(bridges[0]), first(bridges[1])
    held = early.task
    for name, is_nested, changes, whole in events:
        payload = payload_of(is_nested, changes, whole)
        hear(early, bridges[0], payload, f"reservation.{name}")
        hear(late, bridges[1], payload, f"reservation.{name}")
    assert early.task is held
    assert (seen(early), seen(early.task)) == (seen(late), seen(late.task))


@settings(deadline=None)
@given(EVENTS)
def test_what_is_heard_is_what_is_merged(events: list[Any]) -> None:
    """The short way of a worker's client leads to the same as the long one."""
    bridges = Bridge(WK), Bridge(WK)
    short, long = first(bridges[0]), first(bridges[1])
    for name, is_nested, changes, whole in events:
        payload = payload_of(is_nested, changes, whole)
        hear(short, bridges[0], payload, f"reservation.{name}")
        merge(long, raw(payload), event=f"reservation.{name}")
    assert (seen(short), seen(short.task)) == (seen(long), seen(long.task))


def test_a_task_in_somebodys_hand_changes_at_once() -> None:
    bridge = Bridge(WK)
    one = first(bridge)
    held = one.task
    assert held is not None
    hear(one, bridge, mashup(assignment_status="assigned"), "reservation.accepted")
    assert held.assignment_status == "assigned"


@pytest.mark.parametrize("looked", [False, True])
def test_what_was_told_of_another_task_is_not_taken_for_this_ones(looked: bool) -> None:
    """Should an event give the reservation another task, the old one's last words do not make a mess of it."""
    bridge, other = Bridge(WK), f"WT{'d' * 32}"
    one = first(bridge)
    if looked:
        assert one.task is not None
    hear(one, bridge, mashup(priority=3), "reservation.accepted")
    hear(one, bridge, mashup(sid=other, priority=5), "reservation.accepted")
    assert one.task is not None
    assert (one.task.sid, one.task.priority, one.task_sid) == (other, 5, other)


def test_what_waits_to_be_merged_does_not_pile_up() -> None:
    """A reservation that nobody looks at hears of each change of its task for as long as it lasts."""
    bridge = Bridge(WK)
    one = first(bridge)
    for number in range(1_000):
        hear(one, bridge, mashup(priority=number), "reservation.accepted")
        assert len(vars(one).get("_unread", ())) <= 8
    assert one.task is not None
    assert one.task.priority == 999


def test_a_fetched_task_is_not_overwritten_by_what_was_heard_before() -> None:
    """REST's answer is newer than the events that came before it."""
    bridge = Bridge(WK)
    one = first(bridge)
    hear(one, bridge, mashup(priority=1), "reservation.accepted")
    merge(one, raw({**reservation("accepted"), "task": {"sid": WT, "priority": 2}}))
    assert one.task is not None
    assert one.task.priority == 2


def test_parsed_attributes_stay_the_same_object_until_they_change() -> None:
    bridge = Bridge(WK)
    one = first(bridge)
    assert one.task is not None
    before = one.task.attributes
    hear(one, bridge, mashup(priority=1), "reservation.accepted")
    assert one.task.attributes is before
    hear(one, bridge, mashup(attributes='{"type":"sales"}'), "reservation.accepted")
    assert one.task.attributes == {"type": "sales"}


def test_another_reservations_event_is_refused() -> None:
    bridge = Bridge(WK)
    one = first(bridge)
    text = raw(nested(sid=sid("WR", 99)))
    read = read_event(text, bridge.context)
    assert isinstance(read, ReservationInstance)
    with pytest.raises(InvalidArgument, match="cannot take over"):
        one._hear(read, text, "reservation.accepted")


def test_either_dialect_is_read_whatever_came_before() -> None:
    bridge = Bridge(WK)
    for payload in (mashup(), nested(), nested(), mashup(), mashup()):
        text = raw(payload)
        read = read_event(text, bridge.context)
        assert read is not None
        assert as_reservation(read, text, bridge.context, "reservation.created").sid == WR
    assert read_event(raw(task()), bridge.context) is None
    assert read_event(raw([1]), bridge.context) is None


PAYLOADS = st.sampled_from(
    [
        {},
        None,
        "text",
        7,
        [1],
        task(),
        task(2, priority="odd"),
        mashup(),
        nested(),
        worker(),
        worker(3, available="odd"),
        {"sid": WQ, "friendly_name": "q"},
        {"sid": "XX1"},
        {"sid": 5},
        {"sid": None, "meta": {"key": "workers"}, "workers": [worker()]},
    ]
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), PAYLOADS), max_size=12))
def test_what_an_event_brings_does_not_depend_on_the_one_before(events: list[tuple[str, Any]]) -> None:
    """That it is read as what the last one was is only a guess, and checked."""
    context = Bridge().context
    for name, payload in events:
        text = raw(payload)
        guessed, looked_at = materialize_event(name, text, context), materialize(text, context)
        assert type(guessed) is type(looked_at)
        if isinstance(guessed, ReadOnlyInstance):
            assert seen(guessed) == seen(looked_at)
        elif isinstance(payload, (dict, list, str, int)) and "meta" not in str(payload):
            assert guessed == looked_at == payload


def test_made_up_names_of_events_do_not_fill_the_memory() -> None:
    context = Bridge().context
    for number in range(1_000):
        materialize_event(f"made.up.{number}", raw(task()), context)
    assert len(context.brought) <= 256


def test_a_payload_that_cannot_be_read_is_plain_values() -> None:
    context = Bridge().context
    materialize_event("x", raw(task()), context)
    assert materialize_event("x", msgspec.Raw(b"[1, 2]"), context) == [1, 2]
