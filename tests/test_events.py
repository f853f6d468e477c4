"""Handlers cannot hurt the client or each other; streams are ordered, bounded and honest about gaps."""

import asyncio
import logging

import pytest

from trbridge.errors import HandlerError, SlowConsumer, TaskRouterError
from trbridge.events import Emitter, Event
from trbridge.handler_limits import HandlerLimits


def test_handlers_run_in_the_order_of_registration() -> None:
    """As in Node: what was registered first is told first."""
    emitter, seen = Emitter(), list[str]()
    emitter.on("x", lambda: seen.append("first"))
    emitter.on("x", lambda: seen.append("second"))
    emitter.publish("x")
    assert seen == ["first", "second"]


def test_once_is_once() -> None:
    """A handler registered with once must not hear the second event."""
    emitter, seen = Emitter(), list[int]()
    emitter.once("x", seen.append)
    emitter.publish("x", 1)
    emitter.publish("x", 2)
    assert seen == [1]


def test_a_handler_may_remove_itself_and_others_while_running() -> None:
    """The list of handlers is that of the moment the event came."""
    emitter, seen = Emitter(), list[int]()

    def second(value: int) -> None:
        seen.append(value)

    def first(value: int) -> None:
        emitter.remove_listener("x", first)
        emitter.remove_listener("x", second)

    emitter.on("x", first)
    emitter.on("x", second)
    emitter.publish("x", 1)
    emitter.publish("x", 2)
    assert seen == [1]


def test_removing_a_stranger_is_ignored() -> None:
    """Node ignores it; pyee alone would raise KeyError."""
    emitter = Emitter()
    emitter.remove_listener("x", print)
    emitter.on("x", repr)
    emitter.remove_listener("x", print)
    assert emitter.listeners("x") == [repr]


def test_q29_an_error_without_a_listener_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    """v1 throws inside its socket handler; here it is logged."""
    Emitter().report(TaskRouterError("the wire is cut"))
    assert "the wire is cut" in caplog.text


def test_a_handler_that_raises_is_reported_and_the_next_one_runs() -> None:
    """F48: handlers are isolated."""
    emitter, errors, seen = Emitter(), list[HandlerError](), list[int]()

    def broken(value: int) -> None:
        raise ZeroDivisionError("oops")

    emitter.on("error", errors.append)
    emitter.on("x", broken)
    emitter.on("x", seen.append)
    emitter.publish("x", 1)
    assert seen == [1]
    assert isinstance(errors[0], HandlerError)
    assert errors[0].event == "x"
    assert isinstance(errors[0].__cause__, ZeroDivisionError)


def test_an_error_handler_that_raises_is_logged_and_not_called_again(caplog: pytest.LogCaptureFixture) -> None:
    """With pyee alone it recurses until RecursionError."""
    emitter, calls = Emitter(), list[object]()

    def broken(error: object) -> None:
        calls.append(error)
        raise ZeroDivisionError("oops")

    emitter.on("error", broken)
    with caplog.at_level(logging.ERROR):
        emitter.report(TaskRouterError("first"))
    assert len(calls) == 1
    assert "oops" in caplog.text


async def test_a_coroutine_handler_that_raises_is_reported() -> None:
    """Its exception would otherwise only be seen when the task is collected."""
    emitter = Emitter()
    errors: asyncio.Queue[HandlerError] = asyncio.Queue()

    async def broken() -> None:
        raise ZeroDivisionError("oops")

    emitter.on("error", errors.put_nowait)
    emitter.on("x", broken)
    emitter.publish("x")
    async with asyncio.timeout(10):
        assert (await errors.get()).event == "x"


async def test_closing_cancels_handlers_but_not_the_one_that_closes() -> None:
    """A handler that calls aclose() must be able to finish."""
    emitter = Emitter()
    done, cancelled = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Future()
        finally:
            cancelled.set()

    async def closer() -> None:
        await emitter.aclose()
        done.set()

    emitter.on("x", endless)
    emitter.on("x", closer)
    emitter.publish("x")
    async with asyncio.timeout(10):
        await done.wait()
    assert cancelled.is_set()


async def test_closing_lets_handlers_finish_within_the_drain_time() -> None:
    """A handler that is writing to a database should not be cut off by leaving the block."""
    emitter, finished = Emitter(), list[bool]()
    gate = asyncio.Event()

    async def slow() -> None:
        await gate.wait()
        finished.append(True)

    emitter.on("x", slow)
    emitter.publish("x")
    asyncio.get_running_loop().call_soon(gate.set)
    await emitter.aclose(drain=10)
    assert finished == [True]


def test_emitting_by_hand_is_as_safe() -> None:
    """client.emitter is public; emit() must not raise what publish() would not."""
    emitter, errors = Emitter(), list[HandlerError]()
    emitter.on("x", lambda: 1 / 0)
    emitter.on("error", errors.append)
    assert emitter.emit("x")
    assert len(errors) == 1
    assert Emitter().emit("error", TaskRouterError("nobody listens")) is False


async def test_a_coroutine_handler_of_an_event_emitted_by_hand_is_under_the_same_rules() -> None:
    """It has its limits, closing waits for it, and what it raises is reported."""
    emitter, errors = Emitter(HandlerLimits(concurrency=1)), list[HandlerError]()
    begun: list[int] = []

    async def work(number: int) -> None:
        begun.append(number)
        raise ZeroDivisionError

    emitter.on("x", work)
    emitter.on("error", errors.append)
    emitter.emit("x", 0)
    emitter.emit("x", 1)
    await emitter.aclose(drain=10)
    assert begun == [0, 1]
    assert [type(error.__cause__) for error in errors] == [ZeroDivisionError] * 2


async def test_a_stream_gives_events_in_order_and_only_those_asked_for() -> None:
    """The ordered form: one event at a time, whatever handlers do."""
    emitter = Emitter()
    stream = emitter.listen("a", "b")
    for name in ("a", "c", "b", "a"):
        emitter.publish(name, name.upper())
    stream.close()
    assert [event async for event in stream] == [Event("a", "A"), Event("b", "B"), Event("a", "A")]


async def test_a_stream_without_names_gives_everything() -> None:
    """listen() is for those who want it all."""
    emitter = Emitter()
    async with emitter.listen() as stream:
        emitter.publish("a")
        emitter.publish("token.expired", origin="client")
        assert await anext(stream) == Event("a")
        assert await anext(stream) == Event("token.expired", None, "client")
    emitter.publish("b")
    assert [event async for event in stream] == []


async def test_a_stream_wakes_its_consumer() -> None:
    """The consumer waits without polling."""
    emitter = Emitter()
    stream = emitter.listen("a")
    waiting = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    emitter.publish("a", 1)
    assert (await waiting).payload == 1


async def test_a_slow_consumer_is_told_about_the_gap() -> None:
    """A gap in the events is never silent, and what fitted is still delivered in order."""
    emitter = Emitter()
    stream = emitter.listen("a", size=2)
    for number in range(5):
        emitter.publish("a", number)
    assert [(await anext(stream)).payload, (await anext(stream)).payload] == [0, 1]
    with pytest.raises(SlowConsumer, match="3 events were missed"):
        await anext(stream)
    emitter.publish("a", 5)
    assert (await anext(stream)).payload == 5


async def test_closing_the_emitter_ends_the_streams() -> None:
    """`async for` must end with the client, not hang."""
    emitter = Emitter()
    stream = emitter.listen()
    emitter.publish("a")
    await emitter.aclose()
    assert [event.type async for event in stream] == ["a"]


def test_wanted_tells_whether_anybody_listens() -> None:
    """A payload that nobody wants is not decoded."""
    emitter = Emitter()
    assert not emitter.wanted("a")
    emitter.on("a", print)
    assert emitter.wanted("a")
    emitter.remove_all_listeners()
    stream = emitter.listen("b")
    assert emitter.wanted("b")
    assert not emitter.wanted("a")
    stream.close()
    assert not emitter.wanted("b")
