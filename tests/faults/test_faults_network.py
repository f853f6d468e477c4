"""What a bad network does to a worker's client: through a proxy, in virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from patient_loop import passing, patient
from proxy import Weather
from town import Town, town

from trbridge.events import Event
from trbridge.resources.reservation import ReservationInstance


def _now() -> float:
    return asyncio.get_running_loop().time()


def _story(place: Town) -> list[tuple[str, str]]:
    """What came of the service, and about what."""
    return [(event.type, event.payload.sid) for event in place.seen("reservation.created", "reservation.canceled")]


async def _three_tasks(place: Town) -> list[tuple[str, str]]:
    """Three tasks, of which one is canceled."""
    for number in range(3):
        place.task(n=number, text="ä" * 50)
    sids = [each.task_sid for each in place.reservations().values()]
    place.ask("UpdateTask", {"assignment_status": "canceled"}, Sid=sids[1])
    await place.until(lambda: len(_story(place)) == 4)
    return _story(place)


def test_f31_a_slow_network_is_no_dead_one() -> None:
    """Latency of 3 s, give or take 2, and 1 KB/s for ten minutes: everything comes, and nothing reconnects."""

    async def scenario() -> None:
        async with town(Weather(latency=3.0, jitter=2.0, bandwidth=1024.0)) as place:
            began = _now()

            @place.client.on("reservation.created")
            async def take(reservation: ReservationInstance) -> None:
                await reservation.accept()

            for number in range(5):
                place.task(n=number)
                await passing(120.0)
            assert _now() - began >= 600.0
            assert len(_story(place)) == len(place.seen("reservation.accepted")) == 5
            assert (place.client.stats.connects, place.client.stats.drops) == (1, 0)
            assert place.client.stats.frames > 30, "heartbeats came"

    patient(scenario)


@pytest.mark.parametrize("slices", [1, 2, 7, 125])
def test_f32_bytes_in_slices_tell_the_same_story(slices: int) -> None:
    """Requests, handshake and frames come byte by byte; no event is another one for that."""

    async def scenario(weather: Weather) -> list[tuple[str, str]]:
        async with town(weather) as place:
            story = await _three_tasks(place)
            assert place.client.stats.unreadable == 0
            return story

    assert patient(scenario, Weather(slices=slices)) == patient(scenario, Weather())


def test_f18_a_black_hole_is_noticed_by_its_silence() -> None:
    """The limit is 60 s after the last bytes, and the next connection does not wait for the dead one."""

    async def scenario() -> None:
        async with town() as place:
            await passing(1.0)
            place.proxy.swallow()
            began = _now()
            place.task()
            lost = await place.see("disconnected")
            opened = await place.see("connected", times=2)
            back = await place.see("ready", times=2)
            assert 45.0 <= lost - began <= 61.0
            assert opened - lost <= 0.5 + 0.01
            assert back - opened <= 0.1, "the ready request does not take an idle connection into the same hole"
            await place.see("reservation.created")
            (event,) = place.seen("reservation.created")
            assert event.origin == "reconcile"

    patient(scenario)


def test_f33_the_ready_request_after_a_change_of_network_takes_a_new_connection() -> None:
    """Those that were idle belong to the old network; nobody answers there, and nobody says so."""

    async def scenario() -> None:
        async with town() as place:
            await place.client.fetch()
            place.proxy.swallow()
            place.client.notify_network_change()
            began = _now()
            assert await place.see("ready", times=2) - began <= 0.1

    patient(scenario)


def test_f18_a_black_hole_that_takes_connections_too() -> None:
    """Each attempt is given up after ten seconds; when the hole is gone the client comes back by itself."""

    async def scenario() -> None:
        async with town() as place:
            await passing(1.0)
            place.proxy.swallowing = True
            place.proxy.swallow()
            await place.see("disconnected")
            before = len(place.log)
            await place.see("error", times=3)
            failures = [(when, event.payload) for when, event in place.log[before:] if event.type == "error"]
            assert {error.kind for _, error in failures} == {"timeout"}
            assert {type(error).__name__ for _, error in failures} == {"ConnectionFailed"}
            assert all(later - earlier >= 10.0 for (earlier, _), (later, _) in pairwise(failures))
            place.proxy.swallowing = False
            await place.see("ready", times=2)

    patient(scenario)


def test_f19_a_reset_is_answered_within_half_a_second() -> None:
    async def scenario() -> None:
        async with town() as place:
            began = _now()
            assert place.proxy.reset() >= 1
            assert await place.see("ready", times=2) - began <= 0.51
            (lost,) = place.seen("disconnected")
            assert (lost.payload.code or 1006) == 1006

    patient(scenario)


def test_f01_who_is_refused_waits_longer_and_comes_back() -> None:
    async def scenario() -> None:
        async with town() as place:
            await place.proxy.refuse()
            place.proxy.reset()
            await passing(600.0)
            refusals = [event for event in place.seen("error") if event.payload.kind == "refused"]
            assert 15 <= len(refusals) <= 31
            await place.proxy.listen_again()
            await place.see("ready", times=2)

    patient(scenario)


def test_f04_f13_a_line_that_breaks_at_every_byte_of_the_opening() -> None:
    """Cut in the handshake, in the answer to the ready request, in the list of reservations: it always recovers."""

    async def scenario(limit: int) -> None:
        async with town() as place:
            place.task()
            await place.see("reservation.created")
            place.proxy.weather = Weather(cut_after=limit)
            place.proxy.reset()
            await place.see("error", "disconnected", times=2)
            place.proxy.weather = Weather()
            readies = len(place.seen("ready"))
            place.client.reconnect()
            await place.see("ready", times=readies + 1)
            place.task()
            await place.see("reservation.created", times=2)
            assert len(place.seen("reservation.created")) == 2

    for limit in (1, 60, 130, 200, 400):
        patient(scenario, limit)


def test_f20_f21_f22_however_the_service_hangs_up_it_comes_back() -> None:
    """Any code that says neither "your token" nor "go away" means: connect again."""

    async def scenario() -> None:
        async with town() as place:
            for number, code in enumerate((1000, 1001, 1012, 1011, 1013), 2):
                await place.emulator.cut_sockets(code)
                await place.see("ready", times=number)
                await passing(120.0)
            codes: list[Event] = place.seen("disconnected")
            assert [event.payload.code for event in codes] == [1000, 1001, 1012, 1011, 1013]

    patient(scenario)
