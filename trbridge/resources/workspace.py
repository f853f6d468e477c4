"""Workspaces: what holds everything else (rest-api 3.1)."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from .activity import ActivityInstance, ActivityList
from .event import EventList
from .instance import InstanceResource
from .statistics import (
    StatisticsResource,
    WorkspaceCumulativeStatistics,
    WorkspaceRealTimeStatistics,
    WorkspaceStatistics,
)
from .task import TaskList
from .task_channel import TaskChannelList
from .task_queue import TaskQueueList
from .worker import WorkerList
from .workflow import WorkflowList

__all__ = ["WorkspaceInstance"]


class WorkspaceInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """A workspace.

    Attributes:
        friendly_name: Its name.
        default_activity_sid: Activity of new workers.
        timeout_activity_sid: Activity of a worker who let a reservation time out.
        event_callback_url: Called for each event.
        events_filter: Which events it is called for, separated by commas; None for all.
        multi_task_enabled: Whether workers may have several tasks at a time.
        prioritize_queue_order: ``FIFO`` or ``LIFO``: which queues go first where a worker serves several.
    """

    prefix: ClassVar[str] = "WS"
    path: ClassVar[str] = ""
    updatable: ClassVar[frozenset[str]] = frozenset(
        {
            "DefaultActivitySid",
            "EventCallbackUrl",
            "EventsFilter",
            "FriendlyName",
            "MultiTaskEnabled",
            "TimeoutActivitySid",
            "PrioritizeQueueOrder",
        }
    )

    friendly_name: str | None = None
    default_activity_sid: str | None = None
    default_activity_name: str | None = None
    timeout_activity_sid: str | None = None
    timeout_activity_name: str | None = None
    event_callback_url: str | None = None
    events_filter: str | None = None
    multi_task_enabled: bool | None = None
    prioritize_queue_order: str | None = None

    @property
    def resource_url(self) -> str:
        """Its REST URL: always the client's own workspace, for which alone its token speaks (wire-protocol 5.9)."""
        return self._context.workspace_url

    @property
    def default_activity(self) -> ActivityInstance | None:
        """Activity of new workers; its fields come with ``fetch()``."""
        return self._linked(ActivityInstance, "default_activity_sid")

    @property
    def timeout_activity(self) -> ActivityInstance | None:
        """Activity of a worker who let a reservation time out; its fields come with ``fetch()``."""
        return self._linked(ActivityInstance, "timeout_activity_sid")

    # -- its lists ---------------------------------------------------------------------------------

    @cached_property
    def activities(self) -> ActivityList:
        """Activities."""
        return ActivityList(self._context)

    @cached_property
    def workflows(self) -> WorkflowList:
        """Workflows."""
        return WorkflowList(self._context)

    @cached_property
    def taskqueues(self) -> TaskQueueList:
        """Task queues; ``task_queues`` is the same."""
        return TaskQueueList(self._context)

    @property
    def task_queues(self) -> TaskQueueList:
        """Task queues; ``taskqueues`` is the original's name."""
        return self.taskqueues

    @cached_property
    def workers(self) -> WorkerList:
        """Workers."""
        return WorkerList(self._context)

    @cached_property
    def tasks(self) -> TaskList:
        """Tasks."""
        return TaskList(self._context)

    @cached_property
    def task_channels(self) -> TaskChannelList:
        """Task channels."""
        return TaskChannelList(self._context)

    @cached_property
    def events(self) -> EventList:
        """TaskRouter's log of events, kept for 30 days."""
        return EventList(self._context)

    # -- its statistics ----------------------------------------------------------------------------

    @cached_property
    def statistics(self) -> StatisticsResource[WorkspaceStatistics]:
        """Cumulative and real-time statistics in one."""
        return StatisticsResource(self._context, self.resource_url, WorkspaceStatistics)

    @cached_property
    def cumulative_stats(self) -> StatisticsResource[WorkspaceCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return StatisticsResource(self._context, self.resource_url, WorkspaceCumulativeStatistics)

    @cached_property
    def realtime_stats(self) -> StatisticsResource[WorkspaceRealTimeStatistics]:
        """How things are now."""
        return StatisticsResource(self._context, self.resource_url, WorkspaceRealTimeStatistics)
