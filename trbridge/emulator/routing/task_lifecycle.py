"""How tasks end: canceled, wrapped up, completed, deleted, with their reservations and events (routing 3).

First everything is changed, then the events are emitted, the task's before its reservations' (the order seen
live, routing 7), so that each event shows the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..operations.workers import change_activity
from ..state.indexes import OPEN_RESERVATIONS, RESERVATIONS_OF
from ..state.model import Reservation, Task, TaskQueue, Worker
from ..state.transaction import Transaction
from .transitions import RESERVATION_EVENTS, move, status_of

__all__ = [
    "ASSIGNMENTS_EXCEEDED",
    "TTL_EXCEEDED",
    "cancel_task",
    "complete_task",
    "delete_task",
    "discard_task",
    "release_worker",
    "system_delete_task",
    "wrap_task",
]

TTL_EXCEEDED: Final = "Task TTL Exceeded"
ASSIGNMENTS_EXCEEDED: Final = "Task TTL Exceeded or Max assignment count exceeded"
"""The variant that consumers also match (routing 3.2) [I]: sent when the assignments are what was exceeded."""

_ON_CANCEL: Final = {"pending": "canceled"}
_ON_WRAP: Final = {"accepted": "wrapping"}
_ON_END: Final = {"pending": "canceled", "accepted": "completed", "wrapping": "completed"}


def cancel_task(tx: Transaction, task: Task, reason: str | None = None, *, description: str | None = None) -> Task:
    """Cancel a task that is pending or reserved; its pending reservations go with it.

    Args:
        tx: The transaction.
        task: The task.
        reason: Its ``reason``; kept as it is when left out.
        description: The event's, where the system gives one.

    Raises:
        BadRequest: It is neither pending nor reserved.
    """
    closed = _close(tx, task, _ON_CANCEL)
    fields = {} if reason is None else {"reason": reason}
    task = move(tx, task, "canceled", ended_at=tx.now, **fields)
    tx.emit("task.canceled", task, description=description)
    _tell(tx, closed)
    return task


def wrap_task(tx: Transaction, task: Task, reason: str | None = None) -> Task:
    """Send an assigned task to wrap-up, with its reservation. Capacity stays in use.

    Raises:
        BadRequest: It is not assigned.
    """
    closed = _close(tx, task, _ON_WRAP)
    task = move(tx, task, "wrapping", **({} if reason is None else {"reason": reason}))
    tx.emit("task.wrapup", task)
    _tell(tx, closed)
    return task


def complete_task(tx: Transaction, task: Task, reason: str | None = None) -> Task:
    """Complete an assigned or wrapping task, with its reservation.

    Raises:
        BadRequest: It is neither.
    """
    closed = _close(tx, task, _ON_END)
    task = move(tx, task, "completed", ended_at=tx.now, **({} if reason is None else {"reason": reason}))
    tx.emit("task.completed", task)
    _tell(tx, closed)
    tx.emit("task.updated", task)  # seen live after a completion (routing 7)
    return task


def delete_task(tx: Transaction, task: Task, event: str = "task.deleted") -> None:
    """Delete a task in whatever state it is. Its open reservations end first, so that their workers hear of it.

    A pending one is canceled; an accepted one is completed, as the v2 client's tests expect (routing 3.2).
    """
    closed = _close(tx, task, _ON_END)
    tx.emit(event, tx.store.tasks[task.sid])
    _tell(tx, closed)
    discard_task(tx, task)


def system_delete_task(tx: Transaction, task: Task) -> None:
    """Delete a task that has been assigned for too long (routing 3.2)."""
    delete_task(tx, task, "task.system-deleted")


def discard_task(tx: Transaction, task: Task) -> None:
    """Take a task that is over out of the store with its reservations, without a word (routing 3.2)."""
    for reservation in tx.store.select(RESERVATIONS_OF, task.sid):
        tx.remove(reservation)
    tx.remove(tx.store.tasks[task.sid])


def release_worker(tx: Transaction, reservation: Reservation) -> None:
    """In a single-tasking workspace, put a worker back whom a pending reservation moved (routing 4.5).

    Only if the worker is still where the reservation put them: who has moved on since stays there.
    """
    worker = tx.store.get(Worker, reservation.worker_sid)
    queue = tx.store.get(TaskQueue, reservation.task_queue_sid)
    previous = reservation.worker_previous_activity_sid
    if worker is None or queue is None or tx.store.workspaces[reservation.workspace_sid].multi_task_enabled:
        return
    if worker.activity_sid == queue.reservation_activity_sid and previous in tx.store.activities:
        change_activity(tx, worker, previous)


def _close(tx: Transaction, task: Task, outcomes: Mapping[str, str]) -> list[Reservation]:
    open_reservations = tx.store.select(OPEN_RESERVATIONS, task.sid)
    return [
        move(tx, reservation, outcomes[status_of(reservation)])
        for reservation in open_reservations
        if status_of(reservation) in outcomes
    ]


def _tell(tx: Transaction, closed: list[Reservation]) -> None:
    for reservation in closed:
        tx.emit(RESERVATION_EVENTS[status_of(reservation)], reservation)
        if status_of(reservation) == "canceled":
            release_worker(tx, reservation)
        elif status_of(reservation) == "completed":
            _after_work(tx, reservation)


def _after_work(tx: Transaction, reservation: Reservation) -> None:
    # There is no call whose end could be waited for: the work is over with the reservation [I].
    worker = tx.store.get(Worker, reservation.worker_sid)
    after = reservation.post_work_activity_sid
    if worker is not None and after in tx.store.activities:
        change_activity(tx, worker, after)
