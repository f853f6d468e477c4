"""A worker's desk when something must be fetched first, and what it forgets."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from msgspec.structs import force_setattr
from seat_bench import Seat

from trbridge import DecodeError, SlowConsumer
from trbridge.clients.ledger import Ledger
from trbridge.events import Event

WT, WR = "WT" + "a" * 32, "WR" + "b" * 32
PENDING = {"sid": WR, "task_sid": WT, "reservation_status": "pending"}


def status(name: str, reservation_sid: str = WR, task_sid: str = WT) -> dict[str, Any]:
    """v1's payload: the task, with the reservation's SID."""
    return {
        "sid": task_sid, "reservation_sid": reservation_sid, "assignment_status": name, "attributes": "{}",
    }  # fmt: skip


async def held(seat: Seat) -> Any:
    """Its client waits for a task; nothing may overtake that."""
    fault = seat.bench.emulator.app.faults.add("hold", path=f"*/Tasks/{WT}")
    seat.inject("reservation.created", PENDING)
    await seat.held(fault)
    return fault


def let_go(seat: Seat) -> None:
    seat.bench.emulator.app.faults.clear()


async def test_what_waits_for_a_fetch_is_bounded_and_the_loss_is_told_once(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F39: a service that does not answer must not fill the memory; how much was lost is counted."""
    monkeypatch.setattr(seat.client._desk.waiting, "most", 2)
    seat.listen()
    await held(seat)
    lost = seat.client.stats.overflows
    for number in range(5):
        seat.inject("something.new", number)
    async with asyncio.timeout(10):
        while seat.client.stats.overflows < lost + 3:  # noqa: ASYNC110 - counters tell nobody
            await asyncio.sleep(0)
    let_go(seat)
    seen = await seat.until("something.new") + await seat.until("something.new")
    assert [_short(event) for event in seen] == ["SlowConsumer", "created", 0, 1]
    assert isinstance(seen[0].payload, SlowConsumer)


def _short(event: Event) -> Any:
    if event.type == "error":
        return type(event.payload).__name__
    return event.payload if event.type == "something.new" else event.type.rpartition(".")[2]


async def test_catching_up_waits_for_what_is_fetched(seat: Seat) -> None:
    """A reconnect in the middle of a fetch: what the socket brought before comes before what the list brings."""
    fault = await held(seat)
    seat.listen("reservation.created")
    task = await seat.task(n=2)
    seat.client.reconnect()
    await seat.bench.emulator.sockets(1, seat.worker.sid)
    async with asyncio.timeout(10):
        while seat.client.state != "ready":  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert fault.held
    let_go(seat)
    first, second = await seat.next("reservation.created"), await seat.next("reservation.created")
    assert (first.sid, second.task_sid) == (WR, task.sid)


async def test_two_reservations_of_one_task(seat: Seat) -> None:
    """A task that is transferred has two (wire-protocol 6.4): its events reach both, and one's end leaves the other."""
    other = "WR" + "c" * 32
    seat.listen()
    for sid in (WR, other):
        seat.inject("reservation.created", status("reserved", sid))
    await seat.next("reservation.created")
    await seat.next("reservation.created")
    both = list(seat.client.open_reservations.values())
    seat.inject("task.updated", {"sid": WT, "attributes": '{"n": 2}'})
    await seat.next("task.updated")
    assert [each.task.attributes for each in both if each.task] == [{"n": 2}, {"n": 2}]
    seat.inject("reservation.canceled", status("canceled", WR))
    await seat.next("reservation.canceled")
    assert list(seat.client.open_reservations) == [other]
    seat.inject("task.updated", {"sid": WT, "attributes": '{"n": 3}'})
    assert (await seat.next("task.updated")).attributes == {"n": 3}
    assert [each.task.attributes for each in both if each.task] == [{}, {"n": 3}], "the first has left the desk"


async def test_what_ended_is_remembered_for_a_while(seat: Seat) -> None:
    """F43: so that a late duplicate is known; the oldest is forgotten, or the memory would never be enough."""
    seat.client._desk.ledger = Ledger(most_remembered=2)
    seat.listen()
    sids = [f"WR{number:032x}" for number in range(3)]
    for sid in sids:
        seat.inject("reservation.canceled", status("canceled", sid))
        await seat.next("reservation.canceled")
    ledger = seat.client._desk.ledger
    assert [ledger.is_news(sid, "canceled") for sid in sids] == [True, False, False]


async def test_a_frame_that_cannot_be_read_while_something_is_fetched(seat: Seat) -> None:
    """F41: it is reported when its turn comes, and what is behind it is delivered."""
    seat.listen()
    await held(seat)
    seat.client._desk.receive("task.updated", msgspec.Raw(b'"\xff"'))  # a binary frame need not be UTF-8
    seat.inject("something.new", 1)
    let_go(seat)
    seen = await seat.until("something.new")
    assert [event.type for event in seen] == ["reservation.created", "error", "something.new"]
    assert isinstance(seen[1].payload, DecodeError)


async def test_what_fails_in_its_turn_does_not_keep_the_others(
    seat: Seat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours about one event must not leave those behind it waiting for ever."""
    desk = seat.client._desk
    deliver = desk._deliver

    def mistaken(name: str, payload: msgspec.Raw) -> None:
        if name == "something.odd":
            raise KeyError(name)
        deliver(name, payload)

    monkeypatch.setattr(desk, "_deliver", mistaken)
    seat.listen()
    await held(seat)
    seat.inject("something.odd", 1)
    seat.inject("something.new", 2)
    let_go(seat)
    assert await seat.next("something.new") == 2
    assert f"<Worker {seat.worker.sid} ready> failed to deal with something.odd" in caplog.text


async def test_a_task_event_that_comes_twice_is_told_once(seat: Seat) -> None:
    """F43: the same name and version is a duplicate; also for a task whose reservation nobody has looked at."""
    seat.listen()
    seat.inject("reservation.created", {"sid": WR, "reservation_status": "pending", "task": status("reserved")})
    duplicates = seat.client.stats.duplicates
    for version in (1, 1, 2):
        seat.inject("task.updated", {"sid": WT, "version": version, "attributes": f'{{"n": {version}}}'})
    seat.inject("something.new", 1)
    seen = await seat.until("something.new")
    assert [each.type for each in seen] == ["reservation.created", "task.updated", "task.updated", "something.new"]
    assert seat.client.stats.duplicates == duplicates + 1
    assert seen[0].payload.task.attributes == {"n": 2}


async def test_closed_while_events_wait_nothing_of_them_comes_later(seat: Seat) -> None:
    """F61: they belong to a connection that is gone."""
    await held(seat)
    seat.inject("something.new", 1)
    async with asyncio.timeout(10):
        while not seat.client._desk.waiting:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await seat.client.aclose()
    let_go(seat)
    seat.listen()
    await seat.client.connect()
    seat.inject("something.else", 2)
    assert "something.new" not in [event.type for event in await seat.until("something.else")]


async def test_a_reservation_that_is_gone_before_it_could_be_read(seat: Seat) -> None:
    """Its task was deleted: what is known of it is told, and nothing is made of a 404."""
    seat.listen()
    seat.inject("reservation.created", {"sid": WR, "reservation_status": "pending"})
    seen = await seat.until("reservation.created")
    assert [event.type for event in seen] == ["reservation.created"]
    assert (seen[0].payload.sid, seen[0].payload.task) == (WR, None)


async def test_a_status_of_tomorrow_does_not_take_a_reservation_out_of_reach(seat: Seat) -> None:
    """The service names one that this version does not know: what follows is told all the same."""
    seat.listen("reservation.created", "reservation.completed")
    seat.inject(
        "reservation.created", {**PENDING, "task": {"sid": WT, "assignment_status": "reserved", "attributes": "{}"}}
    )
    (created,) = await seat.until("reservation.created")
    force_setattr(created.payload, "reservation_status", "onhold")
    seat.inject("reservation.completed", status("completed"))
    completed = (await seat.until("reservation.completed"))[-1]
    assert completed.payload is created.payload
    assert completed.payload.reservation_status == "completed"
