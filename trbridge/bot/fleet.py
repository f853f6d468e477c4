"""Many bots in one process: one pool of connections, one token provider, no shared fate."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ..errors import InvalidArgument, TaskRouterError
from ..requester import HttpPool
from .bot import Bot
from .handlers import Handler, Where

__all__ = ["Fleet"]

_log = logging.getLogger("trbridge.bot")

FleetProvider = Callable[[str], str | Awaitable[str]]
"""Gives a token for a worker's SID; sync or async."""


class Fleet:
    """Bots for many workers, with the same handlers.

    Example::

        fleet = Fleet(mint, worker_sids, connect_activity_sid=available)

        @fleet.task()
        async def work(task):
            return "done"

        await fleet.run()

    Args:
        provider: Gives a token for a worker's SID.
        worker_sids: The workers.
        at_once: How many connect at the same time.
        jitter: Each waits a random time of at most this many seconds before it connects, so that the
            service is not hit by all at once.
        on_failure: Told of a bot that gave up, with its worker's SID and why. The others go on.
        chance: Source of the jitter, numbers in [0, 1).
        sleep: Waits the jitter.
        bot: The keyword arguments of :class:`~trbridge.bot.Bot`.

    Attributes:
        bots: The bots, by worker SID.
        failures: Why a bot gave up, by worker SID.
    """

    def __init__(
        self,
        provider: FleetProvider,
        worker_sids: Iterable[str],
        *,
        at_once: int = 20,
        jitter: float = 1.0,
        on_failure: Callable[[str, Exception], object] | None = None,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **bot: Any,
    ) -> None:
        if at_once < 1:
            raise InvalidArgument(f"at_once must be at least 1, not {at_once!r}")
        self._pool = bot.pop("http", None) or HttpPool()
        self._gate = asyncio.Semaphore(at_once)
        self._jitter, self._chance, self._sleep = jitter, chance, sleep
        self._on_failure = on_failure
        self.failures: dict[str, Exception] = {}
        self.bots: dict[str, Bot] = {
            sid: Bot(_provider_of(provider, sid), http=self._pool, **bot) for sid in worker_sids
        }

    def task(self, where: Where = None, *, deadline: float | None = None) -> Callable[[Handler], Handler]:
        """Register a handler with every bot; see :meth:`Bot.task`."""

        def register(handler: Handler) -> Handler:
            for bot in self.bots.values():
                bot.task(where, deadline=deadline)(handler)
            return handler

        return register

    async def run(self) -> None:
        """Run all bots until they are drained or have given up; one's failure is never another's."""
        try:
            await asyncio.gather(*(self._run(sid, bot) for sid, bot in self.bots.items()))
        finally:
            await self._pool.aclose()

    async def drain(self) -> None:
        """Drain all bots."""
        await asyncio.gather(*(bot.drain() for bot in self.bots.values()))

    async def _run(self, sid: str, bot: Bot) -> None:
        try:
            await self._sleep(self._jitter * self._chance())
            async with self._gate:
                await bot.worker.connect()
            await bot.run()
        except (TaskRouterError, OSError) as error:
            self.failures[sid] = error
            _log.error("the bot of %s gave up: %s", sid, error)
            if self._on_failure is not None:
                self._on_failure(sid, error)


def _provider_of(provider: FleetProvider, sid: str) -> Callable[[], Awaitable[str]]:
    async def provide() -> str:
        token = provider(sid)
        return await token if inspect.isawaitable(token) else token

    return provide
