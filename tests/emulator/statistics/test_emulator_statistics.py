"""Statistics of what happened (routing 8, rest-api 4.3), on a contact center whose story is known."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import Center
from statistics_of import figures


@pytest.fixture
def center() -> Center:
    return Center()


def aggregate(*waits: int) -> dict[str, int]:
    """The slow way."""
    if not waits:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    return {"avg": sum(waits) // len(waits), "min": min(waits), "max": max(waits), "total": sum(waits)}


def test_the_fate_of_every_reservation_is_counted_in_every_scope(center: Center) -> None:
    queue = center.queue(max_reserved_workers=2)
    flow = center.workflow(default=queue, task_reservation_timeout=60)
    alice, bob = center.worker("Alice"), center.worker("Bob")
    first = center.task(flow)  # both are asked, Alice accepts, Bob's is rescinded
    center.change(center.reservations(first)[0], "accepted")
    center.change_task(first, assignment_status="completed")
    second = center.task(flow)  # both are asked, both say no, and again
    for reservation in center.reservations(second, "pending"):
        center.change(reservation, "rejected")
    center.change_task(second, assignment_status="canceled")  # the second round is canceled with it
    third = center.task(flow)  # both are asked, and neither answers
    center.advance(60)

    assert center.now(third).assignment_status == "pending"
    counts = {
        "reservations_created": 8,
        "reservations_accepted": 1,
        "reservations_rescinded": 1,
        "reservations_rejected": 2,
        "reservations_canceled": 2,
        "reservations_timed_out": 2,
    }
    scopes = [("workspace", None), ("workflow", flow), ("task_queue", queue), ("workers", None)]
    for kind, entity in scopes:
        seen = figures(center, f"{kind}_cumulative", entity)
        assert {name: seen[name] for name in counts} == counts, kind
    for worker, accepted in ((alice, 1), (bob, 0)):
        seen = figures(center, "worker", worker)["cumulative"]
        assert seen["reservations_created"] == 4
        assert (seen["reservations_accepted"], seen["reservations_rescinded"]) == (accepted, 1 - accepted)
        assert [seen[f"reservations_{name}"] for name in ("rejected", "canceled", "timed_out")] == [1, 1, 1]


def test_the_ends_of_tasks_are_counted(center: Center) -> None:
    """Created, entered, completed, canceled, deleted by the API, timed out in the workflow."""
    queue = center.queue(target_workers="lang == 'en'")
    flow = center.workflow(("1==1", {"queue": queue, "timeout": 30}))
    completed, deleted, canceled = center.task(flow), center.task(flow), center.task(flow)
    center.worker("Alice", lang="en")
    center.change(center.offered(completed), "accepted")
    center.change_task(completed, assignment_status="completed")
    center.change(center.offered(deleted), "accepted")
    center.delete_task(deleted)
    center.set_activity(center.store.workers[center.reservations(canceled)[0].worker_sid], "Offline")
    center.change_task(canceled, assignment_status="canceled")
    center.task(flow)
    center.advance(30)
    wanted = {
        "tasks_completed": 1,
        "tasks_deleted": 1,
        "tasks_canceled": 2,
        "tasks_moved": 0,
    }
    for kind, entity, entered in (
        ("workspace", None, {"tasks_created": 4, "tasks_timed_out_in_workflow": 1}),
        ("workflow", flow, {"tasks_entered": 4, "tasks_timed_out_in_workflow": 1}),
        ("task_queue", queue, {"tasks_entered": 4}),
    ):
        seen = figures(center, f"{kind}_cumulative", entity)
        assert {name: seen[name] for name in {**wanted, **entered}} == {**wanted, **entered}, kind


def test_what_the_system_deletes_is_not_a_deleted_task(center: Center) -> None:
    """tasks_deleted counts the API's deletions; a task assigned for a day goes without being asked."""
    flow = center.workflow(default=center.queue())
    center.worker("Alice")
    center.change(center.offered(center.task(flow)), "accepted")
    center.advance(86_400)
    seen = figures(center, "workspace_cumulative", minutes=1_500)
    assert (seen["tasks_deleted"], seen["tasks_completed"], seen["tasks_canceled"]) == (0, 0, 0)


def test_a_move_counts_for_the_queue_that_was_left(center: Center) -> None:
    first, second = center.queue("First", "nobody == 1"), center.queue("Second", "nobody == 1")
    flow = center.workflow(("1==1", {"queue": first, "timeout": 20}, {"queue": second}))
    center.task(flow)
    center.advance(20)
    moved = {name: figures(center, "task_queue_cumulative", queue) for name, queue in (("1", first), ("2", second))}
    assert [moved["1"][name] for name in ("tasks_entered", "tasks_moved")] == [1, 1]
    assert [moved["2"][name] for name in ("tasks_entered", "tasks_moved")] == [1, 0]
    assert figures(center, "workspace_cumulative")["tasks_moved"] == 1
    assert figures(center, "workflow_cumulative", flow)["tasks_moved"] == 1


def test_waits_until_accepted_begin_at_creation_and_in_the_queue_at_its_entry(center: Center) -> None:
    first, second = center.queue("First", "nobody == 1"), center.queue("Second")
    flow = center.workflow(("1==1", {"queue": first, "timeout": 20}, {"queue": second}))
    task = center.task(flow)
    center.advance(27.9)
    center.worker("Alice")
    center.change(center.offered(task), "accepted")
    seen = figures(center, "task_queue_cumulative", second)
    assert seen["wait_duration_until_accepted"] == aggregate(27)
    assert seen["avg_task_acceptance_time"] == 27
    assert seen["wait_duration_in_queue_until_accepted"] == aggregate(7)
    assert figures(center, "task_queue_cumulative", first)["wait_duration_until_accepted"] == aggregate()
    assert "wait_duration_in_queue_until_accepted" not in figures(center, "workflow_cumulative", flow)


def test_waits_until_canceled_and_the_split_by_wait_time(center: Center) -> None:
    """The boundary itself is below [I]: a wait of exactly the threshold is not longer than it."""
    flow = center.workflow(default=center.queue())
    alice = center.worker("Alice")
    for wait in (5, 10, 30):
        center.set_activity(alice, "Offline")
        task, lost = center.task(flow), center.task(flow)
        center.advance(wait)
        center.change_task(lost, assignment_status="canceled")
        center.set_activity(alice, "Available")
        center.change(center.offered(task), "accepted")
        center.change_task(task, assignment_status="completed")
    seen = figures(center, "workspace_cumulative", split_by_wait_time=" 10, 30,10")
    assert seen["wait_duration_until_canceled"] == seen["wait_duration_until_accepted"] == aggregate(5, 10, 30)
    assert seen["split_by_wait_time"] == {
        "10": {
            "above": {"tasks_canceled": 1, "reservations_accepted": 1},
            "below": {"tasks_canceled": 2, "reservations_accepted": 2},
        },
        "30": {
            "above": {"tasks_canceled": 0, "reservations_accepted": 0},
            "below": {"tasks_canceled": 3, "reservations_accepted": 3},
        },
    }
    assert figures(center, "workspace_cumulative")["split_by_wait_time"] is None
    assert figures(center, "workspace_cumulative", split_by_wait_time=" ")["split_by_wait_time"] is None


def test_activity_durations_count_what_of_a_stay_is_in_the_window(center: Center) -> None:
    alice = center.worker("Alice", "Offline")
    center.advance(600)
    center.set_activity(alice, "Available")
    center.advance(90.5)
    center.set_activity(alice, "Unavailable")
    center.advance(60)
    center.set_activity(alice, "Available")
    center.advance(30.5)
    seen = figures(center, "worker", alice, minutes=5)["cumulative"]
    durations = {each["friendly_name"]: each for each in seen["activity_durations"]}
    assert {name: (each["min"], each["max"], each["avg"], each["total"]) for name, each in durations.items()} == {
        "Offline": (119, 119, 119, 119),
        "Available": (30, 90, 60, 121),
        "Unavailable": (60, 60, 60, 60),
    }
    assert durations["Offline"]["sid"] == center.activity("Offline")
    start, end = center.engine.now() - 750, center.engine.now() - 100
    before = figures(center, "worker", alice, start_date=start, end_date=end)["cumulative"]
    totals = {each["friendly_name"]: each["total"] for each in before["activity_durations"]}
    # Created 781 seconds ago: 569 of 650 seconds offline, then 81 available.
    assert totals == {"Offline": 569, "Available": 81, "Unavailable": 0}


def test_who_leaves_an_activity_and_is_back_in_the_same_moment_begins_a_new_stay() -> None:
    """A single-tasking worker goes from one reservation to the next; the event log shows both moves."""
    center = Center(multi_task_enabled=False)
    flow = center.workflow(default=center.queue())
    alice = center.worker("Alice")
    first, _second = center.task(flow), center.task(flow)
    center.advance(10)
    center.delete_task(first)  # back to Idle, and reserved for the second at once
    center.advance(30)
    seen = figures(center, "worker", alice)["cumulative"]
    stays = {each["friendly_name"]: each for each in seen["activity_durations"]}
    assert [stays["Reserved"][name] for name in ("min", "max", "avg", "total")] == [10, 30, 20, 40]
    assert stays["Idle"]["total"] == 0


def test_a_window_before_a_worker_was_made_knows_nothing_of_him(center: Center) -> None:
    center.advance(1000)
    alice = center.worker("Alice")
    center.advance(10)
    now = center.engine.now()
    before = figures(center, "worker", alice, start_date=now - 500, end_date=now - 100)["cumulative"]
    assert {each["total"] for each in before["activity_durations"]} == {0}


def test_workers_can_be_chosen_by_queue_and_by_name(center: Center) -> None:
    queue = center.queue("French", "langs HAS 'fr'")
    flow = center.workflow(default=center.queue("All"))
    center.worker("Alice", langs=["fr"])
    center.worker("Bob", "Offline", langs=["fr", "en"])
    center.worker("Chloé", langs=["en"])
    for _ in range(2):
        center.change(center.offered(center.task(flow)), "accepted")
    cases: list[tuple[dict[str, Any], int, int]] = [
        ({}, 3, 2),
        ({"task_queue_sid": queue.sid}, 2, 1),
        ({"task_queue_name": "French"}, 2, 1),
        ({"task_queue_sid": queue.sid, "task_queue_name": "French", "friendly_name": "Bob"}, 1, 0),
        ({"friendly_name": "Chloé"}, 1, 1),
        ({"friendly_name": "Nobody"}, 0, 0),
    ]
    for values, workers, accepted in cases:
        seen = figures(center, "workers", **values)
        assert seen["realtime"]["total_workers"] == workers, values
        assert sum(each["workers"] for each in seen["realtime"]["activity_statistics"]) == workers
        assert seen["cumulative"]["reservations_accepted"] == accepted, values


def test_a_task_channel_limits_everything_about_tasks(center: Center) -> None:
    queue = center.queue()
    flow = center.workflow(default=queue)
    alice = center.worker("Alice")
    chat, voice = center.task(flow, task_channel="chat", priority=3), center.task(flow, task_channel="voice")
    center.change(center.offered(voice), "accepted")
    for kind, entity in (("workspace", None), ("workflow", flow), ("task_queue", queue)):
        seen = figures(center, kind, entity, task_channel="chat")
        assert (seen["realtime"]["total_tasks"], seen["realtime"]["tasks_by_priority"]) == (1, {"3": 1})
        assert seen["realtime"]["tasks_by_status"] == {"pending": 0, "reserved": 1, "assigned": 0, "wrapping": 0}
        assert seen["cumulative"]["reservations_created"] == 1
        assert seen["cumulative"]["reservations_accepted"] == 0
    by_sid = figures(center, "worker", alice, task_channel=center.task_channel("voice"))["cumulative"]
    assert (by_sid["reservations_created"], by_sid["reservations_accepted"]) == (1, 1)
    center.change(center.offered(chat), "rejected")
