"""How a bot ends: it takes nothing more, finishes what it has, goes where it was told, and is gone."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge.bot import Bot


class Held:
    """A handler that works until it is let go.

    Attributes:
        begun: How many tasks it has begun.
        cancelled: How many times it was cancelled.
    """

    def __init__(self, bot: Bot) -> None:
        self.begun = self.cancelled = 0
        self.let_go = asyncio.Event()
        self._begun = asyncio.Event()
        bot.task()(self.work)

    async def work(self, task: Any) -> str:
        self.begun += 1
        self._begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "finished"

    async def holds(self, number: int) -> None:
        """Wait until it works on so many."""
        async with asyncio.timeout(10):
            while self.begun < number:
                self._begun.clear()
                await self._begun.wait()


async def test_running_handlers_finish_and_nothing_new_is_taken(station: Station) -> None:
    """SIGTERM's half of feature 15: drain activity first, then the work, then the last activity."""
    alice = station.worker()
    bot = station.bot(alice, drain_activity_sid=station.activities["Unavailable"])
    held = Held(bot)
    async with station.running(bot) as life:
        mine = [station.task(n=number) for number in range(2)]
        await held.holds(2)
        draining = asyncio.ensure_future(bot.drain())
        await station.until(lambda: station.activity(alice) == "Unavailable")
        late = station.task()
        assert bot.busy == 2
        assert "draining" in repr(bot)
        held.let_go.set()
        async with asyncio.timeout(10):
            await asyncio.gather(draining, life)
    assert {station.status(sid) for sid in mine} == {("completed", "finished")}
    assert (station.status(late)[0], held.begun) == ("pending", 2)
    assert station.activity(alice) == "Offline"
    assert bot.worker.state == "closed"


@pytest.mark.parametrize("choice", ["leave", "complete"])
async def test_handlers_that_do_not_finish_in_time_have_failed(station: Station, choice: str) -> None:
    """At the deadline they are cancelled, and their tasks end the way the user chose."""
    bot = station.bot(station.worker(), drain_timeout=0.001, on_error=choice)
    held = Held(bot)
    async with station.running(bot):
        task = station.task()
        await held.holds(1)
        await bot.drain()
    assert held.cancelled == 1
    expected = ("assigned", None) if choice == "leave" else ("completed", "the handler was stopped: the bot ends")
    assert station.status(task) == expected


async def test_what_was_not_begun_is_handed_back(station: Station) -> None:
    """Reservations that waited for a place go to others at once, not after their timeout."""
    alice, bob = station.worker("Alice", capacity=3), station.worker("Bob")
    bot = station.bot(alice)
    held = Held(bot)
    async with station.running(bot) as life:
        await station.until(lambda: station.activity(alice) == "Available")
        await held.holds(0)
        station.capacity(alice, 3)
        tasks = [station.task(n=number) for number in range(3)]
        await held.holds(3)
        station.capacity(alice, 4)
        await station.soon(lambda: bot._jobs._capacity.limit("default") == 4)
        bot._jobs._capacity._limits["default"] = 3  # the next one must wait for a place
        tasks.append(station.task(n=3))
        await station.until(lambda: station.reservations(tasks[3]) == {"pending": 1})
        await station.soon(lambda: bot.busy == 4)
        draining = asyncio.ensure_future(bot.drain())
        await station.until(lambda: station.reservations(tasks[3]) == {"rejected": 1})
        held.let_go.set()
        await asyncio.gather(draining, life)
    assert [station.status(sid)[0] for sid in tasks] == ["completed", "completed", "completed", "pending"]
    assert station.engine.store.workers[bob].activity_sid == station.activities["Offline"]


async def test_what_comes_while_draining_is_handed_back(station: Station) -> None:
    """A reservation made in the moment before the activity changed: rejected, once, into that activity."""
    alice = station.worker()
    bot = station.bot(alice)
    held = Held(bot)
    async with station.running(bot) as life:
        first = station.task()
        await held.holds(1)
        station.emulator.app.faults.add("hold", event_type="reservation.created")
        second = station.task()
        draining = asyncio.ensure_future(bot.drain())
        await station.soon(lambda: not bot._jobs._taking)
        station.emulator.app.faults.clear()
        await station.until(lambda: station.reservations(second) == {"rejected": 1})
        held.let_go.set()
        await asyncio.gather(draining, life)
    assert (station.status(first)[0], station.status(second)[0]) == ("completed", "pending")


async def test_without_an_activity_what_is_offered_stays_pending(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Rejected, it would come back at once, for ever; the next client of the worker may take it. It says so."""
    alice = station.worker()
    bot = station.bot(alice, disconnect_activity_sid=None)
    held = Held(bot)
    with caplog.at_level(logging.WARNING, "trbridge.bot"):
        async with station.running(bot) as life:
            first = station.task()
            await held.holds(1)
            draining = asyncio.ensure_future(bot.drain())
            await asyncio.sleep(0)
            second = station.task()
            await station.until(lambda: station.reservations(second) == {"pending": 1})
            held.let_go.set()
            await asyncio.gather(draining, life)
    assert (station.status(first)[0], station.reservations(second)) == ("completed", {"pending": 1})
    assert "no drain_activity_sid" in caplog.text
    again = station.bot(alice)
    again.task()(lambda task: "taken over")
    async with station.running(again):
        await station.completed(second)


@pytest.mark.parametrize("trouble", ["available", "forbidden", "slow"])
async def test_a_drain_activity_that_does_not_work(
    station: Station, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, the drain goes on, and nothing is thrown back and forth."""
    alice = station.worker()
    activity = station.activities["Available" if trouble == "available" else "Unavailable"]
    bot = station.bot(alice, drain_activity_sid=activity, drain_timeout=0.01 if trouble == "slow" else 30)
    held = Held(bot)
    with caplog.at_level(logging.WARNING, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await held.holds(1)
            if trouble != "available":
                action: Any = {"forbidden": "answer", "slow": "hold"}[trouble]
                path = f"*/Workers/{alice}"
                station.emulator.app.faults.add(action, status=403, method="POST", path=path, times=1)
            draining = asyncio.ensure_future(bot.drain())
            await asyncio.sleep(0)
            held.let_go.set()
            await draining
    assert station.status(task)[0] == "completed"
    said = {"available": "which is available", "forbidden": "could not go to", "slow": "could not go to"}
    assert said[trouble] in caplog.text


async def test_stop_ends_at_once(station: Station) -> None:
    """Handlers are cancelled, their tasks stay assigned; nothing is left running."""
    alice = station.worker()
    bot = station.bot(alice)
    held = Held(bot)
    async with station.running(bot) as life:
        task = station.task()
        await held.holds(1)
        bot.stop()
        async with asyncio.timeout(10):
            await life
    assert (held.cancelled, station.status(task)[0], station.activity(alice)) == (1, "assigned", "Offline")


async def test_draining_twice_is_draining_once(station: Station) -> None:
    """The second caller waits with the first."""
    bot = station.bot(station.worker())
    held = Held(bot)
    async with station.running(bot) as life:
        station.task()
        await held.holds(1)
        both = asyncio.gather(bot.drain(), bot.drain())
        await asyncio.sleep(0)
        held.let_go.set()
        async with asyncio.timeout(10):
            await both
            await life


async def test_draining_while_it_still_tries_to_connect(station: Station) -> None:
    """A bot that never got through ends as well."""
    station.emulator.app.faults.add("answer", at="upgrade", status=503)
    bot = station.bot(station.worker())
    async with station.running(bot) as life, bot.worker.listen("error") as errors:
        await anext(errors)
        await bot.drain()
        async with asyncio.timeout(10):
            await life
    assert bot.worker.state == "closed"


async def test_what_a_crashed_run_had_accepted_is_worked_again_if_asked_for(station: Station) -> None:
    """resume=True; without it a task may stay assigned for ever, or be begun twice: the user's choice."""
    alice = station.worker()
    crashed = station.bot(alice)
    held = Held(crashed)
    async with station.running(crashed):
        task = station.task()
        await held.holds(1)
        crashed.stop()
    assert station.status(task)[0] == "assigned"
    for resume in (False, True):
        bot = station.bot(alice, resume=resume)
        bot.task()(lambda task: "second run")
        async with station.running(bot):
            other = station.task()
            await station.completed(other)
            if resume:
                await station.completed(task)
        assert station.status(task) == (("completed", "second run") if resume else ("assigned", None))


async def test_a_client_that_gives_up_ends_the_bot_with_the_reason(station: Station) -> None:
    """It never hangs: the process can exit and be started again."""
    alice = station.worker()
    bot = station.bot(alice)
    life = asyncio.ensure_future(bot.run())
    async with bot.worker.listen("ready") as events, asyncio.timeout(10):
        await anext(events)
    with station.engine.transaction() as tx:
        from trbridge.emulator.operations import workers

        workers.delete(tx, station.engine.store.workers[alice])
    async with asyncio.timeout(10):
        await asyncio.wait({life})
    assert life.exception() is not None
    assert bot.worker.state == "closed"
