"""What a view needs beside its entity: the store for names, the moment for ages, the base for URLs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from time import gmtime
from typing import Any

import msgspec

from ..state.model import Activity, Entity, Task, TaskChannel, Workflow
from ..state.store import Store

__all__ = ["Scope", "iso", "seconds"]


@lru_cache(maxsize=4096)
def _iso(second: int) -> str:
    at = gmtime(second)
    return f"{at[0]:04}-{at[1]:02}-{at[2]:02}T{at[3]:02}:{at[4]:02}:{at[5]:02}Z"


def iso(moment: float | None) -> str | None:
    """A moment as REST writes it: ISO 8601, UTC, whole seconds (rest-api 1); None stays None."""
    return None if moment is None else _iso(int(moment // 1))


def seconds(moment: float | None) -> int | None:
    """A moment as the websocket writes it: whole seconds since 1970 (wire-protocol 7.1)."""
    return None if moment is None else int(moment // 1)


class Scope(msgspec.Struct, frozen=True):
    """Where and when something is looked at.

    Attributes:
        store: Finds what an entity refers to.
        base: Base of URLs, with ``/v1``: the address the request came to, so that links can be followed.
        now: The moment, epoch seconds.
    """

    store: Store
    base: str
    now: float

    def account_of(self, entity: Entity) -> str | None:
        """SID of the account an entity belongs to."""
        workspace = self.store.workspaces.get(entity.workspace_sid)
        return workspace.account_sid if workspace is not None else None

    def workspace_url(self, entity: Entity) -> str:
        """URL of the workspace an entity lives in."""
        return f"{self.base}/Workspaces/{entity.workspace_sid}"

    def activity(self, sid: str | None) -> Activity | None:
        """An activity, if there is one."""
        return self.store.get(Activity, sid)

    def activity_name(self, sid: str | None) -> str | None:
        """Name of an activity, if there is one."""
        activity = self.store.get(Activity, sid)
        return activity.friendly_name if activity is not None else None

    def channel_name(self, sid: str | None) -> str | None:
        """Unique name of a task channel."""
        channel = self.store.get(TaskChannel, sid)
        return channel.unique_name if channel is not None else None

    def queue_name(self, sid: str | None) -> str | None:
        """Name of a task queue, if there is one."""
        queue = self.store.task_queues.get(sid or "")
        return queue.friendly_name if queue is not None else None

    def workflow_name(self, sid: str | None) -> str | None:
        """Name of a workflow, if there is one."""
        workflow = self.store.get(Workflow, sid)
        return workflow.friendly_name if workflow is not None else None

    def worker_name(self, sid: str | None) -> str | None:
        """Name of a worker, if there is one."""
        worker = self.store.workers.get(sid or "")
        return worker.friendly_name if worker is not None else None

    def age(self, task: Task) -> int:
        """Seconds since a task was created (rest-api 3.8)."""
        return max(int(self.now - task.date_created), 0)

    def load_of(self, worker_sid: str, task_channel_sid: str, capacity: int) -> tuple[int, int]:
        """Accepted reservations of a worker on a channel, and the capacity left in percent (rest-api 3.4)."""
        store = self.store
        load = store.channel_load(worker_sid, task_channel_sid)
        free = max((capacity - load) * 100 // capacity, 0) if capacity > 0 else 0
        return store.assigned_tasks(worker_sid, task_channel_sid), free


View = Mapping[str, Any]
