"""Statistics: typed to the last figure, asked for with checked parameters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fake_bridge import WA, WK, WQ, WS, WT, WW, Bridge, W, page, raw, sid

from trbridge.errors import BadRequest, InvalidArgument
from trbridge.resources.binding import Bound, bind, read_instance
from trbridge.resources.decoding import NULL
from trbridge.resources.page import Page
from trbridge.resources.statistics import (
    ActivityCount,
    ActivityDuration,
    Duration,
    Split,
    SplitSide,
    StatisticsResource,
    TaskQueueCumulativeStatistics,
    TaskQueueRealTimeStatistics,
    TaskQueueStatistics,
    WorkerInstanceStatistics,
    WorkersCumulativeStatistics,
    WorkersRealTimeStatistics,
    WorkersStatistics,
    WorkflowCumulativeStatistics,
    WorkflowRealTimeStatistics,
    WorkflowStatistics,
    WorkspaceCumulativeStatistics,
    WorkspaceRealTimeStatistics,
    WorkspaceStatistics,
    decode_statistics,
)
from trbridge.resources.task_queue import TaskQueueInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.workflow import WorkflowInstance
from trbridge.resources.workspace import WorkspaceInstance

CUMULATIVE: dict[str, Any] = {
    "start_time": "2030-01-02T08:45:00Z",
    "end_time": "2030-01-02T09:00:00Z",
    "avg_task_acceptance_time": 4.5,
    "reservations_created": 3,
    "reservations_accepted": 2,
    "tasks_created": 3,
    "wait_duration_until_accepted": {"avg": 4, "min": 2, "max": 7, "total": 9},
    "wait_duration_until_canceled": None,
    "split_by_wait_time": {
        "30": {
            "above": {"tasks_canceled": 0, "reservations_accepted": 1},
            "below": {"tasks_canceled": 2, "reservations_accepted": 3},
        }
    },
}
REALTIME: dict[str, Any] = {
    "total_tasks": 2,
    "total_workers": 4,
    "longest_task_waiting_age": 9,
    "longest_task_waiting_sid": WT,
    "tasks_by_status": {"pending": 1, "reserved": "1"},
    "tasks_by_priority": {"0": 2},
    "activity_statistics": [{"sid": WA, "friendly_name": "Idle", "workers": 3}],
}


def workspace(bridge: Bridge) -> WorkspaceInstance:
    return bind(WorkspaceInstance(sid=WS), Bound(bridge.context, NULL))


async def test_statistics_are_typed_to_the_last_figure() -> None:
    bridge = Bridge()
    bridge.answer({"workspace_sid": WS, "url": f"{W}/Statistics", "cumulative": CUMULATIVE, "realtime": REALTIME})
    stats = await workspace(bridge).statistics.fetch()
    assert isinstance(stats, WorkspaceStatistics)
    past, now = stats.cumulative, stats.realtime
    assert past.start_time == datetime(2030, 1, 2, 8, 45, tzinfo=UTC)
    assert (past.avg_task_acceptance_time, past.reservations_accepted, past.tasks_created) == (4.5, 2, 3)
    assert past.wait_duration_until_accepted == Duration(avg=4, min=2, max=7, total=9)
    assert [past.wait_duration_until_canceled] == [None]
    assert past.split_by_wait_time == {
        "30": Split(
            above=SplitSide(reservations_accepted=1), below=SplitSide(tasks_canceled=2, reservations_accepted=3)
        )
    }
    assert (now.total_tasks, now.total_workers, now.longest_task_waiting_sid) == (2, 4, WT)
    assert now.tasks_by_status == {"pending": 1, "reserved": 1}
    assert now.tasks_by_priority == {"0": 2}
    assert now.activity_statistics == [ActivityCount(sid=WA, friendly_name="Idle", workers=3)]


async def test_workers_durations() -> None:
    bridge = Bridge()
    bridge.answer(
        {"activity_durations": [{"sid": WA, "friendly_name": "Idle", "avg": 1.5, "min": 1, "max": 2, "total": 3}]}
    )
    stats = await workspace(bridge).workers.cumulative_stats.fetch({"Minutes": "240"})
    assert stats.activity_durations == [ActivityDuration(sid=WA, friendly_name="Idle", avg=1.5, min=1, max=2, total=3)]


def resources(bridge: Bridge) -> list[tuple[Any, str, Any]]:
    context = bridge.context
    whole = workspace(bridge)
    workflow = read_instance(WorkflowInstance, raw({"sid": WW}), context)
    queue = read_instance(TaskQueueInstance, raw({"sid": WQ}), context)
    worker = read_instance(WorkerInstance, raw({"sid": WK}), context)
    return [
        (whole.statistics, "/Statistics", WorkspaceStatistics),
        (whole.cumulative_stats, "/CumulativeStatistics", WorkspaceCumulativeStatistics),
        (whole.realtime_stats, "/RealTimeStatistics", WorkspaceRealTimeStatistics),
        (workflow.statistics, f"/Workflows/{WW}/Statistics", WorkflowStatistics),
        (workflow.cumulative_stats, f"/Workflows/{WW}/CumulativeStatistics", WorkflowCumulativeStatistics),
        (workflow.realtime_stats, f"/Workflows/{WW}/RealTimeStatistics", WorkflowRealTimeStatistics),
        (queue.statistics, f"/TaskQueues/{WQ}/Statistics", TaskQueueStatistics),
        (queue.cumulative_stats, f"/TaskQueues/{WQ}/CumulativeStatistics", TaskQueueCumulativeStatistics),
        (queue.realtime_stats, f"/TaskQueues/{WQ}/RealTimeStatistics", TaskQueueRealTimeStatistics),
        (worker.statistics, f"/Workers/{WK}/Statistics", WorkerInstanceStatistics),
        (whole.workers.statistics, "/Workers/Statistics", WorkersStatistics),
        (whole.workers.cumulative_stats, "/Workers/CumulativeStatistics", WorkersCumulativeStatistics),
        (whole.workers.realtime_stats, "/Workers/RealTimeStatistics", WorkersRealTimeStatistics),
        (whole.taskqueues.cumulative_stats, "/TaskQueues/CumulativeStatistics", TaskQueueCumulativeStatistics),
    ]


@pytest.mark.parametrize("index", range(14))
async def test_where_statistics_are_and_what_they_become(index: int) -> None:
    """wire-protocol 5.8."""
    bridge = Bridge()
    resource, url, kind = resources(bridge)[index]
    bridge.answer({"url": "whatever"})
    assert type(await resource.fetch({"TaskChannel": "chat"})) is kind
    assert bridge.sent == [("GET", url, {"TaskChannel": "chat"})]
    assert repr(resource) == f"<StatisticsResource {W}{url}>"


async def test_parameters_by_name() -> None:
    bridge = Bridge()
    bridge.answer({})
    await workspace(bridge).cumulative_stats.fetch(
        start_date=datetime(2030, 1, 1, tzinfo=UTC),
        end_date=datetime(2030, 1, 2, tzinfo=UTC),
        task_channel="voice",
        split_by_wait_time=[5, 30],
    )
    assert bridge.last.params == {
        "StartDate": "2030-01-01T00:00:00Z",
        "EndDate": "2030-01-02T00:00:00Z",
        "TaskChannel": "voice",
        "SplitByWaitTime": "5,30",
    }


async def test_a_mapping_is_sent_as_it_is_as_in_v1() -> None:
    bridge, called = Bridge(), list[Any]()
    bridge.answer({})
    params = {"Minutes": "60", "StartDate": "2030-01-01T00:00:00Z", "SplitByWaitTime": (5, 30)}
    workspace(bridge).statistics.fetch(params, lambda error, result: called.append(error))
    await bridge.settle()
    assert called == [None]
    assert bridge.last.params == {"Minutes": "60", "StartDate": "2030-01-01T00:00:00Z", "SplitByWaitTime": "5,30"}
    assert params["SplitByWaitTime"] == (5, 30)


@pytest.mark.parametrize(
    ("args", "keywords", "message"),
    [
        ((), {"minutes": 5, "start_date": "2030-01-01"}, "but not both"),
        ((), {"minutes": 5, "end_date": "2030-01-01"}, "but not both"),
        (({"StartDate": "x"},), {"minutes": 5}, "but not both"),
        (({"Minutes": "5"},), {"end_date": "x"}, "but not both"),
        ((), {"minuets": 5}, "did you mean minutes"),
        (("WS",), {}, "expected query parameters"),
        ((), {"start_date": datetime(2030, 1, 1)}, "no time zone"),  # noqa: DTZ001 - that is the point
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    args: tuple[Any, ...], keywords: dict[str, Any], message: str
) -> None:
    bridge = Bridge()
    with pytest.raises(InvalidArgument, match=message):
        workspace(bridge).statistics.fetch(*args, **keywords)
    assert bridge.requests == []


def test_real_time_statistics_take_a_channel_only() -> None:
    with pytest.raises(InvalidArgument, match="it takes task_channel"):
        workspace(Bridge()).realtime_stats.fetch(minutes=5)


async def test_workers_statistics_can_be_of_one_queue() -> None:
    bridge = Bridge()
    bridge.answer({})
    await workspace(bridge).workers.statistics.fetch(task_queue_sid=WQ, minutes=60)
    assert bridge.last.params == {"TaskQueueSid": WQ, "Minutes": "60"}


async def test_a_failure_is_raised() -> None:
    bridge = Bridge()
    bridge.fail(BadRequest("too long ago"))
    with pytest.raises(BadRequest):
        await workspace(bridge).statistics.fetch()


@pytest.mark.parametrize("payload", [None, 5, "x", [1]])
async def test_an_answer_that_is_something_else_is_handed_on_as_what_it_is(payload: Any) -> None:
    bridge = Bridge()
    bridge.answer(payload)
    answer: Any = await workspace(bridge).statistics.fetch()
    assert answer == payload


async def test_a_page_where_none_was_expected_is_a_page() -> None:
    bridge = Bridge()
    bridge.answer(page("task_queues_statistics", [{"task_queue_sid": WQ}]))
    answer: Any = await workspace(bridge).taskqueues.realtime_stats.fetch()
    assert isinstance(answer, Page)
    assert answer[0].task_queue_sid == WQ


async def test_statistics_where_a_page_was_expected_are_handed_on() -> None:
    bridge = Bridge()
    bridge.answer({"a": 1})
    answer: Any = await workspace(bridge).taskqueues.statistics.fetch(friendly_name="English")
    assert answer == {"a": 1}
    assert bridge.sent == [("GET", "/TaskQueues/Statistics", {"FriendlyName": "English"})]


async def test_bulk_statistics_check_their_sids() -> None:
    realtime = workspace(Bridge()).taskqueues.realtime_stats
    for wrong in ([], [WK], ["x"], [sid("WQ", number) for number in range(51)]):
        with pytest.raises(InvalidArgument):
            realtime.fetch(queue_sids=wrong)


async def test_bulk_statistics_of_one_queue() -> None:
    bridge = Bridge()
    bridge.answer({})
    await workspace(bridge).taskqueues.realtime_stats.fetch({"QueueSids": WQ})
    assert bridge.sent == [("POST", "/TaskQueues/RealTimeStatistics", {"QueueSids": [WQ]})]


async def test_statistics_lead_to_what_they_are_about() -> None:
    bridge = Bridge()
    whole = workspace(bridge)
    worker = read_instance(WorkerInstance, raw({"sid": WK}), bridge.context)
    bridge.answer({"worker_sid": WK, "workspace_sid": WS})
    bridge.answer(page("task_queues_statistics", [{"task_queue_sid": WQ, "a": 1}, {"task_queue_sid": sid("WQ", 2)}]))
    bridge.answer({"task_queue_data": [{"task_queue_sid": WQ}]})
    one = await worker.statistics.fetch()
    assert one.worker is not None
    assert one.workspace is not None
    assert [one.worker.sid, one.workspace.sid] == [WK, WS]
    items = await whole.taskqueues.statistics.fetch()
    assert [item.task_queue and item.task_queue.sid for item in items] == [WQ, sid("WQ", 2)]
    assert [item.extra for item in items] == [{"a": 1}, {}]
    bulk = await whole.taskqueues.realtime_stats.fetch(queue_sids=[WQ])
    assert bulk.task_queue_data[0].task_queue is not None
    assert bulk.task_queue_data[0].task_queue.resource_url == f"{W}/TaskQueues/{WQ}"


def test_statistics_do_not_change() -> None:
    stats = decode_statistics(WorkspaceStatistics, raw({}), Bridge().context)
    with pytest.raises(AttributeError):
        stats.url = "x"  # type: ignore[misc]
    assert stats.extra == {}
    assert WorkspaceStatistics().extra == {}


def test_an_odd_figure_costs_itself_only() -> None:
    stats = decode_statistics(
        WorkspaceStatistics,
        raw({"cumulative": {**CUMULATIVE, "tasks_created": {}}, "realtime": {**REALTIME, "tasks_by_status": [1]}}),
        Bridge().context,
    )
    assert (stats.cumulative.tasks_created, stats.cumulative.reservations_created) == (0, 3)
    assert (stats.realtime.tasks_by_status, stats.realtime.total_tasks) == ({}, 2)
    assert (stats.cumulative.extra, stats.realtime.extra) == ({"tasks_created": {}}, {"tasks_by_status": [1]})


def test_the_class_of_a_resource_decides() -> None:
    context = Bridge().context
    resource = StatisticsResource[WorkspaceStatistics](context, W, WorkspaceStatistics)
    assert resource.resource_url == f"{W}/Statistics"
