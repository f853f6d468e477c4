"""Coroutine handlers with no room left: what else may be asked, what closing does, and what the figures say (F47)."""

from __future__ import annotations

import asyncio

import pytest
from handler_desk import Brake, Desk, nobody_left
from virtual_time import run, until, virtual

from trbridge.client_stats import ClientStats
from trbridge.errors import SlowConsumer, TaskRouterError
from trbridge.events import Emitter
from trbridge.handler_limits import HandlerLimits


@virtual
async def test_f47_block_holds_the_source_and_drops_nothing_that_was_read() -> None:
    """Held when full, let go when half of it is done; what the source brings all the same is kept."""
    desk, brake = Desk(concurrency=1, queue=4, when_full="block"), Brake()
    desk.emitter.brake = brake
    desk.publish(*range(8))
    await desk.settle()
    assert brake.asked == ["hold"]
    for number in range(5):
        desk.open(number)
        await desk.settle()
    assert brake.asked == ["hold", "release"]
    assert desk.begun == [0, 1, 2, 3, 4, 5]
    assert desk.stats.overflows == 0
    assert len(desk.errors) == 1
    desk.publish(*range(100, 30_100))
    assert desk.emitter.backlog()[1] == 20_004, "a source that cannot be held must not fill the memory"
    await desk.emitter.aclose()
    assert brake.asked == ["hold", "release", "hold", "release"]


@virtual
async def test_f47_close_gives_up() -> None:
    """The reason is handed over, once."""
    desk, brake = Desk(concurrency=1, queue=1, when_full="close"), Brake()
    desk.emitter.brake = brake
    desk.publish(*range(5))
    (error,) = brake.asked
    assert isinstance(error, SlowConsumer)
    assert desk.errors == [], "who gives up reports it"
    await desk.emitter.aclose()


@pytest.mark.parametrize("policy", ["block", "close"])
def test_f47_without_a_source_to_hold_the_oldest_is_dropped(policy: str) -> None:
    """Event callbacks come from requests, which nobody can hold."""

    async def scenario() -> None:
        desk = Desk(concurrency=1, queue=2, when_full=policy)
        desk.publish(*range(10))
        assert desk.stats.overflows == 7
        assert len(desk.errors) == 1
        await desk.emitter.aclose()

    run(scenario())


@virtual
async def test_f47_what_somebody_waits_for_is_not_dropped() -> None:
    """The log's position moves when the handler is done, so its event keeps its place, and its turn."""
    desk = Desk(concurrency=1, queue=2)
    desk.publish(0, 1)
    delivered = asyncio.ensure_future(desk.emitter.deliver("x", 2, origin="log"))
    await desk.settle()
    desk.publish(3, 4, 5)
    assert desk.stats.overflows == 3
    desk.open(0)
    await desk.settle()
    assert desk.begun == [0, 2]
    assert not delivered.done()
    desk.open(2)
    await delivered
    assert desk.ended == [0, 2]
    await desk.emitter.aclose()


@virtual
async def test_closing_lets_those_that_wait_have_their_turn() -> None:
    """Within the time that is given; then they are forgotten, and nobody waits for them."""
    desk = Desk(concurrency=1)
    desk.publish(0, 1)
    await desk.settle()
    closing = asyncio.ensure_future(desk.emitter.aclose(drain=10.0))
    await desk.settle()
    desk.open(0)
    await desk.settle()
    assert desk.begun == [0, 1]
    desk.publish(2)
    await closing
    assert desk.begun == [0, 1]
    assert nobody_left(desk)


@virtual
async def test_a_handler_may_close_while_others_wait_behind_it() -> None:
    """It cannot be waited for: it waits itself."""
    emitter, begun = Emitter(HandlerLimits(concurrency=1)), list[int]()
    done = asyncio.Event()

    async def closer(number: int) -> None:
        begun.append(number)
        await emitter.aclose(drain=10.0)
        done.set()

    emitter.on("x", closer)
    emitter.publish("x", 0)
    emitter.publish("x", 1)
    await done.wait()
    await asyncio.sleep(0)
    assert begun == [0]
    assert not emitter.tasks


@virtual
async def test_lag_and_waiting_tell_how_far_behind_they_are() -> None:
    """Of whoever is furthest: a handler, or a stream that nobody reads."""
    desk = Desk(concurrency=1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    desk.publish(0)
    assert desk.emitter.backlog() == (0.0, 0), "one that is begun at once does not wait"
    await until(began + 5.0)
    desk.publish(1)
    stream = desk.emitter.listen("x")
    await until(began + 7.0)
    desk.publish(2)
    await until(began + 10.0)
    assert desk.emitter.backlog() == (5.0, 3)
    desk.open(0)
    await desk.settle()
    assert desk.emitter.backlog() == (3.0, 2)
    await desk.emitter.aclose()
    assert desk.emitter.backlog() == (3.0, 1)
    assert (await anext(stream)).payload == 2
    assert desk.emitter.backlog() == (0.0, 0)


@virtual
async def test_f47_a_stream_that_overflows_is_reported_once_and_counted() -> None:
    """Its consumer may never come to hear of it; whoever watches the errors does."""
    stats, errors = ClientStats(), list[TaskRouterError]()
    emitter = Emitter(stats=stats)
    emitter.on("error", errors.append)
    stream = emitter.listen("x", size=2)
    for number in range(10):
        emitter.publish("x", number)
    (error,) = errors
    assert isinstance(error, SlowConsumer)
    assert "listen('x', size=2)" in str(error)
    assert stats.overflows == 8
    stream.close()
