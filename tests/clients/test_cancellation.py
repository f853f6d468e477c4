"""Cancelled at any await, a client leaves no task, no socket and no surprise behind (F61)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any

from client_bench import Bench

from trbridge import TaskRouterError


class CancelledAt:
    """Awaits a coroutine and cancels its own task at the n-th place where that waits.

    Attributes:
        reached: Whether there was such a place.
    """

    def __init__(self, work: Coroutine[Any, Any, None], place: int) -> None:
        self._work = work
        self._left = place
        self.reached = False

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        waits_for = next(steps)
        with suppress(StopIteration):
            while True:
                self._left -= 1
                if self._left == 0:
                    self.reached = True
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
                try:
                    sent = yield waits_for
                except BaseException as error:  # noqa: BLE001 - handed on to where it belongs
                    waits_for = steps.throw(error)
                else:
                    waits_for = steps.send(sent)


def our_tasks() -> set[str]:
    """Tasks of the SDK that are still there; the emulator in the same loop has its own."""
    found = set()
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and "/trbridge/" in code.co_filename and "/emulator/" not in code.co_filename:
            found.add(f"{task.get_name()} {code.co_qualname}")
    return found


async def story(bench: Bench) -> None:
    """Connect, ask, lose the line, come back, leave."""
    async with bench.workspace(bench.token) as workspace:
        await workspace.activities.fetch()
        workspace.workers.fetch(lambda error, page: None)
        async with workspace.listen("ready") as events:
            await bench.emulator.cut_sockets(code=1012)
            await anext(events)
        await asyncio.gather(workspace.fetch(), workspace.tasks.fetch())


async def test_cancelled_at_any_await_nothing_is_left(bench: Bench) -> None:
    """Every place where the caller's task waits is tried in turn, until the story ends by itself."""
    for place in range(1, 200):
        work = CancelledAt(story(bench), place)
        with suppress(asyncio.CancelledError, TaskRouterError):
            await asyncio.ensure_future(work)
        await asyncio.sleep(0)
        assert our_tasks() == set(), f"cancelled at wait {place}"
        if not work.reached:
            break
    assert not work.reached
    assert place >= 5


async def test_closed_twice_and_unconnected(bench: Bench) -> None:
    """aclose() is harmless whenever it is called."""
    client = bench.workspace()
    await client.aclose()
    await client.connect()
    await asyncio.gather(client.aclose(), client.aclose())
    await client.aclose()
    assert our_tasks() == set()
