"""Alarms: moments of the engine's clock that something outside the store waits for."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from trbridge.emulator.engine import Engine
from trbridge.emulator.state.alarms import Alarms


@pytest.fixture
def alarms(engine: Engine) -> Alarms:
    return Alarms(engine)


def pass_time(engine: Engine, alarms: Alarms, seconds: float) -> None:
    engine.advance(seconds)
    alarms.tick()


def test_they_go_off_in_order_of_their_moments_and_ties_in_order_of_asking(engine: Engine, alarms: Alarms) -> None:
    now, heard = engine.now(), list[str]()
    for after, name in ((3, "c"), (1, "a"), (3, "d"), (2, "b"), (9, "never")):
        alarms.at(now + after, partial(heard.append, name))
    assert alarms.next_due() == now + 1
    pass_time(engine, alarms, 3)
    assert heard == ["a", "b", "c", "d"]
    assert alarms.next_due() == now + 9


def test_a_canceled_one_is_forgotten(engine: Engine, alarms: Alarms) -> None:
    heard = list[int]()
    first = alarms.at(engine.now() + 1, lambda: heard.append(1))
    second = alarms.at(engine.now() + 1, lambda: heard.append(2))
    alarms.at(engine.now() + 1, second.cancel)
    first.cancel()
    alarms.at(engine.now() + 1, lambda: heard.append(3))
    pass_time(engine, alarms, 1)
    assert heard == [2, 3]
    assert alarms.next_due() is None


def test_whoever_wakes_the_emulator_is_told_of_a_new_one(engine: Engine, alarms: Alarms) -> None:
    told = list[bool]()
    alarms.on_due_changed = lambda: told.append(True)
    alarms.at(engine.now(), lambda: None)
    assert told == [True]


async def test_sleeping_takes_the_engines_time(engine: Engine, alarms: Alarms) -> None:
    asleep = asyncio.create_task(alarms.sleep(60))
    await asyncio.sleep(0)
    pass_time(engine, alarms, 59)
    await asyncio.sleep(0)
    assert not asleep.done()
    pass_time(engine, alarms, 1)
    await asleep
    await alarms.sleep(0)
    assert alarms.next_due() is None


async def test_a_sleeper_who_is_cancelled_leaves_nothing_behind(engine: Engine, alarms: Alarms) -> None:
    asleep = asyncio.create_task(alarms.sleep(60))
    await asyncio.sleep(0)
    asleep.cancel()
    await asyncio.wait([asleep])
    assert alarms.next_due() is None


async def test_work_has_a_deadline_on_the_engines_clock(engine: Engine, alarms: Alarms) -> None:
    hanging = asyncio.create_task(alarms.within(5, asyncio.Event().wait()))
    await asyncio.sleep(0)
    pass_time(engine, alarms, 5)
    with pytest.raises(TimeoutError):
        await hanging
    assert await alarms.within(5, asyncio.sleep(0, "in time")) == "in time"
    assert alarms.next_due() is None


async def test_work_has_a_deadline_on_this_machine_too(alarms: Alarms) -> None:
    """With a clock that stands still somebody must still hang up."""
    with pytest.raises(TimeoutError):
        await alarms.within(0.001, asyncio.Event().wait())


async def test_when_it_is_over_nobody_is_left_waiting(engine: Engine, alarms: Alarms) -> None:
    asleep = asyncio.create_task(alarms.sleep(60))
    await asyncio.sleep(0)
    alarms.close()
    await asleep
    await alarms.sleep(60)
    assert alarms.next_due() is None
