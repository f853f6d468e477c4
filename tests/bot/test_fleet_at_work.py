"""200 bots and 5,000 tasks in one process: none lost, none worked twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from bot_bench import Station

from trbridge.emulator.engine import Committed
from trbridge.emulator.model import Task

BOTS = 200
TASKS = 5_000


async def test_none_lost_none_worked_twice(station: Station) -> None:
    """Each task has one reservation, one run of the handler, one end; all bots have worked."""
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
        tasks = [station.task(n=number) for number in range(TASKS)]
        await all_completed(station, tasks)
    assert fleet.failures == {}
    assert (len(runs), set(runs.values()), set(runs)) == (TASKS, {1}, set(tasks))
    assert len(by) == BOTS
    assert Counter(station.status(sid) for sid in tasks) == {("completed", "done"): TASKS}
    reservations = Counter(one.reservation_status for one in station.engine.store.reservations.values())
    assert reservations == {"completed": TASKS}


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
