"""Operations start at once, are answered exactly once, and end with their client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.completion import Operations
from trbridge.errors import ClientClosed, InvalidArgument, NotFound, NotReady, TaskRouterError


class Recorder:
    """A callback that keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any]] = []
        self.called = asyncio.Event()

    def __call__(self, error: TaskRouterError | None, result: Any) -> None:
        self.calls.append((error, result))
        self.called.set()


def operations() -> tuple[Operations, list[BaseException]]:
    reported: list[BaseException] = []
    return Operations(reported.append), reported


async def value(result: Any) -> Any:
    return result


async def failure(error: Exception) -> Any:
    raise error


async def forever() -> Any:
    await asyncio.Event().wait()


async def within(work: Awaitable[Any]) -> Any:
    async with asyncio.timeout(10):
        return await work


async def test_without_a_callback_the_result_is_awaited() -> None:
    started, _ = operations()
    operation = started.start(value(5))
    assert operation is not None
    assert await within(operation) == 5
    assert len(started) == 0


async def test_it_starts_at_once_and_not_when_awaited() -> None:
    """As in JavaScript: the request is on its way when the call returns."""
    started, _ = operations()
    steps: list[str] = []

    async def work() -> None:
        steps.append("started")

    operation = started.start(work())
    await within(asyncio.sleep(0))
    assert steps == ["started"]
    assert operation is not None
    await within(operation)


async def test_an_error_is_raised_where_it_is_awaited() -> None:
    started, reported = operations()
    operation = started.start(failure(NotFound("gone")))
    assert operation is not None
    with pytest.raises(NotFound):
        await within(operation)
    assert reported == []


async def test_with_a_callback_nothing_is_returned_and_it_is_called_once() -> None:
    started, reported = operations()
    done = Recorder()
    assert started.start(value(5), done) is None
    await within(done.called.wait())
    assert done.calls == [(None, 5)]
    assert (len(started), reported) == (0, [])


async def test_a_callback_gets_the_error() -> None:
    started, _ = operations()
    done = Recorder()
    started.start(failure(NotFound("gone")), done)
    await within(done.called.wait())
    assert [(type(error), result) for error, result in done.calls] == [(NotFound, None)]


async def test_an_unexpected_exception_is_reported_and_still_answered() -> None:
    """No callback is forgotten, whatever went wrong (Q1, Q62)."""
    started, reported = operations()
    done = Recorder()
    cause = ZeroDivisionError("ours")
    started.start(failure(cause), done)
    await within(done.called.wait())
    assert reported == [cause]
    assert str(done.calls[0][0]) == "unexpected ZeroDivisionError: ours"


async def test_a_callback_that_raises_hurts_nobody_and_is_reported() -> None:
    started, reported = operations()
    done, oops = Recorder(), ValueError("his")

    def raises(error: Any, result: Any) -> None:
        raise oops

    started.start(value(1), raises)
    started.start(value(2), done)
    await within(done.called.wait())
    assert reported == [oops]
    assert done.calls == [(None, 2)]


async def test_a_coroutine_function_may_be_the_callback() -> None:
    started, reported = operations()
    calls, finished = list[Any](), asyncio.Event()

    async def done(error: Any, result: Any) -> None:
        await asyncio.sleep(0)
        calls.append((error, result))
        finished.set()

    started.start(value(5), done)
    await within(finished.wait())
    assert (calls, reported) == ([(None, 5)], [])


async def test_a_coroutine_callback_that_raises_is_reported() -> None:
    reported: asyncio.Queue[BaseException] = asyncio.Queue()
    started = Operations(reported.put_nowait)
    oops = ValueError("his")

    async def done(error: Any, result: Any) -> None:
        raise oops

    started.start(value(5), done)
    assert await within(reported.get()) is oops


async def test_a_callback_must_be_callable() -> None:
    started, _ = operations()
    with pytest.raises(InvalidArgument, match="function of"):
        started.start(value(5), "nope")  # type: ignore[arg-type]


def test_without_an_event_loop_nothing_starts() -> None:
    started, _ = operations()
    with pytest.raises(NotReady, match="no event loop"):
        started.start(value(5))


async def test_closing_ends_what_is_under_way() -> None:
    """Nobody waits for ever (Q1)."""
    started, reported = operations()
    done = Recorder()
    operation = started.start(forever())
    assert operation is not None
    started.start(forever(), done)
    await asyncio.sleep(0)
    await within(started.aclose())
    with pytest.raises(ClientClosed, match="before the answer came"):
        await within(operation)
    assert [type(error) for error, _ in done.calls] == [ClientClosed]
    assert (len(started), reported) == (0, [])


async def test_closing_answers_even_what_had_no_time_to_begin() -> None:
    started, _ = operations()
    done = Recorder()
    started.start(forever(), done)
    await within(started.aclose())
    assert [type(error) for error, _ in done.calls] == [ClientClosed]


async def test_while_closing_nothing_new_starts() -> None:
    started, _ = operations()
    refused: list[Any] = []

    async def starts_another() -> None:
        try:
            await forever()
        finally:
            try:
                started.start(value(1))
            except ClientClosed as error:
                refused.append(error)

    operation = started.start(starts_another())
    await asyncio.sleep(0)
    await within(started.aclose())
    assert len(refused) == 1
    assert operation is not None
    assert isinstance(operation.exception(), ClientClosed)


async def test_after_closing_it_can_be_used_again() -> None:
    started, _ = operations()
    await within(started.aclose())
    operation = started.start(value(5))
    assert operation is not None
    assert await within(operation) == 5


async def test_an_operation_may_close_its_own_client() -> None:
    started, _ = operations()
    done = Recorder()
    started.start(forever(), done)
    operation = started.start(started.aclose())
    assert operation is not None
    await within(operation)
    assert [type(error) for error, _ in done.calls] == [ClientClosed]


async def test_coroutine_callbacks_get_time_to_finish_and_no_more() -> None:
    started, reported = operations()
    began, ended = asyncio.Event(), asyncio.Queue[str]()

    async def slow(error: Any, result: Any) -> None:
        began.set()
        try:
            await forever()
        finally:
            ended.put_nowait("cancelled")

    async def quick(error: Any, result: Any) -> None:
        await began.wait()
        ended.put_nowait("finished")

    started.start(value(1), quick)
    started.start(value(2), slow)
    await within(began.wait())
    await within(started.aclose(drain=0))
    assert {await within(ended.get()), await within(ended.get())} == {"finished", "cancelled"}
    assert reported == []


async def test_cancelling_ones_own_operation_is_a_cancellation() -> None:
    started, _ = operations()
    operation = started.start(forever())
    assert operation is not None
    await asyncio.sleep(0)
    operation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(operation)


@given(st.lists(st.sampled_from(["value", "known", "unknown", "forever"]), max_size=8), st.booleans())
def test_every_callback_is_called_exactly_once(kinds: list[str], early: bool) -> None:
    """Whatever the operations do, and whenever the client is closed."""

    async def run() -> None:
        started, _ = operations()
        recorders = [Recorder() for _ in kinds]
        for kind, recorder in zip(kinds, recorders, strict=True):
            work = {"value": lambda: value(1), "known": lambda: failure(NotFound()), "forever": forever}
            started.start(work.get(kind, lambda: failure(KeyError()))(), recorder)
        if not early:
            await asyncio.sleep(0)
        await within(started.aclose())
        assert [len(recorder.calls) for recorder in recorders] == [1] * len(kinds)
        assert all((error is None) != (result is None) for recorder in recorders for error, result in recorder.calls)

    asyncio.run(run())
