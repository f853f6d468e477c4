"""Workspaces (rest-api 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ...errors import BadRequest
from ..defaults import TEMPLATES, fill
from ..state.indexes import BY_WORKSPACE, EVENTS_OF
from ..state.model import (
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
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["create", "delete", "update"]

ORDERS: Final = ("FIFO", "LIFO")

_CONTENTS: Final = (Reservation, Task, WorkerChannel, Worker, Workflow, TaskQueue, TaskChannel, Activity)
"""What goes with a workspace, what refers to others first."""


def create(
    tx: Transaction, account_sid: str, form: Form, *, activities: Sequence[tuple[str, bool]] | None = None
) -> Workspace:
    """Create a workspace with its activities and task channels, and what its template adds (rest-api 2).

    Args:
        tx: The transaction.
        account_sid: Whose it is.
        form: ``friendly_name`` and, if sent, ``event_callback_url``, ``events_filter``,
            ``multi_task_enabled`` (default true), ``template`` (``NONE``), ``prioritize_queue_order`` (``FIFO``).
        activities: Name and ``available`` of the activities to begin with, where they are not to be the usual
            ones (a seed's); the first is the default and the timeout activity.

    Raises:
        BadRequest: A value is missing or wrong.
    """
    if activities is not None:
        _check_activities(activities)
    fields = _fields({"multi_task_enabled": True, **form})
    fields["friendly_name"] = checks.name(form)
    template = "NONE" if form.get("template") in {None, ""} else checks.choice(form, "template", TEMPLATES)
    workspace = fill(tx, tx.create(Workspace, "", account_sid=account_sid, **fields), template, activities)
    tx.emit("workspace.created", workspace)
    return workspace


def update(tx: Transaction, workspace: Workspace, form: Form) -> Workspace:
    """Change a workspace.

    Args:
        tx: The transaction.
        workspace: The workspace.
        form: As for :func:`create`, but for ``template``; also ``default_activity_sid`` and
            ``timeout_activity_sid``.

    Raises:
        BadRequest: A value is wrong, an activity is none of this workspace, or multi-tasking would be turned
            off, which the service allows in legacy cases only.
    """
    fields = _fields(form)
    for key in ("default_activity_sid", "timeout_activity_sid"):
        if form.get(key) is not None:
            fields[key] = checks.reference(tx.store, workspace.sid, form, key, Activity).sid
    if workspace.multi_task_enabled and fields.get("multi_task_enabled") is False:
        raise BadRequest(f"Workspace {workspace.sid} is multi-tasking; MultiTaskEnabled cannot be set back to false.")
    workspace = tx.update(workspace, **fields)
    tx.emit("workspace.updated", workspace)
    return workspace


def delete(tx: Transaction, workspace: Workspace) -> None:
    """Delete a workspace and everything in it, its events among them.

    One event, ``workspace.deleted``, goes to subscribers; it cannot be fetched afterwards.
    """
    tx.emit("workspace.deleted", workspace)
    for kind in _CONTENTS:
        for entity in tx.store.select(BY_WORKSPACE[kind], workspace.sid):
            tx.remove(entity)
    for event in tx.store.select(EVENTS_OF, workspace.sid):
        tx.remove(event)
    tx.remove(workspace)


def _check_activities(activities: Sequence[tuple[str, bool]]) -> None:
    names = [checks.name({"friendly_name": name}).casefold() for name, _ in activities]
    if not names or len(set(names)) != len(names):
        raise BadRequest("A workspace has at least one activity, and no two of the same friendly name.")


def _fields(form: Form) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if form.get("friendly_name") is not None:
        fields["friendly_name"] = checks.name(form)
    if form.get("event_callback_url") is not None:
        fields["event_callback_url"] = checks.url(form, "event_callback_url") or ""
    if form.get("events_filter") is not None:
        # Blanks around the types are tolerated (routing 6.3); nothing left means all of them.
        fields["events_filter"] = form["events_filter"].strip() or None
    if form.get("multi_task_enabled") is not None:
        fields["multi_task_enabled"] = form["multi_task_enabled"]
    if form.get("prioritize_queue_order") is not None:
        fields["prioritize_queue_order"] = checks.choice(form, "prioritize_queue_order", ORDERS)
    return fields
