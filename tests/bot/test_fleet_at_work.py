"""200 bots and 5,000 tasks in one process: none lost, none worked twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from bot_bench import Station
from uncounted import uncounted

from trbridge.emulator import Emulator
from trbridge.emulator.engine import Committed
from trbridge.emulator.state.model import Task

BOTS = 200
TASKS = 5_000
AT_ONCE = 100


def test_none_lost_none_worked_twice() -> None:
    """Each task has one reservation, one run of the handler, one end; all bots have worked."""

    async def story() -> None:
        async with Emulator(random_seed=3) as emulator:
            await work_all(Station(emulator))

    uncounted(lambda: asyncio.run(story()))


async def work_all(station: Station) -> None:
    """The story."""
    sids = [station.worker(f"worker {number}", capacity=1) for number in range(BOTS)]
    fleet = station.fleet(sids)
    runs: Counter[str] = Counter()
    by: Counter[str] = Counter()

    @fleet.task()
    async def work(task: Any, reservation: Any) -> str:
        runs[task.sid] += 1
        by[reservation.worker_sid] += 1
        await asyncio.sleep(0)
        return "done"

    async with station.running(fleet):
        await station.until(lambda: all(station.activity(sid) == "Available" for sid in sids), seconds=60)
        await all_completed(station, [sid async for sid in customers(station)])
    assert fleet.failures == {}
    assert (len(runs), set(runs.values())) == (TASKS, {1})
    assert set(runs) == set(station.engine.store.tasks)
    assert len(by) == BOTS
    assert Counter(station.status(sid) for sid in runs) == {("completed", "done"): TASKS}
    reservations = Counter(one.reservation_status for one in station.engine.store.reservations.values())
    assert reservations == {"completed": TASKS}


async def customers(station: Station) -> AsyncIterator[str]:
    """They come in waves, between which the bots get a turn: more than they can do, so that many wait."""
    for number in range(TASKS):
        yield station.task(n=number)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)


async def all_completed(station: Station, task_sids: list[str]) -> None:
    """Wait for the last of many; asks nobody for the others again."""
    left = {sid for sid in task_sids if station.status(sid)[0] != "completed"}
    nothing_left = asyncio.Event()

    def told(committed: Committed) -> None:
        ended = [each.new for each in committed.changes if isinstance(each.new, Task)]
        left.difference_update(task.sid for task in ended if task.assignment_status == "completed")
        if not left:
            nothing_left.set()

    stop = station.engine.subscribe(told)
    async with asyncio.timeout(180):
        await nothing_left.wait()
    stop()
