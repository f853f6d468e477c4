"""The faults of the original that concern calls, one by one (wire-protocol 9): here they are gone."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import (
    WA,
    WK,
    WQ,
    WS,
    WW,
    Bridge,
    W,
    activity,
    page,
    raw,
    reservation,
    task,
    worker,
)

from trbridge.errors import InvalidArgument
from trbridge.resources.binding import Bound, bind
from trbridge.resources.decoding import NULL
from trbridge.resources.registry import materialize
from trbridge.resources.worker import WorkerInstance, WorkerList
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
