"""Worker channels: how much of a task channel one worker takes at a time (rest-api 3.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from .arguments import check_sid_or_name
from .instance import InstanceResource, require
from .listing import UpdatableList

if TYPE_CHECKING:
    from .task_channel import TaskChannelInstance
    from .worker import WorkerInstance

__all__ = ["WorkerChannelInstance", "WorkerChannelList"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class WorkerChannelInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """One task channel of one worker. ``update(capacity=, available=)`` changes it.

    Attributes:
        assigned_tasks: How many accepted reservations the worker has on it.
        available: Whether the worker takes tasks of it at all.
        available_capacity_percentage: How much of the capacity is free, 0 to 100.
        configured_capacity: How many tasks the worker takes at a time.
        task_channel_unique_name: Such as ``"voice"``.
        last_reserved_time_ms: As ``last_reserved_time``, in milliseconds since 1970.
        version: Its version, where the socket tells it.
    """

    prefix: ClassVar[str] = "WC"
    path: ClassVar[str] = "Channels"
    shown: ClassVar[str] = "task_channel_unique_name"
    updatable: ClassVar[frozenset[str]] = frozenset({"Capacity", "Available"})

    assigned_tasks: int = 0
    available: bool | None = None
    available_capacity_percentage: int | float = 0
    configured_capacity: int = 0
    task_channel_sid: str | None = None
    task_channel_unique_name: str | None = None
    worker_sid: str | None = None
    last_reserved_time_ms: int | None = msgspec.field(name="last_reserved_time", default=None)
    version: int | None = None

    @property
    def last_reserved_time(self) -> datetime | None:
        """When the worker last got a reservation on it; only the socket tells (wire-protocol 7.4)."""
        if self.last_reserved_time_ms is None:
            return None
        try:
            return _EPOCH + timedelta(milliseconds=self.last_reserved_time_ms)
        except OverflowError:
            return None

    @property
    def resource_url(self) -> str:
        """Its REST URL, below its worker's; a worker's own client knows whose it is."""
        worker_sid = require(self.worker_sid or self._context.worker_sid, "worker_sid", self)
        return f"{self._context.workspace_url}/Workers/{worker_sid}/Channels/{require(self.sid, 'sid', self)}"

    @property
    def worker(self) -> WorkerInstance | None:
        """Whose it is; its fields come with ``fetch()``."""
        from .worker import WorkerInstance

        return self._linked(WorkerInstance, "worker_sid")

    @property
    def task_channel(self) -> TaskChannelInstance | None:
        """The task channel; its fields come with ``fetch()``."""
        from .task_channel import TaskChannelInstance

        return self._linked(TaskChannelInstance, "task_channel_sid")


class WorkerChannelList(UpdatableList[WorkerChannelInstance]):
    """A worker's channels: one for each task channel of the workspace, made by the service.

    Instead of a SID, ``fetch`` and ``update`` also take a task channel's unique name: ``fetch("voice")``.
    """

    item: ClassVar[type[WorkerChannelInstance]] = WorkerChannelInstance
    key: ClassVar[str] = "channels"

    def _check(self, sid: Any) -> str:
        return check_sid_or_name(sid, "WC", "TC")
