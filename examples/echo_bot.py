"""The smallest bot: it takes each task, says what is in it, and completes it."""

from __future__ import annotations

import asyncio

from somewhere import activities_of, somewhere

from trbridge.bot import Bot
from trbridge.resources.task import TaskInstance

TASKS = 3


async def main() -> None:
    """Run the bot until its tasks are done."""
    async with somewhere() as (place, workspace):
        activities = await activities_of(workspace)
        alice = await workspace.workers.create(friendly_name="Echo")

        bot = Bot(
            lambda: place.worker_token(alice.sid),
            connect_activity_sid=activities["Available"],
            disconnect_activity_sid=activities["Offline"],
        )
        left = list(range(TASKS))

        @bot.task()
        async def echo(task: TaskInstance) -> str:
            print("echo:", task.attributes["text"])
            return "echoed"

        @bot.worker.on("reservation.completed")
        async def enough(_: object) -> None:
            left.pop()
            if not left:
                await bot.drain()

        for text in ("hello", "is anybody there?", "goodbye")[:TASKS]:
            await workspace.tasks.create(attributes={"text": text})
        await bot.run()
        print("the bot has gone", bot.worker.activity_name)


if __name__ == "__main__":
    asyncio.run(main())
