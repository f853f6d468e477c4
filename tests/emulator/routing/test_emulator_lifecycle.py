"""The life of tasks and reservations: allowed transitions, their events, their effects on workers (routing 3, 4)."""

from __future__ import annotations

import pytest
from contact_center import Center

from trbridge.emulator.routing import lifecycle
from trbridge.emulator.state.model import Reservation, Task


@pytest.fixture
def center() -> Center:
    return Center()


def assigned(center: Center) -> tuple[Task, Reservation]:
    """A task that somebody has accepted."""
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    reservation = center.change(center.offered(task), "accepted")
    center.types()
    return center.now(task), reservation


# Accepting


def test_accepting_assigns_the_task(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    offered = center.offered(task)
    center.types()
    center.advance(5)
    reservation = center.change(offered, "accepted")
    now = center.now(task)
    assert (reservation.reservation_status, reservation.version) == ("accepted", offered.version + 1)
    assert (now.assignment_status, now.assigned_at, now.version) == ("assigned", center.engine.now(), task.version + 1)
    assert center.types() == ["reservation.accepted"]  # task.updated was not seen here (routing 10.16)
    (event,) = [e for e in center.store.events.values() if e.event_type == "reservation.accepted"]
    assert event.data["task_assignment_status"] == "assigned"


def test_the_first_to_accept_gets_it_and_the_others_are_rescinded(center: Center) -> None:
    flow = center.workflow(default=center.queue(max_reserved_workers=3))
    for name in ("ann", "bob", "cyd"):
        center.worker(name)
    task = center.task(flow)
    waiting = center.task(flow)
    center.types()
    center.change(center.reservations(task)[1], "accepted")
    assert [r.reservation_status for r in center.reservations(task)] == ["rescinded", "accepted", "rescinded"]
    assert center.types()[:3] == ["reservation.accepted", "reservation.rescinded", "reservation.rescinded"]
    assert sorted(center.holders(waiting)) == ["ann", "cyd"]  # they are free again


# Ending


def test_completing_ends_task_and_reservation(center: Center) -> None:
    """The order seen live (routing 7)."""
    task, reservation = assigned(center)
    center.change_task(task, assignment_status="completed", reason="solved")
    ended = center.now(task)
    assert (ended.assignment_status, ended.reason, ended.ended_at) == ("completed", "solved", center.engine.now())
    assert center.now(reservation).reservation_status == "completed"
    assert center.types() == ["task.completed", "reservation.completed", "task.updated"]
    (event,) = [e for e in center.store.events.values() if e.event_type == "task.completed"]
    assert event.data["task_completed_reason"] == "solved"


def test_wrapping_up_keeps_the_worker_busy(center: Center) -> None:
    task, reservation = assigned(center)
    waiting = center.task(center.store.workflows[task.workflow_sid or ""])
    center.types()
    center.change_task(task, assignment_status="wrapping")
    assert center.types() == ["task.wrapup", "reservation.wrapup"]
    assert center.now(reservation).reservation_status == "wrapping"
    assert center.now(waiting).assignment_status == "pending"
    center.change_task(task, assignment_status="completed")
    assert center.now(reservation).reservation_status == "completed"
    assert center.now(waiting).assignment_status == "reserved"


def test_canceling_takes_the_reservations_along(center: Center) -> None:
    flow = center.workflow(default=center.queue(max_reserved_workers=2))
    center.worker("ann")
    center.worker("bob")
    task = center.task(flow)
    center.types()
    center.change_task(task, assignment_status="canceled", reason="hung up")
    assert center.types() == ["task.canceled", "reservation.canceled", "reservation.canceled"]
    assert {r.reservation_status for r in center.reservations(task)} == {"canceled"}
    (event,) = [e for e in center.store.events.values() if e.event_type == "task.canceled"]
    assert event.data["task_canceled_reason"] == "hung up"


@pytest.mark.parametrize(
    ("state", "types"),
    [
        ("pending", ["task.deleted"]),
        ("reserved", ["task.deleted", "reservation.canceled"]),
        ("assigned", ["task.deleted", "reservation.completed"]),
        ("wrapping", ["task.deleted", "reservation.completed"]),
        ("completed", ["task.deleted"]),
    ],
)
def test_a_task_can_be_deleted_in_any_state(center: Center, state: str, types: list[str]) -> None:
    """Its workers hear of it (routing 3.2), and nothing of it stays but its events."""
    flow = center.workflow(default=center.queue())
    if state != "pending":
        center.worker("ann")
    task = center.task(flow)
    if state in {"assigned", "wrapping", "completed"}:
        center.change(center.offered(task), "accepted")
    if state in {"wrapping", "completed"}:
        center.change_task(task, assignment_status=state)
    center.types()
    center.delete_task(task)
    assert center.types() == types
    assert center.gone(task)
    assert center.reservations(task) == []


def test_a_deleted_task_frees_its_worker(center: Center) -> None:
    task, _ = assigned(center)
    waiting = center.task(center.store.workflows[task.workflow_sid or ""])
    center.delete_task(task)
    assert center.holders(waiting) == ["ann"]


# Workers (routing 4.5, 4.6)


def test_going_unavailable_leaves_reservations_alone(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    task = center.task(flow)
    center.set_activity(ann, "Unavailable")
    assert center.holders(task) == ["ann"]
    assert center.change(center.offered(task), "accepted").reservation_status == "accepted"


def test_pending_reservations_can_be_rejected_while_going(center: Center) -> None:
    """``RejectPendingReservations``: each with its event, and the tasks go to others."""
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    center.capacity(ann, 3)
    tasks = [center.task(flow) for _ in range(2)]
    done = center.task(flow)
    center.change(center.offered(done), "accepted")
    center.worker("bob")
    center.types()
    center.set_activity(ann, "Unavailable", reject_pending_reservations=True)
    assert center.types("worker", "reservation") == [
        "worker.activity.update",
        "reservation.rejected",
        "reservation.rejected",
        "reservation.created",
    ]
    assert center.holders(tasks[0]) == ["bob"]
    assert center.now(done).assignment_status == "assigned"


def test_rejecting_with_an_activity_moves_the_worker(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    task = center.task(flow)
    center.types()
    center.change(center.offered(task), "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(ann).activity_sid == center.activity("Unavailable")
    assert center.types() == ["reservation.rejected", "worker.activity.update"]
    assert center.now(task).assignment_status == "pending"


def test_deleting_a_worker_gives_the_tasks_to_others(center: Center) -> None:
    """Pending reservations are canceled; accepted work stays, and can be completed [I]."""
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    center.capacity(ann, 2)
    kept, offered = center.task(flow), center.task(flow)
    reservation = center.change(center.offered(kept), "accepted")
    center.worker("bob")
    center.types()
    center.delete_worker(ann)
    assert center.types() == ["reservation.canceled", "worker.deleted", "reservation.created"]
    assert center.holders(offered) == ["bob"]
    assert center.now(kept).assignment_status == "assigned"
    center.change_task(kept, assignment_status="completed")
    assert center.now(reservation).reservation_status == "completed"


def test_deleting_a_worker_ends_the_tasks_that_wait_for_nobody_else(center: Center) -> None:
    ann = center.worker("ann", "Unavailable")
    waiting = center.task(None, {}, routing_target=ann.sid, ignore_capacity="false")
    offered = center.task(None, {}, routing_target=ann.sid)
    center.delete_worker(ann)
    assert center.now(waiting).reason == lifecycle.ROUTING_TARGET_MISSED
    assert center.now(offered).reason == f"{lifecycle.ROUTING_TARGET_UNAVAILABLE}Worker deleted"


def test_a_canceled_reservation_can_say_why(center: Center) -> None:
    """``canceled_reason_code``: 21215 for a dial that failed (routing 4.4)."""
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    center.worker("bob")
    task = center.task(flow)
    reservation = center.offered(task)
    with center.engine.transaction() as tx:
        lifecycle.cancel(tx, reservation, "The call could not be made", code=21215)
    assert center.now(reservation).canceled_reason_code == 21215
    assert center.holders(task) == ["bob"]
