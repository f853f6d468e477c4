"""The TaskQueue client: one queue, live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from ..resources.task_queue import TaskQueueInstance
from .drift import SILENT
from .mirror import Mirror
from .resource_client import ResourceClient

if TYPE_CHECKING:
    from ..claims import ChannelKind
    from ..resources.activity import ActivityInstance
    from ..resources.statistics import (
        StatisticsResource,
        TaskQueueCumulativeStatistics,
        TaskQueueRealTimeStatistics,
        TaskQueueStatistics,
    )
    from ..resources.workspace import WorkspaceInstance

__all__ = ["TaskQueue"]


class TaskQueue(ResourceClient[TaskQueueInstance]):
    """A task queue: its properties and its statistics.

    Example::

        async with TaskQueue(token) as queue:
            now = await queue.realtime_stats.fetch()
            print(queue.friendly_name, now.tasks_by_status, now.longest_task_waiting_age)

    Its properties are None until ``ready``. Arguments and events are those of :class:`~trbridge.Workspace`;
    the token is one of :class:`~trbridge.TaskQueueCapability`.
    """

    kind: ClassVar[ChannelKind] = "taskqueue"
    resource_class: ClassVar[type[TaskQueueInstance]] = TaskQueueInstance
    watched: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "task-queue.expression.updated": ("target_workers",),
        SILENT: (
            "friendly_name",
            "max_reserved_workers",
            "task_order",
            "reservation_activity_sid",
            "assignment_activity_sid",
        ),
    }

    account_sid: Mirror[str | None] = Mirror()
    assignment_activity: Mirror[ActivityInstance | None] = Mirror()
    assignment_activity_name: Mirror[str | None] = Mirror()
    assignment_activity_sid: Mirror[str | None] = Mirror()
    date_created: Mirror[datetime | None] = Mirror()
    date_updated: Mirror[datetime | None] = Mirror()
    friendly_name: Mirror[str | None] = Mirror()
    max_reserved_workers: Mirror[int | None] = Mirror()
    reservation_activity: Mirror[ActivityInstance | None] = Mirror()
    reservation_activity_name: Mirror[str | None] = Mirror()
    reservation_activity_sid: Mirror[str | None] = Mirror()
    sid: Mirror[str | None] = Mirror()
    target_workers: Mirror[str | None] = Mirror()
    task_order: Mirror[str | None] = Mirror()
    workspace: Mirror[WorkspaceInstance | None] = Mirror()
    workspace_sid: Mirror[str | None] = Mirror()

    @property
    def statistics(self) -> StatisticsResource[TaskQueueStatistics]:
        """Cumulative and real-time statistics in one."""
        return self.resource.statistics

    @property
    def cumulative_stats(self) -> StatisticsResource[TaskQueueCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return self.resource.cumulative_stats

    @property
    def realtime_stats(self) -> StatisticsResource[TaskQueueRealTimeStatistics]:
        """How things are now."""
        return self.resource.realtime_stats
