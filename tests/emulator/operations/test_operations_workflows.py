"""Workflows: configurations that can be understood and name queues that are there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import task_queues, workflows, workspaces
from trbridge.emulator.state.model import Task, TaskQueue, Workflow, Workspace
from trbridge.errors import BadRequest


@pytest.fixture
def queue(engine: Engine, workspace: Workspace) -> TaskQueue:
    with engine.transaction() as tx:
        return task_queues.create(tx, workspace, {"friendly_name": "Q"})


def routing(queue_sid: str, **more: Any) -> str:
    return json.dumps({"task_routing": {"default_filter": {"queue": queue_sid}, **more}})


def create(engine: Engine, workspace: Workspace, queue: TaskQueue, **form: Any) -> Workflow:
    with engine.transaction() as tx:
        return workflows.create(tx, workspace, {"friendly_name": "F", "configuration": routing(queue.sid), **form})


def update(engine: Engine, workflow: Workflow, **form: Any) -> Workflow:
    with engine.transaction() as tx:
        return workflows.update(tx, workflow, form)


def test_a_workflow_has_the_documented_defaults(engine: Engine, workspace: Workspace, queue: TaskQueue) -> None:
    workflow = create(engine, workspace, queue)
    assert (workflow.task_reservation_timeout, workflow.document_content_type) == (120, "application/json")
    assert workflow.assignment_callback_url is workflow.fallback_assignment_callback_url is None
    assert workflow.configuration == routing(queue.sid)


def test_everything_can_be_given_and_changed(engine: Engine, workspace: Workspace, queue: TaskQueue) -> None:
    form = {
        "friendly_name": "G",
        "configuration": routing(queue.sid, filters=[]),
        "assignment_callback_url": "https://example.com/a",
        "fallback_assignment_callback_url": "https://example.com/b",
        "task_reservation_timeout": 86400,
    }
    created, updated = (
        create(engine, workspace, queue, **form),
        update(engine, create(engine, workspace, queue), **form),
    )
    for workflow in (created, updated):
        assert {key: getattr(workflow, key) for key in form} == form


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"friendly_name": "x" * 65}, "Invalid FriendlyName"),
        ({"configuration": "{"}, "Invalid Configuration. .*JSON"),
        ({"configuration": "{}"}, "Invalid Configuration. task_routing"),
        ({"configuration": routing("WQ" + "0" * 32)}, "Invalid Configuration.*there is no task queue WQ0000"),
        ({"assignment_callback_url": "x"}, "Invalid AssignmentCallbackUrl"),
        ({"fallback_assignment_callback_url": "x"}, "Invalid FallbackAssignmentCallbackUrl"),
        ({"task_reservation_timeout": 0}, "Invalid TaskReservationTimeout"),
        ({"task_reservation_timeout": 86401}, "Invalid TaskReservationTimeout"),
    ],
)
def test_wrong_values_are_refused_on_create_and_update(
    engine: Engine, workspace: Workspace, queue: TaskQueue, form: dict[str, Any], message: str
) -> None:
    workflow = create(engine, workspace, queue)
    with pytest.raises(BadRequest, match=message) as caught:
        create(engine, workspace, queue, **form)
    assert caught.value.code == 20001
    with pytest.raises(BadRequest, match=message):
        update(engine, workflow, **form)
    assert engine.store.workflows == {workflow.sid: workflow}


@pytest.mark.parametrize(
    ("form", "name"), [({"friendly_name": ""}, "FriendlyName"), ({"configuration": ""}, "Configuration")]
)
def test_name_and_configuration_are_required(
    engine: Engine, workspace: Workspace, queue: TaskQueue, form: dict[str, str], name: str
) -> None:
    with pytest.raises(BadRequest, match=f"Missing required parameter {name}"):
        create(engine, workspace, queue, **form)


def test_a_queue_of_another_workspace_is_not_there(engine: Engine, queue: TaskQueue) -> None:
    with engine.transaction() as tx:
        other = workspaces.create(tx, engine.account_sid, {"friendly_name": "T"})
    with pytest.raises(BadRequest, match=f"there is no task queue {queue.sid}"):
        create(engine, other, queue)


def test_blank_takes_a_callback_away(engine: Engine, workspace: Workspace, queue: TaskQueue) -> None:
    workflow = create(engine, workspace, queue, assignment_callback_url="https://example.com")
    assert update(engine, workflow, assignment_callback_url="").assignment_callback_url is None


def test_what_happens_is_told(engine: Engine, workspace: Workspace, queue: TaskQueue) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    workflow = update(engine, create(engine, workspace, queue), friendly_name="G")
    with engine.transaction() as tx:
        workflows.delete(tx, workflow)
    assert [(event.event_type, event.data["workflow_name"]) for one in heard for event in one.events] == [
        ("workflow.created", "F"),
        ("workflow.updated", "G"),
        ("workflow.deleted", "G"),
    ]


def test_an_update_that_says_nothing_changes_nothing(engine: Engine, workspace: Workspace, queue: TaskQueue) -> None:
    workflow = create(engine, workspace, queue)
    assert update(engine, workflow) is workflow


def task(engine: Engine, workflow: Workflow, queue: TaskQueue, status: str = "pending") -> Task:
    with engine.transaction() as tx:
        return tx.create(
            Task,
            workflow.workspace_sid,
            virtual_start_time=tx.now,
            assignment_status=status,
            workflow_sid=workflow.sid,
            task_queue_sid=queue.sid,
            task_channel_sid="TC1",
            filter_index=-1,
            target_index=0,
        )


@pytest.mark.parametrize(
    ("word", "moves"), [("true", True), (" TRUE ", True), ("1", True), ("yes", True), ("false", False), ("no", False)]
)
def test_waiting_tasks_are_sent_through_again_if_asked_for(
    engine: Engine, workspace: Workspace, queue: TaskQueue, word: str, moves: bool
) -> None:
    """rest-api 3.7: ReEvaluateTasks is text, default false."""
    workflow = create(engine, workspace, queue)
    with engine.transaction() as tx:
        other = task_queues.create(tx, workspace, {"friendly_name": "R"})
    waiting = task(engine, workflow, queue)
    update(engine, workflow, configuration=routing(other.sid), re_evaluate_tasks=word)
    assert engine.store.tasks[waiting.sid].task_queue_sid == (other.sid if moves else queue.sid)


@pytest.mark.parametrize(("status", "stays"), [("pending", True), ("wrapping", True), ("canceled", False)])
def test_a_workflow_with_tasks_stays(
    engine: Engine, workspace: Workspace, queue: TaskQueue, status: str, stays: bool
) -> None:
    workflow = create(engine, workspace, queue)
    task(engine, workflow, queue, status)
    with engine.transaction() as tx:
        if stays:
            with pytest.raises(BadRequest, match=r"still controls tasks \(1\)"):
                workflows.delete(tx, workflow)
        else:
            workflows.delete(tx, workflow)
