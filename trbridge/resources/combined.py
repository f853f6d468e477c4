"""Cumulative and real-time statistics in one answer (rest-api 4.5).

Whose they are (``workspace_sid``, ``task_queue_sid``, ...) is told on the outside; inside these are None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .binding import linked
from .cumulative import (
    TaskQueueCumulativeStatistics,
    WorkersCumulativeStatistics,
    WorkflowCumulativeStatistics,
    WorkspaceCumulativeStatistics,
)
from .figures import ABSENT, SPLIT_WINDOW, WINDOW, OfTaskQueue, OfWorkflow, Sent, Statistics
from .realtime import (
    TaskQueueRealTimeStatistics,
    WorkersRealTimeStatistics,
    WorkflowRealTimeStatistics,
    WorkspaceRealTimeStatistics,
)

if TYPE_CHECKING:
    from .worker import WorkerInstance

__all__ = [
    "TaskQueueStatistics",
    "TaskQueueStatisticsItem",
    "WorkerInstanceStatistics",
    "WorkersStatistics",
    "WorkflowStatistics",
    "WorkspaceStatistics",
]


class WorkspaceStatistics(Statistics, frozen=True, kw_only=True, dict=True):
    """Statistics of a workspace."""

    path: ClassVar[str] = "/{sid}/Statistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    cumulative: Sent[WorkspaceCumulativeStatistics] = ABSENT
    realtime: Sent[WorkspaceRealTimeStatistics] = ABSENT


class WorkflowStatistics(OfWorkflow, Statistics, frozen=True, kw_only=True, dict=True):
    """Statistics of a workflow."""

    path: ClassVar[str] = "/{sid}/Workflows/{sid}/Statistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    workflow_sid: str | None = None
    cumulative: Sent[WorkflowCumulativeStatistics] = ABSENT
    realtime: Sent[WorkflowRealTimeStatistics] = ABSENT


class TaskQueueStatistics(OfTaskQueue, Statistics, frozen=True, kw_only=True, dict=True):
    """Statistics of one task queue."""

    path: ClassVar[str] = "/{sid}/TaskQueues/{sid}/Statistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    task_queue_sid: str | None = None
    cumulative: Sent[TaskQueueCumulativeStatistics] = ABSENT
    realtime: Sent[TaskQueueRealTimeStatistics] = ABSENT


class TaskQueueStatisticsItem(TaskQueueStatistics, frozen=True, kw_only=True, dict=True):
    """Statistics of one task queue on a page of all queues'."""

    path: ClassVar[str] = "/{sid}/TaskQueues/Statistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW | {"FriendlyName", "PageSize", "Page", "PageToken"}
    key: ClassVar[str] = "task_queues_statistics"
    """Name of the list in an answer (rest-api 1.1)."""


class WorkersStatistics(Statistics, frozen=True, kw_only=True, dict=True):
    """Statistics of workers."""

    path: ClassVar[str] = "/{sid}/Workers/Statistics"
    filters: ClassVar[frozenset[str]] = WINDOW | {"TaskQueueSid", "TaskQueueName", "FriendlyName"}

    cumulative: Sent[WorkersCumulativeStatistics] = ABSENT
    realtime: Sent[WorkersRealTimeStatistics] = ABSENT


class WorkerInstanceStatistics(Statistics, frozen=True, kw_only=True, dict=True):
    """Statistics of one worker; there is no real-time part."""

    path: ClassVar[str] = "/{sid}/Workers/{sid}/Statistics"
    filters: ClassVar[frozenset[str]] = WINDOW

    worker_sid: str | None = None
    cumulative: Sent[WorkersCumulativeStatistics] = ABSENT

    @property
    def worker(self) -> WorkerInstance | None:
        """The worker they are about; its fields come with ``fetch()``."""
        from .worker import WorkerInstance

        return linked(self, WorkerInstance, "worker_sid")
