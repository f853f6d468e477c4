"""Workspaces where a worker does one thing at a time and is moved through activities (routing 4.5, 5)."""

from __future__ import annotations

import pytest
from contact_center import Center


@pytest.fixture
def single() -> Center:
    return Center(multi_task_enabled=False)


def name_of_activity(center: Center, name: str = "ann") -> str:
    worker = next(row for row in center.store.workers.values() if row.friendly_name == name)
    return center.store.activities[worker.activity_sid].friendly_name


def test_a_single_tasking_worker_is_moved_through_the_queues_activities(single: Center) -> None:
    flow = single.workflow(default=single.queue())
    single.worker("ann")
    single.types()
    task = single.task(flow)
    assert name_of_activity(single) == "Reserved"
    assert single.types()[-2:] == ["reservation.created", "worker.activity.update"]
    assert single.offered(task).worker_previous_activity_sid == single.activity("Idle")
    single.change(single.offered(task), "accepted")
    assert name_of_activity(single) == "Busy"
    single.change_task(task, assignment_status="completed")
    assert name_of_activity(single) == "Busy"  # until somebody moves the worker [I]


def test_a_single_tasking_worker_has_one_thing_at_a_time(single: Center) -> None:
    """Channels do not count, nor does an activity that was set back by hand."""
    flow = single.workflow(default=single.queue())
    ann = single.worker("ann")
    single.capacity(ann, 5)
    single.task(flow)
    single.set_activity(ann, "Idle")
    other = single.task(flow, task_channel="chat")
    assert other.assignment_status == "pending"
    single.capacity(ann, 0, "chat")
    single.change_task(single.all_tasks()[0], assignment_status="canceled")
    assert single.holders(other) == ["ann"]


@pytest.mark.parametrize("how", ["rejected", "canceled", "deleted"])
def test_a_single_tasking_worker_goes_back_when_nothing_comes_of_it(single: Center, how: str) -> None:
    """To the activity before (routing 4.5); the task's end counts as well [I]."""
    flow = single.workflow(default=single.queue())
    single.worker("ann")
    task = single.task(flow, timeout=600)
    reservation = single.offered(task)
    if how == "rejected":
        single.change_queue(next(iter(single.store.task_queues.values())), target_workers="")  # nobody gets it again
        single.change(reservation, "rejected")
    elif how == "canceled":
        single.change_task(task, assignment_status="canceled")
    else:
        single.delete_task(task)
    assert name_of_activity(single) == "Idle"


def test_a_rescinded_single_tasking_worker_goes_back(single: Center) -> None:
    flow = single.workflow(default=single.queue(max_reserved_workers=2))
    single.worker("ann")
    single.worker("bob")
    task = single.task(flow)
    single.change(single.reservations(task)[0], "accepted")
    assert (name_of_activity(single, "ann"), name_of_activity(single, "bob")) == ("Busy", "Idle")


def test_a_worker_who_has_moved_on_is_not_put_back(single: Center) -> None:
    """Rejecting pending reservations while going offline must not bring the worker back."""
    flow = single.workflow(default=single.queue())
    ann = single.worker("ann")
    single.task(flow)
    single.set_activity(ann, "Offline", reject_pending_reservations=True)
    assert name_of_activity(single) == "Offline"


def test_a_single_tasking_timeout_leads_offline(single: Center) -> None:
    flow = single.workflow(default=single.queue())
    single.worker("ann")
    single.task(flow)
    single.advance(120)
    assert name_of_activity(single) == "Offline"


def test_a_workspace_that_becomes_multi_tasking_uses_its_channels(single: Center) -> None:
    flow = single.workflow(default=single.queue())
    ann = single.worker("ann")
    single.capacity(ann, 2)
    single.task(flow)
    single.set_activity(ann, "Idle")
    waiting = single.task(flow)
    assert waiting.assignment_status == "pending"
    single.change_workspace(multi_task_enabled=True)
    assert single.holders(waiting) == ["ann"]
