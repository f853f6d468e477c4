"""Task queues: expressions checked by their syntax only, bounds, activities, and queues in use that stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import task_queues, workflows, workspaces
from trbridge.emulator.state.model import Activity, Task, TaskQueue, Workspace
from trbridge.errors import BadRequest


def create(engine: Engine, workspace: Workspace, **form: Any) -> TaskQueue:
    with engine.transaction() as tx:
        return task_queues.create(tx, workspace, {"friendly_name": "Q", **form})


def update(engine: Engine, queue: TaskQueue, **form: Any) -> TaskQueue:
    with engine.transaction() as tx:
        return task_queues.update(tx, queue, form)


def delete(engine: Engine, queue: TaskQueue) -> None:
    with engine.transaction() as tx:
        task_queues.delete(tx, queue)


def test_a_queue_has_the_documented_defaults(engine: Engine, workspace: Workspace) -> None:
    queue = create(engine, workspace)
    assert (queue.target_workers, queue.max_reserved_workers, queue.task_order) == ("1==1", 1, "FIFO")
    assert queue.reservation_activity_sid is queue.assignment_activity_sid is None


def test_everything_can_be_given_and_changed(engine: Engine, workspace: Workspace) -> None:
    first, second, _ = engine.store.in_workspace(Activity, workspace.sid)
    form = {
        "friendly_name": "R",
        "target_workers": "langs HAS 'fr'",
        "max_reserved_workers": 50,
        "task_order": "LIFO",
        "reservation_activity_sid": first.sid,
        "assignment_activity_sid": second.sid,
    }
    created, updated = create(engine, workspace, **form), update(engine, create(engine, workspace), **form)
    for queue in (created, updated):
        assert {key: getattr(queue, key) for key in form} == form


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"friendly_name": "x" * 65}, "Invalid FriendlyName"),
        ({"target_workers": "skill-level > 3"}, "Invalid TargetWorkers"),
        ({"target_workers": "("}, "Invalid TargetWorkers"),
        ({"max_reserved_workers": 0}, "Invalid MaxReservedWorkers"),
        ({"max_reserved_workers": 51}, "Invalid MaxReservedWorkers"),
        ({"task_order": "ANY"}, "Invalid TaskOrder"),
        ({"reservation_activity_sid": "WA1"}, "Invalid ReservationActivitySid. 'WA1'"),
        ({"assignment_activity_sid": "WA1"}, "Invalid AssignmentActivitySid. 'WA1'"),
    ],
)
def test_wrong_values_are_refused_on_create_and_update(
    engine: Engine, workspace: Workspace, form: dict[str, Any], message: str
) -> None:
    queue = create(engine, workspace)
    with pytest.raises(BadRequest, match=message) as caught:
        create(engine, workspace, **form)
    assert caught.value.code == 20001
    with pytest.raises(BadRequest, match=message):
        update(engine, queue, **form)
    assert engine.store.task_queues == {queue.sid: queue}


def test_a_name_is_required(engine: Engine, workspace: Workspace) -> None:
    with pytest.raises(BadRequest, match="Missing required parameter FriendlyName"):
        create(engine, workspace, friendly_name=None)


@pytest.mark.parametrize("expression", ["", "nobody == 'knows'", "level HAS 3", "1=1"])
def test_only_the_syntax_of_an_expression_is_checked(engine: Engine, workspace: Workspace, expression: str) -> None:
    """Seen live: unknown keys and HAS on a number are accepted and never match; empty matches nobody."""
    assert create(engine, workspace, target_workers=expression).target_workers == expression


def test_a_single_tasking_queue_needs_its_activities(engine: Engine) -> None:
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "S", "multi_task_enabled": False})
    sid = engine.store.in_workspace(Activity, workspace.sid)[2].sid
    for form in ({}, {"reservation_activity_sid": sid}, {"assignment_activity_sid": sid}):
        with pytest.raises(BadRequest, match="Activity Sids cannot be empty"):
            create(engine, workspace, **form)
    create(engine, workspace, reservation_activity_sid=sid, assignment_activity_sid=sid)


def test_what_happens_is_told(engine: Engine, workspace: Workspace) -> None:
    """There is no task-queue.updated: only a new expression is told (routing 7)."""
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    queue = create(engine, workspace)
    queue = update(engine, queue, friendly_name="R")
    queue = update(engine, queue, target_workers="1==1")
    queue = update(engine, queue, target_workers="2==2")
    delete(engine, queue)
    events = [event for one in heard for event in one.events]
    assert [event.event_type for event in events] == [
        "task-queue.created",
        "task-queue.expression.updated",
        "task-queue.deleted",
    ]
    assert events[1].data["task_queue_target_expression"] == "2==2"


def test_an_update_that_says_nothing_changes_nothing(engine: Engine, workspace: Workspace) -> None:
    queue = create(engine, workspace)
    assert update(engine, queue) is queue


def test_a_queue_that_a_workflow_names_stays(engine: Engine, workspace: Workspace) -> None:
    queue, other = create(engine, workspace), create(engine, workspace, friendly_name="R")
    routing = {"task_routing": {"filters": [], "default_filter": {"queue": queue.sid}}, "note": other.sid}
    with engine.transaction() as tx:
        form = {"friendly_name": "F", "configuration": json.dumps(routing)}
        workflow = workflows.create(tx, workspace, form)
    with pytest.raises(BadRequest, match=f"because workflow {workflow.sid} uses it"):
        delete(engine, queue)
    delete(engine, other)  # mentioned, but not used
    with engine.transaction() as tx:
        workflows.delete(tx, workflow)
    delete(engine, queue)


@pytest.mark.parametrize(("status", "stays"), [("pending", True), ("assigned", True), ("completed", False)])
def test_a_queue_with_tasks_in_it_stays(engine: Engine, workspace: Workspace, status: str, stays: bool) -> None:
    queue = create(engine, workspace)
    with engine.transaction() as tx:
        place = {"task_queue_sid": queue.sid, "task_channel_sid": "TC1"}
        tx.create(Task, workspace.sid, virtual_start_time=tx.now, assignment_status=status, **place)
    if stays:
        with pytest.raises(BadRequest, match=r"tasks are still in it \(1\)"):
            delete(engine, queue)
    else:
        delete(engine, queue)
