"""Task channels (rest-api 3.5)."""

from __future__ import annotations

from typing import Any

from ...errors import BadRequest
from ..defaults import TASK_CHANNELS
from ..state.indexes import TASK_CHANNELS_BY_NAME, TASKS_BY_CHANNEL, WORKER_CHANNELS_BY_TASK_CHANNEL
from ..state.model import TaskChannel, Worker, WorkerChannel, Workspace
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["create", "delete", "update"]


def create(tx: Transaction, workspace: Workspace, form: Form) -> TaskChannel:
    """Create a task channel; every worker gains a channel for it, with capacity 1 [I].

    Args:
        tx: The transaction.
        workspace: Where.
        form: ``friendly_name``, ``unique_name``, and ``channel_optimized_routing`` (default false).

    Raises:
        BadRequest: A name is missing or wrong, or the unique name is taken.
    """
    friendly_name, unique_name = checks.name(form), checks.unique_name(form)
    if tx.store.count(TASK_CHANNELS_BY_NAME, (workspace.sid, unique_name)):
        raise BadRequest(f"Task Channel with the same unique name already exists: '{unique_name}'")
    channel = tx.create(
        TaskChannel,
        workspace.sid,
        friendly_name=friendly_name,
        unique_name=unique_name,
        channel_optimized_routing=bool(form.get("channel_optimized_routing")),
    )
    for worker in tx.store.in_workspace(Worker, workspace.sid):
        tx.create(WorkerChannel, workspace.sid, worker_sid=worker.sid, task_channel_sid=channel.sid)
    tx.emit("task-channel.created", channel)
    return channel


def update(tx: Transaction, channel: TaskChannel, form: Form) -> TaskChannel:
    """Change a task channel's ``friendly_name`` or ``channel_optimized_routing``.

    Raises:
        BadRequest: The name is blank or too long.
    """
    fields: dict[str, Any] = {}
    if form.get("friendly_name") is not None:
        fields["friendly_name"] = checks.name(form)
    if form.get("channel_optimized_routing") is not None:
        fields["channel_optimized_routing"] = form["channel_optimized_routing"]
    if not fields:
        return channel
    channel = tx.update(channel, **fields)
    tx.emit("task-channel.updated", channel)
    return channel


def delete(tx: Transaction, channel: TaskChannel) -> None:
    """Delete a task channel and the workers' channels for it.

    Raises:
        BadRequest: It is a built-in one, or tasks that are not over use it [I].
    """
    if channel.unique_name in TASK_CHANNELS:
        raise BadRequest(f"Cannot delete task channel {channel.sid} because '{channel.unique_name}' is built in.")
    tasks = tx.store.count(TASKS_BY_CHANNEL, channel.sid)
    if tasks:
        raise BadRequest(f"Cannot delete task channel {channel.sid} because tasks still use it ({tasks}).")
    tx.emit("task-channel.deleted", channel)
    for worker_channel in tx.store.select(WORKER_CHANNELS_BY_TASK_CHANNEL, channel.sid):
        tx.remove(worker_channel)
    tx.remove(channel)
