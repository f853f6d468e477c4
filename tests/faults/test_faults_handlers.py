"""Coroutine handlers: so many at once, so many that wait, and none at another's cost (F47, F49)."""

from __future__ import annotations

import asyncio

import handler_desk
import pytest
from handler_desk import Desk, nobody_left
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run, virtual

from trbridge.errors import SlowConsumer, TaskRouterError
from trbridge.events import Emitter
from trbridge.handler_limits import HandlerLimits


@virtual
async def test_f47_so_many_run_the_others_wait_and_the_order_is_kept() -> None:
    """With one at a time events are worked strictly in order, whatever they take."""
    desk = Desk(concurrency=1)
    desk.publish(0, 1, 2)
    await desk.settle()
    assert desk.begun == [0]
    for number in range(3):
        desk.open(number)
        await desk.settle()
    assert desk.begun == desk.ended == [0, 1, 2]
    assert nobody_left(desk)


@virtual
async def test_f47_what_does_not_fit_is_dropped_counted_and_reported_once() -> None:
    """Ten thousand events, three at work, five that wait: memory is bounded, and the newest are still there."""
    desk = Desk(concurrency=3, queue=5)
    desk.publish(*range(10_000))
    await desk.settle()
    assert desk.begun == [0, 1, 2]
    assert len(desk.emitter.tasks) == 3
    assert desk.stats.overflows == 10_000 - 8
    (error,) = desk.errors
    assert isinstance(error, SlowConsumer)
    assert f"Desk.work() at {handler_desk.__file__}:" in str(error)
    assert "3 run and 5 wait" in str(error)
    assert "dropped" in str(error)
    for number in (0, 1, 2, *range(9_995, 10_000)):
        desk.open(number)
        await desk.settle()
    assert desk.begun == [0, 1, 2, *range(9_995, 10_000)]
    assert nobody_left(desk)


def test_f47_the_end_of_an_episode_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With what it has cost: whoever reads the log at night knows whether to do something about it."""

    async def scenario() -> None:
        desk = Desk(concurrency=1, queue=2)
        desk.publish(*range(5))
        await desk.settle()
        for number in (0, 3):
            desk.open(number)
            await desk.settle()
        await desk.emitter.aclose()

    run(scenario())
    assert "keeps up again; 2 events were dropped" in caplog.text


@virtual
async def test_f47_the_next_episode_is_news_again() -> None:
    """One that is over does not silence those after it."""
    desk = Desk(concurrency=1, queue=2)
    desk.publish(*range(5))
    await desk.settle()
    desk.open(0)
    await desk.settle()
    desk.publish(9, 9, 9)
    assert len(desk.errors) == 1, "still the same: it has not caught up"
    for number in (3, 9, 9):
        desk.open(number)
        await desk.settle()
    desk.publish(*range(10, 15))
    assert len(desk.errors) == 2
    await desk.emitter.aclose()
    assert nobody_left(desk)


@virtual
async def test_f47_an_error_handler_that_does_not_keep_up_is_not_told_of_itself_for_ever() -> None:
    """Reporting that the error handler is full is an event for the error handler."""
    emitter = Emitter(HandlerLimits(concurrency=1, queue=1))

    async def slow(_: object) -> None:
        await asyncio.Future()

    emitter.on("error", slow)
    for number in range(10):
        emitter.report(TaskRouterError(str(number)))
    await emitter.aclose()


@virtual
async def test_f49_a_slow_handler_holds_up_nobody_else() -> None:
    """Each has its own places."""
    desk, heard = Desk(concurrency=1, queue=1), list[int]()

    async def quick(number: int) -> None:
        heard.append(number)
        await asyncio.sleep(0)

    desk.emitter.on("y", quick)
    desk.publish(0, 1, 2)
    for number in range(2):
        desk.emitter.publish("y", number)
    await desk.settle()
    assert heard == [0, 1]
    await desk.emitter.aclose()


@virtual
async def test_one_function_for_several_events_has_one_order() -> None:
    """Created before canceled, also when both go to the same function."""
    desk = Desk(concurrency=1)
    desk.emitter.on("y", desk.work)
    desk.publish(0)
    desk.emitter.publish("y", 1)
    await desk.settle()
    assert desk.begun == [0]
    desk.open(0)
    await desk.settle()
    assert desk.begun == [0, 1]
    await desk.emitter.aclose()


@virtual
async def test_functions_run_at_once_and_leave_nothing() -> None:
    """Whatever the limits are: no task, no timer, no place for what is over when it returns."""
    emitter, seen = Emitter(HandlerLimits(concurrency=1, queue=0, timeout=1)), list[int]()
    emitter.on("x", seen.append)
    for number in range(100):
        emitter.publish("x", number)
    assert seen == list(range(100))
    assert emitter._lanes == {}


@given(
    st.integers(1, 4),
    st.integers(0, 4),
    st.lists(st.sampled_from(["publish", "publish", "publish", "end", "turn"]), max_size=60),
)
def test_f47_no_event_is_lost_uncounted(concurrency: int, queue: int, steps: list[str]) -> None:
    """Whatever comes and ends in whatever order: the bounds hold, the order too, and the sum is right."""

    async def scenario() -> None:
        desk, published = Desk(concurrency=concurrency, queue=queue), 0
        for step in steps:
            if step == "publish":
                desk.publish(published)
                published += 1
            elif step == "end" and desk.gates:
                desk.open(next(iter(desk.gates)))
            await (desk.settle() if step == "turn" else asyncio.sleep(0))
            assert len(desk.emitter.tasks) <= concurrency
            assert desk.emitter.backlog()[1] <= queue
        for _ in range(published + 1):
            await desk.settle()
            for number in list(desk.gates):
                desk.open(number)
        await desk.settle()
        assert desk.ended == desk.begun == sorted(desk.begun)
        assert len(desk.begun) + desk.stats.overflows == published
        assert nobody_left(desk)

    run(scenario())
