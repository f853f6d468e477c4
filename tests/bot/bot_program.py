"""A bot as a program, for tests that send it signals: prints a line for all that happens."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from trbridge.bot import Bot, Fleet


def say(*words: object) -> None:
    print(*words, flush=True)


def main(kind: str, drain_timeout: float) -> None:
    options: dict[str, Any] = {
        "connect_activity_sid": os.environ["AVAILABLE"],
        "disconnect_activity_sid": os.environ["OFFLINE"],
        "drain_activity_sid": os.environ["AWAY"],
        "drain_timeout": drain_timeout,
    }
    token, worker_sid = os.environ["TOKEN"], os.environ["WORKER"]
    bot = Bot(token, **options) if kind == "bot" else Fleet(lambda _: token, [worker_sid], jitter=0, **options)

    @bot.task()
    async def work(task: Any) -> str:
        say("begun", task.sid)
        try:
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        except asyncio.CancelledError:
            say("cancelled", task.sid)
            raise
        return "finished"

    bot.main()
    say("returned")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
