"""Callbacks: real HTTP calls to the user's server, in order, signed, in time, never in the engine's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from callback_rig import Rig
from twilio.request_validator import RequestValidator
from webhook import Asked, Webhook, raw

from trbridge.emulator.state.model import Reservation, Task


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    async with Webhook() as webhook:
        yield webhook


@pytest.fixture
async def rig(hook: Webhook) -> AsyncIterator[Rig]:
    async with Rig() as made:
        yield made


# Assignment callbacks


async def test_each_reservation_is_told_with_the_documented_parameters_and_a_signature(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url("/assign?who=me"))
    alice = rig.worker("Alice", attributes='{"langs":["fr"]}')
    hook.answer = lambda _: raw(200, "")
    rig.app.driver.advance(7)
    task = rig.task(attributes='{"caller":"+1 555"}', priority=3)
    (asked,) = await hook.until(1)
    assert asked.path == "/assign?who=me"
    assert asked.form == {
        "Timestamp": str(int(rig.engine.now())),
        "AccountSid": rig.engine.account_sid,
        "WorkspaceSid": rig.workspace_sid,
        "WorkspaceName": "Demo",
        "WorkflowSid": rig.flow.sid,
        "TaskQueueSid": rig.queue.sid,
        "WorkerSid": alice.sid,
        "WorkerName": "Alice",
        "WorkerAttributes": '{"langs":["fr"]}',
        "TaskSid": task.sid,
        "TaskAttributes": '{"caller":"+1 555"}',
        "TaskAge": "0",
        "TaskPriority": "3",
        "ReservationSid": rig.reservation(task).sid,
    }
    assert asked.headers["content-type"].startswith("application/x-www-form-urlencoded")
    valid = RequestValidator(rig.engine.auth_token).validate
    assert valid(hook.url("/assign?who=me"), asked.form, asked.headers["x-twilio-signature"])
    await rig.settled()
    assert rig.reservation(task).reservation_status == "pending"  # an empty answer leaves it to REST
    assert rig.alerts.codes() == []


URL = "http://127.0.0.1/voice"
INSTRUCTIONS = [
    ({"instruction": "accept"}, "accepted"),
    ({"instruction": "reject"}, "rejected"),
    ({"instruction": "dequeue", "from": "+15550001", "timeout": 20}, "accepted"),
    ({"instruction": "conference", "from": "+15550001"}, "accepted"),
    ({"instruction": "call", "from": "+15550001", "url": URL, "accept": True}, "accepted"),
    ({"instruction": "call", "from": "+15550001", "url": URL}, "pending"),
    ({"instruction": "redirect", "call_sid": "CA1", "url": URL, "accept": "true"}, "accepted"),
    ({"instruction": "redirect", "call_sid": "CA1", "url": URL, "accept": False}, "pending"),
]


@pytest.mark.parametrize(("answer", "status"), INSTRUCTIONS, ids=[json.dumps(each) for each, _ in INSTRUCTIONS])
async def test_an_instruction_is_carried_out(rig: Rig, hook: Webhook, answer: dict[str, Any], status: str) -> None:
    rig.workflow(assignment_callback_url=hook.url())
    rig.worker("Alice", attributes='{"contact_uri":"client:alice"}')
    told = iter([answer])
    hook.answer = lambda _: raw(200, next(told, ""))
    task = rig.task(attributes='{"call_sid":"CA1"}')
    await rig.settled()
    assert rig.first_reservation(task).reservation_status == status
    assert rig.now(task).assignment_status == ("assigned" if status == "accepted" else "reserved")
    assert rig.alerts.codes() == []
    if answer["instruction"] in {"dequeue", "call"}:
        assert json.loads(rig.now(task).attributes)["worker_call_sid"].startswith("CA")


async def test_reject_can_move_the_worker(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url())
    alice = rig.worker("Alice")
    hook.answer = lambda _: raw(200, {"instruction": "reject", "activity_sid": rig.activity("Offline")})
    task = rig.task()
    await rig.settled()
    assert rig.now(alice).activity_sid == rig.activity("Offline")
    assert (rig.now(task).assignment_status, rig.first_reservation(task).reservation_status) == ("pending", "rejected")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (raw(200, "<ok/>", "text/xml"), 40000),
        (raw(200, "ok", None), 40000),
        (raw(200, '{"instruction"'), 40001),
        (raw(200, json.dumps('{"instruction":"accept"}')), 40001),
        (raw(200, "[" * 100_000), 40001),
        (raw(200, {}), 40005),
        (raw(200, {"instruction": 7}), 40005),
        (raw(200, {"instruction": "dance"}), 55555),
        (raw(200, {"instruction": "dequeue"}), 40140),
        (raw(200, {"instruction": "call", "from": "+1"}), 40111),
        (raw(200, {"instruction": "reject", "activity_sid": "WA1"}), 40100),
        (raw(200, {"instruction": "supervise"}), 40146),
        (raw(500, {"instruction": "accept"}), 11200),
        (raw(204, content_type=None), 11200),
        (raw(302, "", None, "Location: http://127.0.0.1:9/"), 11200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", 11200),
        (b"SSH-2.0-nothing\r\n\r\n", 11200),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 300_000, 11200),
        (b"", 11200),
    ],
)
async def test_what_cannot_be_used_raises_an_alert_and_changes_nothing(
    rig: Rig, hook: Webhook, answer: bytes, code: int
) -> None:
    rig.workflow(assignment_callback_url=hook.url())
    rig.worker("Alice", attributes='{"contact_uri":"client:alice"}')
    hook.answer = lambda _: answer
    task = rig.task()
    await rig.settled()
    (alert,) = rig.alerts
    assert alert.code == code
    assert (alert.resource_sid, alert.url) == (rig.first_reservation(task).sid, hook.url())
    assert rig.first_reservation(task).reservation_status == "pending"
    assert rig.now(task).version == task.version


@pytest.mark.parametrize(
    "first", [raw(500), raw(200, "<ok/>", "text/xml"), b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_the_fallback_is_asked_the_same_when_the_first_url_gives_no_usable_answer(
    rig: Rig, hook: Webhook, first: bytes
) -> None:
    rig.workflow(assignment_callback_url=hook.url("/first"), fallback_assignment_callback_url=hook.url("/fallback"))
    rig.worker("Alice")
    hook.answer = lambda asked: first if asked.path == "/first" else raw(200, {"instruction": "accept"})
    task = rig.task()
    await rig.settled()
    assert [asked.path for asked in hook.asked] == ["/first", "/fallback"]
    assert hook.asked[0].form == hook.asked[1].form
    assert rig.now(task).assignment_status == "assigned"
    assert len(rig.alerts) == 1


async def test_when_both_fail_the_reservation_waits_for_its_own_timeout(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url("/a"), fallback_assignment_callback_url=hook.url("/b"))
    rig.worker("Alice")
    hook.answer = lambda _: raw(503)
    task = rig.task()
    await rig.settled()
    assert rig.first_reservation(task).reservation_status == "pending"
    assert rig.alerts.codes() == [11200, 11200]
    await rig.advance(120)
    assert rig.first_reservation(task).reservation_status == "timeout"


async def test_a_server_that_hangs_has_five_seconds_of_the_engines_time(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url("/hang"), fallback_assignment_callback_url=hook.url("/fallback"))
    rig.worker("Alice")
    hook.answer = lambda asked: None if asked.path == "/hang" else raw(200, {"instruction": "accept"})
    task = rig.task()
    await hook.until(1)
    rig.app.driver.advance(4.9)
    await asyncio.sleep(0)
    assert rig.alerts.codes() == []
    rig.app.driver.advance(0.1)
    await hook.until(2)
    await rig.settled()
    assert rig.now(task).assignment_status == "assigned"
    (alert,) = rig.alerts
    assert "no answer within 5 s" in alert.message


async def test_the_fallback_is_not_asked_about_what_is_decided(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url("/a"), fallback_assignment_callback_url=hook.url("/b"))
    rig.worker("Alice")

    def accept_by_rest(_asked: Asked) -> bytes:
        rig.answer(rig.reservation(task), "accepted")
        return raw(500)

    hook.answer = accept_by_rest
    task = rig.task()
    await rig.settled()
    assert [asked.path for asked in hook.asked] == ["/a"]


@pytest.mark.parametrize(("instruction", "code"), [("accept", 40135), ("call", 40114), ("conference", 40136)])
async def test_an_instruction_that_comes_too_late_is_an_alert(
    rig: Rig, hook: Webhook, instruction: str, code: int
) -> None:
    rig.workflow(assignment_callback_url=hook.url())
    rig.worker("Alice")

    def cancel_first(_asked: Asked) -> bytes:
        rig.change(task, assignment_status="canceled")
        return raw(200, {"instruction": instruction})

    hook.answer = cancel_first
    task = rig.task()
    await rig.settled()
    assert rig.alerts.codes() == [code]
    assert rig.first_reservation(task).reservation_status == "canceled"


async def test_an_instruction_for_a_reservation_that_is_no_more(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url())
    rig.worker("Alice")

    def delete_first(_asked: Asked) -> bytes:
        rig.delete(task)
        return raw(200, {"instruction": "redirect"})

    hook.answer = delete_first
    task = rig.task()
    await rig.settled()
    assert rig.alerts.codes() == [40123]
    assert rig.engine.store.get(Task, task.sid) is None
    assert not rig.engine.store.table(Reservation)


async def test_advancing_waits_for_answers_first(rig: Rig, hook: Webhook) -> None:
    """A server answers in milliseconds; a reservation must not time out because a test moved the clock at once."""
    rig.workflow(assignment_callback_url=hook.url())
    rig.worker("Alice")
    hook.answer = lambda _: raw(200, {"instruction": "accept"})
    task = rig.task()
    await rig.advance(1000)
    assert rig.now(task).assignment_status == "assigned"


async def test_callbacks_that_follow_from_time_are_answered_before_time_goes_on(rig: Rig, hook: Webhook) -> None:
    """A second reservation comes of the first one's timeout, and is accepted before its own."""
    rig.workflow(assignment_callback_url=hook.url(), task_reservation_timeout=30)
    rig.worker("Alice")
    rig.worker("Bob")
    told = iter([""])
    hook.answer = lambda _: raw(200, next(told, {"instruction": "accept"}))
    task = rig.task()
    await rig.advance(1000)
    assert rig.now(task).assignment_status == "assigned"
    assert [one.reservation_status for one in rig.reservations(task)] == ["timeout", "accepted"]
