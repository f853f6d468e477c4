"""Transactions: what they set by themselves, what they remember, and that all or nothing happens."""

from __future__ import annotations

from random import Random

import pytest

from trbridge.emulator.state.model import Activity, Task, Worker, Workspace
from trbridge.emulator.state.store import Store
from trbridge.emulator.state.transaction import Change, Transaction
from trbridge.sids import SidFactory, is_sid


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def tx(store: Store) -> Transaction:
    return Transaction(store, 100.0, SidFactory(Random(1)))  # noqa: S311


@pytest.fixture
def activity(tx: Transaction) -> Activity:
    workspace = tx.create(Workspace, "", account_sid="AC1", friendly_name="w")
    return tx.create(Activity, workspace.sid, friendly_name="Idle")


def later(store: Store, now: float = 200.0) -> Transaction:
    return Transaction(store, now, SidFactory(Random(2)))  # noqa: S311


def new_worker(tx: Transaction, activity: Activity) -> Worker:
    return tx.create(
        Worker, activity.workspace_sid, friendly_name="Al", activity_sid=activity.sid, date_status_changed=tx.now
    )


def test_create_gives_a_sid_of_its_kind_and_the_dates_of_now(tx: Transaction, activity: Activity) -> None:
    assert is_sid(activity.sid, "WA")
    assert activity.date_created == activity.date_updated == tx.now
    assert tx.store.activities[activity.sid] is activity


def test_update_sets_the_date_and_bumps_the_version(tx: Transaction, activity: Activity) -> None:
    worker = new_worker(tx, activity)
    worker = later(tx.store).update(worker, friendly_name="Bo")
    assert (worker.friendly_name, worker.version, worker.date_updated, worker.date_created) == ("Bo", 1, 200.0, 100.0)
    assert later(tx.store, 300.0).touch(worker).version == 2


def test_update_of_a_kind_without_version_sets_the_date_only(tx: Transaction, activity: Activity) -> None:
    assert later(tx.store).update(activity, friendly_name="x").date_updated == 200.0


def test_update_of_a_stale_copy_loses_nothing(tx: Transaction, activity: Activity) -> None:
    """Two steps of one operation may both hold the worker as it was at the beginning."""
    worker = new_worker(tx, activity)
    tx.update(worker, friendly_name="Bo")
    updated = tx.update(worker, attributes='{"a":1}')
    assert (updated.friendly_name, updated.attributes, updated.version) == ("Bo", '{"a":1}', 2)


def test_what_is_not_there_cannot_be_updated_or_removed(tx: Transaction, activity: Activity) -> None:
    tx.remove(activity)
    with pytest.raises(KeyError):
        tx.update(activity, friendly_name="x")
    with pytest.raises(KeyError):
        tx.remove(activity)


def test_changes_join_the_steps_of_each_entity(tx: Transaction, activity: Activity) -> None:
    step = later(tx.store)
    worker = new_worker(step, activity)
    step.update(worker, friendly_name="Bo")
    changed = step.update(activity, friendly_name="x")
    gone = step.create(Activity, activity.workspace_sid, friendly_name="gone")
    step.remove(gone)
    assert step.changes() == [
        Change(None, tx.store.workers[worker.sid], tx.store.ordinal(worker.sid)),
        Change(activity, changed, tx.store.ordinal(activity.sid)),
    ]
    assert len(step.log) == 5


def test_a_change_knows_what_it_is_about(tx: Transaction, activity: Activity) -> None:
    removed = Change(activity, None, 1)
    assert (removed.kind, removed.sid, removed.entity) == (Activity, activity.sid, activity)
    assert Change(None, activity, 1).entity is activity


def test_rollback_takes_back_entities_events_and_ordinals(tx: Transaction, activity: Activity) -> None:
    store = tx.store
    snapshot = store.snapshot()
    step = later(store)
    step.emit("activity.updated", step.update(activity, friendly_name="x"))
    step.create(Activity, activity.workspace_sid, friendly_name="y")
    step.remove(activity)
    assert store.snapshot() != snapshot
    step.rollback()
    assert store.snapshot() == snapshot
    assert store.activities[activity.sid] is activity


def test_a_removed_and_restored_row_is_back_in_its_place(tx: Transaction, activity: Activity) -> None:
    rows = [activity, *(tx.create(Activity, activity.workspace_sid, friendly_name=name) for name in "abc")]
    step = later(tx.store)
    step.remove(rows[1])
    step.rollback()
    assert list(tx.store.activities.values()) == rows


def test_a_transaction_that_is_over_changes_nothing(tx: Transaction, activity: Activity) -> None:
    """One kept in a variable would change the store unseen by journal and subscribers."""
    for end in ("close", "rollback"):
        step = later(tx.store)
        getattr(step, end)()
        with pytest.raises(RuntimeError, match="over"):
            step.put(activity)
        with pytest.raises(RuntimeError, match="over"):
            step.remove(activity)


def test_emit_records_and_remembers_the_event(tx: Transaction, activity: Activity) -> None:
    event = tx.emit("activity.created", activity)
    assert tx.events == [event]
    assert tx.store.events[event.sid] is event
    assert tx.subjects[event.sid].activity is activity
    assert (event.event_date, event.date_created) == (100.0, 100.0)


def test_a_task_may_be_changed_many_times_and_undone_in_order(tx: Transaction, activity: Activity) -> None:
    task = tx.create(Task, activity.workspace_sid, task_channel_sid="TC1", virtual_start_time=1.0)
    step = later(tx.store)
    for status in ("reserved", "pending", "reserved", "assigned", "completed"):
        step.update(task, assignment_status=status)
    assert tx.store.tasks[task.sid].version == 5
    step.rollback()
    assert tx.store.tasks[task.sid] is task
