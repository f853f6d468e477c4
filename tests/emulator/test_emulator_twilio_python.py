"""twilio-python, unmodified but for its base URL, does everything in its TaskRouter API against the emulator."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.rest import Client

from trbridge.emulator.rest.router import Router
from trbridge.emulator.rest.routes import ROUTES
from trbridge.emulator.testing import TaskRouter


@pytest.fixture
def workspaces(taskrouter: TaskRouter, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NO_PROXY", "*")
    client = Client(taskrouter.emulator.account_sid, taskrouter.emulator.auth_token)
    client.taskrouter.base_url = taskrouter.emulator.event_bridge_base_url
    return client.taskrouter.v1.workspaces


class Body:
    """What twilio-python wants for a JSON body."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def to_dict(self) -> dict[str, Any]:
        return self._values


# Every operation, create to delete


def do_workspaces(workspaces: Any) -> None:
    made = workspaces.create(
        "Support", event_callback_url="http://127.0.0.1:9/", events_filter="task.created", template="FIFO",
        multi_task_enabled=True, prioritize_queue_order="LIFO",
    )  # fmt: skip
    assert (made.friendly_name, made.prioritize_queue_order, made.multi_task_enabled) == ("Support", "LIFO", True)
    assert isinstance(made.date_created, datetime)
    assert {each.friendly_name for each in workspaces.list()} == {"Demo", "Support"}
    assert [each.sid for each in workspaces.list(friendly_name="Support")] == [made.sid]
    available = next(each for each in made.activities.list() if each.available)
    changed = made.update(
        default_activity_sid=available.sid, timeout_activity_sid=available.sid, friendly_name="Renamed",
        event_callback_url="", events_filter="", prioritize_queue_order="FIFO", multi_task_enabled=True,
    )  # fmt: skip
    assert (changed.default_activity_name, changed.timeout_activity_name) == ("Available", "Available")
    assert made.fetch().friendly_name == "Renamed"
    assert made.delete()
    assert [each.friendly_name for each in workspaces.list()] == ["Demo"]


def do_activities(workspace: Any) -> None:
    lunch = workspace.activities.create("Lunch", available=False)
    assert lunch.update(friendly_name="Long lunch").friendly_name == "Long lunch"
    assert lunch.fetch().available is False
    assert [each.friendly_name for each in workspace.activities.list(available="true")] == ["Available"]
    assert lunch.delete()


def do_channels(workspace: Any) -> None:
    fax = workspace.task_channels.create("Fax", "fax", channel_optimized_routing=True)
    assert fax.update(friendly_name="Telefax", channel_optimized_routing=False).friendly_name == "Telefax"
    assert workspace.task_channels("fax").fetch().sid == fax.sid
    assert "fax" in [each.unique_name for each in workspace.task_channels.list()]
    assert fax.delete()


def do_workers(workspace: Any, taskrouter: TaskRouter) -> Any:
    available = taskrouter.activity("Available").sid
    alice = workspace.workers.create("Alice", activity_sid=available, attributes=json.dumps({"langs": ["fr"]}))
    assert json.loads(alice.attributes) == {"langs": ["fr"]}
    assert alice.update(friendly_name="Alice B.", attributes='{"langs":["fr","en"]}').friendly_name == "Alice B."
    found = workspace.workers.list(
        activity_name="Available", activity_sid=available, available="true", friendly_name="Alice B.",
        target_workers_expression="langs HAS 'en'", ordering="DateStatusChanged:desc",
    )  # fmt: skip
    assert [each.sid for each in found] == [alice.sid]
    (channel,) = [each for each in alice.worker_channels.list() if each.task_channel_unique_name == "default"]
    assert alice.worker_channels(channel.sid).update(capacity=2, available=True).configured_capacity == 2
    assert alice.worker_channels("default").fetch().available_capacity_percentage == 100
    gone = workspace.workers.create("Bob")
    assert gone.fetch().activity_name == "Offline"
    assert gone.delete()
    return alice


def do_queues(workspace: Any, worker: Any) -> Any:
    expression = "langs HAS 'fr'"
    french = workspace.task_queues.create(
        "French", target_workers=expression, max_reserved_workers=2, task_order="LIFO"
    )
    assert french.update(friendly_name="Francophones", task_order="FIFO", max_reserved_workers=1).task_order == "FIFO"
    assert french.fetch().target_workers == expression
    for wanted in (
        {"worker_sid": worker.sid},
        {"evaluate_worker_attributes": '{"langs":["fr"]}'},
        {"friendly_name": "Francophones"},
    ):
        assert french.sid in [each.sid for each in workspace.task_queues.list(**wanted)]
    spare = workspace.task_queues.create("Spare")
    assert spare.delete()
    return french


def do_workflows(workspace: Any, queue: Any) -> Any:
    configuration = json.dumps({"task_routing": {"default_filter": {"queue": queue.sid}}})
    flow = workspace.workflows.create(
        "Flow", configuration, assignment_callback_url="http://127.0.0.1:9/",
        fallback_assignment_callback_url="http://127.0.0.1:9/", task_reservation_timeout=30,
    )  # fmt: skip
    flow = flow.update(friendly_name="Main", assignment_callback_url="", fallback_assignment_callback_url="",
                       task_reservation_timeout=60, re_evaluate_tasks="true")  # fmt: skip
    assert (flow.friendly_name, flow.task_reservation_timeout) == ("Main", 60)
    assert json.loads(workspace.workflows(flow.sid).fetch().configuration) == json.loads(configuration)
    assert [each.sid for each in workspace.workflows.list(friendly_name="Main")] == [flow.sid]
    spare = workspace.workflows.create("Spare", configuration)
    assert spare.delete()
    return flow


def do_tasks(workspace: Any, flow: Any, worker: Any, taskrouter: TaskRouter) -> None:
    start = datetime.fromtimestamp(int(taskrouter.emulator.engine.now()) - 60, UTC)
    task = workspace.tasks.create(
        workflow_sid=flow.sid, attributes='{"lang":"fr"}', priority=3, timeout=600, task_channel="default",
        virtual_start_time=start,
    )  # fmt: skip
    assert (task.assignment_status, task.priority, task.age) == ("pending", 3, 0)
    assert task.virtual_start_time == start
    assert task.fetch().assignment_status == "reserved"
    (reservation,) = task.reservations.list(reservation_status="pending", worker_sid=worker.sid)
    assert task.reservations(reservation.sid).fetch().worker_name == "Alice B."
    assert reservation.update(reservation_status="accepted").reservation_status == "accepted"
    assert task.update(attributes='{"lang":"en"}', priority=5, task_channel="default").priority == 5
    found = workspace.tasks.list(
        assignment_status=["assigned", "wrapping"], workflow_sid=flow.sid, workflow_name="Main", priority=5,
        evaluate_task_attributes="lang == 'en'", ordering="DateCreated:desc", has_addons=False,
    )  # fmt: skip
    assert [each.sid for each in found] == [task.sid]
    assert task.update(assignment_status="wrapping", reason="notes").assignment_status == "wrapping"
    assert task.update(assignment_status="completed", reason="solved").reason == "solved"
    second = workspace.tasks.create(workflow_sid=flow.sid)
    (offered,) = worker.reservations.list(reservation_status="pending")
    assert worker.reservations(offered.sid).fetch().task_sid == second.sid
    assert worker.reservations(offered.sid).update(instruction="accept").reservation_status == "accepted"
    assert second.delete()


def do_events(workspace: Any, worker: Any) -> None:
    events = workspace.events.list(event_type="reservation.accepted", minutes=60, worker_sid=worker.sid)
    assert len(events) == 2
    first = workspace.events(events[0].sid).fetch()
    assert first.event_data["worker_name"] == "Alice B."
    assert (first.event_type, first.resource_type) == ("reservation.accepted", "reservation")


def do_statistics(workspace: Any, flow: Any, queue: Any, worker: Any) -> None:
    window = {"minutes": 60, "split_by_wait_time": "5,30", "task_channel": "default"}
    combined = workspace.statistics().fetch(**window)
    assert combined.cumulative["reservations_accepted"] == 2
    assert combined.realtime["total_workers"] == 1
    assert workspace.cumulative_statistics().fetch(**window).tasks_completed == 1
    assert workspace.real_time_statistics().fetch(task_channel="default").total_tasks == 0
    assert flow.statistics().fetch(**window).cumulative["tasks_entered"] == 2
    assert flow.cumulative_statistics().fetch(**window).tasks_deleted == 1
    assert flow.real_time_statistics().fetch(task_channel="default").tasks_by_status["pending"] == 0
    assert queue.statistics().fetch(**window).realtime["total_eligible_workers"] == 1
    assert queue.cumulative_statistics().fetch(**window).reservations_created == 2
    assert queue.real_time_statistics().fetch(task_channel="default").total_available_workers == 1
    (each,) = workspace.task_queues.statistics.list(friendly_name="Francophones", **window)
    assert (each.task_queue_sid, each.cumulative["tasks_entered"]) == (queue.sid, 2)
    bulk = workspace.task_queues.bulk_real_time_statistics.create(body=Body(queueSids=[queue.sid]))
    assert bulk.task_queue_response_count == 1
    assert bulk.task_queue_data[0]["total_eligible_workers"] == 1
    dates = {"start_date": datetime.now(UTC) - timedelta(hours=1), "task_channel": "default"}
    everybody = workspace.workers.statistics().fetch(task_queue_sid=queue.sid, friendly_name="Alice B.", **dates)
    assert everybody.cumulative["reservations_accepted"] == 2
    assert workspace.workers.cumulative_statistics().fetch(**dates).reservations_accepted == 2
    assert workspace.workers.real_time_statistics().fetch().total_workers == 1
    assert worker.statistics().fetch(minutes=30).cumulative["reservations_accepted"] == 2


def test_it_does_everything(workspaces: Any, taskrouter: TaskRouter) -> None:
    workspace = workspaces(taskrouter.workspace_sid)
    do_workspaces(workspaces)
    do_activities(workspace)
    do_channels(workspace)
    alice = do_workers(workspace, taskrouter)
    queue = do_queues(workspace, alice)
    flow = do_workflows(workspace, queue)
    do_tasks(workspace, flow, alice, taskrouter)
    do_events(workspace, alice)
    do_statistics(workspace, flow, queue, alice)
    router = Router()
    seen = {router.find(entry.method or "", (entry.path or "").split("/")[1:])[0].operation_id
            for entry in taskrouter.record("rest")}  # fmt: skip
    assert {route.operation_id for route in ROUTES} - seen == set()
    assert [entry.path for entry in taskrouter.record("rest") if (entry.status or 500) >= 400] == []
