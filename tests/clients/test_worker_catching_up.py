"""What a worker's client finds out at every ready: pending reservations, what it missed, where it belongs."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from seat_bench import Seat

from trbridge import Worker
from trbridge.resources.reservation import ReservationInstance


async def cut(seat: Seat, count: int = 1) -> None:
    """Cut her connection, and wait until she is back and up to date."""
    for _ in range(count):
        async with seat.client.listen("ready") as events, asyncio.timeout(10):
            await seat.bench.emulator.cut_sockets(1012, seat.worker.sid)
            seat.client.reconnect()
            await anext(events)
        await seat.settle()


def created(client: Worker) -> Counter[str]:
    """Counts how often each reservation was created, from now on."""
    counts: Counter[str] = Counter()

    @client.on("reservation.created")
    def count(reservation: ReservationInstance) -> None:
        assert reservation.task is not None
        assert reservation.task.attributes is not None
        counts[reservation.sid] += 1

    return counts


# -- what is pending --------------------------------------------------------------------------------------------


async def test_q35_pending_reservations_come_once_each_however_often_it_reconnects(absent: Seat) -> None:
    """Q35: v1 creates them again at each ready. Here once, with their tasks, in the order they were made."""
    counts = created(absent.client)
    tasks = [await absent.task(n=number) for number in range(3)]
    events = absent.listen("reservation.created")
    await absent.client.connect()
    await absent.settle()
    await cut(absent, 3)
    assert sorted(counts.values()) == [1, 1, 1]
    seen = [await anext(events) for _ in range(3)]
    assert {event.origin for event in seen} == {"reconcile"}
    assert {event.payload.task_sid for event in seen} == {task.sid for task in tasks}
    assert set(counts) == set(absent.client.open_reservations)


async def test_catching_up_costs_one_list_and_one_task_each(absent: Seat) -> None:
    """Q59: v1 needs one list and four requests per reservation, at every ready; here nothing is read twice."""
    tasks = [(await absent.task(n=number)).sid for number in range(2)]
    mark = absent.mark()
    await absent.client.connect()
    await absent.settle()
    requests = Counter(absent.requests(mark))
    listing = ("GET", f"Workers/{absent.worker.sid}/Reservations")
    expected = {listing: 1, ("GET", f"Workers/{absent.worker.sid}"): 1, **{("GET", f"Tasks/{sid}"): 1 for sid in tasks}}
    assert requests == expected
    mark = absent.mark()
    await cut(absent)
    assert Counter(absent.requests(mark)) == {listing: 1, ("GET", f"Workers/{absent.worker.sid}"): 1}


@pytest.mark.parametrize("step", range(4))
async def test_an_event_that_comes_while_catching_up_is_delivered_exactly_once(absent: Seat, step: int) -> None:
    """F46, J5: whatever request of the start it comes at, it is neither lost nor delivered twice."""
    await absent.task(n=0)
    counts = created(absent.client)
    paths = (f"*/Workers/{absent.worker.sid}", "*/Reservations", "*/Tasks/*", "*/Tasks/*")
    stage = "answer" if step % 2 else "request"
    fault = absent.bench.emulator.app.faults.add(
        "hold", at=stage, via="bridge", method="GET", path=paths[step], times=1
    )
    starting = asyncio.ensure_future(absent.client.connect())
    await absent.held(fault)
    await absent.task(n=1)
    absent.bench.emulator.app.faults.clear()
    await starting
    await absent.settle()
    assert sorted(counts.values()) == [1, 1]


async def test_a_reservation_that_ended_while_its_list_was_read(absent: Seat) -> None:
    """Its end waits until it was created: a handler never hears of an end without a beginning."""
    task = await absent.task()
    fault = absent.bench.emulator.app.faults.add("hold", at="answer", method="GET", path="*/Reservations", times=1)
    events = absent.listen("reservation.created", "reservation.canceled")
    starting = asyncio.ensure_future(absent.client.connect())
    await absent.held(fault)
    await task.cancel(reason="enough")
    absent.bench.emulator.app.faults.clear()
    await starting
    seen = [event.type for event in [await anext(events), await anext(events)]]
    assert seen == ["reservation.created", "reservation.canceled"]
    assert absent.client.open_reservations == {}


# -- what happened meanwhile ----------------------------------------------------------------------------------------


async def offline(seat: Seat, doing: Any) -> None:
    """Do something while she hears nothing."""
    seat.bench.emulator.app.faults.add("suppress", event_type="*", channel=seat.worker.sid)
    await doing
    seat.bench.emulator.app.faults.clear()
    await cut(seat)


async def test_what_ended_while_the_line_was_cut_is_told_once(seat: Seat) -> None:
    """F45, J11: v2 puts it in its map and says nothing."""
    reservation = await seat.reserved()
    events = seat.listen("reservation.canceled")
    await offline(seat, seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "canceled"}))
    event = await anext(events)
    assert (event.payload, event.origin) == (reservation, "reconcile")
    assert reservation.reservation_status == "canceled"
    assert reservation.task is not None
    assert reservation.task.assignment_status == "canceled"
    await cut(seat)
    seat.inject("something.new", 1)
    await seat.client.aclose()
    assert [each.type async for each in events] == []


async def test_an_accepted_reservation_whose_event_was_lost(seat: Seat) -> None:
    """The present status is told; what it was in between is not made up."""
    reservation = await seat.reserved()
    events = seat.listen()

    async def work() -> None:
        await reservation.accept()
        await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "wrapping"})

    await offline(seat, work())
    assert [each.type for each in await seat.until("reservation.wrapup") if each.type.startswith("res")] == [
        "reservation.wrapup"
    ]
    assert reservation.reservation_status == "wrapping"
    assert list(seat.client.open_reservations) == [reservation.sid]
    events.close()


async def test_a_reservation_that_was_deleted_meanwhile(seat: Seat) -> None:
    """Its task was deleted, and it with it: nobody waits for it for ever, and it leaves the desk."""
    reservation = await seat.reserved()
    waiting = reservation.wait("canceled")
    await offline(seat, seat.workspace.tasks.delete(str(reservation.task_sid)))
    async with asyncio.timeout(10):
        assert await waiting == "canceled"
    assert seat.client.open_reservations == {}


# -- trouble ----------------------------------------------------------------------------------------------------------


async def test_a_failed_start_is_tried_again_and_new_events_need_not_wait(absent: Seat) -> None:
    """J3, J4, J6: one 500 while starting leaves v2 a zombie, and the reservations are lost."""
    await absent.task(n=1)
    pauses: list[float] = []
    gate = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await gate.wait()

    absent.client._catching_up._sleep = sleep
    absent.bench.emulator.app.faults.add("answer", status=503, path="*/Reservations", times=2)
    counts, events = created(absent.client), absent.listen("error", "reservation.created")
    await absent.client.connect()
    assert (await anext(events)).payload.status == 503
    await absent.task(n=2)
    assert (await absent.next("reservation.created")).task.attributes == {"n": 2}
    gate.set()
    assert (await absent.next("reservation.created")).task.attributes == {"n": 1}
    assert len(pauses) == 2
    assert all(0 <= pause <= 1.6 for pause in pauses)
    assert list(counts.values()) == [1, 1]
    events.close()


async def test_what_will_never_work_is_not_tried_again(absent: Seat) -> None:
    """A token that may not read reservations: said once, and the live events come all the same."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    absent.client._catching_up._sleep = sleep
    absent.bench.emulator.app.faults.add("answer", status=403, path="*/Reservations")
    events = absent.listen("error")
    await absent.client.connect()
    await absent.settle()
    assert (await anext(events)).payload.status == 403
    assert pauses == []
    assert await absent.reserved()


# -- activities ---------------------------------------------------------------------------------------------------


async def test_the_connect_activity(absent: Seat) -> None:
    """At ready, if nothing is pending (wire-protocol 5.1)."""
    await absent.worker.update(activity_sid=absent.activities["Offline"])
    client = absent.make(connect_activity_sid=absent.activities["Available"])
    async with client, client.listen("activity.update") as events, asyncio.timeout(10):
        await anext(events)
        assert client.activity_name == "Available"
        assert client.connect_activity_sid == absent.activities["Available"]


async def test_with_something_pending_the_connect_activity_waits_for_its_end(absent: Seat) -> None:
    """v1 never goes there then until it reconnects; here as soon as the desk is clear."""
    await absent.task()
    await absent.worker.update(activity_sid=absent.activities["Offline"])
    client = absent.client = absent.make(connect_activity_sid=absent.activities["Available"])
    events = absent.listen("reservation.created", "activity.update")
    await client.connect()
    reservation = await absent.next("reservation.created")
    await absent.settle()
    assert client.activity_name == "Offline"
    await reservation.accept()
    await reservation.complete()
    async with asyncio.timeout(10):
        while client.activity_name != "Available":
            await anext(events)
    events.close()


async def test_a_reconnect_leaves_the_activity_alone(absent: Seat) -> None:
    """Q35: v1 moves the worker back at each reconnect, from whatever break it is on."""
    client = absent.client = absent.make(connect_activity_sid=absent.activities["Available"])
    await client.connect()
    await absent.settle()
    await client.update(activity_sid=absent.activities["Unavailable"])
    await cut(absent)
    assert client.activity_name == "Unavailable"


async def test_a_reconnect_comes_back_from_the_disconnect_activity(absent: Seat) -> None:
    """The service moved the worker there when the line was cut; nobody else would bring it back."""
    available, gone = absent.activities["Available"], absent.activities["Offline"]
    client = absent.client = absent.make(connect_activity_sid=available, disconnect_activity_sid=gone)
    await client.connect()
    await absent.settle()
    async with client.listen("ready") as events, asyncio.timeout(10):
        await absent.bench.emulator.cut_sockets(1012, absent.worker.sid)
        await absent.bench.emulator.sockets(0, absent.worker.sid)
        assert (await absent.worker.fetch()).activity_sid == gone
        client.reconnect()
        await anext(events)
    await absent.settle()
    assert (await absent.worker.fetch()).activity_sid == available


async def test_q65_a_connect_activity_that_fails_is_told_and_tried_again(absent: Seat) -> None:
    """J6, Q65: v1 swallows the error, v2 says it is ready all the same."""
    await absent.worker.update(activity_sid=absent.activities["Offline"])
    client = absent.client = absent.make(connect_activity_sid=absent.activities["Available"])

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    client._catching_up._sleep = sleep
    path = f"*/Workers/{absent.worker.sid}"
    absent.bench.emulator.app.faults.add("answer", status=503, method="POST", path=path, times=1)
    async with client.listen("error", "activity.update") as events, asyncio.timeout(10):
        await client.connect()
        assert [(await anext(events)).type, (await anext(events)).type] == ["error", "activity.update"]
    assert client.activity_name == "Available"


async def test_closing_goes_to_the_disconnect_activity(absent: Seat) -> None:
    """At once, by a request; the service would do it when it notices."""
    gone = absent.activities["Offline"]
    client = absent.client = absent.make(disconnect_activity_sid=gone)
    await client.connect()
    await client.aclose()
    assert (await absent.worker.fetch()).activity_sid == gone
    assert client.activity_sid == gone


async def test_closing_while_that_fails_closes_all_the_same(absent: Seat) -> None:
    """The failure is an error event, not an exception out of aclose()."""
    client = absent.client = absent.make(disconnect_activity_sid=absent.activities["Offline"])
    await client.connect()
    events = client.listen("error")
    absent.bench.emulator.app.faults.add("answer", status=500, method="POST", path="*/Workers/*")
    await client.aclose()
    assert client.state == "closed"
    assert (await anext(events)).payload.status == 500


async def test_close_existing_sessions(seat: Seat) -> None:
    """The newcomer stays; the other one stands by instead of fighting (F26)."""
    newcomer = seat.make(close_existing_sessions=True)
    async with seat.client.listen("disconnected") as events, newcomer, asyncio.timeout(10):
        event = await anext(events)
        assert (event.payload.code, seat.client.state) == (4001, "standby")
        assert newcomer.close_existing_sessions is True
        assert newcomer.state == "ready"
