"""Time in the engine: it never goes back, and what falls due happens in due order at its own moment."""

from __future__ import annotations

import logging
from random import Random

import pytest

from trbridge.emulator.clock import ManualClock, SystemClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import activities
from trbridge.emulator.state.model import Activity, Task, Workspace
from trbridge.emulator.state.transaction import Transaction
from trbridge.errors import InvalidArgument


def lunch(engine: Engine, workspace: Workspace, name: str = "Lunch") -> Activity:
    with engine.transaction() as tx:
        return activities.create(tx, workspace, {"friendly_name": name})


def waiting(engine: Engine, workspace: Workspace, *timeouts: int) -> list[Task]:
    with engine.transaction() as tx:
        return [
            tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=timeout)
            for timeout in timeouts
        ]


def failing(engine: Engine, workspace: Workspace) -> None:
    """A transaction that does this and that, and then fails."""
    with engine.transaction() as tx:
        activities.create(tx, workspace, {"friendly_name": "Lunch"})
        tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=1)
        raise KeyError


class Wild:
    """A clock that somebody sets."""

    time = 1000.0

    def now(self) -> float:
        return self.time


def test_time_never_goes_back(workspace: Workspace) -> None:
    """An NTP step must not put an event before an earlier one."""
    clock = Wild()
    engine = Engine(clock=clock)
    clock.time = 1010
    with engine.transaction() as tx:
        tx.create(Workspace, "", account_sid="AC1", friendly_name="x")
    clock.time = 900
    assert engine.now() == 1010
    with engine.transaction() as tx:
        assert tx.now == 1010


def test_a_thousand_timeouts_happen_in_due_order_each_at_its_time(engine: Engine, workspace: Workspace) -> None:
    random = Random(3)  # noqa: S311
    tasks = waiting(engine, workspace, *(random.randint(1, 500) for _ in range(1000)))
    start, fired = engine.now(), list[tuple[float, float, str]]()
    engine.on_due("task.ttl", lambda tx, task: fired.append((tx.now, engine.clock.now(), task.sid)))
    engine.advance(500)
    expected = sorted(tasks, key=lambda task: (task.timeout, engine.store.ordinal(task.sid)))
    assert fired == [(start + task.timeout, start + task.timeout, task.sid) for task in expected]
    assert engine.now() == start + 500


def test_what_a_deadline_brings_about_happens_on_the_way(engine: Engine, workspace: Workspace) -> None:
    """A timeout makes a new reservation, which times out in turn: one advance sees all of it."""
    waiting(engine, workspace, 10)
    start, fired = engine.now(), list[float]()

    def again(tx: Transaction, task: Task) -> None:
        fired.append(tx.now - start)
        tx.update(task, timeout=task.timeout + 10)

    engine.on_due("task.ttl", again)
    engine.advance(35)
    assert fired == [10, 20, 30]
    assert engine.next_deadline() == start + 40


def test_a_deadline_is_included_and_not_early(engine: Engine, workspace: Workspace) -> None:
    waiting(engine, workspace, 10)
    fired: list[str] = []
    engine.on_due("task.ttl", lambda tx, task: fired.append(task.sid))
    engine.advance(9.999)
    assert fired == []
    engine.advance(0.001)
    assert len(fired) == 1


def test_a_handler_that_changes_nothing_is_called_once(engine: Engine, workspace: Workspace) -> None:
    waiting(engine, workspace, 10)
    fired: list[str] = []
    engine.on_due("task.ttl", lambda tx, task: fired.append(tx.touch(task).sid))
    engine.advance(100)
    assert len(fired) == 1


def test_a_removed_entity_is_not_due(engine: Engine, workspace: Workspace) -> None:
    [task] = waiting(engine, workspace, 10)
    fired: list[str] = []
    engine.on_due("task.ttl", lambda tx, task: fired.append(task.sid))
    with engine.transaction() as tx:
        tx.remove(task)
    engine.advance(100)
    assert fired == []


def test_a_transaction_that_failed_leaves_no_deadline(engine: Engine, workspace: Workspace) -> None:
    engine.on_due("task.ttl", lambda tx, task: None)
    before = engine.next_deadline()
    with pytest.raises(KeyError):
        failing(engine, workspace)
    assert engine.next_deadline() == before


def test_late_deadlines_happen_at_their_own_time_unless_that_has_passed(engine: Engine, workspace: Workspace) -> None:
    """A timer of the machine wakes up late; a change in between must not come to lie after what is told later."""
    waiting(engine, workspace, 10, 20)
    start, fired = engine.now(), list[float]()
    engine.on_due("task.ttl", lambda tx, task: fired.append(tx.now - start))
    assert isinstance(engine.clock, ManualClock)
    engine.clock.advance(15)
    lunch(engine, workspace)
    engine.clock.advance(10)
    assert engine.fire_due() == 2
    assert fired == [15, 20]


def test_a_handler_that_fails_is_told_and_stays_due_and_the_others_go_on(
    engine: Engine, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = waiting(engine, workspace, 10, 20)
    fired: list[str] = []
    broken = True

    def fire(tx: Transaction, task: Task) -> None:
        tx.update(task, assignment_status="canceled")
        if task.sid == first.sid and broken:
            raise KeyError("boom")
        fired.append(task.sid)

    engine.on_due("task.ttl", fire)
    assert isinstance(engine.clock, ManualClock)
    engine.clock.advance(30)
    with caplog.at_level(logging.ERROR, "trbridge.emulator.engine"), pytest.raises(KeyError, match="boom"):
        engine.fire_due()
    assert fired == [second.sid]
    assert engine.store.tasks[first.sid] == first
    assert f"task.ttl of {first.sid} failed" in caplog.text
    broken = False
    assert engine.fire_due() == 1
    assert fired == [second.sid, first.sid]


def test_whoever_wakes_the_engine_hears_of_the_next_deadline(engine: Engine, workspace: Workspace) -> None:
    heard: list[float | None] = []
    engine.on_due("task.ttl", lambda tx, task: tx.remove(task))
    later = engine.next_deadline()
    start = engine.now()
    engine.on_deadline_changed = heard.append
    waiting(engine, workspace, 50)
    waiting(engine, workspace, 60)  # not the next one: nothing to tell
    waiting(engine, workspace, 40)
    engine.advance(45)
    assert heard == [start + 50, start + 40, start + 50]
    engine.advance(20)
    assert heard[3:] == [start + 60, later]


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_time_advances_by_a_number_of_seconds(engine: Engine, seconds: float) -> None:
    with pytest.raises(InvalidArgument, match="0 or more"):
        engine.advance(seconds)


def test_the_machines_time_cannot_be_advanced() -> None:
    with pytest.raises(InvalidArgument, match="ManualClock"):
        Engine(clock=SystemClock()).advance(1)
