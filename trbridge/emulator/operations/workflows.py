"""Workflows (rest-api 3.7)."""

from __future__ import annotations

from typing import Any, Final

from ...errors import BadRequest, ExpressionError
from ..state.indexes import TASKS_LIVE
from ..state.model import TaskQueue, Workflow, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["create", "delete", "update"]

MAX_RESERVATION_TIMEOUT: Final = 86_400
_URLS: Final = ("assignment_callback_url", "fallback_assignment_callback_url")


def create(tx: Transaction, workspace: Workspace, form: Form) -> Workflow:
    """Create a workflow.

    Args:
        tx: The transaction.
        workspace: Where.
        form: ``friendly_name``, ``configuration`` (JSON text, up to 1,038,576 bytes) and, if sent,
            ``assignment_callback_url``, ``fallback_assignment_callback_url``,
            ``task_reservation_timeout`` (seconds, 1 to 86,400, default 120).

    Raises:
        BadRequest: A value is missing or wrong, or the configuration cannot be understood or names a queue
            that is not there.
    """
    wanted = {**form, "friendly_name": checks.name(form), "configuration": checks.required(form, "configuration")}
    workflow = tx.create(Workflow, workspace.sid, **_fields(tx, workspace.sid, wanted))
    tx.emit("workflow.created", workflow)
    return workflow


def update(tx: Transaction, workflow: Workflow, form: Form) -> Workflow:
    """Change a workflow.

    Tasks that are under way keep their place unless ``re_evaluate_tasks`` is true: then those that wait are
    sent through the workflow again (rest-api 3.7).

    Raises:
        BadRequest: As for :func:`create`.
    """
    fields = _fields(tx, workflow.workspace_sid, form)
    if fields:
        workflow = tx.update(workflow, **fields)
        tx.emit("workflow.updated", workflow)
    if str(form.get("re_evaluate_tasks", "")).strip().lower() in {"true", "1", "yes"}:
        from ..routing.lifecycle import re_evaluate_tasks

        re_evaluate_tasks(tx, workflow)
    return workflow


def delete(tx: Transaction, workflow: Workflow) -> None:
    """Delete a workflow.

    Raises:
        BadRequest: It controls tasks that are not over [I].
    """
    tasks = tx.store.count(TASKS_LIVE, workflow.sid)
    if tasks:
        raise BadRequest(f"Cannot delete workflow {workflow.sid} because it still controls tasks ({tasks}).")
    tx.emit("workflow.deleted", workflow)
    tx.remove(workflow)


def _fields(tx: Transaction, workspace_sid: str, form: Form) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.get("friendly_name") is not None:
        fields["friendly_name"] = checks.name(form)
    if form.get("configuration") is not None:
        fields["configuration"] = _configuration(tx, workspace_sid, form["configuration"])
    for key in _URLS:
        if form.get(key) is not None:
            fields[key] = checks.url(form, key)
    if form.get("task_reservation_timeout") is not None:
        fields["task_reservation_timeout"] = checks.whole_number(
            form, "task_reservation_timeout", 1, MAX_RESERVATION_TIMEOUT
        )
    return fields


def _configuration(tx: Transaction, workspace_sid: str, text: str) -> str:
    from ..routing.workflow import parse_configuration

    def queue_exists(sid: str) -> bool:
        queue = tx.store.get(TaskQueue, sid)
        return queue is not None and queue.workspace_sid == workspace_sid

    try:
        parse_configuration(text, queue_exists)
    except ExpressionError as error:
        raise BadRequest(f"Invalid Configuration. {error.message}") from error
    return text
