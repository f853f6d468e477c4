"""The Worker client on a real socket: its properties, its methods under v1's names, its activities."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from client_bench import called_back
from seat_bench import Seat

from trbridge import InvalidArgument, NotFound, NotReady, TokenProviderError, Worker, WrongTokenKind
from trbridge.session import State

NOWHERE = "WT" + "0" * 32


async def test_the_client_is_the_worker(seat: Seat) -> None:
    """Q55, Q57: its own properties are there at ready, and so are the worker's resources."""
    alice = seat.client
    assert (alice.sid, alice.worker_sid) == (seat.worker.sid, seat.worker.sid)
    assert (alice.friendly_name, alice.attributes) == ("Alice", {"name": "alice"})
    assert (alice.activity_name, alice.available) == ("Available", True)
    assert alice.activity_sid == seat.activities["Available"]
    assert alice.workspace_sid == seat.workspace.sid
    assert alice.date_status_changed is not None
    assert (await alice.activities.fetch())[0].friendly_name
    assert repr(alice) == f"<Worker {seat.worker.sid} ready>"


async def test_a_token_for_something_else_is_refused(seat: Seat) -> None:
    """A workspace's token makes no worker."""
    with pytest.raises(WrongTokenKind):
        Worker(seat.bench.token())


def test_activities_must_be_activities() -> None:
    """Refused before anything is sent, with the argument's name."""
    for name in ("connect_activity_sid", "disconnect_activity_sid"):
        wrong: dict[str, Any] = {name: "WK" + "0" * 32}
        with pytest.raises(InvalidArgument, match=name):
            Worker(lambda: "never asked", **wrong)


async def test_update_changes_the_client_in_place(seat: Seat) -> None:
    """One property, several, by keyword, called back; activity and attributes come back with them."""
    alice = seat.client
    assert await alice.update("FriendlyName", "Alice B") is alice.resource
    await alice.update({"Attributes": {"team": "x"}})
    await alice.update(activity_sid=seat.activities["Offline"])
    assert (alice.friendly_name, alice.attributes, alice.activity_name) == ("Alice B", {"team": "x"}, "Offline")
    future, callback = called_back()
    alice.update("ActivitySid", seat.activities["Available"], callback)
    assert await future == (None, alice.resource)
    assert alice.available is True
    assert await alice.fetch() is alice.resource


# -- v1's methods ------------------------------------------------------------------------------------------


async def test_fetch_reservations_in_every_form(seat: Seat) -> None:
    """v1 has the callback first; each reservation comes with its task (wire-protocol 5.5)."""
    reservation = await seat.reserved(n=1)
    alice = seat.client
    page = await alice.fetch_reservations()
    assert [(each.sid, each.reservation_status) for each in page] == [(reservation.sid, "pending")]
    assert page[0].task is not None
    assert page[0].task.attributes == {"n": 1}
    params = {"ReservationStatus": "accepted"}
    assert len(await alice.fetch_reservations(params)) == 0
    assert len(await alice.fetch_reservations(reservation_status="pending", page_size=1)) == 1
    forms: list[tuple[tuple[Any, ...], int]] = [((), 1), ((params,), 0), ((None,), 1)]
    for rest, expected in forms:
        future, callback = called_back()
        form: Any = alice.fetch_reservations
        assert form(callback, *rest) is None
        error, found = await future
        assert (error, len(found)) == (None, expected)
    future, callback = called_back()
    alice.fetch_reservations(params, callback)
    assert len((await future)[1]) == 0
    wrong: Any = alice.fetch_reservations
    for args in (("pending",), (params, params), (print, print)):
        with pytest.raises(InvalidArgument):
            wrong(*args)


async def test_fetched_reservations_that_are_open_are_those_of_the_events(seat: Seat) -> None:
    """One reservation is one object, whichever way it came; so it changes in place as events arrive."""
    reservation = await seat.reserved()
    page = await seat.client.fetch_reservations()
    assert page[0] is reservation is seat.client.open_reservations[reservation.sid]


async def test_a_reservation_accepted_before_is_followed_once_it_was_fetched(seat: Seat) -> None:
    """A bot that was started again finds what it had accepted, and hears of its end."""
    reservation = await seat.reserved()
    await reservation.accept()
    async with seat.make() as again:
        (mine,) = await again.fetch_reservations(reservation_status="accepted")
        assert again.open_reservations == {mine.sid: mine}
        waiting = mine.wait("completed")
        await reservation.complete()
        async with asyncio.timeout(10):
            assert await waiting == "completed"
        assert again.open_reservations == {}


async def test_q61_fetch_reservations_survives_a_task_that_cannot_be_fetched(seat: Seat) -> None:
    """Q61: v1 never calls back then. Here the page comes, with a reference, and an error event."""
    reservation = await seat.reserved()
    seat.client._desk.open.clear()
    seat.bench.emulator.app.faults.add("answer", status=500, path=f"*/Tasks/{reservation.task_sid}")
    seat.listen("error")
    future, callback = called_back()
    seat.client.fetch_reservations(callback)
    error, page = await future
    assert error is None
    assert page[0].task.sid == reservation.task_sid
    assert page[0].task.attributes is None
    assert (await seat.next("error")).status == 500


async def test_fetch_channels(seat: Seat) -> None:
    """How much of which channel; capacity and availability can be changed on them."""
    channels = {each.task_channel_unique_name: each for each in await seat.client.fetch_channels()}
    assert channels["default"].configured_capacity == 5
    future, callback = called_back()
    seat.client.fetch_channels(callback)
    assert len((await future)[1]) == len(channels)


async def test_update_task_and_complete_task(seat: Seat) -> None:
    """v1's order: SID, parameters, callback; SID, callback, reason. Nested values are encoded (Q15)."""
    alice, reservation = seat.client, await seat.reserved(n=1)
    task_sid = str(reservation.task_sid)
    await reservation.accept()
    updated = await alice.update_task(task_sid, {"Attributes": {"n": 2}, "Priority": 3})
    assert (updated.attributes, updated.priority) == ({"n": 2}, 3)
    assert (await alice.update_task(task_sid, priority=4)).priority == 4
    future, callback = called_back()
    alice.update_task(task_sid, {"Priority": "5"}, callback)
    assert (await future)[1].priority == 5
    future, callback = called_back()
    assert alice.complete_task(task_sid, callback, "solved") is None
    error, task = await future
    assert (error, task.assignment_status, task.reason) == (None, "completed", "solved")


@pytest.mark.parametrize("form", [(), (None,), (None, "done"), ("keyword",)])
async def test_complete_task_awaited(seat: Seat, form: tuple[Any, ...]) -> None:
    """Without a callback, with None in its place, and with the reason by keyword."""
    reservation = await seat.reserved()
    await reservation.accept()
    complete: Any = seat.client.complete_task
    if form == ("keyword",):
        task = await complete(reservation.task_sid, reason="done")
    else:
        task = await complete(reservation.task_sid, *form)
    assert task.assignment_status == "completed"
    assert task.reason == ("done" if "done" in form or "keyword" in form else None)


async def test_wrong_sids_are_refused_before_anything_is_sent(seat: Seat) -> None:
    """Q39, J10: no request goes out for something that is no SID."""
    mark = seat.mark()
    wrong: Any = seat.client
    calls: list[Callable[[], object]] = [
        lambda: wrong.complete_task("WK" + "0" * 32),
        lambda: wrong.update_task("../Workers", {"Priority": "1"}),
        lambda: wrong.update("ActivitySid"),
        lambda: wrong.update_task(NOWHERE, colour="blue"),
    ]
    for call in calls:
        with pytest.raises(InvalidArgument):
            call()
    assert seat.requests(mark) == []
    with pytest.raises(NotFound):
        await seat.client.complete_task(NOWHERE)


async def test_the_deprecated_pair_warns_and_works(seat: Seat) -> None:
    """As in v1: they warn and do what their successors do."""
    alice = seat.client
    with pytest.warns(DeprecationWarning, match="activities.fetch"):
        page = await alice.fetch_activity_list()
    assert {each.sid for each in page} == set(seat.activities.values())
    future, callback = called_back()
    with pytest.warns(DeprecationWarning, match="activity_sid"):
        alice.update_activity(seat.activities["Offline"], callback)
    assert (await future)[0] is None
    assert alice.activity_name == "Offline"


async def test_q63_q64_set_skip_fetch_reservation_changes_nothing(seat: Seat) -> None:
    """Q63, Q64: there it may be set once and loses reservations; here it may be called for old times' sake."""
    seat.client.set_skip_fetch_reservation(True)
    seat.client.set_skip_fetch_reservation(False)
    reservation = await seat.reserved(n=1)
    assert reservation.task is not None
    assert reservation.task.attributes == {"n": 1}


async def test_statistics(seat: Seat) -> None:
    """A worker's own have only a cumulative part (wire-protocol 5.8)."""
    reservation = await seat.reserved()
    await reservation.accept()
    stats = await seat.client.statistics.fetch(minutes=60)
    assert stats.cumulative.reservations_accepted == 1


def test_a_client_that_was_never_connected_says_so() -> None:
    """With a provider nothing is known before connect()."""
    worker = Worker(lambda: "never asked")
    with pytest.raises(NotReady, match="connect"):
        worker.worker_sid  # noqa: B018
    assert worker.open_reservations == {}
    assert worker.state is State.IDLE


async def test_closed_and_connected_again_it_still_renews_its_token(seat: Seat) -> None:
    """A provider is asked again, whether the first connection got a token or not."""
    asked: list[str] = []

    async def mint() -> str:
        asked.append("")
        if len(asked) == 1:
            raise ConnectionRefusedError
        return seat.bench.emulator.mint("worker", seat.worker.sid)

    alice = Worker(mint, **seat.bench.bases)
    with pytest.raises(TokenProviderError):
        await alice.connect()
    for number in (2, 4):
        await alice.aclose()
        async with alice:
            await alice.refresh_token()
            assert len(asked) in (number + 1, number)
            await alice.fetch()
