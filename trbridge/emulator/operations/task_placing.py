"""Where a new task begins: in a step of its workflow, in a queue, or with one worker (rest-api 3.8, routing 2.2).

================================  =========================================================================
Sent                              The task
================================  =========================================================================
``WorkflowSid``, or a WW target   walks through that workflow; without either, the workspace's only one
a WQ target, or ``TaskQueueSid``  waits in that queue until its TTL, whatever its workflow says [I]
a WK target                       waits for that worker, or (``IgnoreCapacity``, the default) is reserved at
                                  once. Its queue is ``TaskQueueSid``, else where its workflow would begin [I]
================================  =========================================================================
"""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import BadRequest
from ...sids import is_sid
from ..rest.parameters import is_true
from ..routing.eligibility import decoded
from ..routing.walk import enter_fields, first_filter
from ..routing.workflow import DEFAULT_FILTER, Configuration, parse_configuration
from ..state.indexes import BY_WORKSPACE
from ..state.model import Entity, Task, TaskQueue, Worker, Workflow, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["place"]

_TARGETS: dict[str, type[Entity]] = {"WK": Worker, "WQ": TaskQueue, "WW": Workflow}


def place(tx: Transaction, workspace: Workspace, fields: dict[str, Any], form: Form) -> Task:
    """Make a task where it belongs, with the events of its arrival in the order seen live (routing 7).

    Args:
        tx: The transaction.
        workspace: Where.
        fields: The task's fields that do not depend on its place.
        form: The request's form.

    Raises:
        BadRequest: A target or the workflow is missing or wrong, or no filter matches and there is no default.
    """
    target = _routing_target(tx, workspace, form)
    workflow = _workflow(tx, workspace, form, target)
    queue = _queue(tx, workspace, form, target)
    task = Task(
        sid=tx.new_sid(Task.prefix),
        workspace_sid=workspace.sid,
        date_created=tx.now,
        date_updated=tx.now,
        workflow_sid=None if workflow is None else workflow.sid,
        routing_target=target,
        ignore_capacity=_ignore_capacity(form, target),
        **fields,
    )
    if queue is None and workflow is not None:
        task = _enter(tx, workspace, task, workflow)
        queue_sid = task.task_queue_sid
    else:
        queue_sid = None if queue is None else queue.sid
    if queue is not None or is_sid(target, "WK"):
        task = _directly(tx, task, queue_sid)
    task = tx.put(task)
    _announce(tx, task)
    return task


def _enter(tx: Transaction, workspace: Workspace, task: Task, workflow: Workflow) -> Task:
    configuration = parse_configuration(workflow.configuration)
    index = _filter(tx, configuration, task)
    if index is None:
        if is_sid(task.routing_target, "WK"):
            return task  # the worker is known, a queue is not needed
        # The service's voice error 14222 says the same of a call (routing 2.2).
        raise BadRequest(
            f"Could not match the task to a target of workflow {workflow.sid} in workspace {workspace.sid}: "
            "no filter matches its attributes, and there is no default filter."
        )
    return msgspec.structs.replace(task, **enter_fields(tx.store, task, configuration, index, 0, 0.0, tx.now))


def _filter(tx: Transaction, configuration: Configuration, task: Task) -> int | None:
    index = first_filter(configuration, decoded(task.attributes), tx.now)
    return DEFAULT_FILTER if index is None and configuration.default is not None else index


def _directly(tx: Transaction, task: Task, queue_sid: str | None) -> Task:
    return msgspec.structs.replace(
        task,
        task_queue_sid=queue_sid,
        task_queue_entered_date=None if queue_sid is None else tx.now,
        filter_index=None,
        target_index=0,
        step_deadline=None,
        clock_deadline=None,
        known_worker_sid=None,
    )


def _announce(tx: Transaction, task: Task) -> None:
    if task.workflow_sid is not None:
        tx.emit("workflow.entered", task)
    if task.task_queue_sid is not None:
        tx.emit("task-queue.entered", task)
    tx.emit("task.created", task)
    if task.filter_index is not None:
        tx.emit("workflow.target-matched", task)


def _routing_target(tx: Transaction, workspace: Workspace, form: Form) -> str | None:
    sid: str = (form.get("routing_target") or "").strip()
    if not sid:
        return None
    if not is_sid(sid, *_TARGETS):
        raise BadRequest(
            f"Value '{sid[:60]}' provided for RoutingTarget has an invalid format. "
            f"WorkspaceSid: {workspace.sid}, AccountSid: {workspace.account_sid}"
        )
    checks.reference(tx.store, workspace.sid, {"routing_target": sid}, "routing_target", _TARGETS[sid[:2]])
    return sid


def _ignore_capacity(form: Form, target: str | None) -> bool:
    sent = form.get("ignore_capacity")
    if is_sid(target, "WK"):
        return sent is None or is_true(str(sent))
    if sent is not None and is_true(str(sent)):
        raise BadRequest("IgnoreCapacity goes only with a worker as RoutingTarget.")
    return False


def _workflow(tx: Transaction, workspace: Workspace, form: Form, target: str | None) -> Workflow | None:
    if is_sid(target, "WW"):
        return tx.store.workflows[str(target)]
    if form.get("workflow_sid") is not None:
        return checks.reference(tx.store, workspace.sid, form, "workflow_sid", Workflow)
    if tx.store.count(BY_WORKSPACE[Workflow], workspace.sid) == 1:
        return tx.store.first(BY_WORKSPACE[Workflow], workspace.sid)
    if target is not None or form.get("task_queue_sid") is not None:
        return None
    raise BadRequest("WorkflowSid field is required")  # seen live (routing 3.3)


def _queue(tx: Transaction, workspace: Workspace, form: Form, target: str | None) -> TaskQueue | None:
    if is_sid(target, "WQ"):
        return tx.store.task_queues[str(target)]
    if form.get("task_queue_sid") is not None:
        return checks.reference(tx.store, workspace.sid, form, "task_queue_sid", TaskQueue)
    return None
