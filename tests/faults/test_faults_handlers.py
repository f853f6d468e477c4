"""Coroutine handlers: so many at once, so many that wait, each for so long, and none at another's cost (F47, F49)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run, until, virtual

from trbridge.client_stats import ClientStats
from trbridge.errors import HandlerError, SlowConsumer, TaskRouterError
from trbridge.events import Emitter
from trbridge.handler_limits import HandlerLimits


class Desk:
    """An emitter with one handler that works until it is told to stop.

    Attributes:
        begun: Payloads of the events that it began with, in order.
        ended: Those that it got to the end of.
        gates: What it waits for, by payload.
        errors: What was reported.
    """

    def __init__(self, **limits: Any) -> None:
        loop = asyncio.get_running_loop()
        self.stats = ClientStats()
        self.emitter = Emitter(HandlerLimits(**limits), self.stats, loop.time)
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.gates: dict[int, asyncio.Future[None]] = {}
        self.errors: list[TaskRouterError] = []
        self.emitter.on("x", self.work)
        self.emitter.on("error", self.errors.append)

    async def work(self, number: int) -> None:
        self.begun.append(number)
        gate = self.gates[number] = asyncio.get_running_loop().create_future()
        await gate
        self.ended.append(number)

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.emitter.publish("x", number)

    def open(self, number: int) -> None:
        self.gates.pop(number).set_result(None)

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


class Brake:
    """Writes down what is asked of the source."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def hold(self, _: object) -> None:
        self.asked.append("hold")

    def release(self, _: object) -> None:
        self.asked.append("release")

    def give_up(self, error: TaskRouterError) -> None:
        self.asked.append(error)


def nobody_left(desk: Desk) -> bool:
    return not desk.emitter._lanes and desk.emitter.backlog() == (0.0, 0)


# -- how many ------------------------------------------------------------------------------------------


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
    assert f"Desk.work() at {__file__}:" in str(error)
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


# -- for how long ---------------------------------------------------------------------------------------


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
    assert f"Desk.work() at {__file__}:" in str(error)
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


# -- what else is asked when there is no room -------------------------------------------------------------


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


# -- the log, closing, figures ------------------------------------------------------------------------------


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
