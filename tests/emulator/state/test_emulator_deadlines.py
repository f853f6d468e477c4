"""Deadlines: when each kind of entity is due, and a heap that forgets what has changed."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trbridge.emulator.engine import Engine
from trbridge.emulator.state.deadlines import EVENT_SECONDS, TIMERS, Deadlines, Timer
from trbridge.emulator.state.indexes import EVENTS_OF
from trbridge.emulator.state.model import EventRecord, Reservation, Task, Workspace
from trbridge.emulator.state.store import Store
from trbridge.emulator.state.transaction import Transaction
from trbridge.sids import SidFactory

DUE = {timer.name: timer.due for timer in TIMERS}


def task(**fields: Any) -> Task:
    values = {"sid": "WT1", "workspace_sid": "WS1", "date_created": 100.0, "date_updated": 100.0}
    return Task(task_channel_sid="TC1", virtual_start_time=1.0, **{**values, **fields})


def reservation(**fields: Any) -> Reservation:
    values = {"sid": "WR1", "workspace_sid": "WS1", "date_created": 100.0, "date_updated": 100.0}
    return Reservation(task_sid="WT1", worker_sid="WK1", task_channel_sid="TC1", **{**values, **fields})


@pytest.mark.parametrize(
    ("name", "entity", "when"),
    [
        ("reservation.timeout", reservation(deadline=220.0), 220.0),
        ("reservation.timeout", reservation(deadline=220.0, reservation_status="accepted"), None),
        ("task.step", task(step_deadline=130.0), 130.0),
        ("task.step", task(step_deadline=130.0, assignment_status="reserved"), None),
        ("task.ttl", task(), 86500.0),
        ("task.ttl", task(assignment_status="reserved", timeout=10), 110.0),
        ("task.ttl", task(assignment_status="assigned"), None),
        ("task.assigned", task(assignment_status="assigned", assigned_at=200.0), 86600.0),
        ("task.assigned", task(assignment_status="wrapping", assigned_at=200.0), 86600.0),
        ("task.assigned", task(assignment_status="completed", assigned_at=200.0), None),
        ("task.assigned", task(), None),
        ("task.ended", task(assignment_status="completed", ended_at=400.0), 700.0),
        ("task.ended", task(), None),
    ],
)
def test_when_an_entity_is_due(name: str, entity: Any, when: float | None) -> None:
    """rest-api 1.5: reservation timeout, step deadline, TTL, 24 hours assigned, five minutes after the end."""
    assert DUE[name](Store(), entity) == when


def heap(store: Store) -> Deadlines:
    deadlines = Deadlines(store, (Timer("task.ttl", Task, DUE["task.ttl"]),))
    deadlines.handle("task.ttl", lambda tx, entity: None)
    return deadlines


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 7), st.integers(1, 20)),
        st.tuples(st.just("remove"), st.integers(0, 7), st.just(0)),
        st.tuples(st.just("pop"), st.integers(0, 25), st.just(0)),
    ),
    max_size=80,
)


@given(STEPS)
@example([("put", 0, 5), ("put", 1, 5), ("remove", 0, 0), ("put", 0, 5), ("pop", 25, 0)])
@settings(deadline=None)
def test_the_heap_is_a_table_of_moments_sorted(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is put, changed back and forth, removed and taken: the earliest valid one comes first, once."""
    store = Store()
    deadlines = heap(store)
    model: dict[str, float] = {}
    taken: dict[str, float] = {}
    for verb, number, timeout in steps:
        tx = Transaction(store, 1.0, SidFactory(Random(1)))  # noqa: S311
        sid = f"WT{number}"
        if verb == "put":
            entity = tx.put(task(sid=sid, timeout=timeout, date_created=0.0))
            if taken.get(sid) != entity.timeout:
                model[sid] = float(entity.timeout)
                taken.pop(sid, None)
        elif verb == "remove" and sid in store.tasks:
            tx.remove(store.tasks[sid])
            model.pop(sid, None)
            taken.pop(sid, None)
        elif verb == "pop":
            due = deadlines.pop(number)
            expected = min(((when, store.ordinal(sid)) for sid, when in model.items() if when <= number), default=None)
            assert (due and (due.when, due.ordinal)) == expected
            if due:
                taken[due.sid] = model.pop(due.sid)
        deadlines.follow(tx.changes())
        assert deadlines.next() == min(model.values(), default=None)
        assert len(deadlines) == len(model)


def test_stale_entries_do_not_pile_up() -> None:
    store = Store()
    deadlines = heap(store)
    for timeout in range(1, 2000):
        tx = Transaction(store, 1.0, SidFactory(Random(1)))  # noqa: S311
        tx.put(task(timeout=timeout))
        deadlines.follow(tx.changes())
    assert len(deadlines._heap) < 100
    assert deadlines.next() == 2099.0


def test_an_unknown_timer_cannot_be_handled() -> None:
    with pytest.raises(KeyError):
        heap(Store()).handle("task.tea", lambda tx, entity: None)


def test_handling_again_replaces_the_handler_only(engine: Engine, workspace: Workspace) -> None:
    heard: list[str] = []
    engine.on_due("task.ttl", lambda tx, entity: heard.append("first"))
    engine.on_due("task.ttl", lambda tx, entity: heard.append("second"))
    with engine.transaction() as tx:
        tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=5)
    engine.advance(10)
    assert heard == ["second"]


def test_timers_nobody_handles_take_no_room(engine: Engine, workspace: Workspace) -> None:
    with engine.transaction() as tx:
        tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=5)
    assert engine.next_deadline() != engine.now() + 5


def events_of(engine: Engine, workspace: Workspace) -> list[EventRecord]:
    return engine.store.select(EVENTS_OF, workspace.sid)


def test_events_go_after_thirty_days(engine: Engine, workspace: Workspace) -> None:
    """rest-api 1.5. An hour's worth at a time, so never early and at most an hour late."""
    [first] = events_of(engine, workspace)
    engine.advance(60)
    with engine.transaction() as tx:
        second = tx.emit("workspace.updated", workspace)
    engine.advance(10 * 86_400)
    with engine.transaction() as tx:
        third = tx.emit("workspace.updated", workspace)
    engine.advance(first.event_date + EVENT_SECONDS - engine.now())
    assert events_of(engine, workspace) == [first, second, third]
    engine.advance(3600)
    assert events_of(engine, workspace) == [third]
    engine.advance(10 * 86_400 + 60)
    assert events_of(engine, workspace) == []
    assert engine.next_deadline() is None
