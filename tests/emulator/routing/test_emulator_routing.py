"""Whom a task is offered to: members who are available, with room, in their order (routing 4, 5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contact_center import Center

from trbridge.emulator.state.model import Worker


@pytest.fixture
def center() -> Center:
    return Center()


def test_a_task_is_reserved_as_it_is_created(center: Center) -> None:
    """The order of events is the one seen live (routing 7)."""
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    center.advance(5)
    center.types()
    task = center.task(flow)
    assert task.assignment_status == "reserved"
    assert center.holders(task) == ["ann"]
    assert center.types() == [
        "workflow.entered",
        "task-queue.entered",
        "task.created",
        "workflow.target-matched",
        "reservation.created",
    ]
    reservation = center.offered(task)
    assert reservation.deadline == center.engine.now() + 120
    assert (reservation.task_queue_sid, reservation.workflow_sid) == (task.task_queue_sid, flow.sid)
    assert reservation.worker_previous_activity_sid == ann.activity_sid
    assert center.now(ann).version == ann.version + 1  # a reservation is something of the worker's (rest-api 1.3)
    assert center.now(ann).date_updated == ann.date_updated


def test_only_members_who_are_available_with_room_are_asked(center: Center) -> None:
    flow = center.workflow(default=center.queue("French", "langs HAS 'fr'"))
    center.worker("english", langs=["en"])
    center.worker("away", "Unavailable", langs=["fr"])
    shut, full = center.worker("shut", langs=["fr"]), center.worker("full", langs=["fr"])
    center.change_channel(shut, available=False)
    center.capacity(full, 0)
    task = center.task(flow)
    assert task.assignment_status == "pending"
    center.worker("right", langs=["fr", "en"])
    assert center.holders(task) == ["right"]


OBSTACLES: dict[str, tuple[Callable[[Center, Worker], object], Callable[[Center, Worker], object]]] = {
    "activity": (
        lambda center, worker: center.set_activity(worker, "Unavailable"),
        lambda center, worker: center.set_activity(worker, "Available"),
    ),
    "attributes": (
        lambda center, worker: center.change_worker(worker, attributes="{}"),
        lambda center, worker: center.change_worker(worker, attributes='{"langs": ["fr"]}'),
    ),
    "channel": (
        lambda center, worker: center.change_channel(worker, available=False),
        lambda center, worker: center.change_channel(worker, available=True),
    ),
    "capacity": (
        lambda center, worker: center.change_channel(worker, capacity=0),
        lambda center, worker: center.change_channel(worker, capacity=1),
    ),
}
"""What keeps a worker from a task, and what takes it away."""


@pytest.mark.parametrize("last", OBSTACLES)
def test_a_waiting_task_is_matched_when_the_last_obstacle_goes(center: Center, last: str) -> None:
    """Whichever it is, and not before."""
    flow = center.workflow(default=center.queue("French", "langs HAS 'fr'"))
    worker = center.worker("ann", langs=["fr"])
    for obstacle, _ in OBSTACLES.values():
        obstacle(center, worker)
    task = center.task(flow)
    for name in sorted(OBSTACLES, key=lambda name: name == last):
        assert center.now(task).assignment_status == "pending"
        OBSTACLES[name][1](center, worker)
    assert center.holders(task) == ["ann"]


def test_the_longest_without_a_task_comes_first(center: Center) -> None:
    """Never reserved before reserved, then by the time of the last reservation; ties by creation (routing 4.2)."""
    flow = center.workflow(default=center.queue())
    for name in ("ann", "bob", "cyd"):
        center.worker(name)
    order = []
    for _ in range(6):
        task = center.task(flow)
        order += center.holders(task)
        center.finish(task)
        center.advance(1)
    assert order == ["ann", "bob", "cyd"] * 2


def test_round_robin_holds_while_the_clock_stands_still(center: Center) -> None:
    """Tests often never move the clock: reservations made at the same moment are told apart by their order."""
    flow = center.workflow(default=center.queue())
    for name in ("ann", "bob"):
        center.worker(name)
    order = []
    for _ in range(6):
        task = center.task(flow)
        order += center.holders(task)
        center.finish(task)
    assert order == ["ann", "bob"] * 3


@pytest.mark.parametrize(("optimized", "next_one"), [(False, "bob"), (True, "ann")])
def test_idle_time_is_measured_per_channel_where_the_channel_says_so(
    center: Center, optimized: bool, next_one: str
) -> None:
    """``channel_optimized_routing`` (routing 4.2): otherwise work on any channel counts."""
    flow = center.workflow(default=center.queue())
    center.worker("bob")
    center.worker("ann")
    center.finish(center.task(flow, task_channel="sms"))  # bob
    center.advance(1)
    center.finish(center.task(flow, task_channel="chat"))  # ann, later; she never had an sms
    if optimized:
        center.change_task_channel("sms", channel_optimized_routing=True)
    assert center.holders(center.task(flow, task_channel="sms")) == [next_one]


def test_who_leaves_the_queue_is_not_asked_any_more(center: Center) -> None:
    """Though they were next in line."""
    flow = center.workflow(default=center.queue("French", "langs HAS 'fr'"))
    center.worker("ann", langs=["fr"])
    bob = center.worker("bob", langs=["fr"])
    center.finish(center.task(flow))  # the line exists from here on, and bob is first
    center.change_worker(bob, attributes='{"langs": []}')
    assert center.holders(center.task(flow)) == ["ann"]
    assert center.task(flow).assignment_status == "pending"


def test_capacity_is_counted_per_channel_and_by_open_reservations(center: Center) -> None:
    """Pending, accepted and wrapping reservations all take room (routing 5)."""
    flow = center.workflow(default=center.queue())
    center.capacity(center.worker("ann"), 2)
    first, second, third = (center.task(flow) for _ in range(3))
    assert [center.now(t).assignment_status for t in (first, second, third)] == ["reserved", "reserved", "pending"]
    assert center.task(flow, task_channel="chat").assignment_status == "reserved"
    center.change(center.offered(first), "accepted")
    center.change_task(first, assignment_status="wrapping")
    assert center.now(third).assignment_status == "pending"
    center.change_task(first, assignment_status="completed")
    assert center.now(third).assignment_status == "reserved"


def test_lowering_capacity_leaves_what_a_worker_has(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann")
    center.capacity(ann, 2)
    held = [center.task(flow) for _ in range(2)]
    center.capacity(ann, 1)
    assert [center.now(t).assignment_status for t in held] == ["reserved", "reserved"]
    waiting = center.task(flow)
    center.finish(held[0])
    assert center.now(waiting).assignment_status == "pending"
    center.finish(held[1])
    assert center.now(waiting).assignment_status == "reserved"


def test_a_step_expression_narrows_the_queue(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "task.lang IN worker.langs"}))
    center.worker("ann", langs=["en"])
    center.worker("bob", langs=["fr", "en"])
    assert center.holders(center.task(flow, {"lang": "fr"})) == ["bob"]
    assert center.holders(center.task(flow, {"lang": "en"})) == ["ann"]
    waiting = center.task(flow, {"lang": "fr"})
    assert waiting.assignment_status == "pending"
    center.worker("cyd", langs=["fr"])
    assert center.holders(waiting) == ["cyd"]


def test_a_step_can_ask_for_name_and_activity(center: Center) -> None:
    """They change without the attributes changing, and membership follows."""
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "worker.activity_name == task.where"}))
    ann = center.worker("ann")
    center.activity("Chatting", available=True)
    task = center.task(flow, {"where": "Chatting"})
    assert task.assignment_status == "pending"
    center.set_activity(ann, "Chatting")
    assert center.holders(task) == ["ann"]
    flow = center.workflow(("1==1", {"queue": center.queue("Two"), "expression": "worker.friendly_name == 'eve'"}))
    center.finish(task)
    task = center.task(flow)
    assert task.assignment_status == "pending"
    center.change_worker(ann, friendly_name="eve")
    assert center.holders(task) == ["eve"]


def test_renaming_an_activity_is_seen_by_expressions(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "worker.activity_name == 'Ready'"}))
    center.worker("ann")
    task = center.task(flow)
    assert task.assignment_status == "pending"
    with center.engine.transaction() as tx:
        tx.update(center.store.activities[center.activity("Available")], friendly_name="Ready")
    assert center.holders(task) == ["ann"]


def test_a_step_can_read_the_load_of_a_channel(center: Center) -> None:
    """``assigned_tasks`` counts accepted reservations only, the percentage all open ones (routing 5)."""
    step = {"queue": center.queue(), "expression": "worker.channel.chat.assigned_tasks < 1 AND worker.lvl > 1"}
    flow = center.workflow(("1==1", step))
    ann = center.worker("ann", lvl=2)
    center.capacity(ann, 3, "chat")
    first, second = center.task(flow, task_channel="chat"), center.task(flow, task_channel="chat")
    assert center.holders(first) == center.holders(second) == ["ann"]
    center.change(center.offered(first), "accepted")
    third = center.task(flow, task_channel="chat")
    assert third.assignment_status == "pending"
    center.change_task(first, assignment_status="wrapping")  # no longer assigned, though it keeps its room
    assert center.holders(third) == ["ann"]


def test_available_capacity_percentage_is_a_whole_number(center: Center) -> None:
    """Three configured, one taken: 66 (routing 5)."""
    step = {"queue": center.queue(), "expression": "worker.channel.chat.available_capacity_percentage == task.percent"}
    flow = center.workflow(("1==1", step))
    ann = center.worker("ann")
    center.capacity(ann, 3, "chat")
    assert center.task(flow, {"percent": 66}, task_channel="chat").assignment_status == "pending"
    assert center.task(flow, {"percent": 100}, task_channel="chat").assignment_status == "reserved"
    assert [t.assignment_status for t in center.all_tasks()] == ["reserved", "reserved"]
    assert center.task(flow, {"percent": 33}, task_channel="chat").assignment_status == "reserved"


def test_a_channel_that_does_not_exist_has_no_load(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "worker.channel.fax.assigned_tasks < 9"}))
    center.worker("ann")
    assert center.task(flow).assignment_status == "pending"


def test_a_step_that_asks_for_the_time_is_looked_at_again_in_time(center: Center) -> None:
    """A waiting task is matched when the clock makes the expression true, with nothing else happening [I]."""
    flow = center.workflow(("1==1", {"queue": center.queue(), "expression": "taskrouter.currentTime >= 0002"}))
    center.worker("ann")
    task = center.task(flow)  # the clock starts at midnight
    center.advance(119)
    assert center.now(task).assignment_status == "pending"
    version = center.now(task).version
    center.advance(1)
    assert center.holders(task) == ["ann"]
    assert center.now(task).version == version + 1  # reserved; looking at it changed nothing


def test_order_by_comes_before_idle_time(center: Center) -> None:
    """Routing 2.6: the level first; those without one last; the rest by idle time."""
    flow = center.workflow(("1==1", {"queue": center.queue(), "order_by": "worker.lvl DESC"}))
    center.worker("none")
    for name, level in {"two": 2, "five": 5, "also": 5}.items():
        center.worker(name, lvl=level)
    assert [center.holders(center.task(flow)) for _ in range(4)] == [["five"], ["also"], ["two"], ["none"]]


def test_order_by_follows_the_attributes(center: Center) -> None:
    flow = center.workflow(("1==1", {"queue": center.queue(), "order_by": "worker.lvl DESC"}))
    ann, _bob = center.worker("ann", lvl=1), center.worker("bob", lvl=2)
    center.finish(center.task(flow))  # the order is kept from here on
    center.change_worker(ann, attributes='{"lvl": 3}')
    assert center.holders(center.task(flow)) == ["ann"]
