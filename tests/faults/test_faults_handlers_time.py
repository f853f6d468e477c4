"""Coroutine handlers: each for so long (F49)."""

from __future__ import annotations

import asyncio

import handler_desk
from handler_desk import Desk, nobody_left
from virtual_time import until, virtual

from trbridge.errors import HandlerError, TaskRouterError
from trbridge.events import Emitter
from trbridge.handler_limits import HandlerLimits


@virtual
async def test_f49_one_that_takes_too_long_is_cancelled_reported_and_replaced() -> None:
    """The others are served meanwhile, and the next in its place."""
    desk = Desk(concurrency=1, timeout=30.0)
    began = asyncio.get_running_loop().time()
    desk.publish(0, 1)
    await until(began + 29.0)
    assert desk.begun == [0]
    await until(began + 31.0)
    assert desk.begun == [0, 1]
    (error,) = desk.errors
    assert isinstance(error, HandlerError)
    assert error.event == "x"
    assert isinstance(error.__cause__, TimeoutError)
    assert f"Desk.work() at {handler_desk.__file__}:" in str(error)
    assert "longer than 30 s" in str(error)
    desk.open(1)
    await desk.settle()
    assert desk.ended == [1]
    assert nobody_left(desk)


@virtual
async def test_f49_each_has_its_own_time() -> None:
    """One timer serves them all; nobody gets less than what was promised."""
    desk = Desk(timeout=10.0)
    began = asyncio.get_running_loop().time()
    for number in range(4):
        desk.publish(number)
        await until(began + (number + 1) * 4.0)
    desk.open(2)  # begun at 8, ends at 16 by itself
    await until(began + 23.0)
    assert desk.ended == [2]
    assert [str(error).partition("longer")[1] for error in desk.errors] == ["longer"] * 3
    assert nobody_left(desk)


@virtual
async def test_f49_one_that_swallows_its_cancellation_is_left_to_itself() -> None:
    """It does not hold its place for ever, and closing ends it."""
    emitter, begun = Emitter(HandlerLimits(concurrency=1, timeout=10.0)), list[int]()
    errors: list[TaskRouterError] = []
    emitter.on("error", errors.append)

    async def stubborn(number: int) -> None:
        begun.append(number)
        for _ in range(3):
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                if number:
                    raise

    emitter.on("x", stubborn)
    began = asyncio.get_running_loop().time()
    emitter.publish("x", 0)
    emitter.publish("x", 1)
    await until(began + 14.0)
    assert begun == [0]
    await until(began + 16.0)
    assert begun == [0, 1]
    assert "does not end" in str(errors[1])
    await until(began + 50.0)
    assert len(errors) == 3
    await emitter.aclose()
    assert not emitter.tasks


@virtual
async def test_f49_those_left_to_themselves_are_no_more_than_may_run() -> None:
    """A handler that never ends, whatever one does, must not fill the memory."""
    emitter = Emitter(HandlerLimits(concurrency=2, timeout=1.0))
    stop = asyncio.Event()

    async def stubborn(_: int) -> None:
        while not stop.is_set():
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue

    emitter.on("x", stubborn)
    for number in range(20):
        emitter.publish("x", number)
    await until(asyncio.get_running_loop().time() + 200.0)
    assert len(emitter.tasks) == 4
    stop.set()
    await emitter.aclose(drain=10.0)
    assert not emitter.tasks


@virtual
async def test_f49_an_error_handler_that_takes_too_long_is_only_logged() -> None:
    """It would be called about itself."""
    emitter, calls = Emitter(HandlerLimits(timeout=1.0)), list[object]()

    async def slow(error: object) -> None:
        calls.append(error)
        await asyncio.Future()

    emitter.on("error", slow)
    emitter.report(TaskRouterError("first"))
    await until(asyncio.get_running_loop().time() + 30.0)
    assert len(calls) == 1
    assert not emitter.tasks


@virtual
async def test_a_handler_with_limits_of_its_own_is_not_under_the_clients() -> None:
    """A job of an hour beside handlers of a second."""
    desk = Desk(timeout=1.0)

    @HandlerLimits()
    async def patient(number: int) -> None:
        await desk.work(number)

    desk.emitter.remove_listener("x", desk.work)
    desk.emitter.on("x", patient)
    desk.publish(0)
    await until(asyncio.get_running_loop().time() + 3600.0)
    desk.open(0)
    await desk.settle()
    assert desk.ended == [0]
    assert desk.errors == []
