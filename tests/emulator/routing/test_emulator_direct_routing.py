"""Tasks for one worker, one queue or one workflow (routing 3.3)."""

from __future__ import annotations

import pytest
from contact_center import Center


@pytest.fixture
def center() -> Center:
    return Center()


def test_a_task_for_a_worker_ignores_what_the_worker_is_doing(center: Center) -> None:
    ann = center.worker("ann", "Unavailable")
    center.capacity(ann, 0)
    task = center.task(None, {}, routing_target=ann.sid)
    assert center.holders(task) == ["ann"]
    assert center.now(task).ignore_capacity
    assert (task.workflow_sid, task.task_queue_sid) == (None, None)
    assert center.offered(task).deadline == center.engine.now() + 120


def test_a_task_for_a_worker_can_wait_for_them(center: Center) -> None:
    """``IgnoreCapacity=false``: the worker, and nobody else, when there is room."""
    center.worker("bob")
    ann = center.worker("ann", "Unavailable")
    task = center.task(None, {}, routing_target=ann.sid, ignore_capacity="false")
    assert task.assignment_status == "pending"
    center.set_activity(ann, "Available")
    assert center.holders(task) == ["ann"]


def test_a_task_for_a_worker_is_over_when_the_worker_does_not_want_it(center: Center) -> None:
    """There is nobody else to ask [I]; the reason's prefix is the one the v2 client knows."""
    ann = center.worker("ann")
    task = center.task(None, {}, routing_target=ann.sid)
    center.change(center.offered(task), "rejected")
    ended = center.now(task)
    assert ended.assignment_status == "canceled"
    assert ended.reason == "RoutingTarget not available for Reservation acceptance: Reservation rejected"


def test_a_task_for_a_worker_fails_when_its_time_is_over(center: Center) -> None:
    ann = center.worker("ann", "Unavailable")
    task = center.task(None, {}, routing_target=ann.sid, ignore_capacity="false", timeout=30)
    center.types()
    center.advance(30)
    assert center.now(task).reason == "RoutingTarget SLA for Reservation creation was not met"
    assert center.types() == ["task.canceled", "reservation.failed"]


def test_a_task_for_a_queue_waits_there(center: Center) -> None:
    queue, other = center.queue("a", "lvl == 1"), center.queue("b")
    center.workflow(("1==1", {"queue": other, "timeout": 5}))
    task = center.task(None, {}, routing_target=queue.sid)
    center.worker("bob", lvl=2)
    center.advance(100)
    assert (center.now(task).task_queue_sid, center.now(task).assignment_status) == (queue.sid, "pending")
    center.worker("ann", lvl=1)
    assert center.holders(task) == ["ann"]
    center.change(center.offered(task), "rejected")
    assert center.holders(task) == ["ann"]


def test_a_task_for_a_workflow_walks_it(center: Center) -> None:
    center.workflow(default=center.queue("a"))
    b = center.queue("b")
    flow = center.workflow(default=b)
    task = center.task(None, {}, routing_target=flow.sid)
    assert (task.workflow_sid, task.task_queue_sid) == (flow.sid, b.sid)
