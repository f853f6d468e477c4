"""How things are now: tasks and workers, counted from the entities (routing 8, rest-api 4.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from ..indexes import BY_WORKSPACE, TASKS_BY_PRIORITY, TASKS_BY_STATUS, TASKS_LIVE, WORKERS_BY_ACTIVITY
from ..model import Activity, Task, TaskQueue, Worker
from .queues import eligible_workers

if TYPE_CHECKING:
    from ..model import Workflow, Workspace
    from ..store import Store

__all__ = [
    "activity_statistics",
    "bulk_realtime",
    "queue_realtime",
    "workers_realtime",
    "workflow_realtime",
    "workspace_realtime",
]

_STATUSES: Final = ("pending", "reserved", "assigned", "wrapping")
"""The statuses of a task that is not over; the documented sample has these keys, zeros included."""


def workspace_realtime(store: Store, workspace: Workspace, now: float, channel: str | None) -> dict[str, Any]:
    """A whole workspace."""
    return {
        **_tasks(store, workspace.sid, now, channel),
        "activity_statistics": activity_statistics(store, workspace.sid),
        "total_workers": store.count(BY_WORKSPACE[Worker], workspace.sid),
    }


def workflow_realtime(store: Store, workflow: Workflow, now: float, channel: str | None) -> dict[str, Any]:
    """One workflow."""
    return _tasks(store, workflow.sid, now, channel)


def queue_realtime(store: Store, queue: TaskQueue, now: float, channel: str | None) -> dict[str, Any]:
    """One queue, with its workers, and waits since tasks entered it."""
    age, sid = _longest(_pending(store, queue.sid, channel), now, in_queue=True)
    return {
        **_queue(store, queue, now, channel),
        "longest_relative_task_age_in_queue": age,
        "longest_relative_task_sid_in_queue": sid,
    }


def workers_realtime(
    store: Store, workspace: Workspace, _now: float, _channel: str | None, chosen: list[Worker] | None = None
) -> dict[str, Any]:
    """Workers by activity."""
    total = store.count(BY_WORKSPACE[Worker], workspace.sid) if chosen is None else len(chosen)
    return {"activity_statistics": activity_statistics(store, workspace.sid, chosen), "total_workers": total}


def bulk_realtime(store: Store, workspace: Workspace, sids: list[str], now: float) -> dict[str, Any]:
    """Many queues at once; one that is not this workspace's counts as empty (rest-api 4.6)."""
    return {"task_queue_data": [_bulk_item(store, workspace.sid, sid, now) for sid in sids]}


def _bulk_item(store: Store, workspace_sid: str, sid: str, now: float) -> dict[str, Any]:
    queue = store.get(TaskQueue, sid)
    if queue is not None and queue.workspace_sid == workspace_sid:
        return {"task_queue_sid": sid, **_queue(store, queue, now, None)}
    return {
        "task_queue_sid": sid,
        **_summary([], 0, None),
        "activity_statistics": activity_statistics(store, workspace_sid, []),
        "total_available_workers": 0,
        "total_eligible_workers": 0,
    }


def _queue(store: Store, queue: TaskQueue, now: float, channel: str | None) -> dict[str, Any]:
    workers = eligible_workers(store, queue)
    available = sum(store.activities[worker.activity_sid].available for worker in workers)
    return {
        **_tasks(store, queue.sid, now, channel),
        "activity_statistics": activity_statistics(store, queue.workspace_sid, workers),
        "total_available_workers": available,  # busy ones count as well (rest-api 4.4)
        "total_eligible_workers": len(workers),
    }


def activity_statistics(
    store: Store, workspace_sid: str, workers: Iterable[Worker] | None = None
) -> list[dict[str, Any]]:
    """How many workers are in each activity, every activity listed; of all workers if none are given."""
    activities = store.in_workspace(Activity, workspace_sid)
    if workers is None:
        counts = Counter({activity.sid: store.count(WORKERS_BY_ACTIVITY, activity.sid) for activity in activities})
    else:
        counts = Counter(worker.activity_sid for worker in workers)
    return [
        {"sid": activity.sid, "friendly_name": activity.friendly_name, "workers": counts[activity.sid]}
        for activity in activities
    ]


def _tasks(store: Store, sid: str, now: float, channel: str | None) -> dict[str, Any]:
    age, longest = _longest(_pending(store, sid, channel), now)
    if channel is not None:
        return _summary(
            [task for task in store.each(TASKS_LIVE, sid) if task.task_channel_sid == channel], age, longest
        )
    # Without a channel the indexes know the counts; nothing is walked.
    priorities = sorted({key[1] for key in store.keys(TASKS_BY_PRIORITY) if key[0] == sid})  # type: ignore[index]
    return {
        "longest_task_waiting_age": age,
        "longest_task_waiting_sid": longest,
        "tasks_by_status": {status: store.count(TASKS_BY_STATUS, (sid, status)) for status in _STATUSES},
        "tasks_by_priority": {str(each): store.count(TASKS_BY_PRIORITY, (sid, each)) for each in priorities},
        "total_tasks": store.count(TASKS_LIVE, sid),
    }


def _summary(tasks: list[Task], age: int, longest: str | None) -> dict[str, Any]:
    statuses = Counter(task.assignment_status for task in tasks)
    priorities = Counter(task.priority for task in tasks)
    return {
        "longest_task_waiting_age": age,
        "longest_task_waiting_sid": longest,
        "tasks_by_status": {status: statuses[status] for status in _STATUSES},
        "tasks_by_priority": {str(priority): priorities[priority] for priority in sorted(priorities)},
        "total_tasks": len(tasks),
    }


def _pending(store: Store, sid: str, channel: str | None) -> Iterable[Task]:
    tasks = store.each(TASKS_BY_STATUS, (sid, "pending"))
    return tasks if channel is None else (task for task in tasks if task.task_channel_sid == channel)


def _longest(tasks: Iterable[Task], now: float, *, in_queue: bool = False) -> tuple[int, str | None]:
    """The task that waits longest; reserved ones do not wait (routing 8)."""
    oldest: tuple[float, str] | None = None
    for task in tasks:
        since = task.task_queue_entered_date if in_queue else task.date_created
        if since is not None and (oldest is None or since < oldest[0]):
            oldest = since, task.sid
    return (0, None) if oldest is None else (max(0, int(now - oldest[0])), oldest[1])
