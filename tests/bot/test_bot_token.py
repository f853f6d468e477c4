"""A bot's requests when its token has run out: a task that was worked is not lost to that."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge.bot import Bot

REFUSED = {"status": 401, "method": "POST", "path": "*/Tasks/WT*"}


async def instantly(_seconds: float) -> None:
    await asyncio.sleep(0)


class Provider:
    """Gives tokens, but fails when it is told to.

    Attributes:
        fails: How many of the next calls fail.
        asked: How often it was asked.
    """

    def __init__(self, station: Station, worker_sid: str) -> None:
        self._station, self._worker_sid = station, worker_sid
        self.fails = self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the token service restarts")
        return self._station.mint(self._worker_sid)


def make(station: Station, token: Any) -> tuple[Bot, list[str]]:
    """A bot whose handler notes the tasks."""
    bot = Bot(token, **station.options(sleep=instantly))
    worked: list[str] = []

    @bot.task()
    async def work(task: Any) -> str:
        worked.append(task.sid)
        return "done"

    return bot, worked


@pytest.mark.parametrize("fails", [0, 1, 3])
async def test_a_token_that_ran_out_is_renewed_and_the_request_repeated(station: Station, fails: int) -> None:
    """F52, F53: however often the provider fails meanwhile; the handler runs once."""
    alice = station.worker()
    provider = Provider(station, alice)
    bot, worked = make(station, provider)
    async with station.running(bot):
        await station.until(lambda: station.activity(alice) == "Available")
        asked, provider.fails = provider.asked, fails
        station.emulator.app.faults.add("answer", times=1 + fails, **REFUSED)
        task = station.task()
        await station.completed(task)
        assert provider.asked == asked + 1 + fails
    assert worked == [task]
    assert station.status(task) == ("completed", "done")


@pytest.mark.parametrize("kind", ["text", "provider"])
async def test_a_token_that_is_refused_for_good(station: Station, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody to ask, or the new one is refused as well: said with the task's SID, not repeated for ever."""
    alice = station.worker()
    provider = Provider(station, alice)
    bot, worked = make(station, provider if kind == "provider" else station.mint(alice))
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            fault = station.emulator.app.faults.add("answer", **REFUSED)
            task = station.task()
            await station.soon(lambda: bool(caplog.records))
            assert fault.used == (2 if kind == "provider" else 1)
    assert f"task {task} could not be worked" in caplog.text
    assert worked == []


async def test_a_provider_that_gives_somebody_elses_token(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """That does not get better by asking again (F54): the refusal is told."""
    alice, bob = station.worker(), station.worker("Bob")
    tokens = iter([station.mint(alice), station.mint(bob)])
    bot, _ = make(station, lambda: next(tokens))
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            await station.until(lambda: station.activity(alice) == "Available")
            fault = station.emulator.app.faults.add("answer", times=1, **REFUSED)
            task = station.task()
            await station.soon(lambda: bool(caplog.records))
    assert fault.used == 1
    assert f"task {task} could not be worked" in caplog.text
