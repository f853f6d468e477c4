"""Task queues (rest-api 3.6)."""

from __future__ import annotations

from typing import Any, Final

from ...errors import BadRequest, ExpressionError
from ..state.indexes import BY_WORKSPACE, TASKS_LIVE
from ..state.model import Activity, TaskQueue, Workflow, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["create", "delete", "update"]

ORDERS: Final = ("FIFO", "LIFO")
MAX_RESERVED_WORKERS: Final = 50
_ACTIVITIES: Final = ("reservation_activity_sid", "assignment_activity_sid")


def create(tx: Transaction, workspace: Workspace, form: Form) -> TaskQueue:
    """Create a task queue.

    Args:
        tx: The transaction.
        workspace: Where.
        form: ``friendly_name`` and, if sent, ``target_workers`` (default ``1==1``; empty matches nobody),
            ``max_reserved_workers`` (1 to 50, default 1), ``task_order`` (``FIFO``),
            ``reservation_activity_sid`` and ``assignment_activity_sid`` (required in single-tasking workspaces).

    Raises:
        BadRequest: A value is missing or wrong, the expression does not parse, or the workspace has 5,000 queues.
    """
    checks.limit(tx.store, workspace, TaskQueue)
    fields = _fields(tx, workspace.sid, {**form, "friendly_name": checks.name(form)})
    if not workspace.multi_task_enabled and not all(key in fields for key in _ACTIVITIES):
        raise BadRequest("Activity Sids cannot be empty")  # the service's words (routing 5)
    queue = tx.create(TaskQueue, workspace.sid, **fields)
    tx.emit("task-queue.created", queue)
    return queue


def update(tx: Transaction, queue: TaskQueue, form: Form) -> TaskQueue:
    """Change a task queue. Tasks and workers follow when the transaction settles.

    Raises:
        BadRequest: As for :func:`create`.
    """
    fields = _fields(tx, queue.workspace_sid, form)
    if not fields:
        return queue
    before = queue.target_workers
    queue = tx.update(queue, **fields)
    if queue.target_workers != before:
        tx.emit("task-queue.expression.updated", queue)
    return queue


def delete(tx: Transaction, queue: TaskQueue) -> None:
    """Delete a task queue.

    Raises:
        BadRequest: Tasks that are not over are in it, or a workflow names it [I].
    """
    tasks = tx.store.count(TASKS_LIVE, queue.sid)
    if tasks:
        raise BadRequest(f"Cannot delete task queue {queue.sid} because tasks are still in it ({tasks}).")
    for workflow in tx.store.each(BY_WORKSPACE[Workflow], queue.workspace_sid):
        if _names(workflow, queue.sid):
            raise BadRequest(f"Cannot delete task queue {queue.sid} because workflow {workflow.sid} uses it.")
    tx.emit("task-queue.deleted", queue)
    tx.remove(queue)


def _fields(tx: Transaction, workspace_sid: str, form: Form) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.get("friendly_name") is not None:
        fields["friendly_name"] = checks.name(form)
    if form.get("target_workers") is not None:
        fields["target_workers"] = _expression(form["target_workers"])
    if form.get("max_reserved_workers") is not None:
        fields["max_reserved_workers"] = checks.whole_number(form, "max_reserved_workers", 1, MAX_RESERVED_WORKERS)
    if form.get("task_order") is not None:
        fields["task_order"] = checks.choice(form, "task_order", ORDERS)
    for key in _ACTIVITIES:
        if form.get(key) is not None:
            fields[key] = checks.reference(tx.store, workspace_sid, form, key, Activity).sid
    return fields


def _expression(text: str) -> str:
    """Only the syntax is checked: unknown keys and queues without workers are fine (routing 1.6)."""
    from ..expressions import compile_target_workers

    try:
        compile_target_workers(text)
    except ExpressionError as error:
        raise BadRequest(f"Invalid TargetWorkers. {error.message}") from error
    return text


def _names(workflow: Workflow, queue_sid: str) -> bool:
    from ..routing.workflow import parse_configuration

    # A workflow is quickly passed by its text; only a match needs reading.
    return queue_sid in workflow.configuration and queue_sid in parse_configuration(workflow.configuration).queues()
