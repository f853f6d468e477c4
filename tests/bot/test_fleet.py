"""Many bots in one process: started a few at a time, one's failure never another's."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import pytest
from bot_bench import Station

from trbridge import HttpPool, InvalidArgument, TaskRouterError, TokenProviderError
from trbridge.bot import Fleet
from trbridge.emulator.operations import workers


def crew(station: Station, number: int) -> list[str]:
    return [station.worker(f"worker {index}") for index in range(number)]


async def test_a_fleet_works(station: Station) -> None:
    """The same handlers for all, one pool of connections; drained they all are off duty."""
    sids = crew(station, 5)
    fleet = station.fleet(sids)
    by: dict[str, list[int]] = {sid: [] for sid in sids}

    @fleet.task(where={"kind": "count"})
    async def count(task: Any, reservation: Any) -> str:
        by[reservation.worker_sid].append(task.attributes["n"])
        return "counted"

    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids))
        done = [station.task(kind="count", n=number) for number in range(20)]
        await station.completed(*done)
        assert "Fleet of 5 bots" in repr(fleet)
    assert sorted(number for numbers in by.values() for number in numbers) == list(range(20))
    assert sum(bool(numbers) for numbers in by.values()) > 1
    assert {station.activity(sid) for sid in sids} == {"Offline"}
    assert fleet.busy == 0
    assert len({id(bot.worker._requester._pool) for bot in fleet.bots.values()}) == 1


async def test_no_more_than_at_once_connect_at_a_time(station: Station) -> None:
    """Bounded concurrency: the service is not hit by all at once."""
    sids = crew(station, 7)
    fleet = station.fleet(sids, at_once=2)
    held = station.emulator.app.faults.add("hold", at="upgrade")
    async with station.running(fleet):
        for _ in range(3):
            await station.soon(lambda: held.held == 2)
            for _ in range(20):
                await asyncio.sleep(0)
            assert held.held == 2
            held.release()
        station.emulator.app.faults.clear()
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids))


async def test_jitter_spreads_the_starts(station: Station) -> None:
    """Each waits its own share of it; chance and sleep are arguments."""
    asked: list[float] = []
    chances = iter([0.0, 0.25, 0.5])

    async def sleep(seconds: float) -> None:
        asked.append(seconds)

    sids = crew(station, 3)
    fleet = station.fleet(sids, jitter=8, chance=lambda: next(chances, 0.0), sleep=sleep)
    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids))
    assert asked == [0.0, 2.0, 4.0]


async def test_one_failure_is_never_anothers(station: Station, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that was deleted, a token for somebody else: told, logged, and the others work."""
    sids = crew(station, 4)
    told: list[tuple[str, str]] = []

    def mint(sid: str) -> str:
        return station.mint(sids[1] if sid == sids[0] else sid)

    def on_failure(sid: str, error: Exception) -> None:
        told.append((sid, type(error).__name__))

    fleet = Fleet(mint, sids, jitter=0, on_failure=on_failure, **station.options())
    fleet.task()(lambda task: "ok")
    gone = fleet.bots[sids[2]]
    with caplog.at_level(logging.ERROR, "trbridge.bot"):
        async with station.running(fleet):
            await station.until(lambda: station.activity(sids[3]) == "Available")
            await station.soon(lambda: gone.worker.state == "ready")
            with station.engine.transaction() as tx:
                workers.delete(tx, station.engine.store.workers[sids[2]])
            await station.soon(lambda: len(told) == 2)
            done = [station.task(n=number) for number in range(6)]
            await station.completed(*done)
    assert told == [(sids[0], "WrongIdentity"), (sids[2], "ConnectionLost")]
    assert set(fleet.failures) == {sids[0], sids[2]}
    for number in (0, 2):
        assert f"the bot of {sids[number]} gave up" in caplog.text


@pytest.mark.parametrize("form", ["function", "coroutine", "function of one"])
@pytest.mark.parametrize("token", ["another worker's", "nonsense", "no text"])
async def test_what_a_provider_must_not_give(
    station: Station, token: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker's token would make two bots of that one: said, not repeated, as what cannot be read."""
    alice, bob = crew(station, 2)
    given: Any = {"another worker's": station.mint(bob), "nonsense": "a.b.c", "no text": 7}[token]
    asked: list[str] = []

    def provide(sid: str) -> str:
        asked.append(sid)
        return given  # type: ignore[no-any-return]

    async def provide_soon(sid: str) -> str:
        return provide(sid)

    fleet = Fleet(
        provide if form == "function" else provide_soon, [alice], **station.options(jitter=0, sleep=_instantly)
    )
    monkeypatch.setattr("trbridge.bot.fleet._MOST_STARTS", 2)
    with pytest.raises(TaskRouterError, match="all 1 bots gave up"):
        await fleet.run()
    expected = {"another worker's": "WrongIdentity", "nonsense": "InvalidToken", "no text": "TokenProviderError"}
    assert type(fleet.failures[alice]).__name__ == expected[token]
    assert len(asked) == (2 if token == "no text" else 1)


async def test_a_failure_that_the_callback_makes_worse_stays_alone(station: Station) -> None:
    """on_failure raises: its own fault, nobody else's."""
    sids = crew(station, 2)

    def on_failure(sid: str, error: Exception) -> None:
        raise ZeroDivisionError

    fleet = station.fleet(sids, on_failure=on_failure)
    fleet.task()(lambda task: "ok")
    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids))
        await station.soon(lambda: all(bot.worker.state == "ready" for bot in fleet.bots.values()))
        with station.engine.transaction() as tx:
            workers.delete(tx, station.engine.store.workers[sids[0]])
        await station.soon(lambda: sids[0] in fleet.failures)
        task = station.task()
        await station.completed(task)


async def test_when_all_gave_up_it_says_so(station: Station) -> None:
    """A process with nothing left to do must not look healthy."""
    sids = crew(station, 2)
    station.emulator.app.faults.add("answer", status=403, at="upgrade")
    fleet = station.fleet(sids)
    with pytest.raises(TaskRouterError, match="all 2 bots gave up"):
        async with asyncio.timeout(10):
            await fleet.run()
    assert set(fleet.failures) == set(sids)


def _call(function: Any, sid: str) -> Any:
    return function(sid)


async def _instantly(_seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("form", ["sync", "async", "sync that returns an awaitable"])
async def test_a_provider_that_fails_at_first_is_asked_again(station: Station, form: str) -> None:
    """A token service that restarts together with the fleet must not cost it its bots."""
    sids = crew(station, 2)
    asked: list[str] = []

    def mint(sid: str) -> str:
        asked.append(sid)
        if asked.count(sid) < 3:
            raise ConnectionRefusedError("not up yet")
        return station.mint(sid)

    async def mint_later(sid: str) -> str:
        return mint(sid)

    forms: dict[str, Any] = {
        "sync": mint,
        "async": mint_later,
        "sync that returns an awaitable": partial(_call, mint_later),
    }
    provider = forms[form]
    fleet = Fleet(provider, sids, jitter=0, sleep=_instantly, **station.options())
    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids))
    assert {sid: asked.count(sid) for sid in sids} == dict.fromkeys(sids, 3)
    assert fleet.failures == {}


async def test_one_that_cannot_connect_does_not_keep_others_from_trying(station: Station) -> None:
    """It goes on trying outside of the gate; there are only so many places in it."""
    sids = crew(station, 4)
    for sid in sids[:2]:
        station.emulator.app.faults.add("answer", at="upgrade", status=503, channel=sid)
        station.emulator.app.faults.add("answer", at="upgrade", status=503, path=f"*/{sid}")
    fleet = station.fleet(sids, at_once=1)
    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids[2:]))
        assert {fleet.bots[sid].worker.state == "ready" for sid in sids[:2]} == {False}


async def test_drained_before_they_are_started_they_never_are(station: Station) -> None:
    """SIGTERM during the start of hundreds: no bot connects any more."""
    sids = crew(station, 3)
    asleep: list[float] = []

    async def sleep(seconds: float) -> None:
        asleep.append(seconds)
        await asyncio.Event().wait()

    fleet = station.fleet(sids, jitter=1, chance=lambda: 1.0, sleep=sleep)
    life = asyncio.ensure_future(fleet.run())
    await station.soon(lambda: len(asleep) == 3)
    async with asyncio.timeout(10):
        await fleet.drain()
        await life
    assert station.emulator.app.record.find("socket") == []


async def test_stop_ends_all_at_once(station: Station) -> None:
    """Handlers are cancelled, tasks stay assigned."""
    fleet = station.fleet(crew(station, 2))
    begun: list[str] = []

    @fleet.task()
    async def work(task: Any) -> None:
        begun.append(task.sid)
        await asyncio.Event().wait()

    async with station.running(fleet) as life:
        tasks = [station.task(n=number) for number in range(2)]
        await station.soon(lambda: len(begun) == 2)
        fleet.stop()
        async with asyncio.timeout(10):
            await life
    assert {station.status(sid)[0] for sid in tasks} == {"assigned"}


async def test_a_pool_of_ones_own_is_not_closed(station: Station) -> None:
    """Who brings it takes it away."""
    async with HttpPool() as pool:
        fleet = station.fleet(crew(station, 1), http=pool)
        async with station.running(fleet):
            pass
        async with station.bot(station.worker("Bob"), http=pool).worker as bob:
            await bob.fetch()


async def test_fleets_without_bots_and_wrong_numbers(station: Station) -> None:
    """An empty fleet has nothing to do; numbers are checked before anything starts."""
    await station.fleet([]).run()
    for wrong in ({"at_once": 0}, {"jitter": -1}, {"jitter": float("nan")}):
        with pytest.raises(InvalidArgument, match=next(iter(wrong))):
            station.fleet([], **wrong)
    for sids in (["nobody"], "WK" + "0" * 32, [7]):
        with pytest.raises(InvalidArgument, match="a fleet's worker must be a SID that starts with WK"):
            station.fleet(sids)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="a function that gives a token for a worker's SID"):
        Fleet("a token", crew(station, 1))  # type: ignore[arg-type]


async def test_a_provider_that_never_recovers_is_given_up_in_the_end(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some hours a bot without a token is a failure like any other."""
    monkeypatch.setattr("trbridge.bot.fleet._MOST_STARTS", 3)
    asked: list[str] = []

    async def instantly(_seconds: float) -> None:
        await asyncio.sleep(0)

    def provider(sid: str) -> str:
        asked.append(sid)
        raise ConnectionError("no token service")

    alice = station.worker()
    fleet = Fleet(provider, [alice], **station.options(jitter=0, sleep=instantly))
    with pytest.raises(TaskRouterError, match="all 1 bots gave up"):
        await fleet.run()
    assert isinstance(fleet.failures[alice], TokenProviderError)
    assert asked == [alice] * 3
