"""Bots as a shape: the lines that everybody who automates an agent would write, written once.

Example::

    from trbridge.bot import Bot

    bot = Bot(token_provider, connect_activity_sid=available, disconnect_activity_sid=offline)

    @bot.task(where={"type": "echo"})
    async def echo(task):
        print(task.attributes["text"])
        return "solved"                     # the reason that the task is completed with

    bot.main()                              # until SIGTERM; then finish, go offline, exit 0
"""

from .bot import Bot, OnError
from .fleet import Fleet

__all__ = ["Bot", "Fleet", "OnError"]
