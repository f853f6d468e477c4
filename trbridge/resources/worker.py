"""Workers: who takes tasks (rest-api 3.3)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from .attributes import AttributedInstance
from .decoding import Moment
from .listing import ListResource
from .statistics import (
    StatisticsResource,
    WorkerInstanceStatistics,
    WorkersCumulativeStatistics,
    WorkersRealTimeStatistics,
    WorkersStatistics,
)

if TYPE_CHECKING:
    from .activity import ActivityInstance
    from .reservation import ReservationList
    from .worker_channel import WorkerChannelList

__all__ = ["WorkerInstance", "WorkerList"]


class WorkerInstance(AttributedInstance, kw_only=True, dict=True, eq=False):
    """A worker.

    Attributes:
        friendly_name: The worker's name, unique in the workspace.
        activity_sid: What the worker is doing; ``update(activity_sid=...)`` changes it.
        activity_name: The name of that activity.
        available: Whether that activity allows to give the worker tasks.
        date_status_changed: When the activity last changed.
        version: Its version, where the socket tells it; see also ``etag``.
    """

    prefix: ClassVar[str] = "WK"
    path: ClassVar[str] = "Workers"
    shown: ClassVar[str] = "activity_name"
    updatable: ClassVar[frozenset[str]] = frozenset(
        {"ActivitySid", "Attributes", "FriendlyName", "RejectPendingReservations"}
    )

    friendly_name: str | None = None
    activity_sid: str | None = None
    activity_name: str | None = None
    available: bool | None = None
    date_status_changed: Moment = None
    version: int | None = None

    @property
    def activity(self) -> ActivityInstance | None:
        """What the worker is doing; its fields come with ``fetch()`` (Q40)."""
        from .activity import ActivityInstance

        return self._linked(ActivityInstance, "activity_sid")

    @cached_property
    def channels(self) -> WorkerChannelList:
        """How much of which task channel the worker takes at a time."""
        from .worker_channel import WorkerChannelList

        return WorkerChannelList(self._context, self.resource_url)

    @cached_property
    def reservations(self) -> ReservationList:
        """The worker's reservations, those of the past included."""
        from .reservation import ReservationList

        return ReservationList(self._context, self.resource_url)

    @cached_property
    def statistics(self) -> StatisticsResource[WorkerInstanceStatistics]:
        """What this worker did in a span of time (there is no real-time part)."""
        return StatisticsResource(self._context, self.resource_url, WorkerInstanceStatistics)


class WorkerList(ListResource[WorkerInstance]):
    """The workspace's workers.

    Filters: ``activity_name``, ``activity_sid``, ``available``, ``friendly_name``,
    ``target_workers_expression`` (an expression over attributes), ``task_queue_name``, ``task_queue_sid``
    (who could work in that queue), ``ordering``. Parameters: ``friendly_name`` (required),
    ``activity_sid`` (default the workspace's default activity), ``attributes``.
    """

    item: ClassVar[type[WorkerInstance]] = WorkerInstance
    key: ClassVar[str] = "workers"
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "ActivityName",
            "ActivitySid",
            "Available",
            "FriendlyName",
            "TargetWorkersExpression",
            "TaskQueueName",
            "TaskQueueSid",
            "Ordering",
        }
    )
    creatable: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "ActivitySid", "Attributes"})

    @cached_property
    def statistics(self) -> StatisticsResource[WorkersStatistics]:
        """Cumulative and real-time statistics of all workers, or of those of one queue or name."""
        return StatisticsResource(self._context, self.resource_url, WorkersStatistics)

    @cached_property
    def cumulative_stats(self) -> StatisticsResource[WorkersCumulativeStatistics]:
        """What the workers did in a span of time; the last 15 minutes by default."""
        return StatisticsResource(self._context, self.resource_url, WorkersCumulativeStatistics)

    @cached_property
    def realtime_stats(self) -> StatisticsResource[WorkersRealTimeStatistics]:
        """How many workers are in which activity now."""
        return StatisticsResource(self._context, self.resource_url, WorkersRealTimeStatistics)
