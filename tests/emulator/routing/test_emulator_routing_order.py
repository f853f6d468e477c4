"""Which task goes first, and how many workers are asked (routing 3.4, 4.3)."""

from __future__ import annotations

import pytest
from contact_center import Center


@pytest.fixture
def center() -> Center:
    return Center()


def test_a_fifo_queue_serves_by_priority_then_age(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    made = []
    for priority in (0, 5, 5, 9):
        made.append(center.task(flow, priority=priority).sid)
        center.advance(1)
    center.worker("ann")
    assert [made.index(task.sid) for task in center.served(4)] == [3, 1, 2, 0]


def test_virtual_start_time_stands_for_the_age(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.advance(100)
    young = center.task(flow)
    old = center.task(flow, virtual_start_time=center.engine.now() - 50)
    center.worker("ann")
    assert [t.sid for t in center.served(2)] == [old.sid, young.sid]


def test_a_lifo_queue_serves_the_newest_whatever_the_priority(center: Center) -> None:
    flow = center.workflow(default=center.queue(task_order="LIFO"))
    tasks = []
    for priority in (9, 0, 5):
        tasks.append(center.task(flow, priority=priority))
        center.advance(1)
    same_moment = [center.task(flow), center.task(flow)]
    center.worker("ann")
    expected = [same_moment[1], same_moment[0], *reversed(tasks)]
    assert [t.sid for t in center.served(5)] == [t.sid for t in expected]


@pytest.mark.parametrize("first", ["FIFO", "LIFO"])
def test_one_kind_of_queue_is_drained_before_the_other(first: str) -> None:
    """``prioritize_queue_order`` (routing 3.4)."""
    center = Center(prioritize_queue_order="FIFO")
    fifo, lifo = center.queue("F"), center.queue("L", task_order="LIFO")
    flow = center.workflow(("kind == 'FIFO'", fifo), ("kind == 'LIFO'", lifo))
    tasks = {kind: [center.task(flow, {"kind": kind}) for _ in range(2)] for kind in ("FIFO", "LIFO")}
    center.change_workspace(prioritize_queue_order=first)  # also for tasks that wait already
    center.worker("ann")
    kinds = [t.sid in {x.sid for x in tasks[first]} for t in center.served(4)]
    assert kinds == [True, True, False, False]


def test_tasks_of_several_queues_are_compared_with_each_other(center: Center) -> None:
    """Queues of one kind: the highest priority in the workspace, then the oldest [I] (routing 3.4)."""
    queues = [center.queue(name, f"skill != '{name}'") for name in ("a", "b", "c")]
    flow = center.workflow(*((f"q == {i}", queue) for i, queue in enumerate(queues)))
    made = []
    for queue, priority in ((0, 1), (1, 3), (2, 2), (0, 3)):
        made.append(center.task(flow, {"q": queue}, priority=priority).sid)
        center.advance(1)
    center.worker("ann")
    assert [made.index(t.sid) for t in center.served(4)] == [1, 3, 2, 0]


def test_a_queue_whose_order_changes_orders_anew(center: Center) -> None:
    queue = center.queue()
    flow = center.workflow(default=queue)
    old = center.task(flow)
    center.advance(1)
    new = center.task(flow)
    center.change_queue(queue, task_order="LIFO")
    center.worker("ann")
    assert [t.sid for t in center.served(2)] == [new.sid, old.sid]


def test_raising_the_priority_of_a_waiting_task_moves_it_up(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    first, second = center.task(flow), center.task(flow)
    center.change_task(second, priority=1)
    center.worker("ann")
    assert [t.sid for t in center.served(2)] == [second.sid, first.sid]


def test_changing_a_tasks_channel_moves_it_to_other_capacity(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    center.task(flow)
    task = center.task(flow)
    assert task.assignment_status == "pending"
    center.change_task(task, task_channel="chat")
    assert center.holders(task) == ["ann"]


def test_new_target_workers_match_waiting_tasks(center: Center) -> None:
    queue = center.queue("French", "langs HAS 'fr'")
    flow = center.workflow(default=queue)
    center.worker("ann", langs=["en"])
    task = center.task(flow)
    assert task.assignment_status == "pending"
    center.change_queue(queue, target_workers="langs HAS 'en'")
    assert center.holders(task) == ["ann"]


def test_all_who_can_be_matched_at_once_are(center: Center) -> None:
    """One change may free several workers for several tasks."""
    queue = center.queue("French", "langs HAS 'fr'")
    flow = center.workflow(default=queue)
    for name in ("ann", "bob", "cyd"):
        center.worker(name, langs=["en"])
    tasks = [center.task(flow) for _ in range(4)]
    center.change_queue(queue, target_workers="langs HAS 'en'")
    assert [center.holders(task) for task in tasks] == [["ann"], ["bob"], ["cyd"], []]


def test_an_empty_target_workers_matches_nobody(center: Center) -> None:
    """Tasks wait (rest-api 3.6)."""
    flow = center.workflow(default=center.queue("Empty", ""))
    center.worker("ann")
    assert center.task(flow).assignment_status == "pending"


def test_as_many_are_reserved_at_once_as_the_queue_says(center: Center) -> None:
    flow = center.workflow(default=center.queue(max_reserved_workers=3))
    for name in ("ann", "bob", "cyd", "dan"):
        center.worker(name)
    center.types()
    task = center.task(flow)
    assert center.holders(task) == ["ann", "bob", "cyd"]
    assert task.assignment_cycles == 1  # a round counts once
    assert center.types("reservation") == ["reservation.created"] * 3


def test_fewer_are_reserved_when_fewer_are_free_and_nobody_joins_later(center: Center) -> None:
    flow = center.workflow(default=center.queue(max_reserved_workers=3))
    center.worker("ann")
    task = center.task(flow)
    center.worker("bob")
    assert center.holders(task) == ["ann"]  # no topping up [?]


def test_the_task_waits_for_the_last_of_the_round(center: Center) -> None:
    flow = center.workflow(default=center.queue(max_reserved_workers=2))
    center.worker("ann")
    center.worker("bob")
    task = center.task(flow)
    first, second = center.reservations(task)
    center.change(first, "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(task).assignment_status == "reserved"
    center.change(second, "rejected", worker_activity_sid=center.activity("Unavailable"))
    assert center.now(task).assignment_status == "pending"


def test_others_come_before_the_one_who_rejected(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    center.worker("bob")
    task = center.task(flow)
    center.change(center.offered(task), "rejected")
    assert center.holders(task) == ["bob"]
    center.change(center.offered(task), "rejected")
    assert center.holders(task) == ["ann"]  # nobody is barred
    assert center.now(task).assignment_cycles == 3


def test_a_rejected_task_does_not_overtake_an_older_one(center: Center) -> None:
    queue = center.queue()
    flow = center.workflow(default=queue)
    center.worker("ann")
    young = center.task(flow, priority=1)
    old = center.task(flow, priority=9)
    center.change(center.offered(young), "rejected")
    assert center.now(old).assignment_status == "reserved"
    assert center.now(young).assignment_status == "pending"


def test_after_so_many_rounds_a_task_is_canceled() -> None:
    """1,000 (rest-api 1.5) by default; the text that consumers match."""
    center = Center(max_assignments=3)
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    task = center.task(flow)
    for _ in range(3):
        center.change(center.offered(task), "rejected")
    ended = center.now(task)
    assert (ended.assignment_status, ended.reason) == ("canceled", "Task TTL Exceeded or Max assignment count exceeded")
    assert center.reservations(task, "pending") == []
