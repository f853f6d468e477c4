"""The store: tables by SID, and indexes that are always what a recount would find."""

from __future__ import annotations

from collections.abc import Hashable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator.state.indexes import (
    BY_WORKSPACE,
    EVENTS_OF,
    INDEXES,
    OPEN_RESERVATIONS,
    RESERVATIONS_OF,
    TASKS_BY_STATUS,
    WORKERS_BY_NAME,
    Index,
)
from trbridge.emulator.state.model import (
    KINDS,
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    Worker,
    WorkerChannel,
    Workspace,
)
from trbridge.emulator.state.store import Store
from trbridge.emulator.state.transaction import Transaction
from trbridge.sids import SidFactory

TASK_STATUSES = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
RESERVATION_STATUSES = ("pending", "accepted", "wrapping", "completed", "rejected", "timeout", "canceled", "rescinded")


def recount(store: Store, index: Index[Any]) -> dict[Hashable, list[str]]:
    """What an index should be, counted from the table alone."""
    groups: dict[Hashable, list[str]] = {}
    for entity in sorted(store.table(index.kind).values(), key=lambda one: store.ordinal(one.sid)):
        for key in index.keys(entity):
            groups.setdefault(key, []).append(entity.sid)
    return groups


def assert_indexed(store: Store) -> None:
    for index in INDEXES:
        assert store.groups(index) == recount(store, index), index
    for kind in KINDS.values():
        ordinals = [store.ordinal(sid) for sid in store.table(kind)]
        assert ordinals == sorted(ordinals), kind


def make(tx: Transaction, kind: type[Entity], pick: int) -> Entity:
    """An entity whose indexed fields are picked from a few values, so that groups are shared and emptied."""
    ws, other = ("WSa", "WSb")[pick % 2], str(pick % 3)
    dates: dict[str, Any] = {"workspace_sid": ws, "date_created": tx.now, "date_updated": tx.now}
    maybe = None if pick % 5 == 0 else f"WQ{other}"
    values: dict[type[Entity], dict[str, Any]] = {
        Activity: {"friendly_name": f"Name {other}", "available": pick % 2 == 0},
        Worker: {"friendly_name": f"Worker {other}", "activity_sid": f"WA{other}", "date_status_changed": tx.now},
        WorkerChannel: {"worker_sid": f"WK{other}", "task_channel_sid": f"TC{pick % 2}"},
        Task: {
            "task_channel_sid": f"TC{pick % 2}",
            "virtual_start_time": tx.now,
            "assignment_status": TASK_STATUSES[pick % 6],
            "task_queue_sid": maybe,
            "workflow_sid": None if pick % 7 == 0 else f"WW{other}",
            "priority": pick % 4,
        },
        Reservation: {
            "task_sid": f"WT{other}",
            "worker_sid": f"WK{other}",
            "task_channel_sid": f"TC{pick % 2}",
            "reservation_status": RESERVATION_STATUSES[pick % 8],
        },
        EventRecord: {
            "event_type": f"task.{other}",
            "event_date": tx.now,
            "resource_type": "task",
            "resource_sid": "WT",
            "actor_sid": ws,
            "data": {},
            "task_sid": f"WT{other}",
            "task_queue_sid": maybe,
        },
    }
    return kind(sid=f"{kind.prefix}{pick % 9}", **dates, **values[kind])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "remove"]),
        st.sampled_from([Activity, Worker, WorkerChannel, Task, Reservation, EventRecord]),
        st.integers(0, 1000),
    ),
    max_size=60,
)


def play(tx: Transaction, steps: list[tuple[str, type[Entity], int]]) -> None:
    for verb, kind, pick in steps:
        sid = f"{kind.prefix}{pick % 9}"
        if verb == "put":
            tx.put(make(tx, kind, pick))
        elif sid in tx.store.table(kind):
            tx.remove(tx.store.table(kind)[sid])


def transaction(store: Store, now: float = 1.0) -> Transaction:
    return Transaction(store, now, SidFactory(Random(store.next_ordinal)))  # noqa: S311


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_indexes_are_what_a_recount_finds(steps: list[tuple[str, type[Entity], int]]) -> None:
    store = Store()
    play(transaction(store), steps)
    assert_indexed(store)


@given(STEPS, STEPS)
@settings(max_examples=150, deadline=None)
def test_a_rolled_back_transaction_leaves_no_trace(
    before: list[tuple[str, type[Entity], int]], undone: list[tuple[str, type[Entity], int]]
) -> None:
    """Entities, their order, every index and the next ordinal are byte for byte what they were."""
    store = Store()
    play(transaction(store), before)
    snapshot, groups = store.snapshot(), [store.groups(index) for index in INDEXES]
    tx = transaction(store)
    play(tx, undone)
    tx.rollback()
    assert store.snapshot() == snapshot
    assert [store.groups(index) for index in INDEXES] == groups
    assert_indexed(store)


def fill(store: Store, count: int) -> list[Activity]:
    tx = transaction(store)
    return [tx.create(Activity, "WSa", friendly_name=f"a{number}") for number in range(count)]


def test_lists_are_in_order_of_creation_and_go_on_from_any_place() -> None:
    store = Store()
    rows = fill(store, 7)
    index = BY_WORKSPACE[Activity]
    assert store.in_workspace(Activity, "WSa") == rows
    middle = store.ordinal(rows[3].sid)
    assert list(store.each(index, "WSa", after=middle)) == rows[4:]
    assert list(store.each(index, "WSa", before=middle)) == rows[2::-1]
    assert list(store.newest(index, "WSa")) == rows[::-1]


def test_a_place_stays_valid_when_its_row_is_gone() -> None:
    """The row a page ended with may be deleted before the next page is asked for."""
    store = Store()
    rows = fill(store, 5)
    place = store.ordinal(rows[2].sid)
    transaction(store).remove(rows[2])
    assert list(store.each(BY_WORKSPACE[Activity], "WSa", after=place)) == rows[3:]


def test_an_update_keeps_the_place() -> None:
    store = Store()
    rows = fill(store, 3)
    changed = transaction(store).update(rows[0], friendly_name="zzz")
    assert store.in_workspace(Activity, "WSa") == [changed, *rows[1:]]


def test_reading_what_is_not_there() -> None:
    store = Store()
    assert store.get(Worker, "WK1") is None
    assert store.get(Worker, None) is None
    assert store.select(WORKERS_BY_NAME, ("WS1", "x")) == []
    assert store.first(WORKERS_BY_NAME, ("WS1", "x")) is None
    assert store.count(WORKERS_BY_NAME, ("WS1", "x")) == 0
    assert list(store.events_between("WS1", 0, 9)) == []
    with pytest.raises(KeyError):
        store.ordinal("WK1")


def test_worker_names_are_found_without_regard_to_case() -> None:
    store = Store()
    tx = transaction(store)
    worker = tx.create(Worker, "WSa", friendly_name="Zoé", activity_sid="WA1", date_status_changed=1.0)
    assert store.first(WORKERS_BY_NAME, ("WSa", "ZOÉ".casefold())) == worker


def test_load_counts_open_reservations_and_assigned_only_accepted_ones() -> None:
    """rest-api 3.4: capacity is taken by pending, accepted and wrapping; assigned_tasks is accepted only."""
    store = Store()
    tx = transaction(store)
    channel = tx.create(WorkerChannel, "WSa", worker_sid="WK1", task_channel_sid="TC1")
    for status in RESERVATION_STATUSES:
        tx.create(
            Reservation,
            "WSa",
            task_sid="WT1",
            worker_sid="WK1",
            task_channel_sid="TC1",
            reservation_status=status,
        )
    assert store.channel_load("WK1", "TC1") == 3
    assert store.assigned_tasks("WK1", "TC1") == 1
    assert store.channel_load("WK1", "TC2") == 0
    assert store.worker_channel("WK1", "TC1") == channel
    assert store.count(OPEN_RESERVATIONS, "WK1") == store.count(OPEN_RESERVATIONS, "WT1") == 3
    assert store.count(RESERVATIONS_OF, "WK1") == len(RESERVATION_STATUSES)


@given(st.lists(st.integers(0, 20), max_size=40), st.integers(0, 21), st.integers(0, 21))
@settings(deadline=None)
def test_events_of_a_time_window_are_found(moments: list[int], start: int, end: int) -> None:
    """Both ends belong to it (rest-api 3.10)."""
    store = Store()
    events: list[EventRecord] = []
    for moment in sorted(moments):
        tx = transaction(store, float(moment))
        event = make(tx, EventRecord, 2)
        assert isinstance(event, EventRecord)
        events.append(tx.put(msgspec.structs.replace(event, sid=f"EV{len(events)}")))
    expected = [event for event in events if start <= event.date_created <= end]
    assert list(store.events_between("WSa", start, end)) == expected
    assert list(store.events_between(("WSa", "task.2"), start, end)) == expected
    assert store.count(EVENTS_OF, "WT2") == len(events)


def test_an_index_added_later_begins_with_what_is_there() -> None:
    store = Store()
    rows = fill(store, 3)
    by_first_letter = Index("by first letter", Activity, lambda activity: (activity.friendly_name[0],))
    store.add_index(by_first_letter)
    assert store.select(by_first_letter, "a") == rows
    transaction(store).remove(rows[1])
    assert store.select(by_first_letter, "a") == [rows[0], rows[2]]
    assert store.keys(by_first_letter) == ["a"]


def test_an_observer_sees_what_is_there_each_change_and_its_undoing() -> None:
    """What follows the changes, such as queue membership, is undone with a transaction that fails."""
    store = Store()
    [first] = fill(store, 1)
    seen: list[tuple[Activity | None, Activity | None]] = []
    store.observe(Activity, lambda old, new: seen.append((old, new)))
    tx = transaction(store)
    second = tx.create(Activity, "WSa", friendly_name="b")
    changed = tx.update(first, friendly_name="c")
    tx.remove(second)
    assert seen == [(None, first), (None, second), (first, changed), (second, None)]
    del seen[:]
    tx.rollback()
    assert seen == [(None, second), (changed, first), (second, None)]


def test_counts_by_status_follow_a_move_between_queues() -> None:
    store = Store()
    tx = transaction(store)
    task = tx.create(Task, "WSa", task_channel_sid="TC1", task_queue_sid="WQ1", virtual_start_time=1.0)
    tx.update(task, task_queue_sid="WQ2", assignment_status="reserved")
    assert store.groups(TASKS_BY_STATUS) == {("WSa", "reserved"): [task.sid], ("WQ2", "reserved"): [task.sid]}


def test_a_workspace_is_in_its_own_workspace() -> None:
    """So that every kind can be found by ``workspace_sid``."""
    store = Store()
    workspace = transaction(store).create(Workspace, "", account_sid="AC1", friendly_name="x")
    assert workspace.workspace_sid == workspace.sid
    assert store.in_workspace(Workspace, workspace.sid) == [workspace]
