"""Workers (rest-api 3.3)."""

from __future__ import annotations

from typing import Any

from ...errors import BadRequest
from ..state.indexes import RESERVATIONS_BY_STATUS, WORKER_CHANNELS_OF, WORKERS_BY_NAME
from ..state.model import Activity, TaskChannel, Worker, WorkerChannel, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["change_activity", "create", "delete", "update"]


def create(tx: Transaction, workspace: Workspace, form: Form) -> Worker:
    """Create a worker, with a channel of capacity 1 for every task channel (rest-api 2).

    Args:
        tx: The transaction.
        workspace: Where.
        form: ``friendly_name`` and, if sent, ``activity_sid`` (default: the workspace's default activity) and
            ``attributes`` (JSON text of an object, default ``{}``).

    Raises:
        BadRequest: A value is missing or wrong, the name is taken (without regard to case), or the workspace
            has 15,000 workers.
    """
    checks.limit(tx.store, workspace, Worker)
    fields = _fields(tx, workspace.sid, {"attributes": "{}", **form, "friendly_name": checks.name(form)}, None)
    activity_sid = fields.pop("activity_sid", workspace.default_activity_sid)
    worker = tx.create(Worker, workspace.sid, activity_sid=activity_sid, date_status_changed=tx.now, **fields)
    for channel in tx.store.in_workspace(TaskChannel, workspace.sid):
        tx.create(WorkerChannel, workspace.sid, worker_sid=worker.sid, task_channel_sid=channel.sid)
    tx.emit("worker.created", worker)
    return worker


def update(tx: Transaction, worker: Worker, form: Form) -> Worker:
    """Change a worker, in one step of its version.

    Args:
        tx: The transaction.
        worker: The worker.
        form: ``activity_sid``, ``attributes`` (replaces the whole JSON), ``friendly_name``, and
            ``reject_pending_reservations``, which goes only with the SID of an activity that is not available.

    Raises:
        BadRequest: A value is wrong or the name is taken, or pending reservations cannot be rejected so.
    """
    fields = _fields(tx, worker.workspace_sid, form, worker)
    if form.get("reject_pending_reservations"):
        _check_rejecting(tx, form)
    if not fields:
        return worker
    before = worker
    if fields.get("activity_sid", before.activity_sid) != before.activity_sid:
        fields |= {"date_status_changed": tx.now, "previous_activity_sid": before.activity_sid}
    worker = tx.update(worker, **fields)
    if worker.attributes != before.attributes:
        tx.emit("worker.attributes.update", worker)
    if worker.activity_sid != before.activity_sid:
        _emit_activity(tx, before, worker)
    if form.get("reject_pending_reservations"):
        _reject_pending(tx, worker)
    return tx.store.workers[worker.sid]


def change_activity(tx: Transaction, worker: Worker, activity_sid: str) -> Worker:
    """Move a worker to an activity of its workspace, with all that goes with it: dates, version, event.

    Nothing happens if the worker is in it already. For moves that the system makes as well (routing 4.5).
    """
    before = tx.store.workers[worker.sid]
    if activity_sid == before.activity_sid:
        return before
    worker = tx.update(
        before, activity_sid=activity_sid, date_status_changed=tx.now, previous_activity_sid=before.activity_sid
    )
    _emit_activity(tx, before, worker)
    return worker


def delete(tx: Transaction, worker: Worker) -> None:
    """Delete a worker with its channels. Its open reservations end and their tasks are queued again [I]."""
    from ..routing.lifecycle import worker_deleted

    worker_deleted(tx, worker)
    worker = tx.store.workers[worker.sid]
    tx.emit("worker.deleted", worker)
    for channel in tx.store.select(WORKER_CHANNELS_OF, worker.sid):
        tx.remove(channel)
    tx.remove(worker)


def _fields(tx: Transaction, workspace_sid: str, form: Form, own: Worker | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.get("friendly_name") is not None:
        fields["friendly_name"] = name = checks.name(form)
        other = tx.store.first(WORKERS_BY_NAME, (workspace_sid, name.casefold()))
        if other is not None and (own is None or other.sid != own.sid):
            raise BadRequest("Worker with the same friendly name already exists")  # seen live (routing 9)
    if form.get("attributes") is not None:
        fields["attributes"] = checks.json_object(form)
    if form.get("activity_sid") is not None:
        fields["activity_sid"] = checks.reference(tx.store, workspace_sid, form, "activity_sid", Activity).sid
    return fields


def _emit_activity(tx: Transaction, before: Worker, worker: Worker) -> None:
    milliseconds = max(0, round((tx.now - before.date_status_changed) * 1000))
    previous = tx.store.get(Activity, before.activity_sid)
    tx.emit(
        "worker.activity.update",
        worker,
        worker_previous_activity_sid=before.activity_sid,
        worker_previous_activity_name=previous.friendly_name if previous else None,
        worker_time_in_previous_activity=milliseconds // 1000,
        worker_time_in_previous_activity_ms=milliseconds,
    )


def _check_rejecting(tx: Transaction, form: Form) -> None:
    activity = tx.store.get(Activity, form.get("activity_sid"))
    if activity is None or activity.available:
        # The v2 client's words for the same (routing 4.6).
        raise BadRequest("Unable to reject pending reservations when updating to an Available activity state.")


def _reject_pending(tx: Transaction, worker: Worker) -> None:
    from ..routing.lifecycle import reject

    for reservation in tx.store.select(RESERVATIONS_BY_STATUS, (worker.sid, "pending")):
        reject(tx, reservation)
