"""How things are now: tasks and workers, counted from the entities (routing 8, rest-api 4.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..state.indexes import BY_WORKSPACE, TASKS_BY_PRIORITY, TASKS_BY_STATUS, TASKS_LIVE, WORKERS_BY_ACTIVITY
from ..state.model import Activity, Task, TaskQueue, Worker
from .queues import eligible_activities

if TYPE_CHECKING:
    from ..state.model import Workflow, Workspace
    from ..state.store import Store

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
    if chosen is None:
        total = store.count(BY_WORKSPACE[Worker], workspace.sid)
        return {"activity_statistics": activity_statistics(store, workspace.sid), "total_workers": total}
    counts = Counter(worker.activity_sid for worker in chosen)
    return {"activity_statistics": activity_statistics(store, workspace.sid, counts), "total_workers": len(chosen)}


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
        "activity_statistics": activity_statistics(store, workspace_sid, {}),
        "total_available_workers": 0,
        "total_eligible_workers": 0,
    }


def _queue(store: Store, queue: TaskQueue, now: float, channel: str | None) -> dict[str, Any]:
    counts = eligible_activities(store, queue)
    activities = store.in_workspace(Activity, queue.workspace_sid)
    return {
        **_tasks(store, queue.sid, now, channel),
        "activity_statistics": activity_statistics(store, queue.workspace_sid, counts),
        # Busy ones count as well (rest-api 4.4).
        "total_available_workers": sum(counts.get(each.sid, 0) for each in activities if each.available),
        "total_eligible_workers": sum(counts.values()),
    }


def activity_statistics(
    store: Store, workspace_sid: str, counts: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """How many workers are in each activity, every activity listed.

    Args:
        store: The state.
        workspace_sid: Whose activities.
        counts: Activity SID to how many; of all the workspace's workers if left out.
    """

    def count(sid: str) -> int:
        return store.count(WORKERS_BY_ACTIVITY, sid) if counts is None else counts.get(sid, 0)

    activities = store.in_workspace(Activity, workspace_sid)
    return [{"sid": each.sid, "friendly_name": each.friendly_name, "workers": count(each.sid)} for each in activities]


def _tasks(store: Store, sid: str, now: float, channel: str | None) -> dict[str, Any]:
    age, longest = _longest(_pending(store, sid, channel), now)
    if channel is not None:
        tasks = [task for task in store.each(TASKS_LIVE, sid) if task.task_channel_sid == channel]
        return _summary(tasks, age, longest)
    # Without a channel the indexes know the counts.
    return {
        "longest_task_waiting_age": age,
        "longest_task_waiting_sid": longest,
        "tasks_by_status": {status: store.count(TASKS_BY_STATUS, (sid, status)) for status in _STATUSES},
        "tasks_by_priority": {
            str(each): store.count(TASKS_BY_PRIORITY, (sid, each)) for each in sorted(_priorities(store, sid))
        },
        "total_tasks": store.count(TASKS_LIVE, sid),
    }


def _priorities(store: Store, sid: str) -> set[int]:
    return {task.priority for task in store.each(TASKS_LIVE, sid)}


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
