"""Activities (rest-api 3.2)."""

from __future__ import annotations

from ...errors import BadRequest
from ..state.indexes import ACTIVITIES_BY_NAME, QUEUES_BY_ACTIVITY, WORKERS_BY_ACTIVITY
from ..state.model import Activity, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["create", "delete", "update"]


def create(tx: Transaction, workspace: Workspace, form: Form) -> Activity:
    """Create an activity.

    Args:
        tx: The transaction.
        workspace: Where.
        form: ``friendly_name``, and ``available`` (default false), which never changes afterwards.

    Raises:
        BadRequest: The name is missing, too long or taken, or the workspace has 100 activities.
    """
    checks.limit(tx.store, workspace, Activity)
    name = _free_name(tx, workspace.sid, form, None)
    activity = tx.create(Activity, workspace.sid, friendly_name=name, available=bool(form.get("available")))
    tx.emit("activity.created", activity)
    return activity


def update(tx: Transaction, activity: Activity, form: Form) -> Activity:
    """Change an activity's ``friendly_name``. ``available`` is dropped without a word, as seen live (rest-api 3.2).

    Raises:
        BadRequest: The name is too long or taken.
    """
    if form.get("friendly_name") is None:
        return activity
    activity = tx.update(activity, friendly_name=_free_name(tx, activity.workspace_sid, form, activity))
    tx.emit("activity.updated", activity)
    return activity


def delete(tx: Transaction, activity: Activity) -> None:
    """Delete an activity.

    Raises:
        BadRequest: The workspace, a queue or a worker uses it [I].
    """
    used = _use(tx, activity)
    if used is not None:
        raise BadRequest(f"Cannot delete activity {activity.sid} because it is {used}.")
    tx.emit("activity.deleted", activity)
    tx.remove(activity)


def _use(tx: Transaction, activity: Activity) -> str | None:
    workspace = tx.store.workspaces[activity.workspace_sid]
    queue = tx.store.first(QUEUES_BY_ACTIVITY, activity.sid)
    workers = tx.store.count(WORKERS_BY_ACTIVITY, activity.sid)
    uses = (
        (workspace.default_activity_sid == activity.sid, f"the default activity of workspace {workspace.sid}"),
        (workspace.timeout_activity_sid == activity.sid, f"the timeout activity of workspace {workspace.sid}"),
        (queue is not None, f"the reservation or assignment activity of task queue {queue.sid if queue else ''}"),
        (workers > 0, f"the activity of workers ({workers})"),
    )
    return next((how for is_so, how in uses if is_so), None)


def _free_name(tx: Transaction, workspace_sid: str, form: Form, own: Activity | None) -> str:
    name = checks.name(form)
    other = tx.store.first(ACTIVITIES_BY_NAME, (workspace_sid, name.casefold()))
    if other is not None and (own is None or other.sid != own.sid):
        raise BadRequest(f"Activity with the same friendly name already exists: '{name}'")
    return name
