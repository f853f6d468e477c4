"""From the SIDs of a path to entities; what is not there, or cannot be a SID, is 404/20404 (rest-api 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..state.indexes import TASK_CHANNELS_BY_NAME
from ..state.model import (
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from ..state.store import Store
from .router import Segments, not_found

__all__ = ["MODELS", "Place", "find_place"]

_PARENTS: dict[str, type[Entity]] = {
    "TaskSid": Task,
    "TaskQueueSid": TaskQueue,
    "WorkerSid": Worker,
    "WorkflowSid": Workflow,
}

MODELS: dict[str, type[Entity]] = {
    "activity": Activity,
    "event": EventRecord,
    "task": Task,
    "task_channel": TaskChannel,
    "task_queue": TaskQueue,
    "task_reservation": Reservation,
    "worker": Worker,
    "worker_channel": WorkerChannel,
    "worker_reservation": Reservation,
    "workflow": Workflow,
    "workspace": Workspace,
}
"""Kind of a route to the class of what it is about."""


class Place(msgspec.Struct, frozen=True):
    """What a path leads to.

    Attributes:
        workspace: The workspace, or None for the list of workspaces.
        parent: The task, worker, queue or workflow in the middle of the path, or None.
        entity: What ``{Sid}`` at the end names, or None for a collection.
    """

    workspace: Workspace | None = None
    parent: Entity | None = None
    entity: Any = None


def find_place(store: Store, kind: str, sids: Mapping[str, str], account_sid: str, segments: Segments) -> Place:
    """Find what a path names.

    Args:
        store: Where to look.
        kind: The route's kind.
        sids: The values of the path's variables.
        account_sid: The caller's account: another account's workspace is not there.
        segments: The whole path, for the error.

    Raises:
        NotFound: Something that the path names is not there.
    """
    if kind == "workspace" and "Sid" in sids:
        workspace = _workspace(store, sids["Sid"], account_sid, segments)
        return Place(workspace, None, workspace)
    if "WorkspaceSid" not in sids:
        return Place()
    workspace = _workspace(store, sids["WorkspaceSid"], account_sid, segments)
    parent: Entity | None = None
    for name, cls in _PARENTS.items():
        if name in sids:
            parent = _required(store.get(cls, sids[name]), workspace, segments)
    entity = _entity(store, kind, sids["Sid"], workspace, parent, segments) if "Sid" in sids else None
    return Place(workspace, parent, entity)


def _workspace(store: Store, sid: str, account_sid: str, segments: Segments) -> Workspace:
    workspace = store.workspaces.get(sid)
    if workspace is None or workspace.account_sid != account_sid:
        raise not_found(segments)
    return workspace


def _required(entity: Any, workspace: Workspace, segments: Segments) -> Any:
    if entity is None or entity.workspace_sid != workspace.sid:
        raise not_found(segments)
    return entity


def _entity(
    store: Store, kind: str, sid: str, workspace: Workspace, parent: Entity | None, segments: Segments
) -> Entity:
    if kind == "task_channel":
        return _task_channel(store, sid, workspace, segments)
    if kind == "worker_channel":
        return _worker_channel(store, sid, workspace, parent, segments)
    entity: Entity = _required(store.get(MODELS[kind], sid), workspace, segments)
    if (
        isinstance(entity, Reservation)
        and parent is not None
        and parent.sid not in (entity.task_sid, entity.worker_sid)
    ):
        raise not_found(segments)
    return entity


def _task_channel(store: Store, name: str, workspace: Workspace, segments: Segments) -> TaskChannel:
    """By SID or by unique name (rest-api 3.5)."""
    channel = store.get(TaskChannel, name) or store.first(TASK_CHANNELS_BY_NAME, (workspace.sid, name))
    found: TaskChannel = _required(channel, workspace, segments)
    return found


def _worker_channel(
    store: Store, name: str, workspace: Workspace, worker: Entity | None, segments: Segments
) -> WorkerChannel:
    """By its own SID, its task channel's SID or unique name (rest-api 3.4)."""
    own = store.get(WorkerChannel, name)
    if own is None and worker is not None:
        own = store.worker_channel(worker.sid, _task_channel(store, name, workspace, segments).sid)
    if own is None or worker is None or own.worker_sid != worker.sid:
        raise not_found(segments)
    return own
