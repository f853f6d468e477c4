"""Requests a bot does not give up on, and the ends of that."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge.bot import persistence as module
from trbridge.bot.persistence import Persistence
from trbridge.emulator.operations import tasks
from trbridge.resources.reservation import ReservationInstance


async def instantly(_seconds: float) -> None:
    await asyncio.sleep(0)


async def test_a_task_that_cannot_be_completed_and_is_not_over(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """400 can mean that it was done before, so it is read; it was not: the service's words are in the log."""
    bot = station.bot(station.worker(), sleep=instantly)
    bot.task()(lambda task: "done")
    station.emulator.app.faults.add("answer", status=400, method="POST", path="*/Tasks/WT*", skip=1)
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.soon(lambda: bool(caplog.records))
    assert f"task {task} could not be worked or ended as it should" in caplog.text
    assert "is accepted; look at it" in caplog.text
    assert station.status(task)[0] == "assigned"


async def test_a_task_that_was_deleted_meanwhile_is_over(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """404 for its completion and for its reading: there is nothing left to end, so nothing to complain of."""
    bot = station.bot(station.worker(), sleep=instantly)

    @bot.task()
    async def work(task: Any) -> str:
        station.emulator.app.faults.add("suppress", event_type="*")
        with station.engine.transaction() as tx:
            tasks.delete(tx, station.engine.store.tasks[task.sid])
        return "done"

    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.until(lambda: task not in station.engine.store.tasks)
            await station.soon(lambda: bot.busy == 0)
    assert caplog.records == []


async def test_tasks_that_came_back_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a bot remembers of them does not grow for ever; the oldest goes first."""
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 2)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    persistence = Persistence(sleep, lambda: 1.0)
    for task_sid in ("WT1", "WT2", "WT3", "WT3"):
        await persistence.pause_before(ReservationInstance(sid="WR1", task_sid=task_sid))
    assert [persistence.was_handed_back(sid) for sid in ("WT1", "WT2", "WT3")] == [False, True, True]
    assert slept == [1.0]
