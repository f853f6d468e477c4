"""Statistics of how things are now (routing 8, rest-api 4.4)."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import Center
from statistics_of import figures

from trbridge.emulator import statistics
from trbridge.emulator.operations import workspaces
from trbridge.errors import ApiError


@pytest.fixture
def center() -> Center:
    return Center()


def test_tasks_are_counted_by_status_and_priority_as_long_as_they_live(center: Center) -> None:
    queue = center.queue()
    flow = center.workflow(default=queue)
    alice = center.worker("Alice")
    center.capacity(alice, 3)
    tasks = [center.task(flow, priority=priority) for priority in (0, 0, 7, 7, 7)]
    center.change(center.offered(tasks[0]), "accepted")
    center.change(center.offered(tasks[1]), "accepted")
    center.change_task(tasks[1], assignment_status="wrapping")
    gone = center.task(flow)
    center.change_task(gone, assignment_status="canceled")
    for kind, entity in (("workspace", None), ("workflow", flow), ("task_queue", queue)):
        seen = figures(center, f"{kind}_realtime", entity)
        assert seen["tasks_by_status"] == {"pending": 2, "reserved": 1, "assigned": 1, "wrapping": 1}
        assert seen["tasks_by_priority"] == {"0": 2, "7": 3}
        assert seen["total_tasks"] == 5


def test_the_longest_wait_is_a_pending_tasks(center: Center) -> None:
    """A queue whose only task was reserved showed 0 (seen live); age is from creation, relative age from entry."""
    first, second = center.queue("First", "nobody == 1"), center.queue("Second")
    flow = center.workflow(("1==1", {"queue": first, "timeout": 20}, {"queue": second}))
    alice = center.worker("Alice", "Offline")
    oldest = center.task(flow)
    center.advance(5)
    center.task(flow)
    center.advance(20.7)
    seen = figures(center, "task_queue_realtime", second)
    assert (seen["longest_task_waiting_age"], seen["longest_task_waiting_sid"]) == (25, oldest.sid)
    assert (seen["longest_relative_task_age_in_queue"], seen["longest_relative_task_sid_in_queue"]) == (5, oldest.sid)
    empty = figures(center, "task_queue_realtime", first)
    assert (empty["longest_task_waiting_age"], empty["longest_task_waiting_sid"]) == (0, None)
    assert (empty["longest_relative_task_age_in_queue"], empty["longest_relative_task_sid_in_queue"]) == (0, None)
    center.set_activity(alice, "Available")
    assert center.holders(oldest) == ["Alice"]
    assert figures(center, "workspace_realtime")["longest_task_waiting_age"] == 20
    assert figures(center, "workspace_realtime", task_channel="sms")["longest_task_waiting_age"] == 0


def test_a_queues_workers_are_those_it_matches_busy_or_not(center: Center) -> None:
    queue = center.queue("French", "langs HAS 'fr'")
    flow = center.workflow(default=queue)
    alice = center.worker("Alice", langs=["fr"])
    bob = center.worker("Bob", "Offline", langs=["fr"])
    center.worker("Chloé", langs=["en"])
    center.change(center.offered(center.task(flow)), "accepted")
    seen = figures(center, "task_queue_realtime", queue)
    assert (seen["total_eligible_workers"], seen["total_available_workers"]) == (2, 1)
    by_activity = {each["friendly_name"]: each["workers"] for each in seen["activity_statistics"]}
    assert by_activity == {"Offline": 1, "Available": 1, "Unavailable": 0}
    center.set_activity(bob, "Unavailable")
    center.change_worker(alice, attributes='{"langs":[]}')
    seen = figures(center, "task_queue_realtime", queue)
    assert (seen["total_eligible_workers"], seen["total_available_workers"]) == (1, 0)
    everywhere = figures(center, "workspace_realtime")
    assert everywhere["total_workers"] == 3
    assert [(each["friendly_name"], each["workers"]) for each in everywhere["activity_statistics"]] == [
        ("Offline", 0),
        ("Available", 2),
        ("Unavailable", 1),
    ]


def test_many_queues_at_once_and_a_foreign_one_is_empty(center: Center) -> None:
    queue, foreign = center.queue(), "WQ" + "0" * 32
    task = center.task(center.workflow(default=queue))
    center.worker("Alice", "Offline")
    center.advance(3)
    (own, other) = figures(center, "task_queues_bulk", queue_sids=[queue.sid, foreign])["task_queue_data"]
    assert own.keys() == other.keys()
    assert (own["longest_task_waiting_sid"], own["longest_task_waiting_age"]) == (task.sid, 3)
    assert (own["total_tasks"], own["total_eligible_workers"]) == (1, 1)
    assert other["task_queue_sid"] == foreign
    numbers = ("total_tasks", "total_eligible_workers", "total_available_workers", "longest_task_waiting_age")
    assert {other[name] for name in numbers} == {0}
    assert {each["workers"] for each in other["activity_statistics"]} == {0}
    assert other["tasks_by_priority"] == {}
    with center.engine.transaction() as tx:
        elsewhere = workspaces.create(tx, center.engine.account_sid, {"friendly_name": "Elsewhere"})
    seen = statistics.fetch(center.store, "task_queues_bulk", elsewhere, {"queue_sids": [queue.sid]}, 0.0)
    assert seen["task_queue_data"][0]["total_tasks"] == 0


def test_refusals_of_workers_by_queue(center: Center) -> None:
    queue = center.queue("French")
    cases: list[dict[str, Any]] = [
        {"task_queue_sid": "WQ" + "0" * 32},
        {"task_queue_name": "Nobody's"},
        {"task_queue_sid": queue.sid, "task_queue_name": "German"},
    ]
    for values in cases:
        with pytest.raises(ApiError, match="There is no task queue"):
            figures(center, "workers", **values)
