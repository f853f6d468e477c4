"""A bot at work: accept, run, complete; and what becomes of a task whose handler does not get it done."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from bot_bench import Station

from trbridge import NotReady
from trbridge.bot import Bot, OnError


async def forever() -> None:
    await asyncio.Event().wait()


async def test_accept_run_complete(station: Station) -> None:
    """The ten lines: each task is accepted, handed to the handler, completed with what that returns."""
    alice = station.worker()
    bot, seen = station.bot(alice), list[Any]()

    @bot.task()
    async def work(task: Any) -> str:
        seen.append((task.attributes, task.assignment_status, station.status(task.sid)[0]))
        return "solved"

    async with station.running(bot):
        done = [station.task(n=number) for number in range(3)]
        await station.completed(*done)
    assert sorted(attributes["n"] for attributes, _, _ in seen) == [0, 1, 2]
    assert {actual for _, _, actual in seen} == {"assigned"}
    assert {station.status(sid) for sid in done} == {("completed", "solved")}
    assert station.activity(alice) == "Offline"
    assert repr(bot).startswith("<Bot of <Worker WK")


@pytest.mark.parametrize("form", ["plain", "nothing", "both", "object"])
async def test_forms_of_handlers(station: Station, form: str) -> None:
    """A plain function will do, and one that returns nothing, takes the reservation too, or is an object."""
    bot = station.bot(station.worker())
    accepted: list[str | None] = []

    class Clerk:
        async def __call__(self, task: Any) -> str:
            return "plain"

    def plain(task: Any) -> str:
        return "plain"

    async def nothing(task: Any) -> None: ...

    async def both(task: Any, reservation: Any) -> str:
        accepted.append(reservation.reservation_status)
        await reservation.wrap()
        return "plain"

    forms: dict[str, Any] = {"plain": plain, "nothing": nothing, "both": both, "object": Clerk()}
    handler = forms[form]
    assert bot.task()(handler) is handler
    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert station.status(task) == ("completed", "completed" if form == "nothing" else "plain")
    assert accepted == (["accepted"] if form == "both" else [])


async def test_the_first_handler_that_matches_gets_the_task(station: Station) -> None:
    """By attributes, by a function of the task, or anything; a condition that fails counts as 'no'."""
    bot = station.bot(station.worker())

    @bot.task(where=lambda task: task.attributes["missing"] == 1)
    async def broken(task: Any) -> str:
        return "broken"

    @bot.task(where={"type": "echo", "loud": True})
    async def loud(task: Any) -> str:
        return "loud"

    @bot.task(where=lambda task: task.attributes.get("type") == "echo")
    async def quiet(task: Any) -> str:
        return "quiet"

    @bot.task()
    async def rest(task: Any) -> str:
        return "rest"

    async with station.running(bot):
        done = [station.task(type="echo", loud=True), station.task(type="echo", loud=1), station.task()]
        done.append(station.task(type="echo"))
        await station.completed(*done)
    assert [station.status(sid)[1] for sid in done] == ["loud", "loud", "rest", "quiet"]


async def test_a_handler_may_end_the_task_itself(station: Station) -> None:
    """It is not completed twice, and what comes after its own complete() still runs."""
    bot, after = station.bot(station.worker()), asyncio.Event()

    @bot.task()
    async def work(task: Any) -> str:
        await task.complete(reason="mine")
        async with bot.worker.listen("reservation.completed") as events:
            if bot.worker.open_reservations:
                await anext(events)
        after.set()
        return "theirs"

    async with station.running(bot):
        task = station.task()
        await station.completed(task)
        async with asyncio.timeout(10):
            await after.wait()
    assert station.status(task) == ("completed", "mine")


# -- when a handler fails --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["bot", "decorator"])
@pytest.mark.parametrize("choice", [OnError.LEAVE, OnError.COMPLETE])
async def test_a_handler_that_raises(
    station: Station, choice: OnError, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The task ends the way the user chose; the log has the exception and the task's SID; the bot goes on."""
    alice = station.worker()
    bot = station.bot(alice, **({"on_error": choice} if how == "bot" else {}))

    @bot.task(where={"bad": True}, on_error=str(choice) if how == "decorator" else None)
    async def bad(task: Any) -> str:
        raise ZeroDivisionError("no such number")

    @bot.task()
    async def good(task: Any) -> str:
        return "good"

    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(bot):
            failed, done = station.task(bad=True), station.task()
            await station.completed(done)
            await station.until(lambda: station.status(failed)[0] == _after(choice))
            await station.until(lambda: bool(caplog.records))
    status, reason = station.status(failed)
    assert status == _after(choice)
    assert reason == ("the handler raised ZeroDivisionError: no such number" if choice is OnError.COMPLETE else None)
    (record,) = [each for each in caplog.records if failed in each.getMessage()]
    assert "ZeroDivisionError: no such number" in record.getMessage()
    assert record.exc_info is not None


def _after(choice: OnError) -> str:
    return "assigned" if choice is OnError.LEAVE else "completed"


async def test_reject_gives_the_task_to_somebody_else(station: Station) -> None:
    """A pending reservation can be rejected, so it is accepted only when the handler has succeeded."""
    alice, bob = station.worker("Alice"), station.worker("Bob")
    bots = [station.bot(sid, on_error="reject", disconnect_activity_sid=None) for sid in (alice, bob)]
    tried: list[str] = []
    for bot in bots:

        @bot.task()
        async def work(task: Any, reservation: Any, bot: Bot = bot) -> str:
            tried.append(reservation.reservation_status)
            if len(tried) == 1:
                await bot.worker.update(activity_sid=station.activities["Unavailable"])
                raise ZeroDivisionError
            return "second try"

    async with station.running(bots[0]), station.running(bots[1]):
        await station.until(lambda: station.activity(alice) == station.activity(bob) == "Available")
        task = station.task()
        await station.completed(task)
    assert tried == ["pending", "pending"]
    assert station.status(task) == ("completed", "second try")
    assert station.reservations(task) == {"rejected": 1, "completed": 1}


async def test_a_handler_that_returns_no_reason_has_failed(station: Station) -> None:
    """It is told what it should return, instead of a 400 of the service."""
    bot = station.bot(station.worker(), on_error="complete")
    wrong: Any = lambda task: {"not": "text"}  # noqa: E731
    bot.task()(wrong)
    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert "returns the reason as text" in str(station.status(task)[1])


# -- deadlines --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["bot", "decorator"])
async def test_a_handler_that_takes_too_long_is_cancelled(station: Station, where: str) -> None:
    """A deadline per task; the others go on (F49)."""
    bot = station.bot(station.worker(), on_error="complete", **({"deadline": 0.001} if where == "bot" else {}))
    cancelled: list[bool] = []

    @bot.task(where={"slow": True}, deadline=None if where == "bot" else 0.001)
    async def slow(task: Any) -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    @bot.task(deadline=100)
    async def fast(task: Any) -> str:
        return "fast"

    async with station.running(bot):
        late, done = station.task(slow=True), station.task()
        await station.completed(late, done)
    assert cancelled == [True]
    assert station.status(late) == ("completed", "the handler took longer than 0.001 s")
    assert station.status(done) == ("completed", "fast")


async def test_a_timeout_of_the_handlers_own_is_not_the_deadline(station: Station) -> None:
    """It raised TimeoutError: that is what the reason says."""
    bot = station.bot(station.worker(), on_error="complete", deadline=100)

    @bot.task()
    async def work(task: Any) -> None:
        raise TimeoutError("of mine")

    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert station.status(task)[1] == "the handler raised TimeoutError: of mine"


async def test_a_handler_that_does_not_end_is_left_behind(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that swallows its cancellation must not hold a place for ever (F49)."""
    monkeypatch.setattr("trbridge.bot.job._GRACE", 0.001)
    bot, release = station.bot(station.worker(), on_error="complete", deadline=0.001), asyncio.Event()

    @bot.task()
    async def stubborn(task: Any) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        raise ZeroDivisionError("long after")

    async with station.running(bot):
        task = station.task()
        await station.completed(task)
        release.set()
    assert station.status(task)[1] == "the handler does not end, though it was cancelled"


async def test_a_handler_that_cancels_itself_has_failed(station: Station) -> None:
    """Not to be taken for the end of the bot."""
    bot = station.bot(station.worker(), on_error="complete")

    @bot.task()
    async def work(task: Any) -> None:
        raise asyncio.CancelledError

    async with station.running(bot):
        task = station.task()
        await station.completed(task)
    assert station.status(task)[1] == "the handler cancelled itself"


# -- what is refused ------------------------------------------------------------------------------------------------


async def test_a_bot_runs_once_at_a_time_and_again_after(station: Station) -> None:
    """Two runs of one bot would be two bots of one worker."""
    bot = station.bot(station.worker())
    bot.task()(lambda task: "ok")
    for number in range(2):
        async with station.running(bot):
            task = station.task(n=number)
            await station.completed(task)
            with pytest.raises(NotReady, match="runs already"):
                await bot.run()
    await bot.drain()  # nothing runs: nothing to do
    bot.stop()
