"""Workspaces, queues, workers, channels and events: what each has beyond the common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fake_bridge import EV, TC, WA, WC, WK, WQ, WS, Bridge, W, page, raw, sid

from trbridge.resources.binding import read_instance
from trbridge.resources.event import EventInstance, EventList
from trbridge.resources.instance import ReadOnlyInstance, merge
from trbridge.resources.task_queue import TaskQueueInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workspace import WorkspaceInstance


def read(cls: type[ReadOnlyInstance], payload: dict[str, Any], bridge: Bridge | None = None) -> Any:
    return read_instance(cls, raw(payload), (bridge or Bridge()).context)


def test_a_workspace_has_its_lists_at_the_url_of_the_client() -> None:
    one = read(WorkspaceInstance, {"sid": WS})
    urls = {
        name: getattr(one, name).resource_url.removeprefix(W)
        for name in ("activities", "workflows", "taskqueues", "workers", "tasks", "task_channels", "events")
    }
    assert urls == {
        "activities": "/Activities",
        "workflows": "/Workflows",
        "taskqueues": "/TaskQueues",
        "workers": "/Workers",
        "tasks": "/Tasks",
        "task_channels": "/TaskChannels",
        "events": "/Events",
    }
    assert one.task_queues is one.taskqueues
    assert one.resource_url == W


def test_a_workspace_knows_its_two_activities() -> None:
    one = read(WorkspaceInstance, {"sid": WS, "default_activity_sid": WA, "timeout_activity_sid": sid("WA", 2)})
    assert [one.default_activity.sid, one.timeout_activity.sid] == [WA, sid("WA", 2)]
    assert read(WorkspaceInstance, {"sid": WS}).default_activity is None


async def test_links_lead_on() -> None:
    bridge = Bridge()
    one = read(WorkerInstance, {"sid": WK, "workspace_sid": WS}, bridge)
    bridge.answer(page("activities", []))
    await one.workspace.activities.fetch()
    assert bridge.sent == [("GET", "/Activities", None)]


def test_a_queue_knows_its_two_activities() -> None:
    one = read(TaskQueueInstance, {"sid": WQ, "reservation_activity_sid": WA, "assignment_activity_sid": sid("WA", 2)})
    assert [one.reservation_activity.sid, one.assignment_activity.sid] == [WA, sid("WA", 2)]


def test_a_channel_on_the_socket() -> None:
    """wire-protocol 7.4: 0 and 1, and milliseconds."""
    one = read(
        WorkerChannelInstance,
        {
            "sid": WC,
            "worker_sid": WK,
            "task_channel_sid": TC,
            "task_channel_unique_name": "default",
            "configured_capacity": 5,
            "available": 1,
            "assigned_tasks": 0,
            "available_capacity_percentage": 66.5,
            "date_created": 1893456000,
            "last_reserved_time": 1893575200123,
            "version": 1,
        },
    )
    assert (one.available, one.configured_capacity, one.available_capacity_percentage) == (True, 5, 66.5)
    assert one.last_reserved_time == datetime(2030, 1, 2, 9, 6, 40, 123000, tzinfo=UTC)
    assert "_odd" not in vars(one)
    assert [one.worker.sid, one.task_channel.sid] == [WK, TC]
    assert repr(one) == f"<WorkerChannelInstance {WC} 'default'>"


def test_a_channel_that_was_never_reserved_has_no_such_time() -> None:
    assert read(WorkerChannelInstance, {"sid": WC}).last_reserved_time is None
    assert read(WorkerChannelInstance, {"sid": WC, "last_reserved_time": 10**30}).last_reserved_time is None


async def test_a_worker_client_knows_whose_channel_it_is() -> None:
    bridge = Bridge(WK)
    one = read(WorkerChannelInstance, {"sid": WC}, bridge)
    bridge.answer({"sid": WC, "worker_sid": WK, "configured_capacity": 3})
    await one.update(capacity=3)
    assert bridge.sent == [("POST", f"/Workers/{WK}/Channels/{WC}", {"Capacity": "3"})]
    assert one.configured_capacity == 3


def test_a_capacity_event_updates_the_channel() -> None:
    one = read(WorkerChannelInstance, {"sid": WC, "worker_sid": WK, "available": True, "configured_capacity": 1})
    merge(one, raw({"sid": WC, "configured_capacity": 5, "available": 0}), event="worker.capacity.update")
    assert (one.configured_capacity, one.available, one.worker_sid) == (5, False, WK)


async def test_an_event_of_the_log() -> None:
    bridge = Bridge()
    bridge.answer(
        page(
            "events",
            [
                {
                    "sid": EV,
                    "event_type": "task.created",
                    "event_date": "2030-01-02T09:00:05Z",
                    "event_date_ms": 1893574805123,
                    "event_data": {"task_age": "0"},
                    "resource_sid": "WT1",
                    "resource_url": "https://x/y",
                }
            ],
        )
    )
    found = await EventList(bridge.context).fetch(minutes=5, task_sid="WT1")
    assert bridge.last.params == {"Minutes": "5", "TaskSid": "WT1"}
    one = found[0]
    assert isinstance(one, EventInstance)
    assert (one.event_date_ms, one.event_data) == (1893574805123, {"task_age": "0"})
    assert one.event_resource_url == "https://x/y"
    assert one.resource_url == f"{W}/Events/{EV}"
    assert repr(one) == f"<EventInstance {EV} 'task.created'>"
