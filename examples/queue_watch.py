"""A board of queue statistics in the terminal: one request for all queues, each half second."""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console
from rich.live import Live
from rich.table import Table
from somewhere import activities_of, somewhere

from trbridge import Workspace
from trbridge.bot import Fleet
from trbridge.resources.task import TaskInstance

ROUNDS = 6
PAUSE = 0.5


async def board(workspace: Workspace, names: dict[str, str]) -> Table:
    """How things are now."""
    table = Table("queue", "waiting", "longest", "reserved", "assigned", "so far", "workers")
    for queue in await workspace.taskqueues.statistics.fetch(minutes=60):
        now, so_far = queue.realtime, queue.cumulative
        table.add_row(
            names.get(queue.task_queue_sid or "", "?"),
            str(now.tasks_by_status.get("pending", 0)),
            f"{now.longest_task_waiting_age} s",
            str(now.tasks_by_status.get("reserved", 0)),
            str(now.tasks_by_status.get("assigned", 0)),
            str(so_far.tasks_entered),
            f"{now.total_available_workers} of {now.total_eligible_workers}",
        )
    return table


async def main() -> None:
    """Watch a workspace in which something goes on."""
    async with somewhere() as (place, workspace):
        activities = await activities_of(workspace)
        workers = [await workspace.workers.create(friendly_name=name) for name in ("Alice", "Bob", "Chloé")]
        fleet = Fleet(
            place.worker_token,
            [worker.sid for worker in workers],
            jitter=0,
            connect_activity_sid=activities["Available"],
            disconnect_activity_sid=activities["Offline"],
        )

        @fleet.task()
        async def work(task: TaskInstance) -> str:
            await asyncio.sleep(task.attributes["seconds"])
            return "done"

        running = asyncio.ensure_future(fleet.run())
        for number in range(20):
            await workspace.tasks.create(attributes={"seconds": 0.2 + number % 4 / 10})
        names = {queue.sid: queue.friendly_name or "" async for queue in workspace.taskqueues}
        console = Console(file=sys.stdout)
        with Live(await board(workspace, names), console=console, refresh_per_second=4) as live:
            for _ in range(ROUNDS):
                await asyncio.sleep(PAUSE)
                live.update(await board(workspace, names))
        await fleet.drain()
        await running


if __name__ == "__main__":
    asyncio.run(main())
