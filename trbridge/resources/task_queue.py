"""Task queues: where tasks wait for the workers that fit (rest-api 3.6)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from .instance import InstanceResource
from .listing import ListResource
from .statistics import (
    StatisticsResource,
    TaskQueueCumulativeStatistics,
    TaskQueueRealTimeStatistics,
    TaskQueuesRealTimeResource,
    TaskQueuesStatisticsResource,
    TaskQueueStatistics,
)

if TYPE_CHECKING:
    from .activity import ActivityInstance

__all__ = ["TaskQueueInstance", "TaskQueueList"]

_CHANGEABLE = frozenset(
    {
        "FriendlyName",
        "TargetWorkers",
        "MaxReservedWorkers",
        "TaskOrder",
        "ReservationActivitySid",
        "AssignmentActivitySid",
    }
)


class TaskQueueInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """A task queue.

    Attributes:
        friendly_name: Its name.
        target_workers: Expression that tells which workers fit.
        max_reserved_workers: How many workers are offered one task at the same time, 1 to 50.
        task_order: ``FIFO`` or ``LIFO``.
        reservation_activity_sid: Activity of a worker with a pending reservation (single-tasking only).
        assignment_activity_sid: Activity of a worker with an accepted one (single-tasking only).
    """

    prefix: ClassVar[str] = "WQ"
    path: ClassVar[str] = "TaskQueues"
    updatable: ClassVar[frozenset[str]] = _CHANGEABLE

    friendly_name: str | None = None
    target_workers: str | None = None
    max_reserved_workers: int = 0
    task_order: str | None = None
    reservation_activity_sid: str | None = None
    reservation_activity_name: str | None = None
    assignment_activity_sid: str | None = None
    assignment_activity_name: str | None = None

    @property
    def reservation_activity(self) -> ActivityInstance | None:
        """Activity of a worker with a pending reservation; its fields come with ``fetch()``."""
        from .activity import ActivityInstance

        return self._linked(ActivityInstance, "reservation_activity_sid")

    @property
    def assignment_activity(self) -> ActivityInstance | None:
        """Activity of a worker with an accepted reservation; its fields come with ``fetch()``."""
        from .activity import ActivityInstance

        return self._linked(ActivityInstance, "assignment_activity_sid")

    @cached_property
    def statistics(self) -> StatisticsResource[TaskQueueStatistics]:
        """Cumulative and real-time statistics in one."""
        return StatisticsResource(self._context, self.resource_url, TaskQueueStatistics)

    @cached_property
    def cumulative_stats(self) -> StatisticsResource[TaskQueueCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return StatisticsResource(self._context, self.resource_url, TaskQueueCumulativeStatistics)

    @cached_property
    def realtime_stats(self) -> StatisticsResource[TaskQueueRealTimeStatistics]:
        """How things are now."""
        return StatisticsResource(self._context, self.resource_url, TaskQueueRealTimeStatistics)


class TaskQueueList(ListResource[TaskQueueInstance]):
    """The workspace's task queues.

    Filters: ``friendly_name``, ``evaluate_worker_attributes`` (queues that a worker with these attributes
    would fit), ``worker_sid``, ``ordering``. Parameters: ``friendly_name`` (required), ``target_workers``
    (default ``1==1``), ``max_reserved_workers``, ``task_order``, ``reservation_activity_sid``,
    ``assignment_activity_sid``.
    """

    item: ClassVar[type[TaskQueueInstance]] = TaskQueueInstance
    key: ClassVar[str] = "task_queues"
    filters: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "EvaluateWorkerAttributes", "WorkerSid", "Ordering"})
    creatable: ClassVar[frozenset[str]] = _CHANGEABLE

    @cached_property
    def statistics(self) -> TaskQueuesStatisticsResource:
        """Cumulative and real-time statistics of every queue, as a page of queues."""
        return TaskQueuesStatisticsResource(self._context, self.resource_url)

    @cached_property
    def cumulative_stats(self) -> StatisticsResource[TaskQueueCumulativeStatistics]:
        """As in v1; the REST API has no such statistics and answers NotFound (Q22)."""
        return StatisticsResource(self._context, self.resource_url, TaskQueueCumulativeStatistics)

    @cached_property
    def realtime_stats(self) -> TaskQueuesRealTimeResource:
        """How things are now in up to 50 queues: ``fetch(queue_sids=[...])``."""
        return TaskQueuesRealTimeResource(self._context, self.resource_url)
