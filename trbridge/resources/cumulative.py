"""What happened in a span of time (rest-api 4.3).

``avg_task_acceptance_time`` and durations are seconds. ``split_by_wait_time`` is there if it was asked
for: threshold in seconds, as text, to :class:`~trbridge.resources.figures.Split`.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from .figures import (
    ABSENT,
    SPLIT_WINDOW,
    WINDOW,
    ActivityDuration,
    Cumulative,
    Duration,
    OfTaskQueue,
    OfWorkflow,
    Sent,
    Split,
)

__all__ = [
    "TaskQueueCumulativeStatistics",
    "WorkersCumulativeStatistics",
    "WorkflowCumulativeStatistics",
    "WorkspaceCumulativeStatistics",
]


class _OfTasks(Cumulative, frozen=True, kw_only=True, dict=True):
    avg_task_acceptance_time: float = 0.0
    tasks_canceled: int = 0
    tasks_completed: int = 0
    tasks_deleted: int = 0
    tasks_moved: int = 0
    wait_duration_until_accepted: Sent[Duration] = ABSENT
    wait_duration_until_canceled: Sent[Duration] = ABSENT
    split_by_wait_time: dict[str, Split] | None = None


class WorkspaceCumulativeStatistics(_OfTasks, frozen=True, kw_only=True, dict=True):
    """What happened in a workspace."""

    path: ClassVar[str] = "/{sid}/CumulativeStatistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    tasks_created: int = 0
    tasks_timed_out_in_workflow: int = 0


class WorkflowCumulativeStatistics(OfWorkflow, _OfTasks, frozen=True, kw_only=True, dict=True):
    """What happened in a workflow."""

    path: ClassVar[str] = "/{sid}/Workflows/{sid}/CumulativeStatistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    workflow_sid: str | None = None
    tasks_entered: int = 0
    tasks_timed_out_in_workflow: int = 0


class TaskQueueCumulativeStatistics(OfTaskQueue, _OfTasks, frozen=True, kw_only=True, dict=True):
    """What happened in a task queue.

    Attributes:
        wait_duration_until_accepted: From the task's creation.
        wait_duration_in_queue_until_accepted: From its entering this queue.
    """

    path: ClassVar[str] = "/{sid}/TaskQueues/{sid}/CumulativeStatistics"
    filters: ClassVar[frozenset[str]] = SPLIT_WINDOW

    task_queue_sid: str | None = None
    tasks_entered: int = 0
    wait_duration_in_queue_until_accepted: Sent[Duration] = ABSENT


class WorkersCumulativeStatistics(Cumulative, frozen=True, kw_only=True, dict=True):
    """What workers did.

    Attributes:
        activity_durations: For each activity, how long workers were in it.
    """

    path: ClassVar[str] = "/{sid}/Workers/CumulativeStatistics"
    filters: ClassVar[frozenset[str]] = WINDOW

    activity_durations: list[ActivityDuration] = msgspec.field(default_factory=list)
