"""The faults of the original that concern resources, one by one (wire-protocol 9): here they are gone."""

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

from trbridge.errors import InvalidArgument
from trbridge.resources.activity import ActivityInstance, ActivityList
from trbridge.resources.binding import Bound, bind, read_instance
from trbridge.resources.decoding import NULL
from trbridge.resources.instance import merge
from trbridge.resources.page import Page
from trbridge.resources.registry import materialize
from trbridge.resources.reservation import ReservationInstance, reservation_from_event
from trbridge.resources.statistics import TaskQueueStatisticsItem, WorkflowStatistics, WorkspaceStatistics
from trbridge.resources.task import TaskInstance
from trbridge.resources.task_channel import TaskChannelInstance
from trbridge.resources.worker import WorkerInstance, WorkerList
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workflow import WorkflowInstance
from trbridge.resources.workspace import WorkspaceInstance


def workspace(bridge: Bridge) -> WorkspaceInstance:
    return bind(WorkspaceInstance(sid=WS), Bound(bridge.context, NULL))


def held(bridge: Bridge, payload: dict[str, Any]) -> Any:
    return materialize(raw(payload), bridge.context)


async def test_q3_a_created_resource_is_a_success_whatever_the_status_was() -> None:
    bridge = Bridge()
    bridge.answer(activity())
    assert (await workspace(bridge).activities.create({"FriendlyName": "Idle"})).sid == WA


def test_q6_a_workspace_entity_has_no_trailing_slash() -> None:
    assert workspace(Bridge()).resource_url == W


async def test_q7_a_delete_without_a_body_calls_back() -> None:
    bridge, called = Bridge(), list[tuple[Any, Any]]()
    bridge.answer(None)
    held(bridge, activity()).delete(lambda error, result: called.append((error, result)))
    await bridge.settle()
    bridge.answer(None)
    await held(bridge, activity()).delete()
    assert called == [(None, None)]
    assert [request.method for request in bridge.requests] == ["DELETE", "DELETE"]


async def test_q8_and_q9_every_request_goes_through_the_client_and_so_has_its_current_token() -> None:
    bridge = Bridge()
    one = held(bridge, task())
    resources = [one, one.workflow, one.workflow.statistics, one.workflow.realtime_stats, one.reservations]
    assert {resource._context.send for resource in resources} == {bridge.context.send}


async def test_q14_update_leaves_the_callers_object_alone() -> None:
    bridge, mine = Bridge(), {"Attributes": {"a": [1, {"b": None}]}}
    bridge.answer(worker())
    await held(bridge, worker()).update(mine)
    assert mine == {"Attributes": {"a": [1, {"b": None}]}}
    assert bridge.last.params == {"Attributes": '{"a":[1,{"b":null}]}'}


async def test_q15_create_writes_nested_values_as_update_does() -> None:
    bridge = Bridge()
    bridge.answer(task())
    await workspace(bridge).tasks.create({"WorkflowSid": WW, "Attributes": {"a": 1}})
    assert bridge.last.params == {"WorkflowSid": WW, "Attributes": '{"a":1}'}


async def test_q16_a_single_value_need_not_be_text() -> None:
    bridge = Bridge()
    bridge.answer(task())
    await held(bridge, task()).update("Priority", 5)
    assert bridge.last.params == {"Priority": "5"}


async def test_q17_updating_by_sid_leaves_the_list_alone() -> None:
    bridge = Bridge()
    workers = WorkerList(bridge.context)
    before = dict(vars(workers))
    bridge.answer(worker(friendly_name="Bob"))
    result = await workers.update(WK, "FriendlyName", "Bob")
    assert vars(workers) == before
    assert (type(result), result.friendly_name) == (WorkerInstance, "Bob")


async def test_q18_the_documented_instance_examples_work() -> None:
    bridge = Bridge()
    bridge.answer(activity(friendly_name="New"))
    result = await held(bridge, activity()).update(WA, "FriendlyName", "New")
    assert result.friendly_name == "New"
    assert bridge.sent == [("POST", f"/Activities/{WA}", {"FriendlyName": "New"})]


async def test_q19_rejecting_with_a_callback_alone_calls_it() -> None:
    bridge, called = Bridge(), list[Any]()
    bridge.answer(reservation("rejected"))
    held(bridge, reservation()).reject(lambda error, result: called.append((error, result.reservation_status)))
    await bridge.settle()
    assert called == [(None, "rejected")]
    assert bridge.last.params == {"ReservationStatus": "rejected"}


async def test_q20_a_callback_that_comes_too_early_is_still_the_callback() -> None:
    bridge, called = Bridge(), list[Any]()
    bridge.answer(reservation())
    held(bridge, reservation()).dequeue("+15550100", lambda error, result: called.append(error))
    await bridge.settle()
    assert called == [None]
    assert bridge.last.params == {"Instruction": "dequeue", "DequeueFrom": "+15550100"}


async def test_q21_nones_of_a_conference_are_left_out_and_options_override() -> None:
    bridge = Bridge()
    bridge.answer(reservation())
    await held(bridge, reservation()).conference("+1", None, "30", None, {"From": "+2", "Record": True, "To": None})
    assert bridge.last.params == {"Instruction": "conference", "From": "+2", "Timeout": "30", "Record": "true"}


async def test_q22_statistics_can_only_be_fetched() -> None:
    bridge = Bridge()
    statistics = workspace(bridge).statistics
    assert not any(hasattr(statistics, name) for name in ("create", "update", "delete"))
    with pytest.raises(InvalidArgument, match="expected query parameters"):
        statistics.fetch("X")  # type: ignore[call-overload]


async def test_q22_the_queue_lists_realtime_stats_ask_as_v1_or_for_named_queues() -> None:
    bridge = Bridge()
    realtime = workspace(bridge).taskqueues.realtime_stats
    bridge.answer({"task_queue_data": []})
    bridge.answer({"task_queue_data": [{"task_queue_sid": WQ, "total_tasks": 3}], "task_queue_response_count": 1})
    await realtime.fetch()
    bulk = await realtime.fetch(queue_sids=[WQ])
    assert bridge.sent == [
        ("GET", "/TaskQueues/RealTimeStatistics", None),
        ("POST", "/TaskQueues/RealTimeStatistics", {"QueueSids": [WQ]}),
    ]
    assert [(queue.task_queue_sid, queue.total_tasks) for queue in bulk.task_queue_data] == [(WQ, 3)]


async def test_q23_there_is_a_next_even_on_the_last_page_and_it_says_so() -> None:
    last = held(Bridge(), page("workers", []))
    with pytest.raises(InvalidArgument, match="last page"):
        last.next()
    with pytest.raises(InvalidArgument, match="first page"):
        last.previous()


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


def test_q45_sids_in_statistics_are_text_and_the_workspace_turns_them_into_resources() -> None:
    stats = held(Bridge(), {"workflow_sid": WW, "cumulative": {}, "url": f"{W}/Workflows/{WW}/Statistics"})
    assert isinstance(stats, WorkflowStatistics)
    assert stats.workflow_sid == WW
    assert not hasattr(stats, "workflow")


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
    assert first[0].cumulative is not None
    assert first[0].cumulative.tasks_entered == 3
    assert len(await first.next()) == 0


async def test_q53_statistics_are_known_by_who_was_asked_not_by_a_word_in_a_url() -> None:
    bridge = Bridge()
    bridge.answer({"realtime": None, "cumulative": None, "url": "no"})
    stats = await workspace(bridge).statistics.fetch()
    assert isinstance(stats, WorkspaceStatistics)
    assert (stats.cumulative, stats.realtime, stats.url) == (None, None, "no")


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
