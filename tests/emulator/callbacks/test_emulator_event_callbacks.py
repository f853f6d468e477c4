"""Event callbacks: what happened, in order, to the workspace's URL (routing 6.3)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from callback_rig import Rig
from twilio.request_validator import RequestValidator
from webhook import Webhook, raw

from trbridge.emulator.callbacks import callbacks
from trbridge.emulator.callbacks.forms import wanted
from trbridge.emulator.operations import workers, workspaces
from trbridge.emulator.state.model import Task


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    async with Webhook() as webhook:
        yield webhook


@pytest.fixture
async def rig(hook: Webhook) -> AsyncIterator[Rig]:
    async with Rig() as made:
        made.change_workspace(event_callback_url=hook.url())
        await made.settled()
        hook.asked.clear()
        yield made


async def test_every_event_is_told_once_in_order(rig: Rig, hook: Webhook) -> None:
    rig.worker("Alice")
    task = rig.task()
    rig.answer(rig.reservation(task), "accepted")
    rig.change(task, assignment_status="completed")
    await rig.settled()
    assert [asked.form["EventType"] for asked in hook.asked] == [
        "worker.created",
        "workflow.entered",
        "task-queue.entered",
        "task.created",
        "workflow.target-matched",
        "reservation.created",
        "reservation.accepted",
        "task.completed",
        "reservation.completed",
        "task.updated",
    ]
    assert rig.alerts.codes() == []


async def test_the_parameters_are_the_documented_ones_and_signed(rig: Rig, hook: Webhook) -> None:
    alice = rig.worker("Alice", activity_sid=rig.activity("Offline"), attributes='{"a":1}')
    rig.app.driver.advance(2.5)
    with rig.engine.transaction() as tx:
        workers.update(tx, alice, {"activity_sid": rig.activity("Available")})
    *_, moved = await hook.until(2)
    event = list(rig.engine.store.events.values())[-1]
    assert moved.form == {
        "EventType": "worker.activity.update",
        "AccountSid": rig.engine.account_sid,
        "WorkspaceSid": rig.workspace_sid,
        "WorkspaceName": "Demo",
        "EventDescription": "Worker Alice updated to Available Activity",
        "ResourceType": "worker",
        "ResourceSid": alice.sid,
        "Sid": event.sid,
        "Timestamp": str(int(rig.engine.now())),
        "TimestampMs": str(int(rig.engine.now() * 1000)),
        "WorkerSid": alice.sid,
        "WorkerName": "Alice",
        "WorkerAttributes": '{"a":1}',
        "WorkerActivitySid": rig.activity("Available"),
        "WorkerActivityName": "Available",
        "WorkerVersion": "1",
        "WorkerPreviousActivitySid": rig.activity("Offline"),
        "WorkerPreviousActivityName": "Offline",
        "WorkerTimeInPreviousActivity": "2",
        "WorkerTimeInPreviousActivityMs": "2500",
    }
    validate = RequestValidator(rig.engine.auth_token).validate
    assert validate(hook.url(), moved.form, moved.headers["x-twilio-signature"])
    assert not validate(hook.url(), {**moved.form, "WorkerName": "Eve"}, moved.headers["x-twilio-signature"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, True),
        ("", True),
        (" , ", True),
        ("task.created", True),
        ("worker.created, task.created ,task.updated", True),
        ("worker.created", False),
        ("task", False),
        ("task.*", False),
    ],
)
def test_the_filter_is_a_list_of_types(text: str | None, told: bool) -> None:
    assert wanted(text, "task.created") is told


async def test_a_workspace_hears_only_of_what_it_asks_for(rig: Rig, hook: Webhook) -> None:
    rig.change_workspace(events_filter="reservation.created, task.created")
    rig.worker("Alice")
    rig.task()
    await rig.settled()
    assert [asked.form["EventType"] for asked in hook.asked] == ["task.created", "reservation.created"]
    assert hook.asked[1].form["WorkerName"] == "Alice"
    assert hook.asked[1].form["TaskChannelUniqueName"] == "default"


async def test_the_last_thing_a_workspace_says_is_that_it_is_deleted(rig: Rig, hook: Webhook) -> None:
    with rig.engine.transaction() as tx:
        workspaces.delete(tx, rig.workspace)
    assert (await hook.until(1))[-1].form["EventType"] == "workspace.deleted"


@pytest.mark.parametrize(
    ("answer", "told"),
    [(raw(204, content_type=None), None), (raw(200, "ok"), None), (raw(500), "answered with 500"), (b"", "broke off")],
)
async def test_whoever_does_not_take_an_event_is_told_of_in_the_alerts(
    rig: Rig, hook: Webhook, answer: bytes, told: str | None
) -> None:
    hook.answer = lambda _: answer
    rig.worker("Alice")
    await rig.settled()
    alerts = [(alert.code, alert.url) for alert in rig.alerts]
    assert alerts == ([] if told is None else [(11200, hook.url())])
    assert told is None or told in next(iter(rig.alerts)).message


async def test_a_server_that_hangs_has_fifteen_seconds_and_the_next_event_waits(rig: Rig, hook: Webhook) -> None:
    hook.answer = lambda asked: None if asked.form["EventType"] == "worker.created" else raw(204, content_type=None)
    rig.worker("Alice")
    rig.change_workspace(friendly_name="Renamed")
    await hook.until(1)
    rig.app.driver.advance(14.9)
    await asyncio.sleep(0)
    assert (len(hook.asked), len(rig.alerts)) == (1, 0)
    rig.app.driver.advance(0.1)
    assert (await hook.until(2))[1].form["WorkspaceName"] == "Renamed"
    await rig.settled()
    assert "no answer within 15 s" in next(iter(rig.alerts)).message


async def test_only_so_many_may_wait(hook: Webhook) -> None:
    hook.answer = lambda _: None
    async with Rig(max_callbacks=3) as rig:
        rig.change_workspace(event_callback_url=hook.url())
        await hook.until(1)  # this one is on its way, and three may wait behind it
        for name in ("A", "B", "C", "D", "E"):
            rig.worker(name)
        assert [alert.message for alert in rig.alerts] == ["3 callbacks are waiting; one more is dropped"] * 2


async def test_what_happens_before_the_loop_runs_is_told_when_it_does(hook: Webhook) -> None:
    rig = Rig()
    rig.change_workspace(event_callback_url=hook.url())
    assert hook.asked == []
    async with rig:
        assert (await hook.until(1))[0].form["EventType"] == "workspace.updated"


async def test_closing_lets_go_of_what_is_under_way(hook: Webhook) -> None:
    hook.answer = lambda _: None
    async with Rig() as rig:
        rig.change_workspace(event_callback_url=hook.url())
        rig.worker("Alice")
        await hook.until(1)
    assert not rig.app.callbacks.busy
    with rig.engine.transaction() as tx:
        tx.update(rig.workspace, friendly_name="Closed")  # nobody is called any more
    assert len(hook.asked) == 1


async def test_a_fault_of_ours_stops_no_other_callback(
    rig: Rig, hook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(callbacks, "event_form", broken)
    with caplog.at_level(logging.ERROR, "trbridge.emulator.callbacks"):
        rig.worker("Alice")
        rig.worker("Bob")
        await rig.settled()
    assert "boom" in caplog.text
    assert [asked.form["WorkerName"] for asked in hook.asked] == ["Bob"]


async def test_the_record_tells_what_was_sent_and_answered(rig: Rig, hook: Webhook) -> None:
    rig.workflow(assignment_callback_url=hook.url("/assign"))
    hook.answer = lambda asked: raw(200, {"instruction": "accept"}) if asked.path == "/assign" else raw(500, "no")
    rig.worker("Alice")
    task = rig.task()
    await rig.settled()
    (assigned,) = rig.record.find("callback", path="*/assign")
    assert (assigned.method, assigned.status, assigned.payload) == ("POST", 200, {"instruction": "accept"})
    assert assigned.params["TaskSid"] == task.sid
    (created,) = rig.record.find("callback", event_type="task.created")
    assert (created.status, created.payload, created.error) == (500, "no", None)
    assert rig.engine.store.get(Task, task.sid) is not None


# Without a server: faults at the stage "callback"


async def test_a_rule_can_answer_in_place_of_the_users_server(rig: Rig) -> None:
    rig.workflow(assignment_callback_url="http://127.0.0.1:9/assign")
    rig.faults.add("answer", at="callback", path="*/assign", status=200, body={"instruction": "accept"})
    rig.worker("Alice")
    task = rig.task()
    await rig.settled()
    assert rig.now(task).assignment_status == "assigned"


async def test_a_rule_can_drop_hold_and_delay_it(rig: Rig, hook: Webhook) -> None:
    rig.change_workspace(event_callback_url="")
    rig.workflow(assignment_callback_url=hook.url("/a"), fallback_assignment_callback_url=hook.url("/b"))
    hook.answer = lambda _: raw(200, {"instruction": "accept"})
    rig.faults.add("drop", at="callback", path="*/a")
    held = rig.faults.add("hold", at="callback", path="*/b", times=1)
    rig.faults.add("delay", at="callback", path="*/b", delay=6)
    rig.worker("Alice")
    task = rig.task()
    await rig.settled()  # what a rule holds is not waited for
    assert (rig.alerts.codes(), held.held, hook.asked) == ([11205], 1, [])
    held.release()
    await rig.settled()
    assert rig.now(task).assignment_status == "assigned"
    rig.change(task, assignment_status="completed")
    second = rig.task()
    await rig.advance(5)  # "b" is late by a second
    assert rig.now(second).assignment_status == "reserved"
    assert "no answer within 5 s" in list(rig.alerts)[-1].message


@pytest.mark.parametrize("text", [None, "{no"])
async def test_a_rule_can_garble_the_answer(rig: Rig, hook: Webhook, text: str | None) -> None:
    rig.change_workspace(event_callback_url="")
    rig.workflow(assignment_callback_url=hook.url())
    hook.answer = lambda _: raw(200, {"instruction": "accept"})
    rig.faults.add("malform", at="callback", text=text)
    rig.worker("Alice")
    rig.task()
    await rig.settled()
    assert rig.alerts.codes() == [40001]
