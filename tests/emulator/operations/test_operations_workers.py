"""Workers: names, attributes, activities, and what an activity change brings with it."""

from __future__ import annotations

from typing import Any

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import workers, workspaces
from trbridge.emulator.state.indexes import ACTIVITIES_BY_NAME, RESERVATIONS_OF, WORKER_CHANNELS_OF
from trbridge.emulator.state.model import (
    Activity,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from trbridge.errors import BadRequest


def create(engine: Engine, workspace: Workspace, name: str = "Alice", **form: object) -> Worker:
    with engine.transaction() as tx:
        return workers.create(tx, workspace, {"friendly_name": name, **form})


def update(engine: Engine, worker: Worker, **form: object) -> Worker:
    with engine.transaction() as tx:
        return workers.update(tx, engine.store.workers[worker.sid], form)


def activity(engine: Engine, workspace: Workspace, name: str) -> Activity:
    found = engine.store.first(ACTIVITIES_BY_NAME, (workspace.sid, name.casefold()))
    assert found is not None
    return found


@pytest.fixture
def heard(engine: Engine) -> list[tuple[str, dict[str, str]]]:
    """Types and data of all events, as they come."""
    events: list[tuple[str, dict[str, str]]] = []

    def note(committed: Committed) -> None:
        events.extend((event.event_type, event.data) for event in committed.events)

    engine.subscribe(note)
    return events


# Creating


def test_a_worker_begins_in_the_default_activity_with_empty_attributes(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace)
    assert worker.activity_sid == workspace.default_activity_sid
    assert (worker.attributes, worker.version, worker.date_status_changed) == ("{}", 0, engine.now())


def test_a_worker_gets_a_channel_of_capacity_one_for_every_task_channel(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace)
    own = [
        engine.store.worker_channel(worker.sid, one.sid)
        for one in engine.store.in_workspace(TaskChannel, workspace.sid)
    ]
    assert [(one.configured_capacity, one.available) for one in own if one] == [(1, True)] * 5


def test_activity_and_attributes_can_be_given(engine: Engine, workspace: Workspace) -> None:
    available = activity(engine, workspace, "Available")
    worker = create(engine, workspace, activity_sid=available.sid, attributes='{"a": 1}')
    assert (worker.activity_sid, worker.attributes) == (available.sid, '{"a": 1}')


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"friendly_name": ""}, "Missing required parameter FriendlyName"),
        ({"friendly_name": "x" * 65}, "Invalid FriendlyName"),
        ({"attributes": "{"}, "Invalid Attributes"),
        ({"attributes": "[]"}, "Invalid Attributes.*JSON object"),
        ({"activity_sid": "WA" + "0" * 32}, "Invalid ActivitySid. 'WA0000"),
    ],
)
def test_wrong_values_create_nothing(engine: Engine, workspace: Workspace, form: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        create(engine, workspace, **form)
    assert len(engine.store.workers) == len(engine.store.worker_channels) == 0


@pytest.mark.parametrize("name", ["Alice", "ALICE", "alice"])
def test_a_name_is_taken_once_without_regard_to_case(engine: Engine, workspace: Workspace, name: str) -> None:
    """Seen live: 400/20001 with these words (routing 9)."""
    create(engine, workspace)
    with pytest.raises(BadRequest, match=r"^Worker with the same friendly name already exists") as caught:
        create(engine, workspace, name)
    assert caught.value.code == 20001


def test_a_name_may_be_taken_in_another_workspace_and_comes_free_again(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace)
    with engine.transaction() as tx:
        other = workspaces.create(tx, engine.account_sid, {"friendly_name": "T"})
    create(engine, other)
    update(engine, worker, friendly_name="Bob")
    create(engine, workspace)


def test_creating_is_told(engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]) -> None:
    create(engine, workspace)
    [(event_type, data)] = heard
    assert (event_type, data["worker_name"], data["worker_activity_name"]) == ("worker.created", "Alice", "Offline")


# Changing


def test_an_activity_change_says_what_was_before_and_for_how_long(
    engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]
) -> None:
    worker = create(engine, workspace)
    offline, available = activity(engine, workspace, "Offline"), activity(engine, workspace, "Available")
    engine.advance(26.123)
    changed = update(engine, worker, activity_sid=available.sid)
    assert (changed.activity_sid, changed.previous_activity_sid) == (available.sid, offline.sid)
    assert changed.date_status_changed == engine.now()
    event_type, data = heard[-1]
    assert event_type == "worker.activity.update"
    assert data["worker_activity_sid"] == available.sid
    assert data["worker_previous_activity_sid"] == offline.sid
    assert data["worker_previous_activity_name"] == "Offline"
    assert (data["worker_time_in_previous_activity"], data["worker_time_in_previous_activity_ms"]) == ("26", "26123")


def test_the_same_activity_again_changes_no_date_and_is_no_event(
    engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]
) -> None:
    worker = create(engine, workspace)
    engine.advance(5)
    changed = update(engine, worker, activity_sid=worker.activity_sid)
    assert changed.date_status_changed == worker.date_status_changed
    assert len(heard) == 1


def test_attributes_are_replaced_not_merged(
    engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]
) -> None:
    worker = create(engine, workspace, attributes='{"a": 1}')
    assert update(engine, worker, attributes='{"b": 2}').attributes == '{"b": 2}'
    assert heard[-1][0] == "worker.attributes.update"
    assert heard[-1][1]["worker_attributes"] == '{"b": 2}'
    update(engine, worker, attributes='{"b": 2}')
    assert len(heard) == 2


def test_an_update_is_one_step_of_the_version(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace)
    available = activity(engine, workspace, "Available")
    changed = update(engine, worker, activity_sid=available.sid, attributes='{"a":1}', friendly_name="Al")
    assert (changed.version, changed.friendly_name) == (1, "Al")


def test_an_update_that_says_nothing_changes_nothing(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace)
    assert update(engine, worker) is worker
    assert update(engine, worker, activity_sid=None) is worker


def test_its_own_name_may_be_given_again_in_another_case(engine: Engine, workspace: Workspace) -> None:
    assert update(engine, create(engine, workspace), friendly_name="ALICE").friendly_name == "ALICE"


def test_a_taken_name_and_a_foreign_activity_are_refused(engine: Engine, workspace: Workspace) -> None:
    create(engine, workspace)
    worker = create(engine, workspace, "Bob")
    with pytest.raises(BadRequest, match="same friendly name"):
        update(engine, worker, friendly_name="alice")
    with pytest.raises(BadRequest, match=r"Invalid ActivitySid\. 'WA1'"):
        update(engine, worker, activity_sid="WA1")
    assert engine.store.workers[worker.sid] == worker


def test_the_system_moves_a_worker_the_same_way(
    engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]
) -> None:
    worker = create(engine, workspace)
    available = activity(engine, workspace, "Available")
    engine.advance(2)
    with engine.transaction() as tx:
        moved = workers.change_activity(tx, worker, available.sid)
        assert workers.change_activity(tx, worker, available.sid) is moved
    assert (moved.version, moved.date_status_changed) == (1, engine.now())
    assert [event_type for event_type, _ in heard] == ["worker.created", "worker.activity.update"]


# Reservations


def reserved(engine: Engine, workspace: Workspace, worker: Worker, count: int = 1) -> list[Task]:
    """Tasks with a pending reservation of the worker each."""
    from trbridge.emulator.routing import lifecycle

    with engine.transaction() as tx:
        queue = tx.create(TaskQueue, workspace.sid, friendly_name="Q")
        routing = '{"task_routing": {"filters": [], "default_filter": {"queue": "%s"}}}' % queue.sid  # noqa: UP031
        workflow = tx.create(Workflow, workspace.sid, friendly_name="F", configuration=routing)
        channel = tx.store.in_workspace(TaskChannel, workspace.sid)[0]
        tasks = []
        for _ in range(count):
            task = tx.create(
                Task,
                workspace.sid,
                virtual_start_time=tx.now,
                workflow_sid=workflow.sid,
                task_queue_sid=queue.sid,
                task_channel_sid=channel.sid,
                filter_index=-1,
                target_index=0,
            )
            lifecycle.reserve(tx, task, [worker])
            tasks.append(tx.store.tasks[task.sid])
    return tasks


def statuses(engine: Engine, tasks: list[Task]) -> list[str]:
    return [one.reservation_status for task in tasks for one in engine.store.select(RESERVATIONS_OF, task.sid)]


def test_pending_reservations_can_be_rejected_on_the_way_out(engine: Engine, workspace: Workspace) -> None:
    worker = create(engine, workspace, activity_sid=activity(engine, workspace, "Available").sid)
    tasks = reserved(engine, workspace, worker, 2)
    away = activity(engine, workspace, "Unavailable")
    changed = update(engine, worker, activity_sid=away.sid, reject_pending_reservations=True)
    assert changed.activity_sid == away.sid
    assert statuses(engine, tasks) == ["rejected", "rejected"]
    assert [engine.store.tasks[task.sid].assignment_status for task in tasks] == ["pending", "pending"]


def test_without_asking_reservations_stay(engine: Engine, workspace: Workspace) -> None:
    """Routing 4.6: going unavailable does not touch them."""
    worker = create(engine, workspace, activity_sid=activity(engine, workspace, "Available").sid)
    tasks = reserved(engine, workspace, worker)
    update(engine, worker, activity_sid=activity(engine, workspace, "Unavailable").sid)
    assert statuses(engine, tasks) == ["pending"]


@pytest.mark.parametrize("name", ["Available", None])
def test_rejecting_goes_with_an_unavailable_activity_only(
    engine: Engine, workspace: Workspace, name: str | None
) -> None:
    worker = create(engine, workspace)
    sid = None if name is None else activity(engine, workspace, name).sid
    with pytest.raises(BadRequest, match="Unable to reject pending reservations"):
        update(engine, worker, activity_sid=sid, reject_pending_reservations=True)


def test_deleting_takes_the_channels_and_ends_the_reservations(
    engine: Engine, workspace: Workspace, heard: list[tuple[str, dict[str, str]]]
) -> None:
    worker = create(engine, workspace, activity_sid=activity(engine, workspace, "Available").sid)
    tasks = reserved(engine, workspace, worker)
    with engine.transaction() as tx:
        workers.delete(tx, tx.store.workers[worker.sid])
    assert worker.sid not in engine.store.workers
    assert engine.store.select(WORKER_CHANNELS_OF, worker.sid) == []
    assert engine.store.in_workspace(WorkerChannel, workspace.sid) == []
    assert statuses(engine, tasks) == ["canceled"]
    assert engine.store.tasks[tasks[0].sid].assignment_status == "pending"
    assert heard[-1][0] == "worker.deleted"
    assert heard[-1][1]["worker_name"] == "Alice"
