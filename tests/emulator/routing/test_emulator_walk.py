"""The way of a task through its workflow: steps, deadlines, skipping (routing 2.2, 2.3)."""

from __future__ import annotations

import pytest
from contact_center import Center

from trbridge.errors import BadRequest


@pytest.fixture
def center() -> Center:
    return Center()


def test_the_first_filter_that_matches_is_used(center: Center) -> None:
    a, b, c = (center.queue(name) for name in "abc")
    flow = center.workflow(("kind == 1", a), ("kind < 3", b), default=c)
    assert [center.task(flow, {"kind": kind}).task_queue_sid for kind in (1, 2, 3)] == [a.sid, b.sid, c.sid]


def test_without_a_match_and_a_default_filter_a_task_is_refused(center: Center) -> None:
    flow = center.workflow(("kind == 1", center.queue()))
    with pytest.raises(BadRequest, match="Could not match the task to a target"):
        center.task(flow, {"kind": 2})
    assert center.all_tasks() == []


def test_a_step_times_out_into_the_next(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    flow = center.workflow(("1==1", {"queue": a, "timeout": 20}, {"queue": b, "priority": 7}))
    task = center.task(flow, priority=2)
    center.types()
    center.advance(19)
    assert center.now(task).task_queue_sid == a.sid
    center.advance(1)
    moved = center.now(task)
    assert (moved.task_queue_sid, moved.priority, moved.target_index) == (b.sid, 7, 1)
    assert moved.task_queue_entered_date == center.engine.now()
    assert center.types() == [
        "task-queue.timeout",
        "task-queue.moved",
        "task-queue.entered",
        "workflow.target-matched",
    ]


def test_queue_events_name_the_queue_that_is_left_and_the_one_that_is_entered(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    center.task(center.workflow(("1==1", {"queue": a, "timeout": 20}, {"queue": b})))
    center.events.clear()
    center.advance(20)
    queues = {event.event_type: event.task_queue_sid for event in center.events}
    assert queues == {
        "task-queue.timeout": a.sid,
        "task-queue.moved": a.sid,
        "task-queue.entered": b.sid,
        "workflow.target-matched": b.sid,
    }


def test_a_step_in_the_same_queue_is_no_move(center: Center) -> None:
    """An inherited queue: the task stays in it, with its entry date; priority and expression change."""
    queue = center.queue()
    flow = center.workflow(("1==1", {"queue": queue, "timeout": 20, "expression": "worker.lvl > 5"}, {}))
    center.worker("ann", lvl=1)
    task = center.task(flow)
    center.types()
    center.advance(20)
    assert center.holders(task) == ["ann"]
    assert center.now(task).task_queue_entered_date == task.task_queue_entered_date
    assert center.types() == ["task-queue.timeout", "workflow.target-matched", "reservation.created"]


def test_deadlines_add_up_and_are_measured_on_the_tasks_age(center: Center) -> None:
    """Routing 2.3: timeouts 20, 20, 20; in step 2 from age 13 (skipped into), out of it at age 40."""
    queues = [center.queue(name) for name in "abc"]
    targets = [{"queue": queue, "timeout": 20} for queue in queues]
    flow = center.workflow(("1==1", {**targets[0], "skip_if": "1==1"}, *targets[1:]))
    center.worker("ann")
    task = center.task(flow)
    assert center.now(task).target_index == 0  # reserved, so not skipped
    center.advance(13)
    center.change(center.offered(task), "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(task).target_index == 1
    center.advance(26)
    assert center.now(task).target_index == 1
    center.advance(1)
    assert center.now(task).target_index == 2
    center.advance(20)
    assert center.now(task).assignment_status == "canceled"


def test_a_task_whose_reservation_fails_stays_in_its_step_until_that_is_over(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b", "1==2")
    flow = center.workflow(("1==1", {"queue": a, "timeout": 30}, {"queue": b}))
    center.worker("ann")
    task = center.task(flow)
    center.advance(29)
    center.change(center.offered(task), "rejected")
    assert center.now(task).task_queue_sid == a.sid
    center.advance(10)  # the step's time passes while the task is reserved
    assert center.now(task).task_queue_sid == a.sid
    center.types()
    center.change(center.offered(task), "rejected")
    assert center.now(task).task_queue_sid == b.sid
    assert center.types()[:3] == ["reservation.rejected", "task-queue.timeout", "task-queue.moved"]


def test_the_end_of_a_filter_leads_to_a_later_one_but_not_to_the_default(center: Center) -> None:
    """Routing 2.2, "moving on"; the later filter's clock starts when it is entered [?]."""
    a, b, c = (center.queue(name) for name in "abc")
    flow = center.workflow(
        ("1==1", {"queue": a, "timeout": 10}),
        ("kind == 2", c),
        ("kind == 1", {"queue": b, "timeout": 10}),
        default=c,
    )
    task = center.task(flow, {"kind": 1})
    center.advance(10)
    assert center.now(task).task_queue_sid == b.sid
    center.types()
    center.advance(10)
    ended = center.now(task)
    assert (ended.assignment_status, ended.reason) == ("canceled", "Task canceled on Workflow timeout")
    assert center.types() == ["task-queue.timeout", "workflow.timeout", "task.canceled"]


def test_a_step_without_a_timeout_keeps_the_task(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    task = center.task(center.workflow(("1==1", {"queue": a}, {"queue": b})))
    center.advance(10_000)
    assert center.now(task).task_queue_sid == a.sid


def test_skip_if_leads_on_at_once_when_nobody_is_available(center: Center) -> None:
    a, b = center.queue("a", "lvl == 1"), center.queue("b", "lvl == 2")
    flow = center.workflow(("1==1", {"queue": a, "skip_if": "workers.available == 0"}, {"queue": b}))
    center.worker("ann", "Unavailable", lvl=1)
    center.worker("bob", lvl=2)
    center.types()
    assert center.holders(center.task(flow)) == ["bob"]
    assert center.types("task-queue", "workflow") == [
        "workflow.entered",
        "task-queue.entered",
        "workflow.target-matched",
        "task-queue.moved",
        "task-queue.entered",
        "workflow.target-matched",
    ]


def test_skip_if_is_not_asked_when_a_reservation_was_made(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    flow = center.workflow(("1==1", {"queue": a, "skip_if": "1==1"}, {"queue": b}))
    center.worker("ann")
    assert center.task(flow).task_queue_sid == a.sid
    assert center.task(flow).task_queue_sid == b.sid  # ann is busy


def test_skip_if_is_not_asked_of_tasks_that_wait_already(center: Center) -> None:
    """Only on entering a step: a worker who leaves later skips nobody."""
    a, b = center.queue("a", "lvl == 1"), center.queue("b")
    flow = center.workflow(("1==1", {"queue": a, "skip_if": "workers.available == 0"}, {"queue": b}))
    ann = center.worker("ann", lvl=1)
    center.capacity(ann, 0)
    task = center.task(flow)
    center.set_activity(ann, "Unavailable")
    assert center.now(task).task_queue_sid == a.sid


def test_skip_if_counts_the_queues_workers_by_activity(center: Center) -> None:
    """Of the queue, whatever the step's expression; every activity by its SID (routing 1.5 F)."""
    queue, other = center.queue("a", "team == 1"), center.queue("b", "1==2")
    workers = [center.worker(name, "Unavailable", team=1) for name in ("ann", "bob")]
    center.worker("cyd", "Unavailable", team=2)
    away = center.activity("Unavailable")
    skip = f"workers.{away} == 2 AND workers.unavailable == 2 AND workers.available == 0"
    step = {"queue": queue, "expression": "worker.lvl > 1", "skip_if": skip}
    flow = center.workflow(("1==1", step, {"queue": other}))
    assert center.task(flow).task_queue_sid == other.sid
    center.set_activity(workers[0], "Available")
    assert center.task(flow).task_queue_sid == queue.sid
    center.set_activity(workers[0], "Unavailable")
    assert center.task(flow).task_queue_sid == other.sid
    center.change_worker(workers[0], attributes='{"team": 2}')
    assert center.task(flow).task_queue_sid == queue.sid
    offline = center.activity("Offline")
    flow = center.workflow(("1==1", {"queue": queue, "skip_if": f"workers.{offline} < 1"}, {"queue": other}))
    assert center.task(flow).task_queue_sid == other.sid  # nobody is in it: 0, not NULL


def test_skipping_off_the_end_uses_the_default_filter(center: Center) -> None:
    """A skipped filter counts as not matched (routing 2.2)."""
    a, b, c = center.queue("a", "1==2"), center.queue("b", "1==2"), center.queue("c")
    flow = center.workflow(
        ("1==1", {"queue": a, "skip_if": "1==1"}), ("1==1", {"queue": b, "skip_if": "1==1"}), default=c
    )
    task = center.task(flow)
    assert (task.task_queue_sid, task.filter_index) == (c.sid, -1)
    assert task.assignment_status == "pending"


def test_skipping_off_the_end_of_everything_ends_the_task(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue("a", "1==2"), "skip_if": "1==1"}))
    center.types()
    task = center.task(flow)
    assert task.assignment_status == "canceled"
    assert center.types()[-2:] == ["workflow.skipped", "task.canceled"]


def test_a_default_filter_that_is_skipped_ends_the_task_too(center: Center) -> None:
    queue = center.queue("a", "1==2")
    text = f'{{"task_routing": {{"default_filter": {{"queue": "{queue.sid}", "skip_if": "1==1"}}}}}}'
    flow = center.change_workflow(center.workflow(default=queue), configuration=text)
    assert center.task(flow).assignment_status == "canceled"


def test_skip_if_is_asked_again_after_a_reservation_failed(center: Center) -> None:
    """The workflow is evaluated again then (routing 10.13) [I]."""
    a, b = center.queue("a"), center.queue("b", "1==2")
    flow = center.workflow(("1==1", {"queue": a, "skip_if": "workers.available == 0"}, {"queue": b}))
    center.worker("ann")
    task = center.task(flow)
    center.change(center.offered(task), "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(task).task_queue_sid == b.sid
