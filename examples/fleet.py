"""200 bots in one process: one pool of connections, one token provider, started 20 at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from somewhere import activities_of, somewhere

from trbridge.bot import Fleet
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance

BOTS = 200
TASKS = 300


async def main() -> None:
    """Work until all tasks are done."""
    async with somewhere() as (place, workspace):
        activities = await activities_of(workspace)
        names = [f"bot {number}" for number in range(BOTS)]
        workers = [await workspace.workers.create(friendly_name=name) for name in names]
        fleet = Fleet(
            place.worker_token,
            [worker.sid for worker in workers],
            jitter=0.2,
            connect_activity_sid=activities["Available"],
            disconnect_activity_sid=activities["Offline"],
        )
        worked: Counter[str] = Counter()

        @fleet.task()
        async def work(task: TaskInstance, reservation: ReservationInstance) -> str:
            worked[reservation.worker_sid or ""] += 1
            if sum(worked.values()) == TASKS:
                ending.append(asyncio.ensure_future(fleet.drain()))
            return f"number {task.attributes['number']} done"

        ending: list[asyncio.Future[None]] = []
        running = asyncio.ensure_future(fleet.run())
        began = time.perf_counter()
        for number in range(TASKS):
            await workspace.tasks.create(attributes={"number": number})
        await running
        took = time.perf_counter() - began
        print(f"{sum(worked.values())} tasks, {len(worked)} of {BOTS} bots had some, {took:.1f} s")
        print(f"the busiest one had {max(worked.values())}; {len(fleet.failures)} gave up")


if __name__ == "__main__":
    asyncio.run(main())
