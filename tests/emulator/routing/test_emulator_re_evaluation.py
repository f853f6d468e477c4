"""Tasks driven through their workflow again (routing 2.4)."""

from __future__ import annotations

import pytest
from contact_center import Center, configuration


@pytest.fixture
def center() -> Center:
    return Center()


def test_new_attributes_drive_a_pending_task_through_its_workflow_again(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    flow = center.workflow(("kind == 1", {"queue": a, "priority": 3}), ("kind == 2", {"queue": b, "timeout": 5}))
    task = center.task(flow, {"kind": 1})
    center.advance(100)
    center.types()
    center.change_task(task, attributes='{"kind": 2}')
    moved = center.now(task)
    assert (moved.task_queue_sid, moved.priority, moved.filter_index) == (b.sid, 3, 1)
    assert center.types() == ["task.updated", "task-queue.moved", "task-queue.entered", "workflow.target-matched"]
    center.advance(5)  # another filter: its clock starts now
    assert center.now(task).assignment_status == "canceled"


def test_landing_in_the_same_filter_keeps_the_clock(center: Center) -> None:
    """The first step that is not over yet is entered, from the top (routing 2.3, 2.4)."""
    queues = [center.queue(name) for name in "abc"]
    flow = center.workflow(("kind > 0", *({"queue": queue, "timeout": 10} for queue in queues)))
    task = center.task(flow, {"kind": 1})
    center.advance(15)
    assert center.now(task).target_index == 1
    center.types()
    center.change_task(task, attributes='{"kind": 2}')
    assert center.now(task).target_index == 1
    assert center.types() == ["task.updated", "workflow.target-matched"]
    center.advance(5)
    assert center.now(task).target_index == 2


def test_new_attributes_can_change_whom_a_step_asks_for(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "task.lang IN worker.langs"}))
    center.worker("ann", langs=["en"])
    task = center.task(flow, {"lang": "fr"})
    center.change_task(task, attributes='{"lang": "en"}')
    assert center.holders(task) == ["ann"]


def test_a_task_that_matches_nothing_any_more_is_canceled(center: Center) -> None:
    flow = center.workflow(("kind == 1", center.queue()))
    task = center.task(flow, {"kind": 1})
    center.change_task(task, attributes='{"kind": 2}')
    assert center.now(task).assignment_status == "canceled"


def test_a_task_that_matches_nothing_any_more_falls_to_the_default_filter(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    task = center.task(center.workflow(("kind == 1", a), default=b), {"kind": 1})
    center.change_task(task, attributes='{"kind": 2}')
    assert center.now(task).task_queue_sid == b.sid


def test_evaluating_again_after_all_steps_are_over_times_out(center: Center) -> None:
    """A default filter that appears while a task is in a filter whose time is over changes nothing for it."""
    a = center.queue("a")
    flow = center.workflow(("kind > 0", {"queue": a, "timeout": 10}, {"queue": a, "timeout": 10}))
    center.worker("ann")
    task = center.task(flow, {"kind": 1})
    center.advance(25)  # reserved, so no step ends
    center.change_task(task, attributes='{"kind": 2}')
    assert center.now(task).assignment_status == "reserved"
    center.change(center.offered(task), "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(task).target_index == 1
    center.change_task(task, attributes='{"kind": 3}')
    assert center.now(task).assignment_status == "canceled"


def test_a_reserved_task_is_not_driven_again(center: Center) -> None:
    flow = center.workflow(("kind == 1", center.queue("a")), ("kind == 2", center.queue("b")))
    center.worker("ann")
    task = center.task(flow, {"kind": 1})
    center.change_task(task, attributes='{"kind": 2}')
    assert center.now(task).task_queue_sid == task.task_queue_sid
    assert center.holders(task) == ["ann"]


def test_a_changed_workflow_leaves_waiting_tasks_where_they_are(center: Center) -> None:
    """Unless told to evaluate them again. A step of another queue at their place is not theirs [I]."""
    a, b = center.queue("a"), center.queue("b")
    flow = center.workflow(("1==1", a))
    task = center.task(flow)
    changed = configuration(("1==1", {"queue": b, "expression": "worker.lvl > 5"}))
    center.change_workflow(flow, configuration=changed)
    assert center.now(task).task_queue_sid == a.sid
    center.worker("ann")
    assert center.holders(task) == ["ann"]  # it waits in its queue as before


def test_waiting_tasks_can_be_sent_through_a_changed_workflow(center: Center) -> None:
    a, b = center.queue("a"), center.queue("b")
    flow = center.workflow(("1==1", a))
    waiting = center.task(flow)
    center.change_workflow(flow, configuration=configuration(("1==1", b)), re_evaluate_tasks="true")
    assert center.now(waiting).task_queue_sid == b.sid


def test_a_step_that_is_written_anew_holds_for_those_in_it(center: Center) -> None:
    """They keep their place, and the step at that place is as it is written now [I]."""
    queue = center.queue()
    flow = center.workflow(("1==1", {"queue": queue, "expression": "worker.lvl > 5"}))
    center.worker("ann", lvl=1)
    task = center.task(flow)
    assert task.assignment_status == "pending"
    center.change_workflow(flow, configuration=configuration(("1==1", {"queue": queue})))
    assert center.holders(task) == ["ann"]


def test_evaluating_again_asks_skip_if_again(center: Center) -> None:
    """The task is driven from the top, so it enters its step anew, be it the same."""
    a, b = center.queue("a", "lvl == 1"), center.queue("b")
    flow = center.workflow(("1==1", {"queue": a, "skip_if": "workers.available == 0"}, {"queue": b}))
    ann = center.worker("ann", lvl=1)
    center.capacity(ann, 0)
    task = center.task(flow)
    center.set_activity(ann, "Unavailable")
    assert center.now(task).task_queue_sid == a.sid
    center.change_task(task, attributes='{"x": 1}')
    assert center.now(task).task_queue_sid == b.sid


def test_a_workflow_that_got_shorter_ends_where_the_task_stood(center: Center) -> None:
    a, b, c = (center.queue(name) for name in "abc")
    flow = center.workflow(("kind == 1", a), ("kind > 1", {"queue": b, "timeout": 10}, {"queue": c}))
    task = center.task(flow, {"kind": 2})
    center.change_workflow(flow, configuration=configuration(("kind == 1", a)))
    center.advance(10)
    assert center.now(task).reason == "Task canceled on Workflow timeout"
