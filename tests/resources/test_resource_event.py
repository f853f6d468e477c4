"""What an event is about: the resource, made of what the event tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from fake_bridge import AC, EV, TC, WA, WK, WQ, WR, WS, WT, WW, Bridge, raw, task
from hypothesis import given
from hypothesis import strategies as st

from trbridge.resources.activity import ActivityInstance
from trbridge.resources.binding import read_instance
from trbridge.resources.event import EventInstance
from trbridge.resources.event_resource import FIELDS
from trbridge.resources.registry import INSTANCES
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance
from trbridge.resources.task_channel import TaskChannelInstance
from trbridge.resources.task_queue import TaskQueueInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.workflow import WorkflowInstance
from trbridge.resources.workspace import WorkspaceInstance

TASK = {
    "task_sid": WT,
    "task_attributes": '{"type":"support"}',
    "task_age": "12",
    "task_priority": "3",
    "task_assignment_status": "canceled",
    "task_date_created": "1893456000",
    "task_canceled_reason": "enough",
    "task_channel_sid": TC,
    "task_channel_unique_name": "default",
    "task_queue_sid": WQ,
    "task_queue_name": "English",
    "workflow_sid": WW,
    "workflow_name": "Default",
}
WORKER = {
    "worker_sid": WK,
    "worker_name": "Alice",
    "worker_attributes": '{"languages":["en"]}',
    "worker_activity_sid": WA,
    "worker_activity_name": "Idle",
    "worker_time_in_previous_activity_ms": "26123",
}


def event(kind: str, resource_sid: str | None, data: Any, bridge: Bridge | None = None) -> EventInstance:
    sent = {
        "sid": EV,
        "account_sid": AC,
        "workspace_sid": WS,
        "event_type": kind,
        "event_date_ms": 1893456012500,
        "event_data": data,
        "resource_sid": resource_sid,
    }
    return read_instance(EventInstance, raw(sent), (bridge or Bridge()).context)


def test_a_task() -> None:
    about = event("task.canceled", WT, TASK).resource
    assert isinstance(about, TaskInstance)
    assert (about.sid, about.account_sid, about.workspace_sid) == (WT, AC, WS)
    assert about.attributes == {"type": "support"}
    assert (about.age, about.priority, about.assignment_status, about.reason) == (12, 3, "canceled", "enough")
    assert about.date_created == datetime(2030, 1, 1, tzinfo=UTC)
    assert (about.task_queue_sid, about.task_queue_friendly_name) == (WQ, "English")
    assert (about.workflow_sid, about.workflow_friendly_name) == (WW, "Default")
    assert (about.task_channel_sid, about.task_channel_unique_name) == (TC, "default")


def test_a_reservation_has_its_status_and_its_task() -> None:
    """The status is the event's: data has none (routing 6.3)."""
    about = event("reservation.accepted", WR, TASK | WORKER | {"reservation_sid": WR}).resource
    assert isinstance(about, ReservationInstance)
    assert (about.sid, about.reservation_status) == (WR, "accepted")
    assert (about.task_sid, about.worker_sid, about.worker_name) == (WT, WK, "Alice")
    assert about.task is not None
    assert (about.task.sid, about.task.attributes, about.task.priority) == (WT, {"type": "support"}, 3)


def test_a_worker_and_what_has_no_field() -> None:
    about = event("worker.activity.update", WK, WORKER).resource
    assert isinstance(about, WorkerInstance)
    assert (about.friendly_name, about.activity_sid, about.activity_name) == ("Alice", WA, "Idle")
    assert about.attributes == {"languages": ["en"]}
    assert about.extra["worker_time_in_previous_activity_ms"] == "26123"
    assert about.extra["event_sid"] == EV
    assert about.extra["event_type"] == "worker.activity.update"
    assert about.extra["event_date_ms"] == 1893456012500


@pytest.mark.parametrize(
    ("sid", "data", "cls", "fields"),
    [
        (
            WA,
            {"activity_name": "Idle", "activity_available": "true"},
            ActivityInstance,
            {"friendly_name": "Idle", "available": True},
        ),
        (
            WQ,
            {"task_queue_name": "English", "task_queue_target_expression": "1==1"},
            TaskQueueInstance,
            {"friendly_name": "English", "target_workers": "1==1"},
        ),
        (WW, {"workflow_name": "Default"}, WorkflowInstance, {"friendly_name": "Default"}),
        (
            TC,
            {"task_channel_name": "Voice", "task_channel_unique_name": "voice"},
            TaskChannelInstance,
            {"friendly_name": "Voice", "unique_name": "voice"},
        ),
        (WS, {"workspace_name": "Demo"}, WorkspaceInstance, {"friendly_name": "Demo"}),
    ],
)
def test_the_others(sid: str, data: dict[str, str], cls: type, fields: dict[str, Any]) -> None:
    about = event("x.created", sid, data).resource
    assert isinstance(about, cls)
    assert {name: getattr(about, name) for name in fields} == fields


def test_every_field_of_the_table_is_one_of_its_class() -> None:
    for prefix, fields in FIELDS.items():
        known = {field.encode_name for field in msgspec.structs.fields(INSTANCES[prefix])}
        assert set(fields) <= known, prefix


def test_it_is_the_same_object_each_time_and_can_be_fetched() -> None:
    made = event("task.created", WT, TASK)
    assert made.resource is made.resource


async def test_the_rest_is_a_fetch_away() -> None:
    bridge = Bridge()
    about = event("task.created", WT, TASK, bridge).resource
    assert isinstance(about, TaskInstance)
    bridge.answer(task(timeout=99))
    await about.fetch()
    assert about.timeout == 99


@pytest.mark.parametrize("sid", [None, "", "XX" + "0" * 32, EV, "WC" + "0" * 32])
def test_a_kind_that_is_not_known_is_none(sid: str | None) -> None:
    assert event("new.thing", sid, {"a": "b"}).resource is None


@pytest.mark.parametrize("data", [None, "text", 3, []])
def test_without_data_there_is_the_sid(data: Any) -> None:
    about = event("task.created", WT, data).resource
    assert isinstance(about, TaskInstance)
    assert (about.sid, about.workspace_sid) == (WT, WS)


values = st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(allow_nan=False), st.lists(st.none()))


@given(
    st.sampled_from([WT, WR, WK, WA, WQ, WW, TC, WS]),
    st.dictionaries(st.sampled_from(sorted({*TASK, *WORKER, "reservation_sid", "odd"})), values),
)
def test_any_data_makes_a_resource(sid: str, data: dict[str, Any]) -> None:
    """An odd value costs its field only."""
    about = event("task.updated", sid, data).resource
    assert about is not None
    assert about.sid == sid
    assert isinstance(about.extra, dict)
