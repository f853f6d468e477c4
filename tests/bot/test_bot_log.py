"""What the log says at night: what happened, to which worker and task, and what comes next."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge import Worker
from trbridge.bot import Bot
from trbridge.emulator.operations import workers


def move(station: Station, worker_sid: str, activity: str) -> None:
    """A supervisor does it."""
    with station.engine.transaction() as tx:
        form = {"activity_sid": station.activities[activity]}
        workers.update(tx, station.engine.store.workers[worker_sid], form)


def said(caplog: pytest.LogCaptureFixture, part: str) -> list[logging.LogRecord]:
    return [each for each in caplog.records if part in each.getMessage()]


async def test_a_worker_that_was_sent_away_is_told_of(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """A bot goes quiet most often because somebody moved its worker; it says so, and when it is back."""
    alice = station.worker()
    bot = station.bot(alice)
    with caplog.at_level(logging.INFO, "trbridge.bot"):
        async with station.running(bot):
            await station.soon(lambda: bool(said(caplog, "now in activity Available")))
            move(station, alice, "Unavailable")
            await station.soon(lambda: bool(said(caplog, "now in activity Unavailable, which is not available")))
            move(station, alice, "Available")
            await station.soon(lambda: len(said(caplog, "now in activity Available")) == 2)
    warned = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert [alice in each.getMessage() for each in warned] == [True], "going off at the end is its own doing"
    assert said(caplog, "drained")


async def test_a_cut_line_is_no_reason_to_warn_of_the_activity(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """The service moves the worker away and the client brings it back (Q35); a supervisor's move after it is news."""
    alice = station.worker()
    bot = station.bot(alice)
    with caplog.at_level(logging.INFO, "trbridge.bot"):
        async with station.running(bot):
            await station.soon(lambda: bool(said(caplog, "now in activity Available")))
            bot.worker.reconnect()
            await station.soon(lambda: bool(said(caplog, "now in activity Offline")))
            await station.soon(lambda: len(said(caplog, "now in activity Available")) == 2)
            assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
            move(station, alice, "Offline")
            await station.soon(lambda: bool(said(caplog, "now in activity Offline, which is not available")))


async def test_a_worker_that_is_busy_elsewhere_is_no_reason_to_worry(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """A single-tasking worker is moved to a busy activity with each task (routing 4.5)."""
    alice = station.worker()
    bot = station.bot(alice)

    @bot.task()
    async def work(task: Any) -> str:
        move(station, alice, "Unavailable")
        await station.soon(lambda: bot.worker.activity_name == "Unavailable")
        return "done"

    with caplog.at_level(logging.INFO, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.completed(task)
            await station.soon(lambda: bot.busy == 0)
    assert said(caplog, "now in activity Unavailable")[0].levelno == logging.INFO
    assert said(caplog, f"task {task} taken by {alice}, reservation WR")
    assert said(caplog, f"task {task} completed: done")


async def test_a_start_in_an_activity_that_is_not_available(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing would ever come, and nothing would ever say why."""
    alice = station.worker(activity="Unavailable")
    bot = station.bot(alice, connect_activity_sid=None)
    with caplog.at_level(logging.INFO, "trbridge.bot"):
        async with station.running(bot):
            await station.soon(lambda: bool(said(caplog, "ready")))
    (line,) = said(caplog, "ready, but in activity Unavailable")
    assert line.levelno == logging.WARNING
    assert "connect_activity_sid" in line.getMessage()


async def test_trouble_names_the_worker_it_is_about(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """In a fleet of two hundred "trying again" helps nobody."""
    alice = station.worker()
    bot = station.bot(alice)
    with caplog.at_level(logging.INFO, "trbridge"):
        async with station.running(bot):
            await station.until(lambda: station.activity(alice) == "Available")
            station.emulator.app.faults.add("answer", at="upgrade", status=503, times=1)
            await station.emulator.cut_sockets(None)
            await station.soon(lambda: bool(said(caplog, "ConnectionFailed")))
    (lost, refused) = (said(caplog, "disconnected: ")[0], said(caplog, "ConnectionFailed")[0])
    assert alice in lost.getMessage()
    assert "trying again in" in lost.getMessage()
    assert refused.getMessage().startswith(f"<Worker {alice} ")


@pytest.mark.parametrize(
    ("choice", "then"),
    [("leave", "it stays assigned"), ("complete", "it is completed with that"), ("reject", "another worker gets it")],
)
async def test_what_becomes_of_a_task_is_said_in_words(
    station: Station, caplog: pytest.LogCaptureFixture, choice: str, then: str
) -> None:
    """Which task, whose, what was wrong, what comes next: in one line."""
    alice = station.worker()
    bot = station.bot(alice, on_error=choice)

    @bot.task()
    async def work(task: Any) -> None:
        raise LookupError("no such customer")

    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.soon(lambda: bool(said(caplog, "LookupError")))
    line = said(caplog, "LookupError")[0].getMessage()
    assert line.startswith(f"task {task} of {alice}: its handler raised LookupError: no such customer; ")
    assert then in line


async def test_another_connection_that_took_over_is_told_of(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Two processes with the same worker: the one that lost is quiet for ten minutes (F26), and says why."""
    alice = station.worker()
    bot = station.bot(alice)
    with caplog.at_level(logging.WARNING, "trbridge.bot"):
        async with station.running(bot):
            await station.until(lambda: station.activity(alice) == "Available")
            async with Worker(station.mint(alice), close_existing_sessions=True, **station.bases):
                await station.soon(lambda: bool(said(caplog, "lost its connection")))
    (line,) = said(caplog, "lost its connection")
    assert alice in line.getMessage()
    assert "next attempt in 600 s, and until then no task comes" in line.getMessage()


@pytest.mark.parametrize("provider", [True, False])
async def test_a_token_that_runs_out_is_told_of(
    station: Station, caplog: pytest.LogCaptureFixture, provider: bool
) -> None:
    """Before the first request is refused for it, and with the reason that there is no other."""
    token = station.mint(station.worker())
    bot = Bot((lambda: token) if provider else token, **station.options())
    with caplog.at_level(logging.WARNING, "trbridge.bot"):
        async with station.running(bot):
            await station.soon(lambda: bot.worker.state == "ready")
            bot.worker.emitter.publish("token.expired")  # the session's clock has tests of its own
    (line,) = said(caplog, "its token runs out")
    why = "its provider gave no other yet" if provider else "there is no provider to give another"
    assert why in line.getMessage()


async def test_a_run_that_is_cancelled_is_no_trouble(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Going away is its own doing then, too: nothing to warn of."""
    alice = station.worker()
    bot = station.bot(alice)
    with caplog.at_level(logging.WARNING, "trbridge"):
        running = asyncio.ensure_future(bot.run())
        await station.until(lambda: station.activity(alice) == "Available")
        running.cancel()
        await asyncio.wait({running})
    assert caplog.records == []
    assert station.activity(alice) == "Offline"
    assert "draining" not in repr(bot)
