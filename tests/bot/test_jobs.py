"""What a bot has under way: begun once, taken up again, refused, and what the log says where that fails."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge.bot import Bot
from trbridge.emulator import Emulator


async def test_a_reservation_that_is_under_way_is_not_begun_again(station: Station) -> None:
    """Told of a second time, by whomever, it has one job all the same."""
    bot = station.bot(station.worker())
    runs: list[str] = []

    @bot.task()
    async def work(task: Any, reservation: Any) -> str:
        runs.append(task.sid)
        bot.worker.emitter.emit("reservation.created", reservation)
        assert bot.busy == 1
        return "done"

    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert runs == [task]


async def test_what_was_accepted_before_cannot_be_read(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """resume=True and a service that refuses: said, with the worker's SID, and new tasks are worked."""
    alice = station.worker(activity="Available")
    station.emulator.app.faults.add("answer", status=403, method="GET", path="*/Reservations")
    bot = station.bot(alice, resume=True)
    bot.task()(lambda task: "done")
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            await station.soon(lambda: bool(caplog.records))
            await station.completed(station.task())
    (line,) = [each.getMessage() for each in caplog.records]
    assert alice in line
    assert "could not read what was accepted before; it stays assigned" in line


async def test_what_comes_while_draining_and_cannot_be_rejected(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody waits two minutes for that task: which one is in the log."""
    bot = station.bot(station.worker())
    begun, let_go = asyncio.Event(), asyncio.Event()

    @bot.task()
    async def work(task: Any) -> str:
        begun.set()
        await let_go.wait()
        return "done"

    async with station.running(bot) as life:
        station.task()
        await begun.wait()
        station.emulator.app.faults.add("hold", event_type="reservation.created")
        second = station.task()
        draining = asyncio.ensure_future(bot.drain())
        await station.soon(lambda: not bot._jobs._taking)
        station.emulator.app.faults.clear()
        with caplog.at_level(logging.WARNING, "trbridge.bot"):
            station.emulator.app.faults.add("answer", status=403, method="POST", path=f"*/{second}/Reservations/*")
            await station.soon(lambda: bool(caplog.records))
        let_go.set()
        await asyncio.gather(draining, life)
    assert f"task {second} was offered while the bot drained" in caplog.text
    assert station.reservations(second) == {"pending": 1}


async def test_draining_before_there_is_even_a_token(station: Station) -> None:
    """Its provider has not answered yet: there is nobody to move, and nothing to wait for."""
    asked = asyncio.Event()

    async def never() -> str:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    bot = Bot(never, **station.options())
    async with station.running(bot) as life, asyncio.timeout(10):
        await asked.wait()
        await bot.drain()
        await life


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_missed_reservation_is_told_of(comes_back: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Which, whose, and what TaskRouter does then; a bot that has nowhere to come back to stays where it is put."""
    async with Emulator(random_seed=3, clock="manual") as emulator:
        station = Station(emulator)
        alice = station.worker(activity="Available")
        options = {} if comes_back else {"connect_activity_sid": None}
        bot = station.bot(alice, on_error="reject", drain_timeout=0.01, **options)
        begun = asyncio.Event()

        @bot.task()
        async def work(task: Any) -> None:
            begun.set()
            await asyncio.Event().wait()

        with caplog.at_level(logging.WARNING, "trbridge.bot"):
            async with station.running(bot):
                task = station.task()
                async with asyncio.timeout(10):
                    await begun.wait()
                await emulator.advance(121)
                await station.soon(lambda: "timed out before" in caplog.text)
                await station.soon(lambda: bot.busy == (1 if comes_back else 0))
                expected = "Available" if comes_back else "Offline"
                await station.until(lambda: station.activity(alice) == expected)
    assert f"task {task}: reservation WR" in caplog.text
    assert alice in caplog.text
