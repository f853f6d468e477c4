"""Tasks (rest-api 3.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...errors import BadRequest
from ..routing.lifecycle import cancel_task, complete_task, delete_task, re_evaluate, wrap_task
from ..state.indexes import TASK_CHANNELS_BY_NAME
from ..state.model import Task, TaskChannel, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form
from .task_placing import place

__all__ = ["create", "delete", "update"]

MAX_TIMEOUT: Final = 1_209_600
MAX_PRIORITY: Final = 2**31 - 1
_YEAR_1900: Final = -2_208_988_800.0


def create(tx: Transaction, workspace: Workspace, form: Form) -> Task:
    """Create a task and send it into its workflow; workers are reserved when the transaction settles.

    Args:
        tx: The transaction.
        workspace: Where.
        form: What was sent of ``workflow_sid``, ``attributes`` (JSON text of an object), ``priority``,
            ``timeout`` (seconds, up to 1,209,600), ``task_channel`` (SID or unique name),
            ``virtual_start_time`` (epoch seconds), ``routing_target`` (WK, WQ or WW), ``ignore_capacity``,
            ``task_queue_sid``.

    Raises:
        BadRequest: A value is wrong; the workflow must be named; or it has no place for the task (routing 2.2).
    """
    fields = _fields(tx, workspace.sid, {"attributes": "{}", "task_channel": "default", **_sent(form)})
    fields.setdefault("virtual_start_time", tx.now)
    return place(tx, workspace, fields, form)


def update(tx: Transaction, task: Task, form: Form) -> Task:
    """Change a task.

    Args:
        tx: The transaction.
        task: The task.
        form: What was sent of ``attributes``, ``assignment_status``, ``reason``, ``priority``,
            ``task_channel``, ``virtual_start_time``. Attributes sent together with wrapping or completed are
            ignored: the documentation asks for two requests (rest-api 3.8).

    Raises:
        BadRequest: A value is wrong, or the task's state does not allow the new one.
    """
    form = _sent(form)
    status = form.get("assignment_status")
    if status in {"wrapping", "completed"}:
        form.pop("attributes", None)
    fields = _fields(tx, task.workspace_sid, form)
    _check_status(tx, task, status)
    if "reason" in form and status not in _ENDINGS:
        fields["reason"] = form["reason"]
    before = task
    if fields:
        task = tx.update(task, **fields)
        tx.emit("task.updated", task)
    if status is not None and status in _ENDINGS:
        task = _ENDINGS[status](tx, task, form.get("reason"))
    elif task.assignment_status == "pending" and task.attributes != before.attributes:
        task = re_evaluate(tx, task)
    return task


def delete(tx: Transaction, task: Task) -> None:
    """Delete a task in whatever state it is; its open reservations end with it (routing 3.2)."""
    delete_task(tx, task)


_ENDINGS: Final[Mapping[str, Callable[[Transaction, Task, str | None], Task]]] = {
    "canceled": cancel_task,
    "wrapping": wrap_task,
    "completed": complete_task,
}
_FROM: Final[Mapping[str, frozenset[str]]] = {
    "canceled": frozenset({"pending", "reserved"}),
    "wrapping": frozenset({"assigned"}),
    "completed": frozenset({"assigned", "wrapping"}),
}


def _check_status(tx: Transaction, task: Task, status: str | None) -> None:
    current = task.assignment_status
    if status is None or (status == current and status not in _FROM) or current in _FROM.get(status, ()):
        return
    place = f"task {task.sid} in workspace {task.workspace_sid} for account {_account(tx, task)}"
    if status == "canceled":
        raise BadRequest(f"Cannot cancel {place} because it is not pending or reserved.")
    if status in _FROM:  # the service's words, for wrap-up too (rest-api 1.2)
        raise BadRequest(f"Cannot complete {place} because it is not currently assigned.")
    raise BadRequest(f"Cannot set {place} from {current} to {status}: only routing does that.")


def _account(tx: Transaction, task: Task) -> str:
    return tx.store.workspaces[task.workspace_sid].account_sid


def _sent(form: Form) -> dict[str, Any]:
    return {key: value for key, value in form.items() if value is not None}


def _fields(tx: Transaction, workspace_sid: str, form: Form) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "attributes" in form:
        fields["attributes"] = checks.json_object(form)
    if "priority" in form:
        fields["priority"] = checks.whole_number(form, "priority", 0, MAX_PRIORITY)
    if "timeout" in form:
        fields["timeout"] = checks.whole_number(form, "timeout", 1, MAX_TIMEOUT)
    if "task_channel" in form:
        fields["task_channel_sid"] = _channel(tx, workspace_sid, form["task_channel"]).sid
    if "virtual_start_time" in form:
        fields["virtual_start_time"] = _start(tx, form["virtual_start_time"])
    return fields


def _channel(tx: Transaction, workspace_sid: str, name: str) -> TaskChannel:
    channel = tx.store.get(TaskChannel, name) or tx.store.first(TASK_CHANNELS_BY_NAME, (workspace_sid, name))
    if channel is None or channel.workspace_sid != workspace_sid:
        raise checks.invalid("task_channel", name, f"a task channel of workspace {workspace_sid}")
    return channel


def _start(tx: Transaction, moment: float) -> float:
    if moment > tx.now:
        raise BadRequest("VirtualStartTime cannot be in the future.")
    if moment < _YEAR_1900:
        raise BadRequest("VirtualStartTime cannot be before 1900.")
    return moment
