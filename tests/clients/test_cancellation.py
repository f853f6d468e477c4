"""Cancelled at any point, a client leaves no task, no socket and no surprise behind (F61)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from client_bench import Bench

from trbridge import TaskRouterError

STEPS = 60
"""More turns of the loop than the story below takes; the first ones end in the middle of it."""


def our_tasks() -> set[str]:
    """Tasks of the SDK that are still there; the emulator in the same loop has its own."""
    found = set()
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and "/trbridge/" in code.co_filename and "/emulator/" not in code.co_filename:
            found.add(task.get_name() + " " + code.co_qualname)
    return found


async def story(bench: Bench) -> None:
    """Connect, ask, lose the line, come back, leave."""
    async with bench.workspace(bench.token) as workspace:
        await workspace.activities.fetch()
        workspace.workers.fetch(lambda error, page: None)
        await bench.emulator.cut_sockets(code=1012)
        await asyncio.gather(workspace.fetch(), workspace.tasks.fetch())


async def test_cancelled_at_any_point_nothing_is_left(bench: Bench) -> None:
    """The caller's task is cancelled after each number of turns of the loop in turn."""
    for step in range(STEPS):
        running = asyncio.ensure_future(story(bench))
        for _ in range(step):
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError, TaskRouterError):
            await running
        await asyncio.sleep(0)
        assert our_tasks() == set(), f"after {step} turns"


async def test_closed_twice_and_unconnected(bench: Bench) -> None:
    """aclose() is harmless whenever it is called."""
    client = bench.workspace()
    await client.aclose()
    await client.connect()
    await asyncio.gather(client.aclose(), client.aclose())
    await client.aclose()
    assert our_tasks() == set()
