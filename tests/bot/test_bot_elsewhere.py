"""What happens to a bot's reservations behind its back, and how it holds against trouble with the service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bot_bench import Station

from trbridge.emulator import Emulator
from trbridge.emulator.operations import tasks


@pytest.fixture
async def timed() -> AsyncIterator[Station]:
    """A station where time stands still."""
    async with Emulator(random_seed=3, clock="manual") as emulator:
        yield Station(emulator)


class Working:
    """A handler that works until it is cancelled or let go."""

    def __init__(self) -> None:
        self.begun, self.let_go, self.cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, task: Any) -> str:
        self.begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "done"

    async def has_begun(self) -> None:
        async with asyncio.timeout(10):
            await self.begun.wait()

    async def was_cancelled(self) -> None:
        async with asyncio.timeout(10):
            await self.cancelled.wait()


def settle(station: Station, task_sid: str, status: str) -> None:
    """Change a task as a supervisor would."""
    with station.engine.transaction() as tx:
        tasks.update(tx, station.engine.store.tasks[task_sid], {"assignment_status": status})


# -- the reservation ends elsewhere --------------------------------------------------------------------------


async def test_a_handler_is_cancelled_when_its_task_is_canceled(station: Station) -> None:
    """What it would still do would be for nobody; and nobody completes a canceled task."""
    working = Working()
    bot = station.bot(station.worker(), on_error="reject")
    bot.task()(working)
    async with station.running(bot):
        task = station.task()
        await working.has_begun()
        settle(station, task, "canceled")
        await working.was_cancelled()
        await station.soon(lambda: bot.busy == 0)
    assert station.status(task) == ("canceled", None)


async def test_a_task_completed_by_a_supervisor_is_not_completed_again(station: Station) -> None:
    """The handler may have done it itself, so it goes on; its result is for nobody."""
    working = Working()
    bot = station.bot(station.worker())
    bot.task()(working)
    async with station.running(bot), bot.worker.listen("reservation.completed") as events:
        task = station.task()
        await working.has_begun()
        settle(station, task, "completed")
        async with asyncio.timeout(10):
            await anext(events)
        since = list(station.emulator.app.record)[-1].number
        working.let_go.set()
        await station.soon(lambda: bot.busy == 0)
        assert station.emulator.app.record.find("bridge", method="POST", since=since) == []
    assert not working.cancelled.is_set()
    assert station.status(task) == ("completed", None)


async def test_a_bot_that_missed_a_reservation_comes_back_to_work(timed: Station) -> None:
    """TaskRouter sends its worker away (routing 4.4); v1's would idle there for ever."""
    station, working = timed, Working()
    alice = station.worker(capacity=1)
    bot = station.bot(alice, on_error="reject")
    bot.task()(working)
    async with station.running(bot):
        task = station.task()
        await working.has_begun()
        await station.emulator.advance(121)
        await working.was_cancelled()
        working.let_go.set()
        await station.completed(task)
    assert station.reservations(task) == {"timeout": 1, "completed": 1}


async def test_coming_back_that_is_forbidden_is_said(timed: Station, caplog: pytest.LogCaptureFixture) -> None:
    """And hurts nothing else."""
    station, working = timed, Working()
    alice = station.worker()
    bot = station.bot(alice, on_error="reject")
    bot.task()(working)
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            station.task()
            await working.has_begun()
            station.emulator.app.faults.add("answer", status=403, method="POST", path=f"*/Workers/{alice}", times=1)
            await station.emulator.advance(121)
            await station.soon(lambda: bool(caplog.records))
    assert "could not come back" in caplog.text


async def test_a_reservation_that_is_gone_when_it_is_accepted(timed: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Said in one line, no traceback; the handler never runs (F65)."""
    station, working = timed, Working()
    bot = station.bot(station.worker())
    bot.task()(working)
    held = station.emulator.app.faults.add("hold", at="request", method="POST", path="*/Reservations/*")
    with caplog.at_level(logging.INFO, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.soon(lambda: bool(held.held))
            settle(station, task, "canceled")
            station.emulator.app.faults.clear()
            await station.soon(lambda: bot.busy == 0)
    assert not working.begun.is_set()
    assert f"task {task}" in caplog.text
    assert "Traceback" not in caplog.text


# -- tasks that come back ------------------------------------------------------------------------------------


class Sleeper:
    """Writes down how long it was asked to sleep, and wakes up when it is told to."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._wake = asyncio.Event()
        self._asked = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._asked.set()
        self._wake.clear()
        await self._wake.wait()

    async def wake(self, number: int) -> None:
        """Let the n-th sleeper go, once it sleeps."""
        async with asyncio.timeout(10):
            while len(self.asked) < number:
                self._asked.clear()
                await self._asked.wait()
        self._wake.set()


@pytest.mark.parametrize("why", ["no handler", "handler fails"])
async def test_a_task_nobody_can_work_does_not_go_round_in_circles(
    station: Station, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Handed back at once the first time, then later and later: TaskRouter offers it again at once."""
    sleeper = Sleeper()
    bot = station.bot(station.worker(), sleep=sleeper, chance=lambda: 1.0, on_error="reject")

    @bot.task(where={"mine": True} if why == "no handler" else None)
    async def work(task: Any) -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.WARNING, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            for number in range(1, 7):
                await sleeper.wake(number)
            await station.until(lambda: station.reservations(task)["rejected"] == 7)
            await station.soon(lambda: len(sleeper.asked) == 7)
            warned = [each for each in caplog.records if task in each.getMessage()]
    assert sleeper.asked == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert len(warned) == (1 if why == "no handler" else 8)
    assert station.reservations(task)["pending"] == 0  # draining cut the last pause short


async def test_a_pause_ends_with_its_reservation(station: Station) -> None:
    """Nothing is rejected that is over."""
    sleeper = Sleeper()
    bot = station.bot(station.worker(), sleep=sleeper)
    async with station.running(bot):
        task = station.task()
        await station.soon(lambda: len(sleeper.asked) == 1)
        settle(station, task, "canceled")
        await station.soon(lambda: bot.busy == 0)
    assert station.reservations(task) == {"rejected": 1, "canceled": 1}


# -- trouble with the service --------------------------------------------------------------------------------


async def instantly(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("stage", ["request", "answer"])
@pytest.mark.parametrize("path", ["*/Reservations/*", "*/Tasks/WT*"])
async def test_lost_requests_and_lost_answers_lose_no_task(station: Station, stage: Any, path: str) -> None:
    """F64: accept and complete are done once, whichever of them, or of their answers, is lost."""
    bot = station.bot(station.worker(), sleep=instantly, max_retries=0)
    worked: list[str] = []

    @bot.task()
    async def work(task: Any) -> None:
        worked.append(task.sid)

    station.emulator.app.faults.add("drop", at=stage, method="POST", path=path, times=3)
    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert worked == [task]
    assert station.reservations(task) == {"completed": 1}


async def test_an_outage_is_waited_for(station: Station) -> None:
    """503 for a while: each request is repeated until it is answered."""
    bot = station.bot(station.worker(), sleep=instantly, max_retries=0)
    bot.task()(lambda task: "after all")
    async with station.running(bot):
        station.emulator.app.faults.add("answer", status=503, method="POST", path="*/Reservations/*", times=15)
        task = station.task()
        await station.completed(task)
    assert station.status(task) == ("completed", "after all")


async def test_an_outage_that_does_not_end_is_told(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """Twenty attempts, then it is in the log, with the task's SID; the next task is not hurt."""
    bot = station.bot(station.worker(), sleep=instantly, max_retries=0)
    bot.task()(lambda task: "worked")
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            station.emulator.app.faults.add("answer", status=503, method="POST", path="*/Reservations/*", times=20)
            lost = station.task()
            await station.soon(lambda: bool(caplog.records))
            done = station.task()
            await station.completed(done)
    assert f"task {lost} could not be worked" in caplog.text
    assert station.reservations(lost)["pending"] == 1


async def test_a_refusal_is_not_repeated(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """A token that may not complete tasks: said at once, the task stays assigned."""
    bot = station.bot(station.worker())
    bot.task()(lambda task: "worked")
    station.emulator.app.faults.add("answer", status=403, method="POST", path="*/Tasks/WT" + "?" * 32)
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            task = station.task()
            await station.soon(lambda: bool(caplog.records))
    assert station.status(task)[0] == "assigned"
    assert task in caplog.text


async def test_a_reservation_whose_task_could_not_be_read_is_completed_first(station: Station) -> None:
    """No handler sees half a task: what the event lacked is fetched, however often that takes."""
    alice = station.worker(activity="Available")
    task = station.task(n=1)
    bot = station.bot(alice, sleep=instantly, max_retries=0)
    seen: list[Any] = []
    bot.task()(lambda task: seen.append(task.attributes))
    station.emulator.app.faults.add("answer", status=500, method="GET", path="*/Tasks/WT*", times=2)
    async with station.running(bot):
        await station.completed(task)
    assert seen == [{"n": 1}]


# -- capacity ------------------------------------------------------------------------------------------------


async def test_concurrency_follows_the_workers_capacity(station: Station) -> None:
    """TaskRouter gives no more; and when capacity grows or shrinks, so does what runs at once."""
    alice = station.worker(capacity=2)
    bot = station.bot(alice)
    running, most, steps = 0, 0, asyncio.Semaphore(0)

    @bot.task()
    async def work(task: Any) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await steps.acquire()
        running -= 1

    async with station.running(bot):
        done = [station.task(n=number) for number in range(12)]
        await station.soon(lambda: running == 2)
        station.capacity(alice, 4)
        await station.soon(lambda: running == 4)
        station.capacity(alice, 1)
        for _ in range(3):
            steps.release()
        await station.soon(lambda: running == 1)
        most = 1
        for _ in range(9):
            steps.release()
        await station.completed(*done)
    assert most == 1


@pytest.mark.parametrize("status", [403, 500])
async def test_without_a_look_at_its_channels_taskrouter_alone_limits_it(station: Station, status: int) -> None:
    """The least token may not read them; the bot works all the same."""
    station.emulator.app.faults.add("answer", status=status, path="*/Channels")
    bot = station.bot(station.worker(capacity=2), max_retries=0)
    bot.task()(lambda task: "ok")
    async with station.running(bot):
        done = [station.task(n=number) for number in range(5)]
        await station.completed(*done)
    assert bot._jobs._capacity.limit("default") == float("inf")


async def test_a_task_that_ignores_capacity_needs_no_place(station: Station) -> None:
    """It was given regardless of it (rest-api 3.8), and would wait behind what it was to overtake."""
    alice = station.worker(capacity=1)
    bot, working = station.bot(alice), Working()
    bot.task(where={"slow": True})(working)
    bot.task()(lambda task: "at once")
    async with station.running(bot):
        slow = station.task(slow=True)
        await working.has_begun()
        form = {"attributes": "{}", "routing_target": alice, "ignore_capacity": True}
        with station.engine.transaction() as tx:
            urgent = tasks.create(tx, station.workspace, form).sid
        await station.completed(urgent)
        assert station.status(slow)[0] == "assigned"
        working.let_go.set()
        await station.completed(slow)
