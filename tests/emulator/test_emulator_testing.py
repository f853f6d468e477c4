"""What the fixture ``taskrouter`` offers: a line for each thing a test does."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from trbridge.emulator.state.model import Activity, WorkerChannel, Workspace
from trbridge.emulator.testing import TaskRouter
from trbridge.emulator.threaded import EmulatorThread
from trbridge.errors import BadRequest, ClientClosed, InvalidArgument, NotFound, NotReady, RequestTimeout
from trbridge.tokens import verify


def test_workers_in_any_activity_and_of_any_capacity(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice", {"langs": ["fr"]}, capacity=2)
    bob = taskrouter.worker("Bob", available=False)
    chloe = taskrouter.worker("Chloé", activity="Lunch", available=False, capacity={"chat": 3, "voice": 0})
    assert json.loads(alice.attributes) == {"langs": ["fr"]}
    names = {each.sid: each.friendly_name for each in taskrouter.call(activities, taskrouter)}
    assert [names[each.activity_sid] for each in (alice, bob, chloe)] == ["Available", "Offline", "Lunch"]
    for _ in range(3):
        taskrouter.submit()
    assert [len(taskrouter.reservations(each)) for each in (alice, bob, chloe)] == [2, 0, 0]
    assert taskrouter.workers() == [taskrouter.now(each) for each in (alice, bob, chloe)]
    sizes = taskrouter.call(capacities, taskrouter, chloe.sid)
    assert sizes == {"default": 1, "voice": 0, "sms": 1, "chat": 3, "video": 1}


def activities(router: TaskRouter) -> list[Activity]:
    return router.emulator.engine.store.in_workspace(Activity, router.workspace_sid)


def capacities(router: TaskRouter, worker_sid: str) -> dict[str, int]:
    store = router.emulator.engine.store
    rows = [row for row in store.table(WorkerChannel).values() if row.worker_sid == worker_sid]
    return {store.task_channels[row.task_channel_sid].unique_name: row.configured_capacity for row in rows}


def test_activities_are_made_when_they_are_not_there(taskrouter: TaskRouter) -> None:
    lunch = taskrouter.activity("Lunch", available=False)
    assert (lunch.friendly_name, lunch.available) == ("Lunch", False)
    assert taskrouter.activity("Lunch") == lunch
    assert taskrouter.activity("available").friendly_name == "Available"


def test_tasks_go_to_the_workspaces_workflow_until_there_is_another(taskrouter: TaskRouter) -> None:
    first = taskrouter.submit()
    french, english = taskrouter.queue("French", "langs HAS 'fr'"), taskrouter.queue("English", max_reserved_workers=2)
    flow = taskrouter.workflow(
        ("lang == 'fr'", {"queue": french, "timeout": 20, "priority": 7}, english.sid),
        ("lang == 'de'", english),
        default=french,
        name="Main",
        task_reservation_timeout=30,
    )
    tasks = [taskrouter.submit({"lang": lang}) for lang in ("fr", "de", "it")]
    assert [task.workflow_sid for task in tasks] == [flow.sid] * 3 != [first.workflow_sid] * 3
    assert [task.task_queue_sid for task in tasks] == [french.sid, english.sid, french.sid]
    assert (tasks[0].priority, flow.task_reservation_timeout) == (7, 30)
    taskrouter.advance(20)
    assert taskrouter.now(tasks[0]).task_queue_sid == english.sid
    assert first.workflow_sid is not None
    assert taskrouter.submit(workflow=first.workflow_sid).workflow_sid == first.workflow_sid
    assert taskrouter.submit(workflow=flow).workflow_sid == flow.sid
    alice = taskrouter.worker("Alice", available=False)
    direct = taskrouter.submit(routing_target=alice.sid)
    assert [each.worker_sid for each in taskrouter.reservations(direct)] == [alice.sid]


def test_a_contact_center_is_made_in_a_line(taskrouter: TaskRouter) -> None:
    """Most tests want workers, queues and a way to each queue, and have something else to say."""
    center = taskrouter.center({"Alice": {"langs": ["fr"]}, "Bob": {}}, {"All of us": "1==1", "Bob's": "langs == null"})
    assert list(center.workers) == ["Alice", "Bob"]
    for queue, workers in (("Bob's", ["Bob"]), ("All of us", ["Alice"]), ("none", [])):
        task = taskrouter.submit({"queue": queue})
        wanted = [center.workers[name].sid for name in workers]
        assert [each.worker_sid for each in taskrouter.reservations(task)] == wanted
        assert task.task_queue_sid == center.queues.get(queue, center.queues["All of us"]).sid


def test_a_contact_center_of_one_needs_no_word(taskrouter: TaskRouter) -> None:
    center = taskrouter.center()
    (reservation,) = taskrouter.reservations(taskrouter.submit())
    assert reservation.worker_sid == center.workers["Alice"].sid
    assert list(taskrouter.center(["Bob"], {"Second": "1==1"}).workers) == ["Bob"]


def test_a_workspace_is_needed() -> None:
    with TaskRouter(workspace=None) as router, pytest.raises(NotReady, match="no workspace"):
        router.worker("Alice")


def test_things_change_and_end_as_over_rest(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice")
    task = taskrouter.submit()
    (reservation,) = taskrouter.reservations(task, "pending")
    reservation = taskrouter.update(reservation, reservation_status="accepted")
    assert reservation.reservation_status == "accepted"
    assert taskrouter.tasks("assigned") == [taskrouter.now(task)]
    task = taskrouter.update(task, assignment_status="completed", reason="done")
    assert (task.reason, taskrouter.tasks("assigned"), len(taskrouter.tasks())) == ("done", [], 1)
    assert taskrouter.update(alice, attributes={"n": 1}).attributes == '{"n":1}'
    taskrouter.delete(alice)
    with pytest.raises(NotFound, match="there no more"):
        taskrouter.now(alice)
    taskrouter.advance(300)
    assert (taskrouter.tasks(), taskrouter.reservations()) == ([], [])


def test_a_workflow_may_have_no_default(taskrouter: TaskRouter) -> None:
    queue = taskrouter.queue("Q")
    taskrouter.workflow(("1==1", queue))
    assert taskrouter.submit().task_queue_sid == queue.sid


def test_what_rest_refuses_is_refused_the_same_way(taskrouter: TaskRouter) -> None:
    taskrouter.worker("Alice")
    with pytest.raises(BadRequest, match="already exists") as caught:
        taskrouter.worker("alice")
    assert (caught.value.status, caught.value.code) == (400, 20001)
    with pytest.raises(InvalidArgument, match=r"CreateTask has no parameter 'prioritty'.*priority"):
        taskrouter.submit(prioritty=1)
    workspace = taskrouter.call(taskrouter.emulator.engine.store.get, Workspace, taskrouter.workspace_sid)
    assert workspace is not None
    assert taskrouter.update(workspace, friendly_name="Renamed").friendly_name == "Renamed"
    event = taskrouter.events()[0]
    with pytest.raises(InvalidArgument, match="REST has no UpdateEvent"):
        taskrouter.update(event, description="x")


def test_what_happened_is_told_and_waited_for(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice")
    task = taskrouter.submit()
    assert [event.event_type for event in taskrouter.events("reservation.*", alice)] == ["reservation.created"]
    assert taskrouter.wait_for("reservation.created", task).worker_sid == alice.sid
    doing = threading.Timer(
        0, lambda: taskrouter.update(taskrouter.reservations(task)[0], reservation_status="rejected")
    )
    doing.start()
    second = taskrouter.wait_for("reservation.created", count=2)
    doing.join()
    assert second.reservation_sid == taskrouter.reservations(task)[1].sid
    with pytest.raises(TimeoutError, match=r"no task\.completed within 0\.001 s; .* reservation\.created"):
        taskrouter.wait_for("task.completed", seconds=0.001)
    with pytest.raises(TimeoutError, match="what happened last: nothing"):
        taskrouter.wait_for("*", about="WT0", seconds=0.001)


def test_faults_record_and_alerts_are_at_hand(taskrouter: TaskRouter) -> None:
    taskrouter.workflow(default=taskrouter.queue("Q"), assignment_callback_url="http://127.0.0.1:9/hook")
    fault = taskrouter.fault("hold", at="callback")
    taskrouter.fault("answer", at="callback", status=500)
    taskrouter.worker("Alice")
    taskrouter.submit()
    taskrouter.settled()
    assert (fault.held, len(taskrouter.record("callback"))) == (1, 1)
    taskrouter.clear_faults()
    taskrouter.settled()
    assert [alert.code for alert in taskrouter.alerts()] == [11205]
    again = taskrouter.fault("hold", at="callback")
    assert taskrouter.release(again) == 0


def test_tokens_are_for_whoever_is_named(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice")
    now = taskrouter.emulator.engine.now()
    for token, sid in (
        (taskrouter.token(), taskrouter.workspace_sid),
        (taskrouter.token("worker", alice.sid, 60), alice.sid),
    ):
        assert verify(token, taskrouter.emulator.auth_token, now=now).channel_sid == sid


def test_connections_that_nobody_has_cannot_be_cut(taskrouter: TaskRouter) -> None:
    alice = taskrouter.worker("Alice")
    assert taskrouter.cut_connections() == taskrouter.cut_connections(None, alice) == 0
    taskrouter.connected(0)


# The thread


def test_a_thread_ends_with_its_emulator_and_can_be_ended_twice() -> None:
    box = EmulatorThread()
    box.stop()
    with box:
        assert "trbridge-emulator" in {thread.name for thread in threading.enumerate()}
        box.stop()
    assert "trbridge-emulator" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ClientClosed, match="not running"):
        box.call(len, "x")


def test_who_cannot_start_says_why_at_once() -> None:
    with EmulatorThread() as box:
        port = int(box.emulator.event_bridge_base_url.rpartition(":")[2])
        with pytest.raises(InvalidArgument, match="cannot listen"), EmulatorThread(port=port):
            pass


def test_what_is_raised_in_the_thread_is_raised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    async def late() -> None:
        raise TimeoutError("mine")

    with EmulatorThread() as box:
        with pytest.raises(ZeroDivisionError):
            box.call(lambda: 1 // 0)
        with pytest.raises(TimeoutError, match="mine"):
            box.wait(late)
        monkeypatch.setattr("trbridge.emulator.threaded._PATIENCE", 0.001)
        with pytest.raises(RequestTimeout, match=r"not done within 0\.001 s"):
            box.wait(asyncio.Event().wait)
        monkeypatch.undo()
