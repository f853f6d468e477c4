"""What happens when time is up, with the clock put forward to it (routing 3.2)."""

from __future__ import annotations

import pytest
from contact_center import Center

from trbridge.emulator.routing.timeouts import HANDLERS
from trbridge.emulator.state.deadlines import TIMERS


@pytest.fixture
def center() -> Center:
    return Center()


def test_every_timer_of_the_engine_is_handled() -> None:
    """But for the retention of events, which the engine sees to itself."""
    assert set(HANDLERS) == {timer.name for timer in TIMERS} - {"event.retention"}


def test_a_reservation_times_out_and_its_worker_goes_offline(center: Center) -> None:
    """Seen live: the worker is moved to the timeout activity and stays there (routing 4.5)."""
    flow = center.workflow(default=center.queue(), task_reservation_timeout=30)
    ann = center.worker("ann")
    task = center.task(flow)
    center.types()
    center.advance(29)
    assert center.types() == []
    center.advance(1)
    assert center.types() == ["reservation.timeout", "worker.activity.update"]
    assert center.now(task).assignment_status == "pending"
    assert center.now(ann).activity_sid == center.workspace.timeout_activity_sid
    assert [r.reservation_status for r in center.reservations(task)] == ["timeout"]
    center.set_activity(ann, "Available")
    assert center.holders(task) == ["ann"]  # put back, reserved at once


def test_a_timed_out_reservation_goes_to_the_next_worker(center: Center) -> None:
    flow = center.workflow(default=center.queue(), task_reservation_timeout=30)
    center.worker("ann")
    center.worker("bob")
    task = center.task(flow)
    center.advance(30)
    assert center.holders(task) == ["bob"]
    assert center.offered(task).deadline == center.engine.now() + 30  # each reservation has its own time


def test_without_a_timeout_activity_the_worker_stays(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    with center.engine.transaction() as tx:
        tx.update(center.workspace, timeout_activity_sid=None)
    task = center.task(flow)
    center.advance(120)
    assert center.now(ann).activity_sid == ann.activity_sid
    assert center.now(task).assignment_cycles == 2


def test_an_accepted_reservation_does_not_time_out(center: Center) -> None:
    center.worker("ann")
    task = center.task(center.workflow(default=center.queue()))
    reservation = center.change(center.offered(task), "accepted")
    center.advance(3600)
    assert center.now(reservation).reservation_status == "accepted"


@pytest.mark.parametrize("with_worker", [False, True], ids=["pending", "reserved"])
def test_a_tasks_own_time_covers_pending_and_reserved(center: Center, with_worker: bool) -> None:
    flow = center.workflow(default=center.queue(), task_reservation_timeout=600)
    if with_worker:
        center.worker("ann")
    task = center.task(flow, timeout=50)
    center.types()
    center.advance(50)
    ended = center.now(task)
    assert (ended.assignment_status, ended.reason) == ("canceled", "Task TTL Exceeded")
    assert center.types() == ["task.canceled", *(["reservation.canceled"] if with_worker else [])]
    assert next(
        e.description for e in reversed(list(center.store.events.values())) if e.event_type == "task.canceled"
    ) == ("Task TTL Exceeded")


def test_a_task_is_not_assigned_for_more_than_a_day(center: Center) -> None:
    """Routing 3.2: deleted by the system, with an event of its own; the worker is free again."""
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    center.change(center.offered(task), "accepted")
    waiting = center.task(flow, timeout=1_000_000)
    center.types()
    center.advance(86_400)
    assert center.gone(task)
    assert center.types("task", "reservation") == [
        "task.system-deleted",
        "reservation.completed",
        "reservation.created",
    ]
    assert center.holders(waiting) == ["ann"]


def test_wrapping_counts_as_assigned(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    center.change(center.offered(task), "accepted")
    center.advance(1000)
    center.change_task(task, assignment_status="wrapping")
    center.advance(85_399)
    assert not center.gone(task)
    center.advance(1)
    assert center.gone(task)


@pytest.mark.parametrize("status", ["canceled", "completed"])
def test_a_task_that_is_over_disappears_after_five_minutes(center: Center, status: str) -> None:
    """With its reservations, and without an event (routing 3.2)."""
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    reservation = center.offered(task)
    if status == "completed":
        center.change(reservation, "accepted")
    center.change_task(task, assignment_status=status)
    center.types()
    center.advance(299)
    assert center.now(task).assignment_status == status
    center.advance(1)
    assert center.gone(task)
    assert center.gone(reservation)
    assert center.types() == []


def test_a_step_whose_time_is_over_while_reserved_ends_when_the_reservation_does(center: Center) -> None:
    """At the same moment even: first the reservation times out, then the step (routing 2.2)."""
    a, b = center.queue("a"), center.queue("b", "1==2")
    flow = center.workflow(("1==1", {"queue": a, "timeout": 30}, {"queue": b}), task_reservation_timeout=30)
    center.worker("ann")
    task = center.task(flow)
    center.types()
    center.advance(30)
    assert center.now(task).task_queue_sid == b.sid
    assert center.types("reservation", "task") == [
        "reservation.timeout",
        "task-queue.timeout",
        "task-queue.moved",
        "task-queue.entered",
    ]


@pytest.mark.parametrize(
    ("expression", "wrong_until"),
    [
        ("taskrouter.currentMin == 2", 120),
        ("taskrouter.currentTime == 0100", 3600),
        ("taskrouter.currentHour == 5", 5 * 3600),
        ("taskrouter.dayOfWeek == 'Wed'", 86_400),
    ],
)
def test_time_variables_are_looked_at_when_they_can_change(center: Center, expression: str, wrong_until: int) -> None:
    """Each at its own pace, and only while the task waits."""
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": expression}))
    center.worker("ann")
    task = center.task(flow, timeout=1_000_000)
    center.advance(wrong_until - 1)
    assert center.now(task).assignment_status == "pending"
    center.advance(1)
    assert center.now(task).assignment_status == "reserved"


def test_a_step_that_lost_its_time_variable_is_not_looked_at_any_more(center: Center) -> None:
    queue = center.queue()
    flow = center.workflow(("1==1", {"queue": queue, "expression": "taskrouter.currentMin == 99"}))
    task = center.task(flow)
    assert task.clock_deadline is not None
    text = flow.configuration.replace("taskrouter.currentMin == 99", "worker.lvl == 1")
    center.change_workflow(flow, configuration=text)
    center.advance(60)
    assert center.now(task).clock_deadline is None
