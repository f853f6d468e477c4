"""Events that are lost on a socket that stays: found by the next comparison, in virtual time (F28, F45)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from patient_loop import passing, patient
from town import Town, town

from trbridge import TaskQueue, Workspace
from trbridge.clients import comparing
from trbridge.emulator.state.model import Activity
from trbridge.emulator.state.model import TaskQueue as Queue
from trbridge.session import SessionOptions

INTERVAL = 300.0


def _lose_frames(place: Town) -> None:
    """Heartbeats flow, the subscription is silently dead."""
    place.emulator.faults.add("suppress", at="frame", event_type="*")


def _told(place: Town, *types: str) -> list[tuple[str, str]]:
    return [(event.type, event.origin) for event in place.seen(*types)]


def test_f28_a_reservation_that_was_not_told_is_found_within_one_interval() -> None:
    """What came, and what ended, on a live socket whose frames are lost."""

    async def scenario() -> None:
        async with town(session=SessionOptions(compare_every=60.0)) as place:
            place.task(n=1)
            await place.see("reservation.created")
            _lose_frames(place)
            place.task(n=2)
            (first, second) = place.reservations().values()
            place.ask("UpdateTask", {"assignment_status": "canceled"}, Sid=first.task_sid)
            began = asyncio.get_running_loop().time()
            assert await place.see("reservation.created", times=2) - began <= 61.0
            await place.see("reservation.canceled")
            events = place.seen("reservation.created", "reservation.canceled")[1:]
            assert sorted((event.type, event.payload.sid, event.origin) for event in events) == [
                ("reservation.canceled", first.sid, "reconcile"),
                ("reservation.created", second.sid, "reconcile"),
            ]
            await passing(1.0)
            stats = place.client.stats
            assert (stats.drift_repaired, stats.reconciled, stats.comparisons, stats.drops) == (2, 2, 1, 0)

    patient(scenario)


def test_f28_a_quiet_socket_is_compared_at_every_interval_and_nothing_is_told() -> None:
    async def scenario() -> None:
        async with town() as place:
            place.task()
            await place.see("reservation.created")
            before = len(place.log)
            await passing(10 * INTERVAL)
            assert 9 <= place.client.stats.comparisons <= 11
            assert place.client.stats.drift_repaired == 0
            assert [event.type for _, event in place.log[before:] if event.type.startswith("res")] == [
                "reservation.timeout"
            ]

    patient(scenario)


def test_f28_a_worker_that_was_moved_and_a_channel_that_was_changed() -> None:
    """Its own properties by the event that tells of each; the frames that come late after all are recognised."""

    async def scenario() -> None:
        async with town() as place:
            place.client.on("capacity.update", lambda _: None)
            await passing(INTERVAL)  # the first comparison only notes
            fault = place.emulator.faults.add("hold", at="frame", event_type="worker.*")
            activities = place.emulator.engine.store.table(Activity).values()
            (offline,) = [each.sid for each in activities if each.friendly_name == "Offline"]
            path = {"Sid": place.worker_sid}
            place.ask("UpdateWorker", {"activity_sid": offline, "attributes": '{"tired": true}'}, **path)
            place.ask("UpdateWorkerChannel", {"capacity": 7}, WorkerSid=place.worker_sid, Sid="default")
            await place.see("activity.update", "attributes.update", "capacity.update", times=3)
            assert sorted(_told(place, "activity.update", "attributes.update", "capacity.update")) == [
                ("activity.update", "reconcile"),
                ("attributes.update", "reconcile"),
                ("capacity.update", "reconcile"),
            ]
            client = place.client
            assert (client.activity_name, client.attributes) == ("Offline", {"tired": True})
            assert client.stats.drift_repaired == 3
            assert fault.held == 3
            place.emulator.faults.clear()
            await passing(INTERVAL)
            assert len(place.seen("activity.update", "attributes.update", "capacity.update")) == 3
            assert client.stats.duplicates == 3

    patient(scenario)


def test_f28_none_switches_it_off() -> None:
    async def scenario() -> None:
        async with town() as place:
            await place.client.aclose(drain=0)
            quiet = place.client = place.make(session=SessionOptions(compare_every=None))
            await quiet.connect()
            await passing(1000.0)
            assert (quiet.state, quiet.stats.comparisons) == ("ready", 0)

    patient(scenario)


def test_f28_a_comparison_that_fails_is_reported_and_made_again() -> None:
    async def scenario() -> None:
        async with town() as place:
            await passing(INTERVAL)
            _lose_frames(place)
            path = "*/Reservations"
            place.emulator.faults.add("answer", at="request", via="bridge", path=path, status=500, times=1)
            place.task()
            await place.see("error")
            await place.see("reservation.created")
            assert place.client.stats.drops == 0
            assert [event.payload.status for event in place.seen("error")] == [500]

    patient(scenario)


def test_f45_what_came_and_went_while_away_is_told() -> None:
    """Its creation first, then its end; and with the task, as long as the service has it."""

    async def scenario() -> None:
        async with town() as place:
            await passing(INTERVAL)
            place.proxy.swallow()
            sid = place.task(n=1)
            (reservation,) = place.reservations().values()
            place.ask("UpdateTask", {"assignment_status": "canceled"}, Sid=sid)
            place.client.reconnect()
            await place.see("reservation.canceled")
            assert _told(place, "reservation.created", "reservation.canceled") == [
                ("reservation.created", "reconcile"),
                ("reservation.canceled", "reconcile"),
            ]
            (created, canceled) = place.seen("reservation.created", "reservation.canceled")
            assert created.payload is canceled.payload
            assert (created.payload.sid, created.payload.task.attributes) == (reservation.sid, {"n": 1})
            assert place.client.open_reservations == {}
            for number in (3, 4):
                place.client.reconnect()
                await place.see("ready", times=number)
                await passing(1.0)
            assert len(place.seen("reservation.created", "reservation.canceled")) == 2

    patient(scenario)


def test_f45_what_was_over_before_the_client_came_is_not_told() -> None:
    """Nor what went by while it was closed: nobody wanted to hear of it."""

    async def scenario() -> None:
        async with town() as place:
            await place.client.aclose(drain=0)
            client = place.client = place.make()
            stream = client.listen()
            listening = asyncio.ensure_future(place.listen(stream))
            sid = place.task()
            place.ask("UpdateTask", {"assignment_status": "canceled"}, Sid=sid)
            await client.connect()
            await passing(INTERVAL)
            assert place.seen("reservation.created", "reservation.canceled") == []
            await client.aclose(drain=0)
            await listening

    patient(scenario)


def test_a_lost_created_frame_is_told_before_the_end() -> None:
    """On a live socket: a handler never hears of an end whose beginning it does not know."""

    async def scenario() -> None:
        async with town() as place:
            await passing(INTERVAL)
            place.emulator.faults.add("suppress", at="frame", event_type="reservation.created", times=1)
            sid = place.task(n=5)
            await passing(1.0)
            assert place.seen("reservation.created") == []
            place.ask("UpdateTask", {"assignment_status": "canceled"}, Sid=sid)
            await place.see("reservation.canceled")
            assert _told(place, "reservation.created", "reservation.canceled") == [
                ("reservation.created", "reconcile"),
                ("reservation.canceled", "socket"),
            ]

    patient(scenario)


def test_a_list_that_is_too_long_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then what is pending is asked for by itself, and nothing that is open is left out."""
    monkeypatch.setattr(comparing, "_PAGE_SIZE", 3)
    monkeypatch.setattr(comparing, "_MOST_PAGES", 2)

    async def scenario() -> None:
        async with town(session=SessionOptions(compare_every=60.0)) as place:
            _lose_frames(place)
            for number in range(12):
                place.task(n=number)
            await place.see("reservation.created", times=12)
            told = [event.payload.sid for event in place.seen("reservation.created")]
            assert sorted(told) == sorted(place.reservations())

    patient(scenario)


def test_f28_a_workspace_and_a_queue_compare_themselves() -> None:
    """The properties a client shows change by themselves; where the service has an event for it, that is told."""

    async def scenario() -> None:
        async with town() as place:
            emulator = place.emulator
            bases: dict[str, Any] = {
                "api_base_url": emulator.api_base_url,
                "event_bridge_base_url": emulator.event_bridge_base_url,
                "wall": place.wall,
            }
            queue_sid = next(iter(emulator.engine.store.table(Queue)))
            workspace = Workspace(emulator.mint("workspace", ttl=100_000), **bases)
            queue = TaskQueue(emulator.mint("taskqueue", queue_sid, 100_000), **bases)
            told: list[str] = []
            workspace.on("workspace.updated", lambda _: told.append("workspace"))
            queue.on("task-queue.expression.updated", lambda _: told.append("queue"))
            async with workspace, queue:
                place.ask("UpdateWorkspace", {"friendly_name": "Elsewhere"}, Sid=emulator.workspace_sid)
                place.ask("UpdateTaskQueue", {"target_workers": "1==2", "friendly_name": "None"}, Sid=queue_sid)
                await passing(INTERVAL + 1)
                assert (workspace.friendly_name, queue.target_workers) == ("Elsewhere", "1==2")
                assert sorted(told) == ["queue", "workspace"]
                assert (workspace.stats.drift_repaired, queue.stats.drift_repaired) == (1, 2)
                await workspace.update(friendly_name="Here")
                await passing(INTERVAL + 1)
                assert sorted(told) == ["queue", "workspace"], "its own change is no news to it"

    patient(scenario)
