"""The Workspace client: everything in a workspace, live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from ..resources.workspace import WorkspaceInstance
from .feeding import FedClient
from .mirror import Mirror

if TYPE_CHECKING:
    from ..claims import ChannelKind
    from ..resources.activity import ActivityInstance, ActivityList
    from ..resources.statistics import (
        StatisticsResource,
        WorkspaceCumulativeStatistics,
        WorkspaceRealTimeStatistics,
        WorkspaceStatistics,
    )
    from ..resources.task import TaskList
    from ..resources.task_channel import TaskChannelList
    from ..resources.task_queue import TaskQueueList
    from ..resources.worker import WorkerList
    from ..resources.workflow import WorkflowList

__all__ = ["Workspace"]


class Workspace(FedClient):
    """A workspace: its properties, its resources, its statistics, its events.

    Example::

        async with Workspace(token) as workspace:
            print(workspace.sid, workspace.friendly_name)
            async for worker in workspace.workers:
                print(worker.friendly_name, worker.activity_name)

    Its properties are None until ``ready`` and follow every ``fetch`` and ``update``. The arguments are
    those of :class:`~trbridge.clients.base.Client`, the first six in the original's order.

    Events: ``connected``, ``ready`` (the workspace), ``disconnected``
    (:class:`~trbridge.Disconnected`), ``token.expired``, ``error`` (a
    :class:`~trbridge.TaskRouterError`), ``state``, and whatever the service sends, by its raw name; with
    :meth:`feed_events` everything that the workspace's log has.
    """

    kind: ClassVar[ChannelKind] = "workspace"
    resource_class: ClassVar[type[WorkspaceInstance]] = WorkspaceInstance
    watched: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "workspace.updated": (
            "friendly_name",
            "default_activity_sid",
            "timeout_activity_sid",
            "event_callback_url",
            "events_filter",
            "multi_task_enabled",
            "prioritize_queue_order",
        )
    }

    account_sid: Mirror[str | None] = Mirror()
    date_created: Mirror[datetime | None] = Mirror()
    date_updated: Mirror[datetime | None] = Mirror()
    default_activity_name: Mirror[str | None] = Mirror()
    default_activity_sid: Mirror[str | None] = Mirror()
    default_activity: Mirror[ActivityInstance | None] = Mirror()
    event_callback_url: Mirror[str | None] = Mirror()
    events_filter: Mirror[str | None] = Mirror()
    friendly_name: Mirror[str | None] = Mirror()
    multi_task_enabled: Mirror[bool | None] = Mirror()
    prioritize_queue_order: Mirror[str | None] = Mirror()
    sid: Mirror[str | None] = Mirror()
    timeout_activity_name: Mirror[str | None] = Mirror()
    timeout_activity_sid: Mirror[str | None] = Mirror()
    timeout_activity: Mirror[ActivityInstance | None] = Mirror()

    # -- its resources -----------------------------------------------------------------------------

    @property
    def activities(self) -> ActivityList:
        """Activities."""
        return self.resource.activities

    @property
    def workflows(self) -> WorkflowList:
        """Workflows."""
        return self.resource.workflows

    @property
    def taskqueues(self) -> TaskQueueList:
        """Task queues; ``task_queues`` is the same."""
        return self.resource.taskqueues

    task_queues = taskqueues

    @property
    def workers(self) -> WorkerList:
        """Workers."""
        return self.resource.workers

    @property
    def tasks(self) -> TaskList:
        """Tasks."""
        return self.resource.tasks

    @property
    def task_channels(self) -> TaskChannelList:
        """Task channels."""
        return self.resource.task_channels

    @property
    def statistics(self) -> StatisticsResource[WorkspaceStatistics]:
        """Cumulative and real-time statistics in one."""
        return self.resource.statistics

    @property
    def cumulative_stats(self) -> StatisticsResource[WorkspaceCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return self.resource.cumulative_stats

    @property
    def realtime_stats(self) -> StatisticsResource[WorkspaceRealTimeStatistics]:
        """How things are now."""
        return self.resource.realtime_stats

    @property
    def ready_url(self) -> str:
        """The workspace's URL, with the slash that v1 ends it with (Q6)."""
        return f"{self._context.workspace_url}/"
