"""The life of tasks and reservations: what operations, timers and routing call.

The rules are in :mod:`.transitions`; here is one function for each thing that can happen, with its effects on
the other resources and its events. None of them looks for workers: routing does when the transaction settles.
"""

from __future__ import annotations

from ..state.indexes import RESERVATIONS_BY_STATUS, TASKS_BY_STATUS
from ..state.model import Task, Worker, Workflow
from ..state.transaction import Transaction
from .reservation_lifecycle import accept, cancel, reject, reserve, time_out
from .task_lifecycle import (
    ASSIGNMENTS_EXCEEDED,
    TTL_EXCEEDED,
    cancel_task,
    complete_task,
    delete_task,
    discard_task,
    system_delete_task,
    wrap_task,
)
from .walk import ROUTING_TARGET_UNAVAILABLE, WORKFLOW_TIMEOUT, re_evaluate, skip_step, time_out_step

__all__ = [
    "ASSIGNMENTS_EXCEEDED",
    "ROUTING_TARGET_MISSED",
    "ROUTING_TARGET_UNAVAILABLE",
    "TTL_EXCEEDED",
    "WORKFLOW_TIMEOUT",
    "accept",
    "cancel",
    "cancel_task",
    "complete_task",
    "delete_task",
    "discard_task",
    "expire_task",
    "fail_direct_task",
    "re_evaluate",
    "re_evaluate_tasks",
    "reject",
    "reserve",
    "skip_step",
    "system_delete_task",
    "time_out",
    "time_out_step",
    "worker_deleted",
    "wrap_task",
]

ROUTING_TARGET_MISSED = "RoutingTarget SLA for Reservation creation was not met"


def re_evaluate_tasks(tx: Transaction, workflow: Workflow) -> int:
    """Send the waiting tasks of a workflow through it again (``ReEvaluateTasks``, routing 2.4).

    Returns:
        How many there were.
    """
    tasks = tx.store.select(TASKS_BY_STATUS, (workflow.sid, "pending"))
    for task in tasks:
        re_evaluate(tx, task)
    return len(tasks)


def worker_deleted(tx: Transaction, worker: Worker) -> None:
    """Let go of a worker who is about to be removed [I].

    Pending reservations are canceled and their tasks offered to others. Accepted ones stay with their tasks,
    which can still be completed. Tasks that wait for this worker alone are canceled.
    """
    for reservation in tx.store.select(RESERVATIONS_BY_STATUS, (worker.sid, "pending")):
        cancel(tx, reservation, "Worker deleted")
    for task in tx.store.select(TASKS_BY_STATUS, (worker.workspace_sid, "pending")):
        if task.routing_target == worker.sid:
            fail_direct_task(tx, task)


def expire_task(tx: Transaction, task: Task) -> Task:
    """End a task that has been pending or reserved for as long as its ``timeout`` says (routing 3.2)."""
    if task.assignment_status == "pending" and (task.routing_target or "").startswith("WK"):
        return fail_direct_task(tx, task)
    return cancel_task(tx, task, TTL_EXCEEDED, description=TTL_EXCEEDED)


def fail_direct_task(tx: Transaction, task: Task) -> Task:
    """Cancel a task whose one worker could not be reserved for it, with ``reservation.failed`` (routing 7)."""
    task = cancel_task(tx, task, ROUTING_TARGET_MISSED)
    tx.emit("reservation.failed", task)
    return task
