"""Tasks: their verbs and what they belong to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from fake_bridge import TC, WQ, WT, WW, Bridge, W, page, raw, task

from trbridge.errors import BadRequest, InvalidArgument
from trbridge.resources.binding import read_instance
from trbridge.resources.task import TaskInstance, TaskList


def held(bridge: Bridge, **changes: Any) -> Any:
    return read_instance(TaskInstance, raw(task(**changes)), bridge.context)


def done(error: object, result: object) -> None: ...


@pytest.mark.parametrize(
    ("act", "params"),
    [
        (lambda one: one.complete(), {"AssignmentStatus": "completed"}),
        (lambda one: one.complete("solved"), {"AssignmentStatus": "completed", "Reason": "solved"}),
        (lambda one: one.complete(reason="solved"), {"AssignmentStatus": "completed", "Reason": "solved"}),
        (lambda one: one.complete(None), {"AssignmentStatus": "completed"}),
        (lambda one: one.complete(None, "solved"), {"AssignmentStatus": "completed", "Reason": "solved"}),
        (lambda one: one.complete(reason=""), {"AssignmentStatus": "completed", "Reason": ""}),
        (lambda one: one.wrap_up(), {"AssignmentStatus": "wrapping"}),
        (lambda one: one.wrap_up("hung up"), {"AssignmentStatus": "wrapping", "Reason": "hung up"}),
        (lambda one: one.cancel(reason="spam"), {"AssignmentStatus": "canceled", "Reason": "spam"}),
        (
            lambda one: one.set_virtual_start_time(datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))),
            {"VirtualStartTime": "2030-01-02T02:04:05Z"},
        ),
    ],
)
async def test_what_each_verb_sends(act: Callable[[Any], Any], params: dict[str, Any]) -> None:
    bridge = Bridge()
    bridge.answer(task(assignment_status="wrapping"))
    one = held(bridge)
    assert await act(one) is one
    assert one.assignment_status == "wrapping"
    assert bridge.sent == [("POST", f"/Tasks/{WT}", params)]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda one, cb: one.complete(cb), None),
        (lambda one, cb: one.complete(cb, "solved"), "solved"),
        (lambda one, cb: one.complete(cb, reason="solved"), "solved"),
        (lambda one, cb: one.complete("solved", cb), "solved"),
        (lambda one, cb: one.complete(None, cb), None),
        (lambda one, cb: one.complete(cb, None), None),
        (lambda one, cb: one.wrap_up(cb, "solved"), "solved"),
        (lambda one, cb: one.cancel(cb, "solved"), "solved"),
        (lambda one, cb: one.set_virtual_start_time(datetime(2030, 1, 2, tzinfo=UTC), cb), None),
    ],
)
async def test_v1s_order_and_pythons_both_call_back(act: Callable[[Any, Any], Any], reason: str | None) -> None:
    bridge, called = Bridge(), list[tuple[Any, Any]]()
    bridge.answer(task())
    one = held(bridge)
    assert act(one, lambda error, result: called.append((error, result))) is None
    await bridge.settle()
    assert called == [(None, one)]
    assert (bridge.last.params or {}).get("Reason") == reason


@pytest.mark.parametrize(
    "act",
    [
        lambda one: one.complete(5),
        lambda one: one.complete("a", reason="b"),
        lambda one: one.complete("a", "b"),
        lambda one: one.complete(done, done, "a"),
        lambda one: one.set_virtual_start_time("2030-01-02T00:00:00Z"),
        lambda one: one.set_virtual_start_time(datetime(2030, 1, 2)),  # noqa: DTZ001 - that is the point
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(act: Callable[[Any], Any]) -> None:
    bridge = Bridge()
    with pytest.raises(InvalidArgument):
        act(held(bridge))
    assert bridge.requests == []


async def test_what_the_service_refuses_is_raised() -> None:
    bridge = Bridge()
    bridge.fail(BadRequest("Cannot complete task"))
    with pytest.raises(BadRequest, match="Cannot complete"):
        await held(bridge).complete()


async def test_it_knows_what_it_belongs_to() -> None:
    bridge = Bridge()
    one = held(bridge)
    assert [one.workflow.sid, one.task_queue.sid, one.task_channel.sid] == [WW, WQ, TC]
    assert one.reservations.resource_url == f"{W}/Tasks/{WT}/Reservations"
    bridge.answer(page("reservations", []))
    await one.reservations.fetch(worker_sid="x")
    assert bridge.last.params == {"WorkerSid": "x"}


async def test_a_task_is_created_with_parsed_attributes() -> None:
    bridge = Bridge()
    bridge.answer(task(), etag='"0"')
    one = await TaskList(bridge.context).create(
        workflow_sid=WW,
        attributes={"type": "support"},
        virtual_start_time=datetime(2030, 1, 2, tzinfo=UTC),
        priority=3,
        ignore_capacity=True,
    )
    assert bridge.last.params == {
        "WorkflowSid": WW,
        "Attributes": '{"type":"support"}',
        "VirtualStartTime": "2030-01-02T00:00:00Z",
        "Priority": "3",
        "IgnoreCapacity": "true",
    }
    assert (one.attributes, one.addons, one.etag) == ({"type": "support"}, {}, '"0"')
