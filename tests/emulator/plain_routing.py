"""Who may be given a task, read plainly from the rules and with no regard to cost (routing 4.1, 5)."""

from __future__ import annotations

from typing import Any

from contact_center import Center

from trbridge.emulator.expressions import compile_expression, compile_target_workers, time_variables
from trbridge.emulator.routing.eligibility import decoded, target_of
from trbridge.emulator.state.indexes import BY_WORKSPACE
from trbridge.emulator.state.model import OPEN_RESERVATION, Reservation, Task, Worker

__all__ = ["fits", "open_reservations"]


def open_reservations(center: Center) -> list[Reservation]:
    """All that take capacity."""
    rows = center.store.select(BY_WORKSPACE[Reservation], center.workspace_sid)
    return [row for row in rows if row.reservation_status in OPEN_RESERVATION]


def fits(center: Center, task: Task, worker: Worker) -> bool:
    """Whether a waiting task could be given to a worker now."""
    store = center.store
    if not store.activities[worker.activity_sid].available or not _has_room(center, task, worker):
        return False
    if task.routing_target is not None and task.routing_target.startswith("WK"):
        return task.routing_target == worker.sid
    queue = store.task_queues[task.task_queue_sid or ""]
    if not compile_target_workers(queue.target_workers).match({"worker": decoded(worker.attributes)}):
        return False
    target = target_of(store, task)
    if target is None:
        return True
    if target.known_worker is not None and task.known_worker_sid != worker.sid:
        return False
    if target.expression is None:
        return True
    return compile_expression(target.expression.text, target.expression.context).match(_roots(center, task, worker))


def _has_room(center: Center, task: Task, worker: Worker) -> bool:
    held = [row for row in open_reservations(center) if row.worker_sid == worker.sid]
    if not center.workspace.multi_task_enabled:
        return not held
    channel = center.store.worker_channel(worker.sid, task.task_channel_sid)
    load = sum(row.task_channel_sid == task.task_channel_sid for row in held)
    return channel is not None and channel.available and load < channel.configured_capacity


def _roots(center: Center, task: Task, worker: Worker) -> dict[str, Any]:
    channel = center.task_channel("default")
    accepted = [
        row
        for row in open_reservations(center)
        if (row.worker_sid, row.task_channel_sid, row.reservation_status) == (worker.sid, channel, "accepted")
    ]
    return {
        "worker": decoded(worker.attributes),
        "task": decoded(task.attributes),
        "taskrouter": time_variables(center.engine.now()),
        "channel": {"default": {"assigned_tasks": len(accepted)}},
    }
