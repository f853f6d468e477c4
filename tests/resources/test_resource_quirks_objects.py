"""The faults of the original that concern objects, one by one (wire-protocol 9): here they are gone."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import (
    AC,
    TC,
    WA,
    WC,
    WK,
    WQ,
    WR,
    WS,
    WT,
    WW,
    Bridge,
    W,
    activity,
    mashup,
    nested,
    page,
    raw,
    reservation,
    sid,
    task,
    worker,
)

from trbridge.resources.activity import ActivityInstance, ActivityList
from trbridge.resources.binding import Bound, bind, read_instance
from trbridge.resources.decoding import NULL
from trbridge.resources.instance import merge
from trbridge.resources.page import Page
from trbridge.resources.registry import materialize
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.reservation_event import reservation_from_event
from trbridge.resources.statistics import TaskQueueStatisticsItem, WorkflowStatistics, WorkspaceStatistics
from trbridge.resources.task import TaskInstance
from trbridge.resources.task_channel import TaskChannelInstance
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workflow import WorkflowInstance
from trbridge.resources.workspace import WorkspaceInstance


def workspace(bridge: Bridge) -> WorkspaceInstance:
    return bind(WorkspaceInstance(sid=WS), Bound(bridge.context, NULL))


def held(bridge: Bridge, payload: dict[str, Any]) -> Any:
    return materialize(raw(payload), bridge.context)


def test_q34_a_resource_of_an_unknown_kind_is_delivered_as_it_is() -> None:
    transfer = {"sid": sid("TT"), "task_sid": WT, "transfer_status": "failed"}
    assert held(Bridge(), transfer) == transfer


def test_q34_task_channels_and_events_have_classes() -> None:
    assert isinstance(held(Bridge(), {"sid": TC, "unique_name": "default"}), TaskChannelInstance)
    assert held(Bridge(), {"sid": sid("EV"), "event_type": "task.created"}).event_type == "task.created"


def test_q40_a_worker_has_its_activity() -> None:
    one = held(Bridge(), worker())
    assert isinstance(one.activity, ActivityInstance)
    assert one.activity.sid == WA
    assert one.activity.resource_url == f"{W}/Activities/{WA}"


@pytest.mark.parametrize("payload", [task(), {**task(task_queue_sid=None), "queue_sid": WQ}])
def test_q41_a_task_has_its_queue_in_either_dialect(payload: dict[str, Any]) -> None:
    payload = {name: value for name, value in payload.items() if value is not None}
    one = held(Bridge(), payload)
    assert one.task_queue.sid == WQ
    assert one.queue is one.task_queue
    assert one.queue_sid == WQ


def test_q42_no_sid_no_object() -> None:
    one = held(Bridge(), task(workflow_sid=None, task_queue_sid=None, task_channel_sid=None, workspace_sid=None))
    assert [one.workflow, one.task_queue, one.task_channel, one.workspace] == [None] * 4


async def test_q43_links_follow_updates() -> None:
    bridge = Bridge()
    one = held(bridge, worker())
    before = one.activity
    assert one.activity is before
    bridge.answer(worker(activity_sid=sid("WA", 2)))
    await one.update(activity_sid=sid("WA", 2))
    assert one.activity is not None
    assert one.activity.sid == sid("WA", 2)


def test_q44_no_reservation_is_made_of_a_reservation_sid() -> None:
    one = held(Bridge(), mashup())
    assert isinstance(one, TaskInstance)
    assert not hasattr(one, "reservation")
    assert one.extra["reservation_sid"] == WR


async def test_q45_resources_that_statistics_are_about_can_be_used() -> None:
    bridge = Bridge()
    stats = held(bridge, {"workflow_sid": WW, "workspace_sid": WS, "url": f"{W}/Workflows/{WW}/Statistics"})
    assert isinstance(stats, WorkflowStatistics)
    assert stats.workflow is not None
    assert stats.workspace is not None
    bridge.answer({"sid": WW, "friendly_name": "Default"})
    assert (await stats.workflow.fetch()).friendly_name == "Default"
    assert bridge.sent == [("GET", f"/Workflows/{WW}", None)]
    assert held(bridge, {"url": f"{W}/Workflows/{WW}/Statistics"}).workflow is None


def test_q46_null_dates_are_none() -> None:
    one = held(Bridge(), worker(date_created=None, date_updated="", date_status_changed="nonsense"))
    assert [one.date_created, one.date_updated, one.date_status_changed] == [None] * 3
    assert one.extra == {"date_updated": "", "date_status_changed": "nonsense"}


def test_q47_all_moments_are_moments() -> None:
    one = held(Bridge(), task())
    assert one.virtual_start_time == one.task_queue_entered_date == one.date_created
    assert one.virtual_start_time.tzinfo is not None
    channel = held(Bridge(), {"sid": WC, "last_reserved_time": 1893575200123})
    assert channel.last_reserved_time.isoformat() == "2030-01-02T09:06:40.123000+00:00"


@pytest.mark.parametrize("sent", ["nope", "", "{oops", 5, None, {"a": 1}, [1]])
def test_q48_attributes_that_are_not_json_stay_what_they_are(sent: object) -> None:
    one = held(Bridge(), worker(attributes=sent))
    assert (one.friendly_name, one.attributes) == ("Alice", sent)


def test_q48_configurations_and_addons_too() -> None:
    assert held(Bridge(), {"sid": WW, "configuration": "task-routing:\n - x"}).configuration == "task-routing:\n - x"
    assert held(Bridge(), task(addons="nope")).addons == "nope"


def test_q49_only_the_document_itself_is_parsed_not_what_is_nested_in_it() -> None:
    one = held(Bridge(), worker(attributes='{"attributes":"{\\"a\\":1}"}'))
    assert one.attributes == {"attributes": '{"a":1}'}


def test_q50_lists_of_numbers_and_text_stay_lists() -> None:
    outer = {"numbers": [1, 2], "mixed": [None, True, [1], {"a_b": 1}]}
    assert held(Bridge(), {"sid": WK, "outer": outer}).extra == {"outer": outer}


async def test_q51_a_payload_with_nested_objects_can_be_absorbed_again_and_again() -> None:
    bridge = Bridge()
    one = held(bridge, worker())
    for _ in range(3):
        bridge.answer(worker(outer={"deep_part": {"a_b": 1}}))
        await one.update("FriendlyName", "x")
    assert one.extra == {"outer": {"deep_part": {"a_b": 1}}}


async def test_q52_statistics_of_a_list_come_in_pages() -> None:
    bridge = Bridge()
    items = [{"task_queue_sid": WQ, "cumulative": {"tasks_entered": 3}, "realtime": {"total_tasks": 2}}]
    further = f"{W}/TaskQueues/Statistics?PageSize=1&Page=1"
    bridge.answer(page("task_queues_statistics", items, next_page_url=further))
    bridge.answer(page("task_queues_statistics", []))
    first = await workspace(bridge).taskqueues.statistics.fetch(minutes=240)
    assert len(first) == 1
    assert isinstance(first[0], TaskQueueStatisticsItem)
    assert first[0].cumulative.tasks_entered == 3
    assert len(await first.next()) == 0


async def test_q53_statistics_are_known_by_who_was_asked_not_by_a_word_in_a_url() -> None:
    bridge = Bridge()
    bridge.answer({"realtime": None, "cumulative": None, "url": "no"})
    stats = await workspace(bridge).statistics.fetch()
    assert isinstance(stats, WorkspaceStatistics)
    parts: list[Any] = [stats.cumulative, stats.realtime, stats.url]
    assert parts == [None, None, "no"]


def test_q54_a_list_of_an_unknown_kind_is_a_page_of_plain_values() -> None:
    things = held(Bridge(), {"meta": {"key": "things", "page": 2}, "things": [{"a_b": 1}, 5]})
    assert isinstance(things, Page)
    assert (things.data, things.page) == ([{"a_b": 1}, 5], 2)
    assert held(Bridge(), {"meta": {"key": "reservations"}, "reservations": []}).data == []
    assert held(Bridge(), {"meta": {"key": 5}, "x": 1}) == {"meta": {"key": 5}, "x": 1}


def test_q56_fields_cannot_be_assigned_to_and_the_error_says_what_to_do() -> None:
    one = held(Bridge(), worker())
    with pytest.raises(AttributeError, match=r"update\(friendly_name=\.\.\.\)"):
        one.friendly_name = "Bob"
    with pytest.raises(AttributeError):
        one.attributes = {}
    assert one.friendly_name == "Alice"


def test_q57_a_worker_resource_has_its_reservations_and_channels() -> None:
    one = held(Bridge(), worker())
    assert one.reservations.resource_url == f"{W}/Workers/{WK}/Reservations"
    assert one.channels.resource_url == f"{W}/Workers/{WK}/Channels"


@pytest.mark.parametrize("payload", [mashup(), nested()])
def test_q58_the_task_of_a_reservation_event_is_no_empty_one(payload: dict[str, Any]) -> None:
    made = reservation_from_event(raw(payload), Bridge(WK).context, "reservation.created")
    assert made is not None
    assert made.task is not None
    assert (made.task.sid, made.task.attributes, made.task.priority) == (WT, {"type": "support"}, 3)


async def test_q62_the_answer_to_an_accept_needs_no_further_request() -> None:
    bridge = Bridge(WK)
    bridge.answer(reservation("accepted"))
    assert (await held(bridge, reservation()).accept()).reservation_status == "accepted"
    assert len(bridge.requests) == 1


def test_q66_a_failed_reservation_is_no_reservation_without_a_sid() -> None:
    failed = task(routing_target=WK, reason="worker deleted")
    assert reservation_from_event(raw(failed), Bridge(WK).context, "reservation.failed") is None


def test_names_that_collided_with_v1s_own_are_extra() -> None:
    one = held(Bridge(), {"sid": WK, "token": "x", "resource_url": "y"})
    assert one.extra == {"token": "x", "resource_url": "y"}
    assert one.resource_url == f"{W}/Workers/{WK}"


def test_repr_tells_kind_sid_and_state_but_nobodys_name() -> None:
    shown = [repr(held(Bridge(WK), payload)) for payload in (worker(), reservation(), task(), activity())]
    assert shown == [
        f"<WorkerInstance {WK} 'Idle'>",
        f"<ReservationInstance {WR} 'pending'>",
        f"<TaskInstance {WT} 'pending'>",
        f"<ActivityInstance {WA} 'Idle'>",
    ]


def test_resources_are_equal_only_to_themselves() -> None:
    one, other = held(Bridge(), worker()), held(Bridge(), worker())
    assert one != other
    assert len({one, other}) == 2


def test_the_classes_here_are_the_registrys() -> None:
    kinds = {AC: dict, WS: WorkspaceInstance, WW: WorkflowInstance, WC: WorkerChannelInstance, WR: ReservationInstance}
    assert {sid_: type(held(Bridge(), {"sid": sid_})) for sid_ in kinds} == kinds
    assert ActivityList.item is ActivityInstance
    assert type(read_instance(ActivityInstance, raw(activity()), Bridge().context)) is ActivityInstance
    assert merge(held(Bridge(), worker()), raw({"available": 0})).available is False
