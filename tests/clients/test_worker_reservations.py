"""Reservations at a worker's seat: what can be done with them, what is refused, and waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from client_bench import Bench, called_back
from seat_bench import Seat

from trbridge import ClientClosed, InvalidArgument, NotReady, ReservationGone, TransportError
from trbridge.emulator import Emulator
from trbridge.resources.reservation import ReservationInstance


@pytest.fixture
async def timed() -> AsyncIterator[Seat]:
    """A seat in an emulator whose time stands still."""
    async with Emulator(random_seed=7, clock="manual") as emulator:
        bench = Bench(emulator)
        async with bench.workspace() as workspace:
            seat = Seat(bench, workspace)
            await seat.prepare()
            async with seat.client:
                await seat.settle()
                yield seat


def params(seat: Seat, since: int) -> dict[str, Any]:
    """What the last request of hers to a reservation said."""
    entries = seat.bench.emulator.app.record.find("bridge", path="*/Reservations/*", method="POST", since=since)
    return dict(entries[-1].params)


# -- verbs ----------------------------------------------------------------------------------------------------


async def test_accept_wrap_complete(seat: Seat) -> None:
    """The object changes in place with each answer, before any event."""
    reservation = await seat.reserved()
    assert await reservation.accept() is reservation
    assert reservation.reservation_status == "accepted"
    await reservation.wrap()
    assert reservation.reservation_status == "wrapping"
    await reservation.complete()
    assert reservation.reservation_status == "completed"


@pytest.mark.parametrize("form", ["", "activity", "callback", "both", "keyword"])
async def test_reject_in_every_form(seat: Seat, form: str) -> None:
    """Q19: v1 takes the documented reject(callback) for an activity, and never calls it."""
    reservation = await seat.reserved()
    lunch = seat.activities["Unavailable"]
    mark, (future, callback) = seat.mark(), called_back()
    reject: Any = reservation.reject
    if form in ("callback", "both"):
        assert reject(*([lunch] if form == "both" else []), callback) is None
        assert await future == (None, reservation)
    else:
        await (reject(activity_sid=lunch) if form == "keyword" else reject(*([lunch] if form else [])))
    sent = {"ReservationStatus": "rejected"} | ({"WorkerActivitySid": lunch} if form not in ("", "callback") else {})
    assert params(seat, mark) == sent
    assert reservation.reservation_status == "rejected"


FORMS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], dict[str, str]]] = {
    "dequeue": (
        "dequeue",
        ("+15005550006", None, "record-from-answer", 30, None, ["initiated", "answered"], "client:alice"),
        {"from_": "+15005550006", "record": "record-from-answer", "timeout": 30, "to": "client:alice"},
        {"Instruction": "dequeue", "DequeueFrom": "+15005550006", "DequeueTo": "client:alice", "DequeueTimeout": "30"},
    ),
    "call": (
        "call",
        ("+15005550006", "http://127.0.0.1/twiml", None, "true", None, "client:alice"),
        {"from_": "+15005550006", "url": "http://127.0.0.1/twiml", "accept": True, "to": "client:alice"},
        {"Instruction": "call", "CallFrom": "+15005550006", "CallUrl": "http://127.0.0.1/twiml", "CallAccept": "true"},
    ),
    "redirect": (
        "redirect",
        ("CA" + "1" * 32, "http://127.0.0.1/twiml", "true"),
        {"call_sid": "CA" + "1" * 32, "url": "http://127.0.0.1/twiml", "accept": True},
        {"Instruction": "redirect", "RedirectCallSid": "CA" + "1" * 32, "RedirectAccept": "true"},
    ),
    "conference": (
        "conference",
        ("+15005550006", None, 20, "client:alice"),
        {"from_": "+15005550006", "timeout": 20, "to": "client:alice", "record": True},
        {"Instruction": "conference", "From": "+15005550006", "Timeout": "20", "To": "client:alice"},
    ),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("how", ["positional", "keywords", "callback", "callback too early"])
async def test_instructions_in_v1s_order_and_by_name(seat: Seat, name: str, how: str) -> None:
    """Q20: v1's own example of dequeue leaves an argument out, and its callback becomes DequeueTo."""
    verb, positional, keywords, expected = FORMS[name]
    reservation = await seat.reserved(call_sid="CA" + "2" * 32)
    mark, (future, callback) = seat.mark(), called_back()
    act: Any = getattr(reservation, verb)
    if how == "positional":
        assert await act(*positional) is reservation
    elif how == "keywords":
        assert await act(**keywords) is reservation
    else:
        given = positional if how == "callback" else positional[:2]
        assert act(*given, callback) is None
        error, found = await future
        assert error is None or how == "callback too early"
        assert found in (reservation, None)
    sent = params(seat, mark)
    assert callback not in sent.values()
    if how != "callback too early":
        assert {key: sent[key] for key in expected} == expected


# -- refusals ---------------------------------------------------------------------------------------------------


async def test_accepting_again_succeeds(seat: Seat) -> None:
    """F64: a repeated accept of one's own accepted reservation is a success, from another object, too."""
    reservation = await seat.reserved()
    await reservation.accept()
    assert await reservation.accept() is reservation
    other = await seat.client.reservations.fetch(reservation.sid)
    assert (await other.accept()).reservation_status == "accepted"


@pytest.mark.parametrize("verb", ["accept", "reject", "wrap", "complete"])
async def test_a_lost_answer_is_resolved_by_reading(seat: Seat, verb: str) -> None:
    """F64: the service did it and the answer was lost; it is done once, and the call returns success."""
    reservation = await seat.reserved()
    if verb in ("wrap", "complete"):
        await reservation.accept()
    mark = seat.mark()
    seat.bench.emulator.app.faults.add("drop", at="answer", method="POST", path="*/Reservations/*", times=1)
    assert await getattr(reservation, verb)() is reservation
    path = f"Tasks/{reservation.task_sid}/Reservations/{reservation.sid}"
    assert seat.requests(mark) == [("POST", path), ("GET", path)]


async def test_a_request_that_never_arrived_is_not_taken_for_done(seat: Seat) -> None:
    """The other half of F64: reading shows that it is still pending, so the failure is told."""
    reservation = await seat.reserved()
    seat.bench.emulator.app.faults.add("drop", at="request", method="POST", path="*/Reservations/*", times=1)
    with pytest.raises(TransportError):
        await reservation.accept()
    assert reservation.reservation_status == "pending"
    await reservation.accept()


@pytest.mark.parametrize("end", ["timeout", "canceled", "rescinded"])
async def test_a_reservation_that_is_gone(timed: Seat, end: str) -> None:
    """F65: typed, with the status it has; v1 gives 'Bad Request'."""
    seat = timed
    if end == "rescinded":
        await rival(seat)
    reservation = await seat.reserved()
    events = seat.listen(f"reservation.{end}")
    if end == "timeout":
        await seat.bench.emulator.advance(121)
    elif end == "canceled":
        await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "canceled"})
    else:
        assert reservation.task is not None
        for other in await reservation.task.reservations.fetch():
            if other.sid != reservation.sid:
                await seat.workspace.tasks.fetch(str(reservation.task_sid))
                await accept_as(seat, other)
    async with asyncio.timeout(10):
        assert (await anext(events)).payload is reservation
    with pytest.raises(ReservationGone) as caught:
        await reservation.accept()
    assert caught.value.reservation_status == reservation.reservation_status == end


async def rival(seat: Seat) -> None:
    """A second worker, who is reserved for the same tasks."""
    await seat.workspace.workers.create(friendly_name="Bob", activity_sid=seat.activities["Available"])
    queue = (await seat.workspace.taskqueues.fetch())[0]
    await queue.update(max_reserved_workers=2)


async def accept_as(seat: Seat, reservation: ReservationInstance) -> None:
    """The workspace's client may accept for anybody."""
    listed = await seat.workspace.tasks.fetch(str(reservation.task_sid))
    await (await listed.reservations.fetch(reservation.sid)).accept()


# -- waiting ----------------------------------------------------------------------------------------------------


async def test_wait_until_one_of_several(seat: Seat) -> None:
    """It ends with the first one that comes, by an event or by our own answer, and says which."""
    reservation = await seat.reserved()
    waiting = reservation.wait("accepted", "canceled")
    assert not waiting.done()
    await accept_as(seat, reservation)
    async with asyncio.timeout(10):
        assert await waiting == "accepted"
        assert await reservation.wait("accepted") == "accepted"
    both = [reservation.wait("completed"), reservation.wait(), reservation.wait("wrapup")]
    await reservation.wrap()
    assert await both[2] == "wrapping"
    await reservation.complete()
    assert [await both[0], await both[1]] == ["completed", "completed"]
    assert await reservation.wait("accepted") == "accepted"  # it has been


async def test_waiting_for_what_will_never_be(seat: Seat) -> None:
    """It ended otherwise: the waiter is told at once, whether it waited before or asks after."""
    reservation = await seat.reserved()
    waiting = reservation.wait("accepted")
    await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "canceled"})
    for each in (waiting, reservation.wait("accepted")):
        with pytest.raises(ReservationGone, match="never be accepted") as caught:
            async with asyncio.timeout(10):
                await each
        assert caught.value.reservation_status == "canceled"


async def test_a_wait_ends_with_the_client(seat: Seat) -> None:
    """Nobody waits for ever."""
    waiting = (await seat.reserved()).wait("accepted")
    await seat.client.aclose()
    with pytest.raises(ClientClosed):
        await waiting


async def test_a_wait_that_is_cancelled_leaves_nothing_behind(seat: Seat) -> None:
    """F50: what is given up is forgotten."""
    reservation = await seat.reserved()
    waiting = reservation.wait("accepted")
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert vars(reservation)["_waits"] == {}


async def test_waiting_is_for_reservations_that_hear_of_events(seat: Seat) -> None:
    """Any other would wait for ever, so it says where to get one that does."""
    reservation = await seat.reserved()
    deaf = await seat.client.reservations.fetch(reservation.sid)
    with pytest.raises(NotReady, match="fetch_reservations"):
        await deaf.wait("accepted")
    assert await deaf.wait("pending") == "pending"
    with pytest.raises(InvalidArgument, match="never 'acepted'"):
        deaf.wait("acepted")


async def test_reject_takes_no_reason(seat: Seat) -> None:
    """What is no activity's SID is refused before anything is sent: it would move the worker, or nowhere."""
    reservation = await seat.reserved()
    mark = seat.mark()
    with pytest.raises(InvalidArgument, match="activity_sid must be a SID that starts with WA"):
        reservation.reject("too busy")
    assert seat.requests(mark) == []
    assert reservation.reservation_status == "pending"


async def test_patches_of_one_client_do_not_get_in_each_others_way(seat: Seat) -> None:
    """Twelve at once, of one task by way of twelve objects: none runs out of its five attempts, none is lost."""
    task = await seat.task(n=0)
    twelve = [await seat.workspace.tasks.fetch(task.sid) for _ in range(12)]
    await asyncio.gather(*(one.patch_attributes({f"key {number}": number}) for number, one in enumerate(twelve)))
    await task.fetch()
    assert task.attributes == {"n": 0, **{f"key {number}": number for number in range(12)}}
    assert len(seat.workspace._context.turns) == 0, "who had his turn leaves nothing behind"
