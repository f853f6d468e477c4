"""Creating, changing and deleting tasks: values, defaults, refusals (rest-api 3.8, 5.1, 5.4)."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import Center

from trbridge.emulator.operations import tasks, workspaces
from trbridge.emulator.state.model import Task
from trbridge.errors import BadRequest


@pytest.fixture
def center() -> Center:
    return Center()


def create(center: Center, form: dict[str, Any]) -> Task:
    """A task from a form as it was sent."""
    with center.engine.transaction() as tx:
        return tasks.create(tx, center.workspace, form)


def test_a_task_with_nothing_said(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    task = center.task()
    now = center.engine.now()
    assert task == Task(
        sid=task.sid,
        workspace_sid=center.workspace_sid,
        date_created=now,
        date_updated=now,
        workflow_sid=flow.sid,  # the only one there is
        task_queue_sid=next(iter(center.store.task_queues)),
        task_channel_sid=center.task_channel("default"),
        virtual_start_time=now,
        task_queue_entered_date=now,
        filter_index=-1,
        target_index=0,
    )
    assert (task.attributes, task.addons, task.priority, task.timeout, task.version) == ("{}", "{}", 0, 86_400, 0)


def test_a_task_with_everything_said(center: Center) -> None:
    center.workflow(default=center.queue())
    flow = center.workflow(("1==1", {"queue": center.queue("b"), "timeout": 30}))
    center.advance(100)
    task = center.task(
        flow,
        priority=2**31 - 1,
        timeout=1_209_600,
        task_channel=center.task_channel("voice"),
        attributes={"a": [1, "é"]},
        virtual_start_time=0.0,
    )
    assert task.priority == 2**31 - 1
    assert task.timeout == 1_209_600
    assert task.task_channel_sid == center.task_channel("voice")
    assert task.attributes == '{"a": [1, "\\u00e9"]}'
    assert task.virtual_start_time == 0.0
    assert (task.filter_index, task.step_base, task.step_deadline) == (0, 0.0, center.engine.now() + 30)


def test_a_targets_priority_wins_over_the_tasks_own(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "priority": 5}))
    assert center.task(flow, priority=9).priority == 5


def test_the_workflow_must_be_named_where_there_are_several(center: Center) -> None:
    """The service's words (routing 3.3)."""
    with pytest.raises(BadRequest, match="WorkflowSid field is required"):
        center.task()
    flows = [center.workflow(default=center.queue(name)) for name in "ab"]
    with pytest.raises(BadRequest, match="WorkflowSid field is required"):
        center.task()
    assert center.task(flows[1]).workflow_sid == flows[1].sid


BAD: list[tuple[dict[str, Any], str]] = [
    ({"attributes": "[]"}, "Invalid Attributes. '\\[\\]' is not a JSON object"),
    ({"attributes": "{"}, "Invalid Attributes"),
    ({"attributes": '{"a": "' + "x" * 4096 + '"}'}, "up to 4096 characters"),
    ({"priority": -1}, "Invalid Priority. '-1' is not between 0 and 2147483647"),
    ({"priority": 2**31}, "Invalid Priority"),
    ({"task_channel": "fax"}, "Invalid TaskChannel. 'fax' is not a task channel"),
    ({"virtual_start_time": 4e9}, "VirtualStartTime cannot be in the future"),
    ({"virtual_start_time": -3e9}, "VirtualStartTime cannot be before 1900"),
]
BAD_AT_CREATION: list[tuple[dict[str, Any], str]] = [
    ({"timeout": 0}, "Invalid Timeout. '0' is not between 1 and 1209600"),
    ({"timeout": 1_209_601}, "Invalid Timeout"),
    ({"workflow_sid": "WW" + "0" * 32}, "Invalid WorkflowSid"),
    ({"task_queue_sid": "WQ" + "0" * 32}, "Invalid TaskQueueSid"),
    ({"routing_target": "somebody"}, "Value 'somebody' provided for RoutingTarget has an invalid format. WorkspaceSid"),
    ({"routing_target": "WK" + "0" * 32}, "Invalid RoutingTarget. 'WK0+' is not"),
    ({"ignore_capacity": "true"}, "IgnoreCapacity goes only with a worker as RoutingTarget"),
]


@pytest.mark.parametrize(("form", "message"), BAD + BAD_AT_CREATION, ids=lambda value: str(value)[:40])
def test_a_wrong_value_makes_no_task(center: Center, form: dict[str, Any], message: str) -> None:
    center.workflow(default=center.queue())
    with pytest.raises(BadRequest, match=message):
        create(center, form)
    assert center.all_tasks() == []


@pytest.mark.parametrize(("form", "message"), BAD, ids=lambda value: str(value)[:40])
def test_a_wrong_value_changes_no_task(center: Center, form: dict[str, Any], message: str) -> None:
    center.workflow(default=center.queue())
    task = center.task()
    with pytest.raises(BadRequest, match=message):
        center.change_task(task, **form)
    assert center.now(task) == task


def test_channels_and_targets_of_another_workspace_are_unknown(center: Center) -> None:
    center.workflow(default=center.queue())
    with center.engine.transaction() as tx:
        other = workspaces.create(tx, center.engine.account_sid, {"friendly_name": "Other", "template": "FIFO"})
        channel = next(row.sid for row in tx.store.task_channels.values() if row.workspace_sid == other.sid)
        queue = next(row.sid for row in tx.store.task_queues.values() if row.workspace_sid == other.sid)
    forms: tuple[dict[str, Any], ...] = (
        {"task_channel": channel},
        {"routing_target": queue},
        {"task_queue_sid": queue},
    )
    for form in forms:
        with pytest.raises(BadRequest):
            center.task(**form)


# Direct routing: how it combines (rest-api 3.8)


def test_a_queue_may_be_named_without_a_workflow(center: Center) -> None:
    queue = center.queue()
    task = center.task(task_queue_sid=queue.sid)
    assert (task.task_queue_sid, task.workflow_sid, task.filter_index) == (queue.sid, None, None)


def test_a_named_queue_beats_the_workflows(center: Center) -> None:
    """The workflow still gives the reservation its time [I]."""
    queue = center.queue("b", "1==1")
    flow = center.workflow(("1==1", {"queue": center.queue(), "timeout": 5}), task_reservation_timeout=7)
    task = center.task(flow, task_queue_sid=queue.sid)
    center.advance(10)
    center.worker("ann")
    assert center.now(task).task_queue_sid == queue.sid
    assert center.offered(task).deadline == center.engine.now() + 7


def test_a_task_for_a_worker_takes_its_queue_from_the_workflow(center: Center) -> None:
    """So that its events name one; the worker need not be in it [I]."""
    queue = center.queue("Nobody", "1==2")
    flow = center.workflow(("kind == 1", {"queue": queue, "timeout": 5}))
    ann = center.worker("ann")
    center.types()
    task = center.task(None, {"kind": 1}, routing_target=ann.sid)
    assert (task.workflow_sid, task.task_queue_sid, task.step_deadline) == (flow.sid, queue.sid, None)
    assert center.holders(task) == ["ann"]
    assert center.types() == ["workflow.entered", "task-queue.entered", "task.created", "reservation.created"]
    assert center.task(None, {"kind": 2}, routing_target=ann.sid).task_queue_sid is None


@pytest.mark.parametrize(
    ("sent", "ignored"), [(None, True), ("true", True), ("1", True), ("false", False), ("no", False)]
)
def test_capacity_is_ignored_unless_told_otherwise(center: Center, sent: str | None, ignored: bool) -> None:
    ann = center.worker("ann")
    form = {} if sent is None else {"ignore_capacity": sent}
    assert center.task(None, {}, routing_target=ann.sid, **form).ignore_capacity is ignored


# Changing


def test_changing_fields_is_one_step_of_the_version(center: Center) -> None:
    center.workflow(default=center.queue())
    task = center.task()
    center.types()
    changed = center.change_task(task, priority=3, reason="later", task_channel="chat", virtual_start_time=1.0)
    assert (changed.version, changed.priority, changed.reason, changed.virtual_start_time) == (1, 3, "later", 1.0)
    assert center.types() == ["task.updated"]
    assert center.change_task(task) == changed  # nothing sent, nothing done
    assert center.types() == []


def test_cancel_together_with_attributes(center: Center) -> None:
    """The documentation's example (routing 3.1)."""
    flow = center.workflow(("a == 1", center.queue()))
    task = center.task(flow, {"a": 1})
    changed = center.change_task(task, assignment_status="canceled", reason="dup", attributes='{"a": 2}')
    assert (changed.assignment_status, changed.reason, changed.attributes) == ("canceled", "dup", '{"a": 2}')


@pytest.mark.parametrize("status", ["wrapping", "completed"])
def test_attributes_sent_with_the_end_of_the_work_are_ignored(center: Center, status: str) -> None:
    """Two requests are asked for (rest-api 3.8)."""
    center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task()
    center.change(center.offered(task), "accepted")
    changed = center.change_task(task, assignment_status=status, attributes='{"a": 2}', reason="r")
    assert (changed.assignment_status, changed.attributes, changed.reason) == (status, "{}", "r")


NOT_ASSIGNED = "Cannot complete task WT.* in workspace WS.* for account AC.* because it is not currently assigned."
NOT_WAITING = "Cannot cancel task WT.* in workspace WS.* for account AC.* because it is not pending or reserved."


@pytest.mark.parametrize(
    ("current", "wanted", "message"),
    [
        ("pending", "completed", NOT_ASSIGNED),
        ("pending", "wrapping", NOT_ASSIGNED),
        ("reserved", "completed", NOT_ASSIGNED),
        ("wrapping", "wrapping", NOT_ASSIGNED),
        ("completed", "completed", NOT_ASSIGNED),
        ("assigned", "canceled", NOT_WAITING),
        ("wrapping", "canceled", NOT_WAITING),
        ("completed", "canceled", NOT_WAITING),
        ("canceled", "canceled", NOT_WAITING),
        ("pending", "reserved", "from pending to reserved: only routing does that"),
        ("assigned", "pending", "from assigned to pending"),
    ],
)
def test_refused_statuses_have_the_services_words(center: Center, current: str, wanted: str, message: str) -> None:
    center.workflow(default=center.queue("Nobody", "1==2"))
    task = center.task()
    with center.engine.transaction() as tx:
        task = tx.update(task, assignment_status=current)
    with pytest.raises(BadRequest, match=message):
        center.change_task(task, assignment_status=wanted)
    assert center.now(task).assignment_status == current


@pytest.mark.parametrize("status", ["pending", "reserved", "assigned"])
def test_setting_the_status_a_task_has_is_nothing(center: Center, status: str) -> None:
    center.workflow(default=center.queue())
    if status != "pending":
        center.worker("ann")
    task = center.task()
    if status == "assigned":
        center.change(center.offered(task), "accepted")
    before = center.now(task)
    assert center.change_task(task, assignment_status=status) == before


def test_a_version_goes_up_by_one_with_each_change(center: Center) -> None:
    """Tasks start at 0 (rest-api 1.3)."""
    center.workflow(default=center.queue())
    task = center.task()
    versions = [task.version]
    center.worker("ann")
    versions.append(center.now(task).version)  # reserved
    center.change(center.offered(task), "accepted")
    versions.append(center.now(task).version)
    center.change_task(task, attributes='{"a": 1}')
    versions.append(center.now(task).version)
    center.change_task(task, assignment_status="wrapping")
    versions.append(center.now(task).version)
    center.change_task(task, assignment_status="completed")
    versions.append(center.now(task).version)
    assert versions == [0, 1, 2, 3, 4, 5]
