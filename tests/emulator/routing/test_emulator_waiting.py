"""Routing keeps to what changed, and its picture of the store is always that of the store."""

from __future__ import annotations

from random import Random

import pytest
from contact_center import Center

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workers, workspaces
from trbridge.emulator.routing import routing
from trbridge.emulator.routing.candidates import Freedom
from trbridge.emulator.routing.membership import Group
from trbridge.emulator.state.model import Worker, WorkerChannel


@pytest.fixture
def center() -> Center:
    return Center()


def test_a_task_does_not_cost_by_the_number_of_workers(center: Center, monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker is looked at again for a task but the one who gets it: the promise of the module."""
    step = {"queue": center.queue("French", "langs HAS 'fr'"), "expression": "worker.lvl == task.lvl"}
    flow = center.workflow(("1==1", step))
    for number in range(30):
        center.worker(f"worker {number}", langs=["fr"], lvl=1)
    center.finish(center.task(flow, {"lvl": 1}))
    looked: set[str] = set()
    refresh = Freedom.refresh

    def watched(self: Freedom, sid: str) -> set[str]:
        looked.add(sid)
        return refresh(self, sid)

    monkeypatch.setattr(Freedom, "refresh", watched)
    monkeypatch.setattr(Group, "admits", lambda self, member: pytest.fail("a worker was evaluated again"))
    task = center.task(flow, {"lvl": 1})
    assert looked == {center.offered(task).worker_sid}


def test_settle_routes_a_store_that_nobody_installed_routing_for() -> None:
    """``routing.settle`` is a hook of its own."""
    engine = Engine(clock=ManualClock(), random=Random(1))  # noqa: S311
    engine.settle_hooks.append(routing.settle)
    center = Center()
    center.engine, center.store = engine, engine.store
    with engine.transaction() as tx:
        center.workspace_sid = workspaces.create(tx, engine.account_sid, {"friendly_name": "x"}).sid
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    assert center.task(flow).assignment_status == "reserved"


def test_the_members_of_a_queue_can_be_asked_for(center: Center) -> None:
    queue = center.queue("French", "langs HAS 'fr'")
    ann, _ = center.worker("ann", "Offline", langs=["fr"]), center.worker("bob")
    assert center.routing.members(queue) == {ann.sid}


def test_deleting_a_workspace_leaves_nothing_behind(center: Center) -> None:
    flow = center.workflow(default=center.queue())
    center.task(flow)
    center.worker("ann")
    with center.engine.transaction() as tx:
        workspaces.delete(tx, center.workspace)
    assert not center.store.table(Worker)
    assert not center.store.table(WorkerChannel)
    assert not center.routing.situation.membership.members
    assert not center.routing.situation.places


def test_a_transaction_that_fails_leaves_the_picture_right(center: Center) -> None:
    """The observers are told of the undoing too; a worker who was available for a moment gets nothing."""
    flow = center.workflow(default=center.queue())
    ann = center.worker("ann", "Offline")
    task = center.task(flow)

    def fail() -> None:
        with center.engine.transaction() as tx:
            workers.update(tx, ann, {"activity_sid": center.activity("Available")})
            center.routing.situation.refresh()  # it looks in the middle of it
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    center.advance(1)
    other = center.task(flow)
    assert [center.now(each).assignment_status for each in (task, other)] == ["pending", "pending"]
    center.set_activity(ann, "Available")
    assert center.holders(task) == ["ann"]


def test_routing_goes_on_from_a_store_that_was_filled_before(center: Center) -> None:
    """As after a restart: what the journal loaded is seen, waiting tasks and free workers alike."""
    flow = center.workflow(default=center.queue())
    waiting = center.task(flow)
    again = routing.Routing(center.store)
    assert again.members(next(iter(center.store.task_queues.values()))) == frozenset()
    assert set(again.situation.places) == {waiting.sid}
    ann = center.worker("ann")
    assert again.situation.freedom.on(waiting.task_channel_sid) == {}
    again.situation.refresh()
    assert set(again.situation.freedom.on(center.task_channel("chat"))) == {ann.sid}


def test_looking_in_the_middle_of_a_transaction_loses_no_match(center: Center) -> None:
    """Statistics may ask who is in a queue while a change is under way; what settles must still see the change."""
    queue = center.queue()
    task = center.task(center.workflow(default=queue))
    ann = center.worker("ann", "Offline")
    with center.engine.transaction() as tx:
        workers.update(tx, ann, {"activity_sid": center.activity("Available")})
        assert center.routing.members(queue) == {ann.sid}
        assert center.routing.activities(queue)[center.activity("Available")] == 1
    assert center.holders(task) == ["ann"]
