"""One reservation's way through a bot, at the moments that a whole bot meets by chance only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bot_bench import Station

from trbridge import Worker
from trbridge.bot import job as job_module
from trbridge.bot.capacity import Capacity
from trbridge.bot.handlers import OnError, Route, make_route
from trbridge.bot.job import Job
from trbridge.bot.persistence import Persistence
from trbridge.resources.reservation import ReservationInstance

WR = "WR" + "0" * 32


class Offer:
    """A reservation that a worker's client has heard of, and what a job of it needs.

    Attributes:
        station: The emulator.
        client: The worker's.
        reservation: The reservation.
        capacity: One place on the default channel.
        ran: SIDs of the tasks that the handler has seen.
    """

    def __init__(self, station: Station, client: Worker, reservation: ReservationInstance) -> None:
        self.station = station
        self.client = client
        self.reservation = reservation
        self.capacity = Capacity()
        self.ran: list[str] = []

    async def handler(self, task: Any) -> str:
        self.ran.append(task.sid)
        return "done"

    def route(self, handler: Any = None, on_error: str = "leave") -> Route:
        return make_route(handler or self.handler, None, None, on_error)

    def job(self, route: Route | None = None, persistence: Persistence | None = None) -> Job:
        return Job(self.reservation, [route or self.route()], self.capacity, persistence or Persistence())

    def status(self) -> str:
        store = self.station.engine.store
        return store.reservations[self.reservation.sid].reservation_status

    @property
    def task_sid(self) -> str:
        return str(self.reservation.task_sid)


@asynccontextmanager
async def offered(station: Station) -> AsyncIterator[Offer]:
    alice = station.worker(capacity=1, activity="Available")
    async with Worker(station.mint(alice), **station.bases) as client:
        async with client.listen("reservation.created") as events:
            station.task()
            async with asyncio.timeout(10):
                reservation = (await anext(events)).payload
        offer = Offer(station, client, reservation)
        (channel,) = [each async for each in client.channels if each.task_channel_unique_name == "default"]
        offer.capacity.learn(channel)
        yield offer


async def waiting(offer: Offer) -> asyncio.Task[None]:
    """A job that waits for the only place."""
    assert offer.capacity.try_acquire("default")
    work = asyncio.ensure_future(offer.job().work())
    await offer.station.soon(lambda: bool(offer.capacity._waiting.get("default")))
    return work


async def test_it_waits_for_a_place_and_then_works(station: Station) -> None:
    """TaskRouter hears of a task's end before the bot does, and fills the place at once."""
    async with offered(station) as offer:
        work = await waiting(offer)
        assert offer.status() == "pending", "not accepted before there is a place"
        offer.capacity.release("default")
        await work
        assert station.status(offer.task_sid) == ("completed", "done")
        assert offer.capacity.busy("default") == 0


async def test_stopped_while_it_waits_it_leaves_everything_as_it_is(station: Station) -> None:
    """A cancellation that nobody has given a reason for goes up, and the place is nobody's."""
    async with offered(station) as offer:
        work = await waiting(offer)
        work.cancel()
        await asyncio.wait({work})
        assert work.cancelled()
        assert (offer.status(), offer.capacity.busy("default")) == ("pending", 1)


async def test_given_up_before_it_waits_it_does_not_begin_to(station: Station) -> None:
    """The bot ends: who has no place will not get one."""
    async with offered(station) as offer:
        assert offer.capacity.try_acquire("default")
        job = offer.job()
        job.give_up("the bot ends")
        await job.work()
        assert (offer.status(), offer.ran) == ("pending", [])


async def test_given_up_while_it_waits_without_an_activity_it_stays_pending(station: Station) -> None:
    """For the next client of the worker; rejected, it would come back at once."""
    async with offered(station) as offer:
        assert offer.capacity.try_acquire("default")
        job = offer.job()
        work = asyncio.ensure_future(job.work())
        await station.soon(lambda: bool(offer.capacity._waiting.get("default")))
        job.give_up_waiting(None)
        await work
        assert (offer.status(), offer.ran) == ("pending", [])


async def test_what_ended_while_it_was_accepted_is_not_begun(station: Station) -> None:
    """The event of its end came before the answer of our accept."""
    async with offered(station) as offer:
        fault = station.emulator.app.faults.add("hold", at="answer", method="POST", path="*/Reservations/*")
        job = offer.job()
        work = asyncio.ensure_future(job.work())
        await station.soon(lambda: bool(fault.held))
        job.end("canceled", stop=True)
        station.emulator.app.faults.clear()
        await work
        assert offer.ran == []
        assert offer.capacity.busy("default") == 0


async def test_what_ended_before_it_was_looked_at_is_not_even_accepted(station: Station) -> None:
    """It came and went while the client was away, and both are told (F45)."""
    async with offered(station) as offer:
        job = offer.job()
        job.end("canceled", stop=True)
        await job.work()
        assert (offer.status(), offer.ran) == ("pending", [])


async def test_given_up_while_it_is_accepted_its_handler_has_failed(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Accepted is accepted: the task ends the way the user chose, though its handler never got to run."""
    async with offered(station) as offer:
        job = offer.job(offer.route(on_error="complete"))
        job.give_up("was stopped: the bot ends")
        await job.work()
        assert offer.ran == []
        assert station.status(offer.task_sid) == ("completed", "the handler was stopped: the bot ends")
    assert offer.task_sid in caplog.text


async def test_a_task_that_its_handler_ended_is_not_ended_again(station: Station) -> None:
    """Also where the event of its end is lost: its status says so."""
    async with offered(station) as offer:
        fault = station.emulator.app.faults.add("suppress", event_type="*.completed")

        async def work(task: Any) -> None:
            await task.complete(reason="by hand")

        await offer.job(offer.route(work)).work()
        assert fault.used
        assert station.status(offer.task_sid) == ("completed", "by hand")
        sent = [entry for entry in station.emulator.app.record.find("bridge") if entry.method == "POST"]
        assert len([entry for entry in sent if (entry.path or "").endswith(offer.task_sid)]) == 1


async def test_a_task_known_to_ignore_capacity_needs_no_look(station: Station) -> None:
    """v2's dialect tells; then no request is spent on it."""
    async with offered(station) as offer:
        task = offer.reservation.task
        assert task is not None
        await task.fetch()
        assert task.ignore_capacity is False
        mark = len(list(station.emulator.app.record))
        work = await waiting(offer)
        assert len(list(station.emulator.app.record)) == mark
        offer.capacity.release("default")
        await work
    assert offer.ran == [offer.task_sid]


async def test_a_reservation_without_a_task_is_said(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """A frame and an answer that no service should give: one line with the SID, and the next task is worked."""
    alice = station.worker()
    bot = station.bot(alice)
    bot.task()(lambda task: "done")
    lonely = {"sid": WR, "reservation_status": "pending"}
    async with station.running(bot):
        await station.until(lambda: station.activity(alice) == "Available")
        station.emulator.app.faults.add("answer", status=200, body=lonely, path=f"*/Reservations/{WR}")
        with caplog.at_level(logging.ERROR, "trbridge.bot"):
            station.emulator.inject(alice, {"event_type": "reservation.created", "payload": lonely})
            await station.soon(lambda: bool(caplog.records))
        await station.completed(station.task())
    assert f"ReservationInstance {WR} 'pending'> has no task" in caplog.text
    assert f"its reservation {WR} is pending; look at it" in caplog.text


async def test_trouble_of_the_bots_own_hurts_no_other_job(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is raised: it is in the log with both SIDs, and the place is free."""

    async def broken_sleep(_: float) -> None:
        raise RuntimeError("no sleep")

    async with offered(station) as offer:
        station.emulator.app.faults.add("answer", status=503, method="POST", path="*/Reservations/*")
        await offer.job(persistence=Persistence(broken_sleep)).work()
        assert offer.capacity.busy("default") == 0
    assert f"task {offer.task_sid}: the bot failed; its reservation {offer.reservation.sid}" in caplog.text
    assert "no sleep" in caplog.text


@pytest.mark.parametrize("end", ["raises", "is cancelled"])
async def test_what_a_handler_that_did_not_end_does_later(
    station: Station, monkeypatch: pytest.MonkeyPatch, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left behind; what it raises in the end is nobody's any more, and no complaint of the event loop."""
    monkeypatch.setattr(job_module, "_GRACE", 0.0)
    cancelled, let_go, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn(task: Any) -> None:
        try:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                await let_go.wait()
            if end == "raises":
                raise LookupError
            raise asyncio.CancelledError
        finally:
            over.set()

    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with offered(station) as offer:
        route = make_route(stubborn, None, 0.001, OnError.LEAVE)
        await offer.job(route).work()
        assert cancelled.is_set()
        let_go.set()
        await over.wait()
        await asyncio.sleep(0)
        assert station.status(offer.task_sid)[0] == "assigned"
    assert complaints == []
    said = [each.levelno for each in caplog.records if each.name == "trbridge.bot"]
    assert [level for level in said if level >= logging.WARNING] == [logging.ERROR]
