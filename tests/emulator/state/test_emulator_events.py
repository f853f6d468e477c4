"""Event records: whose they are, what they tell, in text (rest-api 3.10, routing 6.3 and 7)."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workers, workspaces
from trbridge.emulator.state.event_data import GROUPS, Group, Subject, subject_of, text
from trbridge.emulator.state.indexes import EVENTS_OF
from trbridge.emulator.state.model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from trbridge.emulator.state.store import Store
from trbridge.emulator.state.transaction import Transaction


class Scene:
    """One of each resource, in a workspace of the FIFO template."""

    def __init__(self, tx: Transaction, account_sid: str) -> None:
        self.workspace = workspaces.create(tx, account_sid, {"friendly_name": "S", "template": "FIFO"})
        self.worker = workers.create(tx, self.workspace, {"friendly_name": "Alice", "attributes": '{"a":1}'})
        store = tx.store
        self.queue = next(iter(store.task_queues.values()))
        self.workflow = next(iter(store.workflows.values()))
        self.channel = next(iter(store.task_channels.values()))
        self.activity = store.activities[self.worker.activity_sid]
        places = {
            "workflow_sid": self.workflow.sid,
            "task_queue_sid": self.queue.sid,
            "task_channel_sid": self.channel.sid,
        }
        self.task = tx.create(
            Task, self.workspace.sid, attributes='{"t":2}', priority=5, virtual_start_time=tx.now - 60, **places
        )
        self.reservation = tx.create(
            Reservation, self.workspace.sid, task_sid=self.task.sid, worker_sid=self.worker.sid, **places
        )


@pytest.fixture
def scene(engine: Engine) -> Scene:
    with engine.transaction() as tx:
        return Scene(tx, engine.account_sid)


def test_a_worker_event_tells_what_twilios_sample_tells(engine: Engine, scene: Scene) -> None:
    """The keys of the published sample (an activity change), with our workspace and worker."""
    with engine.transaction() as tx:
        event = tx.emit("worker.activity.update", scene.worker, worker_time_in_previous_activity=26)
    assert event.data == {
        "workspace_sid": scene.workspace.sid,
        "workspace_name": "S",
        "worker_sid": scene.worker.sid,
        "worker_name": "Alice",
        "worker_attributes": '{"a":1}',
        "worker_activity_sid": scene.activity.sid,
        "worker_activity_name": "Offline",
        "worker_version": "0",
        "worker_time_in_previous_activity": "26",
    }
    assert event.description == "Worker Alice updated to Offline Activity"
    assert (event.resource_type, event.resource_sid) == ("worker", scene.worker.sid)
    assert (event.actor_type, event.actor_sid, event.source) == ("workspace", scene.workspace.sid, "twilio")


def test_a_reservation_event_tells_of_task_worker_queue_workflow_and_channel(engine: Engine, scene: Scene) -> None:
    engine.advance(90.9)
    with engine.transaction() as tx:
        event = tx.emit("reservation.created", scene.reservation)
    assert event.data == {
        "workspace_sid": scene.workspace.sid,
        "workspace_name": "S",
        "reservation_sid": scene.reservation.sid,
        "task_sid": scene.task.sid,
        "task_attributes": '{"t":2}',
        "task_age": "90",
        "task_priority": "5",
        "task_assignment_status": "pending",
        "task_date_created": "1893456000",
        "task_channel_sid": scene.channel.sid,
        "task_channel_unique_name": "default",
        "task_queue_sid": scene.queue.sid,
        "task_queue_name": "Sample Queue",
        "task_queue_target_expression": "1==1",
        "workflow_sid": scene.workflow.sid,
        "workflow_name": "Default Fifo Workflow",
        "worker_sid": scene.worker.sid,
        "worker_name": "Alice",
        "worker_attributes": '{"a":1}',
        "worker_activity_sid": scene.activity.sid,
        "worker_activity_name": "Offline",
        "worker_version": "0",
    }


def test_an_event_is_found_by_everything_it_is_about(engine: Engine, scene: Scene) -> None:
    with engine.transaction() as tx:
        event = tx.emit("reservation.created", scene.reservation)
    about = (scene.reservation, scene.task, scene.worker, scene.queue, scene.workflow, scene.channel)
    for key in (*(one.sid for one in about), scene.workspace.sid, (scene.workspace.sid, "reservation.created")):
        assert event in engine.store.select(EVENTS_OF, key)


@pytest.mark.parametrize(
    ("status", "reasons"),
    [
        ("pending", {}),
        ("canceled", {"task_canceled_reason": "why"}),
        ("completed", {"task_completed_reason": "why"}),
    ],
)
def test_a_reason_is_told_under_the_name_of_the_ending(
    engine: Engine, scene: Scene, status: str, reasons: dict[str, str]
) -> None:
    with engine.transaction() as tx:
        event = tx.emit("task.updated", tx.update(scene.task, assignment_status=status, reason="why"))
    assert {key: value for key, value in event.data.items() if key.endswith("_reason")} == reasons


def test_a_channel_event_is_the_workers_and_tells_of_load(engine: Engine, scene: Scene) -> None:
    with engine.transaction() as tx:
        channel = tx.store.worker_channel(scene.worker.sid, scene.channel.sid)
        assert channel is not None
        channel = tx.update(channel, configured_capacity=3)
        event = tx.emit("worker.capacity.update", channel, worker_channel_previous_capacity=1)
    assert (event.resource_type, event.resource_sid) == ("worker", scene.worker.sid)
    expected = {
        "worker_channel_available": "true",
        "worker_channel_available_capacity": "2",
        "worker_channel_task_count": "1",
        "worker_channel_previous_capacity": "1",
        "task_channel_unique_name": "default",
        "worker_name": "Alice",
    }
    assert expected.items() <= event.data.items()
    assert event.description == "Worker Alice capacity updated on Task Channel Default"


@pytest.mark.parametrize(
    ("event_type", "resource", "expected", "description"),
    [
        ("activity.created", "activity", {"activity_name": "Offline", "activity_available": "false"}, "created"),
        (
            "task-channel.created",
            "channel",
            {
                "task_channel_name": "Default",
                "task_channel_unique_name": "default",
                "task_channel_optimized_routing": "false",
            },
            "TaskChannel Default created",
        ),
        ("task-queue.expression.updated", "queue", {"task_queue_name": "Sample Queue"}, "target expression updated"),
        ("workflow.updated", "workflow", {"workflow_name": "Default Fifo Workflow"}, "Workflow Default Fifo"),
        ("task-queue.entered", "task", {"task_queue_name": "Sample Queue"}, "entered TaskQueue Sample Queue"),
        ("workflow.entered", "task", {"workflow_name": "Default Fifo Workflow"}, "entered Workflow Default Fifo"),
        ("workspace.updated", "workspace", {"workspace_name": "S"}, "Workspace S updated"),
    ],
)
def test_each_kind_tells_its_own(
    engine: Engine, scene: Scene, event_type: str, resource: str, expected: dict[str, str], description: str
) -> None:
    with engine.transaction() as tx:
        event = tx.emit(event_type, getattr(scene, resource))
    assert expected.items() <= event.data.items()
    assert description in event.description


def test_more_data_overrides_and_none_leaves_out(engine: Engine, scene: Scene) -> None:
    with engine.transaction() as tx:
        event = tx.emit("task.updated", scene.task, description="by hand", task_age=7, workflow_name=None, extra=True)
    assert (event.data["task_age"], event.data["extra"], event.description) == ("7", "true", "by hand")
    assert "workflow_name" not in event.data


def test_a_known_worker_is_told_with_the_tasks_events(engine: Engine, scene: Scene) -> None:
    """Routing 2.5: task events carry known_worker_sid."""
    with engine.transaction() as tx:
        event = tx.emit("workflow.target-matched", tx.update(scene.task, known_worker_sid=scene.worker.sid))
    assert event.data["known_worker_sid"] == scene.worker.sid


def test_what_has_gone_from_the_store_can_be_told_about_if_handed_over(engine: Engine, scene: Scene) -> None:
    """A deleted task's reservation still names it; who emits later hands the task over."""
    with engine.transaction() as tx:
        tx.remove(scene.task)
        alone = tx.emit("reservation.canceled", scene.reservation)
        handed = tx.emit("reservation.canceled", scene.reservation, scene.task)
    assert "task_attributes" not in alone.data
    assert handed.data["task_attributes"] == '{"t":2}'
    # Found by the task's SID either way: the reservation knows it.
    assert alone.task_sid == handed.task_sid == scene.task.sid


def test_a_subject_holds_the_resources_as_they_were(engine: Engine, scene: Scene) -> None:
    with engine.transaction() as tx:
        event = tx.emit("reservation.created", scene.reservation)
        tx.update(scene.task, assignment_status="reserved")
        subject = tx.subjects[event.sid]
    assert subject.task == scene.task
    assert subject.worker == scene.worker
    assert subject.activity == scene.activity


def test_a_worker_without_an_activity_anymore_is_told_without_its_name(engine: Engine, scene: Scene) -> None:
    with engine.transaction() as tx:
        event = tx.emit("worker.activity.update", tx.update(scene.worker, activity_sid="WA" + "0" * 32))
    assert "worker_activity_name" not in event.data
    assert event.description == "Worker Alice updated to (none) Activity"


def test_all_values_are_text() -> None:
    assert [text(value) for value in (True, False, 3, 2.5, "x")] == ["true", "false", "3", "2.5", "x"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Activity, {"friendly_name": "x"}),
        (TaskChannel, {"friendly_name": "x", "unique_name": "x"}),
        (TaskQueue, {"friendly_name": "x"}),
        (Workflow, {"friendly_name": "x", "configuration": "{}"}),
        (Task, {"task_channel_sid": "TC", "virtual_start_time": 1.0}),
        (Reservation, {"task_channel_sid": "TC", "task_sid": "WT", "worker_sid": "WK"}),
        (WorkerChannel, {"task_channel_sid": "TC", "worker_sid": "WK"}),
        (Worker, {"friendly_name": "x", "activity_sid": "WA", "date_status_changed": 1.0}),
    ],
)
def test_what_an_event_refers_to_may_be_missing_altogether(kind: type[Any], fields: dict[str, Any]) -> None:
    """A seed or a fault may leave references that lead nowhere; the record is made all the same."""
    store = Store()
    sids = iter(f"XX{number}" for number in range(9))
    tx = Transaction(store, 1.0, lambda _prefix: next(sids))
    workspace = tx.create(Workspace, "", account_sid="AC1", friendly_name="w")
    entity = tx.create(kind, workspace.sid, **fields)
    assert tx.emit("x.happened", entity).data["workspace_name"] == "w"
    assert subject_of(store, entity).workspace is workspace


@pytest.mark.parametrize("group", list(dict.fromkeys(chain(*GROUPS.values()))), ids=lambda group: group.__name__)
def test_a_group_without_its_resource_adds_nothing(workspace: Workspace, group: Group) -> None:
    assert group(Subject(workspace=workspace), 0.0) == {}


def test_groups_of_a_resource_that_is_absent_add_nothing(engine: Engine, workspace: Workspace) -> None:
    """A worker's channel whose worker and channel have gone tells of the load only."""
    with engine.transaction() as tx:
        channel = tx.create(WorkerChannel, workspace.sid, worker_sid="WK1", task_channel_sid="TC1")
        event = tx.emit("worker.capacity.update", channel)
    assert "worker_name" not in event.data
    assert event.description == f"WorkerChannel {channel.sid} capacity updated on Task Channel (none)"
