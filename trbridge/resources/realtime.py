"""How things are now (rest-api 4.4 and 4.6); the figures may lag a few seconds."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .figures import NOW, ActivityCount, OfTaskQueue, OfWorkflow, RealTime, Statistics

__all__ = [
    "TaskQueueBulkRealTimeStatistics",
    "TaskQueueRealTimeStatistics",
    "WorkersRealTimeStatistics",
    "WorkflowRealTimeStatistics",
    "WorkspaceRealTimeStatistics",
]


class WorkspaceRealTimeStatistics(RealTime, frozen=True, kw_only=True, dict=True):
    """How things are in a workspace.

    Attributes:
        total_workers: How many workers there are.
        activity_statistics: How many workers are in which activity.
    """

    path: ClassVar[str] = "/{sid}/RealTimeStatistics"
    filters: ClassVar[frozenset[str]] = NOW

    total_workers: int = 0
    activity_statistics: list[ActivityCount] = msgspec.field(default_factory=list)


class WorkflowRealTimeStatistics(OfWorkflow, RealTime, frozen=True, kw_only=True, dict=True):
    """How things are in a workflow."""

    path: ClassVar[str] = "/{sid}/Workflows/{sid}/RealTimeStatistics"
    filters: ClassVar[frozenset[str]] = NOW

    workflow_sid: str | None = None


class TaskQueueRealTimeStatistics(OfTaskQueue, RealTime, frozen=True, kw_only=True, dict=True):
    """How things are in a task queue.

    Attributes:
        total_eligible_workers: How many workers fit the queue, whatever they are doing.
        total_available_workers: How many of them are in an available activity, busy or not.
        longest_relative_task_age_in_queue: Seconds since the oldest waiting task came into this queue.
        longest_relative_task_sid_in_queue: Which one that is.
        activity_statistics: How many of the workers that fit are in which activity.
    """

    path: ClassVar[str] = "/{sid}/TaskQueues/{sid}/RealTimeStatistics"
    filters: ClassVar[frozenset[str]] = NOW

    task_queue_sid: str | None = None
    total_available_workers: int = 0
    total_eligible_workers: int = 0
    longest_relative_task_age_in_queue: int = 0
    longest_relative_task_sid_in_queue: str | None = None
    activity_statistics: list[ActivityCount] = msgspec.field(default_factory=list)


class WorkersRealTimeStatistics(Statistics, frozen=True, kw_only=True, dict=True):
    """How many workers are in which activity."""

    path: ClassVar[str] = "/{sid}/Workers/RealTimeStatistics"
    filters: ClassVar[frozenset[str]] = NOW

    total_workers: int = 0
    activity_statistics: list[ActivityCount] = msgspec.field(default_factory=list)


class TaskQueueBulkRealTimeStatistics(Statistics, frozen=True, kw_only=True, dict=True):
    """How things are in several task queues.

    Attributes:
        task_queue_data: For each queue that was asked for; without the ``longest_relative_*`` figures.
        task_queue_response_count: How many these are.
    """

    path: ClassVar[str] = "/{sid}/TaskQueues/RealTimeStatistics"
    filters: ClassVar[frozenset[str]] = NOW | {"QueueSids"}

    task_queue_data: list[TaskQueueRealTimeStatistics] = msgspec.field(default_factory=list)
    task_queue_response_count: int = 0
