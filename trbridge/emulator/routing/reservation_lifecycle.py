"""What becomes of reservations: made, accepted, rejected, timed out, canceled (routing 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..operations.workers import change_activity
from ..state.indexes import OPEN_RESERVATIONS, RESERVATIONS_BY_STATUS
from ..state.model import Reservation, Task, TaskQueue, Worker, Workflow
from ..state.transaction import Transaction
from .task_lifecycle import release_worker
from .transitions import RESERVATION_EVENTS, move
from .walk import offer_again

__all__ = ["DEFAULT_TIMEOUT", "accept", "cancel", "reject", "reserve", "time_out"]

DEFAULT_TIMEOUT: Final = 120
"""Seconds a reservation may be pending where no workflow says otherwise (rest-api 3.7)."""


def reserve(tx: Transaction, task: Task, workers: Sequence[Worker]) -> list[Reservation]:
    """Reserve a pending task for some workers at once: one round of assignment (routing 4.3).

    Args:
        tx: The transaction.
        task: The task.
        workers: Who gets a reservation, the best first. Nobody checks here whether they are free.

    Raises:
        BadRequest: The task is not pending.
    """
    task = move(tx, task, "reserved", assignment_cycles=task.assignment_cycles + 1)
    workflow = tx.store.get(Workflow, task.workflow_sid)
    seconds = DEFAULT_TIMEOUT if workflow is None else workflow.task_reservation_timeout
    made = [_reserve_one(tx, task, worker, seconds) for worker in workers]
    for reservation in made:
        tx.emit("reservation.created", reservation)
        _into_queue_activity(tx, reservation, "reservation_activity_sid")
    return made


def accept(tx: Transaction, reservation: Reservation, *, post_work_activity_sid: str | None = None) -> Reservation:
    """Accept a pending reservation: the task is assigned, the other reservations of the round are rescinded.

    Args:
        tx: The transaction.
        reservation: The reservation.
        post_work_activity_sid: Where the worker goes when the task is completed; left out, they stay.

    Raises:
        BadRequest: It is not pending.
    """
    reservation = move(tx, reservation, "accepted", post_work_activity_sid=post_work_activity_sid)
    task = tx.store.tasks[reservation.task_sid]
    others = tx.store.select(RESERVATIONS_BY_STATUS, (task.sid, "pending"))
    move(tx, task, "assigned", assigned_at=tx.now)
    others = [move(tx, other, "rescinded") for other in others]
    tx.emit("reservation.accepted", reservation)
    _into_queue_activity(tx, reservation, "assignment_activity_sid")
    for other in others:
        tx.emit("reservation.rescinded", other)
        release_worker(tx, other)
    return reservation


def reject(tx: Transaction, reservation: Reservation, activity_sid: str | None = None) -> Reservation:
    """Reject a pending reservation.

    Args:
        tx: The transaction.
        reservation: The reservation.
        activity_sid: Where the worker goes. Left out, they stay where they are; in a single-tasking
            workspace they go back to where they were before (routing 4.5).

    Raises:
        BadRequest: It is not pending.
    """
    reservation = _fail(tx, reservation, "rejected")
    worker = tx.store.get(Worker, reservation.worker_sid)
    if activity_sid is not None and worker is not None:
        change_activity(tx, worker, activity_sid)
    else:
        release_worker(tx, reservation)
    _offer_again(tx, reservation, "Reservation rejected")
    return reservation


def time_out(tx: Transaction, reservation: Reservation) -> Reservation:
    """Let a pending reservation time out: the worker goes to the workspace's timeout activity (seen live).

    Raises:
        BadRequest: It is not pending.
    """
    reservation = _fail(tx, reservation, "timeout")
    worker = tx.store.get(Worker, reservation.worker_sid)
    activity_sid = tx.store.workspaces[reservation.workspace_sid].timeout_activity_sid
    if worker is not None and activity_sid is not None:
        change_activity(tx, worker, activity_sid)
    _offer_again(tx, reservation, "Reservation timed out")
    return reservation


def cancel(tx: Transaction, reservation: Reservation, why: str, *, code: int | None = None) -> Reservation:
    """Cancel one pending reservation: the worker has gone, or an instruction failed. The task is offered again.

    Args:
        tx: The transaction.
        reservation: The reservation.
        why: In words.
        code: Its ``canceled_reason_code``, such as 21215 for a dial that failed.

    Raises:
        BadRequest: It is not pending.
    """
    reservation = _fail(tx, reservation, "canceled", code)
    release_worker(tx, reservation)
    _offer_again(tx, reservation, why)
    return reservation


def _reserve_one(tx: Transaction, task: Task, worker: Worker, seconds: int) -> Reservation:
    reservation = tx.create(
        Reservation,
        task.workspace_sid,
        task_sid=task.sid,
        worker_sid=worker.sid,
        task_queue_sid=task.task_queue_sid,
        workflow_sid=task.workflow_sid,
        task_channel_sid=task.task_channel_sid,
        deadline=tx.now + seconds,
        worker_previous_activity_sid=worker.activity_sid,
    )
    # The worker's version goes up (rest-api 1.3), but nobody has updated the worker.
    tx.update(worker, last_reserved_at=tx.now, date_updated=worker.date_updated)
    channel = tx.store.worker_channel(worker.sid, task.task_channel_sid)
    if channel is not None:
        tx.update(channel, last_reserved_at=tx.now, date_updated=channel.date_updated)
    return reservation


def _into_queue_activity(tx: Transaction, reservation: Reservation, name: str) -> None:
    # Single-tasking: "Reserved" while pending, "Busy" from acceptance on (routing 4.5).
    queue = tx.store.get(TaskQueue, reservation.task_queue_sid)
    if queue is None or tx.store.workspaces[reservation.workspace_sid].multi_task_enabled:
        return
    activity_sid: str | None = getattr(queue, name)
    worker = tx.store.get(Worker, reservation.worker_sid)
    if activity_sid is not None and worker is not None:
        change_activity(tx, worker, activity_sid)


def _fail(tx: Transaction, reservation: Reservation, status: str, code: int | None = None) -> Reservation:
    reservation = move(tx, reservation, status, **({} if code is None else {"canceled_reason_code": code}))
    if not tx.store.count(OPEN_RESERVATIONS, reservation.task_sid):
        # Before the event, so that it shows the task pending; where it goes from there follows.
        move(tx, tx.store.tasks[reservation.task_sid], "pending")
    tx.emit(RESERVATION_EVENTS[status], reservation)
    return reservation


def _offer_again(tx: Transaction, reservation: Reservation, why: str) -> None:
    task = tx.store.get(Task, reservation.task_sid)
    if task is not None and task.assignment_status == "pending":
        offer_again(tx, task, why)
