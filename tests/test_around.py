"""A context manager around a coroutine is open while that runs, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from trbridge.around import Around

INSIDE: ContextVar[bool] = ContextVar("INSIDE", default=False)


class Fence:
    """Writes down when it was entered and left, and what was raised."""

    def __init__(self) -> None:
        self.log: list[object] = []

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.log.append("in")
        token = INSIDE.set(True)
        try:
            yield
        except BaseException as error:
            self.log.append(type(error))
            raise
        finally:
            INSIDE.reset(token)
            self.log.append("out")


async def work(fence: Fence, value: object) -> object:
    await asyncio.sleep(0)
    fence.log.append(INSIDE.get())
    if isinstance(value, BaseException):
        raise value
    return value


async def test_it_is_open_from_the_first_step_to_the_last() -> None:
    """Also for what the work starts: its context is the one that was entered."""
    fence = Fence()
    task = asyncio.ensure_future(Around(work(fence, 7), fence))
    assert fence.log == []
    assert await task == 7
    assert fence.log == ["in", True, "out"]
    assert not INSIDE.get()
    assert await Around(work(fence, 8), Fence()) == 8


async def test_what_is_raised_is_seen_and_raised() -> None:
    fence = Fence()
    with pytest.raises(ZeroDivisionError):
        await asyncio.ensure_future(Around(work(fence, ZeroDivisionError()), fence))
    assert fence.log == ["in", True, ZeroDivisionError, "out"]


async def test_a_cancelled_task_leaves_it() -> None:
    fence = Fence()
    task = asyncio.ensure_future(Around(work(fence, 7), fence))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fence.log == ["in", asyncio.CancelledError, "out"]


def test_closed_before_it_began_it_was_never_open() -> None:
    """And nobody complains that the work was never awaited."""
    fence = Fence()
    Around(work(fence, 7), fence).close()
    assert fence.log == []


def test_closed_after_it_began_it_is_left() -> None:
    fence = Fence()
    begun = Around(work(fence, 7), fence)
    begun.send(None)
    begun.close()
    assert fence.log == ["in", "out"]
