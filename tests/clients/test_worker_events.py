"""What a worker's client hears: under v1's names, in both dialects, once, in order, without requests."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seat_bench import Seat

from trbridge import Worker, WorkerCapability
from trbridge.clients.desk import Desk
from trbridge.clients.ledger import Ledger
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance
from trbridge.resources.worker_channel import WorkerChannelInstance

WT, WR, WA = "WT" + "a" * 32, "WR" + "b" * 32, "WA" + "c" * 32


def task_v1(reservation_sid: str | None = WR, task_sid: str = WT, **changes: Any) -> dict[str, Any]:
    """v1's payload of a reservation event: the task, with the reservation's SID (wire-protocol 7.3)."""
    payload = {"sid": task_sid, "assignment_status": "reserved", "attributes": '{"n": 1}', "addons": "{}"}
    return payload | ({} if reservation_sid is None else {"reservation_sid": reservation_sid}) | changes


def reservation_v2(status: str, *, task: bool = True, **changes: Any) -> dict[str, Any]:
    """v2's payload: the reservation, with its task (wire-protocol 7.4)."""
    nested = {"task": task_v1(None)} if task else {}
    return {"sid": WR, "reservation_status": status, "reservation_timeout": 120, "version": 0} | nested | changes


NAMES = [f"reservation.{each}" for each in ("created", "accepted", "wrapup", "completed")]
TOKEN = WorkerCapability("AC" + "1" * 32, "0" * 32, "WS" + "1" * 32, "WK" + "1" * 32).to_jwt()


def desk_tells(desk: Desk, name: str) -> bool:
    """Whether an event is told."""
    heard: list[str] = []
    desk._worker.emitter.on(name, lambda _: heard.append(name))
    desk.receive(name, msgspec.Raw(msgspec.json.encode(task_v1())))
    desk._worker.emitter.remove_all_listeners(name)
    return bool(heard)


# -- names --------------------------------------------------------------------------------------------------


async def test_worker_events_have_no_prefix_and_change_the_client(seat: Seat) -> None:
    """`worker.activity.update` is `activity.update`, and so on; the handler gets what the client shows (6.2)."""
    alice, events = seat.client, seat.listen()
    await seat.worker.update(activity_sid=seat.activities["Offline"])
    assert await seat.next("activity.update") is alice.resource
    assert (alice.activity_name, alice.available) == ("Offline", False)
    await seat.worker.update(attributes={"team": "y"})
    await seat.next("attributes.update")
    assert alice.attributes == {"team": "y"}
    channel = await seat.worker.channels.update("default", capacity=3)
    heard = await seat.next("capacity.update")
    assert isinstance(heard, WorkerChannelInstance)
    assert (heard.configured_capacity, heard.task_channel_unique_name) == (3, "default")
    await channel.update(available=False)
    heard = await seat.next("channel.availability.update")
    assert heard.available is False
    assert (await heard.update(available=True)).available is True
    events.close()


async def test_a_reservation_from_its_creation_to_its_end(seat: Seat) -> None:
    """The same object all the way, changed in place; what happens to its task arrives, too."""
    reservation = await seat.reserved(n=1)
    seat.listen()
    task = reservation.task
    assert task is not None
    assert (task.attributes, task.assignment_status, reservation.reservation_status) == (
        {"n": 1},
        "reserved",
        "pending",
    )
    await reservation.accept()
    assert await seat.next("reservation.accepted") is reservation
    await task.set_attributes({"n": 2})
    assert await seat.next("task.updated") is task
    await task.wrap_up(reason="talked")
    seen = await seat.until("reservation.wrapup")
    assert [event.type for event in seen if event.type.startswith(("task", "res"))] == [
        "task.wrapup",
        "reservation.wrapup",
    ]
    assert (seen[-1].payload, reservation.reservation_status) == (reservation, "wrapping")
    await task.complete(reason="solved")
    seen = await seat.until("reservation.completed")
    assert seen[-1].payload is reservation
    assert (reservation.reservation_status, task.assignment_status, task.reason) == ("completed", "completed", "solved")
    assert seat.client.open_reservations == {}


async def test_q59_no_event_costs_a_request(seat: Seat) -> None:
    """Q59: v1 sends three requests for each reservation event."""
    mark = seat.mark()
    reservation = await seat.reserved(n=1)
    assert reservation.task is not None
    assert reservation.task.attributes == {"n": 1}
    assert reservation.task.workflow_sid is not None
    assert reservation.task.task_queue_sid is not None
    await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "canceled"})
    seat.listen()
    await seat.next("reservation.canceled") if reservation.reservation_status == "pending" else None
    assert reservation.reservation_status == "canceled"
    assert seat.requests(mark) == []


@pytest.mark.parametrize(("how", "event"), [("timeout", "timeout"), ("rescinded", "rescinded"), ("reject", "rejected")])
async def test_each_end_has_its_event(seat: Seat, how: str, event: str) -> None:
    """The statuses of rest-api 5, one event each; afterwards the desk is clear."""
    reservation = await seat.reserved()
    seat.listen()
    if how == "reject":
        await reservation.reject(seat.activities["Offline"])
    else:
        seat.inject(f"reservation.{how}", task_v1(reservation.sid, str(reservation.task_sid)))
    assert await seat.next(f"reservation.{event}") is reservation
    assert reservation.reservation_status == event
    assert seat.client.open_reservations == {}


async def test_reservation_failed_brings_the_task(seat: Seat) -> None:
    """Q66: its payload is a bare task; v1 makes a reservation without a SID of it."""
    seat.listen()
    seat.inject("reservation.failed", task_v1(None, reason="worker is busy"))
    task = await seat.next("reservation.failed")
    assert isinstance(task, TaskInstance)
    assert (task.sid, task.reason) == (WT, "worker is busy")


async def test_transfers_and_events_of_tomorrow_are_passed_through(seat: Seat) -> None:
    """Q34: v1 loses a transfer's events; nothing is lost here, whatever it is."""
    seat.listen()
    seat.inject("task.transfer-initiated", {"sid": "TT" + "0" * 32, "transfer_mode": "WARM"})
    assert (await seat.next("task.transfer-initiated"))["transfer_mode"] == "WARM"
    seat.inject("reservation.praised", reservation_v2("accepted"))
    assert (await seat.next("reservation.praised")).sid == WR
    seat.inject("worker.deleted", {"sid": seat.worker.sid})
    assert (await seat.next("deleted")).sid == seat.worker.sid
    seat.inject("something.new", [1, 2])
    assert await seat.next("something.new") == [1, 2]
    assert seat.client.open_reservations == {}


async def test_an_event_of_the_service_cannot_pass_for_the_clients_own(seat: Seat) -> None:
    """Q32: without its prefix `worker.ready` would look like the client's `ready`."""
    seat.listen()
    seat.inject("worker.ready", {"x": 1})
    assert await seat.next("worker.ready") == {"x": 1}


async def test_frames_that_make_no_sense_hurt_nobody(seat: Seat) -> None:
    """Q33: null and half payloads are reported or passed on; the next event arrives (F41)."""
    seat.listen()
    nonsense: list[Any] = [None, 7, "x", [], {}, {"sid": None}, {"sid": 5}, {"reservation_sid": {}}]
    for payload in nonsense:
        for name in ("reservation.created", "task.updated", "worker.activity.update"):
            seat.inject(name, payload)
    seat.inject("reservation.created", task_v1())
    async with asyncio.timeout(10):
        while (await seat.next("reservation.created")).__class__ is not ReservationInstance:
            pass
    assert list(seat.client.open_reservations) == [WR]


# -- both dialects --------------------------------------------------------------------------------------------


async def test_the_other_dialect_is_understood(seat: Seat) -> None:
    """A reservation of its own with the task nested, as v2 gets it (wire-protocol 7.4)."""
    mark = seat.mark()
    seat.listen()
    seat.inject("reservation.created", reservation_v2("pending"))
    reservation = await seat.next("reservation.created")
    assert (reservation.sid, reservation.task_sid, reservation.reservation_timeout) == (WR, WT, 120)
    assert reservation.task.attributes == {"n": 1}
    seat.inject("reservation.accepted", reservation_v2("accepted", version=1))
    assert await seat.next("reservation.accepted") is reservation
    assert (reservation.reservation_status, reservation.version) == ("accepted", 1)
    assert seat.requests(mark) == []


# -- once -------------------------------------------------------------------------------------------------------


async def test_duplicates_and_late_events_are_dropped(seat: Seat) -> None:
    """F43, F44: a reservation only goes forward, so what does not bring it further was told or is late."""
    events = seat.listen()
    for name in (
        "created",
        "accepted",
        "accepted",
        "created",
        "wrapup",
        "accepted",
        "completed",
        "wrapup",
        "completed",
    ):
        seat.inject(f"reservation.{name}", task_v1())
    seat.inject("something.new", 1)
    names = [event.type for event in await seat.until("something.new")]
    assert names == [f"reservation.{each}" for each in ("created", "accepted", "wrapup", "completed")] + [
        "something.new"
    ]
    events.close()


@given(st.permutations([*NAMES, *NAMES]))
def test_whatever_the_order_no_event_is_told_twice_and_the_end_is_final(names: list[str]) -> None:
    """F43, F44, for every order and repetition of what happens to one reservation."""
    desk = Desk(Worker(TOKEN))
    told = [name for name in names if desk_tells(desk, name)]
    order = [NAMES.index(name) for name in told]
    assert order == sorted(set(order))
    assert told[-1] == NAMES[-1]
    assert desk.open == {}


async def test_a_late_event_does_not_take_the_state_back(seat: Seat) -> None:
    """F44: our request was answered before the event of the step before it arrived."""
    reservation = await seat.reserved()
    seat.bench.emulator.app.faults.add("suppress", event_type="*")
    await reservation.accept()
    await reservation.complete()
    assert reservation.reservation_status == "completed"
    seat.bench.emulator.app.faults.clear()
    seat.listen()
    seat.inject("reservation.accepted", task_v1(reservation.sid, str(reservation.task_sid)))
    assert await seat.next("reservation.accepted") is reservation
    assert reservation.reservation_status == "completed"


async def test_versions_tell_news_from_old_worker_events(seat: Seat) -> None:
    """F43, F44: an older version after a newer one is late, the same name and version a duplicate."""
    events = seat.listen()
    for version, name in ((5, "five"), (4, "four"), (5, "five"), (6, "six")):
        payload: Any = {"sid": seat.worker.sid, "activity_sid": WA, "activity_name": name, "version": version}
        seat.inject("worker.activity.update", payload)
    seat.inject("worker.attributes.update", {"sid": seat.worker.sid, "attributes": '{"z": 1}', "version": 6})
    seat.inject("something.new", 1)
    names = [event.type for event in await seat.until("something.new")]
    assert names == ["activity.update", "activity.update", "attributes.update", "something.new"]
    assert (seat.client.activity_name, seat.client.attributes) == ("six", {"z": 1})
    events.close()


async def test_dates_tell_where_there_is_no_version(seat: Seat) -> None:
    """v1's dialect has whole seconds only: what is older is late, what is of the same second is news."""
    seat.listen()
    for second, name in ((50, "first"), (40, "late"), (50, "second")):
        payload = {
            "sid": seat.worker.sid,
            "activity_sid": WA,
            "activity_name": name,
            "date_updated": 1893456000 + second,
        }
        seat.inject("worker.activity.update", payload)
    seat.inject("something.new", 1)
    seen = await seat.until("something.new")
    assert [event.type for event in seen] == ["activity.update", "activity.update", "something.new"]
    assert seat.client.activity_name == "second"


# -- in order, when something must be fetched -------------------------------------------------------------------


async def test_q60_a_task_that_is_missing_is_fetched_once_and_nothing_overtakes(seat: Seat) -> None:
    """Q60: while a payload without a task is completed, later events wait; each comes once, in order (F42)."""
    reservation = await seat.reserved(n=1)
    await reservation.accept()
    seat.listen()
    await seat.client._desk.idle()
    del seat.client._desk.open[reservation.sid]  # as if it had been accepted by another client
    mark = seat.mark()
    payload = {"sid": reservation.sid, "task_sid": reservation.task_sid, "reservation_status": "wrapping"}
    seat.inject("reservation.wrapup", payload)
    seat.inject("worker.attributes.update", {"sid": seat.worker.sid, "attributes": "{}"})
    seat.inject("reservation.completed", {**payload, "reservation_status": "completed"})
    seen = [event for event in await seat.until("reservation.completed") if event.type != "reservation.accepted"]
    assert [event.type for event in seen] == ["reservation.wrapup", "attributes.update", "reservation.completed"]
    assert seen[0].payload.task.attributes == {"n": 1}
    assert seen[2].payload is seen[0].payload
    assert seat.requests(mark) == [("GET", f"Tasks/{reservation.task_sid}")]


async def test_a_reservation_without_even_a_task_sid_is_read_first(seat: Seat) -> None:
    """F42: an event for a reservation nobody knows is completed, then delivered once."""
    reservation = await seat.reserved(n=7)
    seat.client._desk.open.clear()
    seat.client._desk.ledger = Ledger()
    seat.listen()
    mark = seat.mark()
    seat.inject("reservation.created", {"sid": reservation.sid, "reservation_status": "pending"})
    heard = await seat.next("reservation.created")
    assert (heard.task_sid, heard.task.attributes) == (reservation.task_sid, {"n": 7})
    assert seat.requests(mark) == [
        ("GET", f"Workers/{seat.worker.sid}/Reservations/{reservation.sid}"),
        ("GET", f"Tasks/{reservation.task_sid}"),
    ]


async def test_what_cannot_be_fetched_is_reported_and_delivered_all_the_same(seat: Seat) -> None:
    """Q60: in v1 the event vanishes with the failed request."""
    seat.bench.emulator.app.faults.add("answer", status=500, path="*/Tasks/*")
    seat.listen()
    payload = {"sid": WR, "task_sid": WT, "reservation_status": "pending"}
    seat.inject("reservation.created", payload)
    seen = await seat.until("reservation.created")
    assert [event.type for event in seen] == ["error", "reservation.created"]
    assert (seen[1].payload.task.sid, seen[1].payload.task.attributes) == (WT, None)


async def test_closing_while_something_is_fetched_leaves_nothing_waiting(seat: Seat) -> None:
    """F61: what waits for a fetch ends with the client, and the next connection starts afresh."""
    fault = seat.bench.emulator.app.faults.add("hold", path="*/Tasks/*")
    seat.inject("reservation.created", {"sid": WR, "task_sid": WT, "reservation_status": "pending"})
    await seat.held(fault)
    seat.inject("something.new", 1)
    await seat.client.aclose()
    seat.bench.emulator.app.faults.clear()
    await seat.client.connect()
    reservation = await seat.reserved()
    assert reservation.task is not None
