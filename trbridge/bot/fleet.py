"""Many bots in one process: one pool of connections, one token provider, no shared fate."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import nullcontext
from typing import Any, Final

from ..errors import InvalidArgument, TaskRouterError, TokenError, TokenProviderError, WrongIdentity
from ..offload import is_async
from ..requester import HttpPool
from ..retry import backoff
from ..sids import check_sid
from ..tokens import peek_unverified
from .bot import Bot
from .handlers import Handler, OnError, Where
from .signals import run_main, signals_handled

__all__ = ["Fleet", "FleetProvider"]

_log = logging.getLogger("trbridge.bot")

FleetProvider = Callable[[str], str | Awaitable[str]]
"""Gives a token for a worker's SID. A plain function is called in a thread, so it may block."""

_MOST_STARTS: Final = 1_000
"""How often a bot is started whose provider fails; with waits of up to 30 s, some hours."""


class Fleet:
    """Bots for many workers, with the same handlers.

    Example::

        fleet = Fleet(mint, worker_sids, connect_activity_sid=available, disconnect_activity_sid=offline)

        @fleet.task()
        async def work(task):
            return "done"

        fleet.main()

    Args:
        provider: Gives a token for a worker's SID.
        worker_sids: The workers; one named twice is one bot.
        at_once: How many connect at the same time.
        jitter: Each waits a random time of at most this many seconds before it connects, so that the
            service is not hit by all at once.
        on_failure: Told of a bot that gave up, with its worker's SID and why. The others go on.
        chance: Numbers in [0, 1), for the jitter and the bots.
        sleep: Waits, for the jitter and the bots.
        bot: The keyword arguments of :class:`~trbridge.bot.Bot`.

    Attributes:
        bots: The bots, by worker SID.
        failures: Why a bot gave up, by worker SID.

    Raises:
        InvalidArgument: A number is out of range, a worker is none, or an argument of the bots makes no sense.
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
        if not jitter >= 0:
            raise InvalidArgument(f"jitter must be a number of seconds, not {jitter!r}")
        if not callable(provider):
            raise InvalidArgument("a fleet's provider is a function that gives a token for a worker's SID")
        sids = [check_sid(sid, "WK", name="a fleet's worker") for sid in worker_sids]
        self._own_pool = HttpPool() if bot.get("http") is None else None
        self._at_once, self._jitter = at_once, jitter
        self._chance, self._sleep = chance, sleep
        self._on_failure = on_failure
        self._stopping = asyncio.Event()
        self._drains: list[asyncio.Future[None]] = []
        self._forced = False
        self.failures: dict[str, Exception] = {}
        options = {**bot, "http": self._own_pool or bot["http"], "chance": chance, "sleep": sleep}
        self.bots: dict[str, Bot] = {sid: Bot(_provider_of(provider, sid), **options) for sid in sids}

    def __repr__(self) -> str:
        return f"<Fleet of {len(self.bots)} bots, {self.busy} tasks under way, {len(self.failures)} gave up>"

    @property
    def busy(self) -> int:
        """Tasks under way in all bots."""
        return sum(bot.busy for bot in self.bots.values())

    def task(
        self, where: Where = None, *, deadline: float | None = None, on_error: OnError | str | None = None
    ) -> Callable[[Handler], Handler]:
        """Register a handler with every bot; see :meth:`Bot.task`."""

        def register(handler: Handler) -> Handler:
            for bot in self.bots.values():
                bot.task(where, deadline=deadline, on_error=on_error)(handler)
            return handler

        return register

    # -- living ------------------------------------------------------------------------------------

    def main(self) -> None:
        """Run in an event loop of its own until SIGTERM or SIGINT; then drain all bots, and return.

        A second signal stops the handlers at once and exits with status 1.

        Raises:
            NotReady: An event loop runs here already (then await :meth:`run`), or this is not the main thread.
            TaskRouterError: As for :meth:`run`.
        """
        run_main(lambda: self.run(signals=True))
        if self._forced:
            sys.exit(1)

    async def run(self, *, signals: bool = False) -> None:
        """Run all bots until they are drained or have given up; one's failure is never another's.

        Args:
            signals: Drain on SIGTERM and SIGINT; stop at once on the second one.

        Raises:
            TaskRouterError: All of them gave up; why is in ``failures``.
        """
        self._stopping.clear()
        self._drains, self._forced = [], False
        self.failures.clear()
        with signals_handled(self._ask_to_drain, self.stop) if signals else nullcontext():
            try:
                gate = asyncio.Semaphore(self._at_once)
                await asyncio.gather(*(self._run(sid, bot, gate) for sid, bot in self.bots.items()))
            finally:
                await asyncio.gather(*self._drains)
                if self._own_pool is not None:
                    await self._own_pool.aclose()
        if self.bots and len(self.failures) == len(self.bots):
            raise TaskRouterError(f"all {len(self.bots)} bots gave up") from next(iter(self.failures.values()))

    async def drain(self) -> None:
        """Drain all bots; those that were not started yet are not any more."""
        self._stopping.set()
        await asyncio.gather(*(bot.drain() for bot in self.bots.values()))

    def _ask_to_drain(self) -> None:
        self._drains.append(asyncio.ensure_future(self.drain()))

    def stop(self) -> None:
        """End all bots at once: handlers are cancelled, their tasks stay assigned."""
        self._forced = True
        self._stopping.set()
        for bot in self.bots.values():
            bot.stop()

    async def _run(self, sid: str, bot: Bot, gate: asyncio.Semaphore) -> None:
        try:
            await self._unless_stopping(self._jitter * self._chance())
            for attempt in range(1, _MOST_STARTS):
                if self._stopping.is_set() or await self._start(sid, bot, gate):
                    return
                await self._unless_stopping(backoff(attempt, self._chance))
            await bot.run_within(gate)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this bot's alone
            self.failures[sid] = error
            _log.error("the bot of %s gave up: %s", sid, error)
            self._tell(sid, error)

    def _tell(self, sid: str, error: Exception) -> None:
        try:
            if self._on_failure is not None:
                self._on_failure(sid, error)
        except Exception:  # noqa: BLE001 - nor is its failure anybody's
            _log.exception("on_failure failed for %s", sid)

    async def _start(self, sid: str, bot: Bot, gate: asyncio.Semaphore) -> bool:
        """Run one bot; False if its provider gave no token, which is worth another try."""
        try:
            await bot.run_within(gate)
        except TokenProviderError as error:
            if isinstance(error.__cause__, WrongIdentity):
                raise error.__cause__ from None
            why = error if error.__cause__ is None else error.__cause__
            _log.warning("no token for the bot of %s yet, asking again: %s: %s", sid, type(why).__name__, error)
            return False
        return True

    async def _unless_stopping(self, seconds: float) -> None:
        waits = {asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._stopping.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.wait(waits)


def _provider_of(provider: FleetProvider, sid: str) -> Callable[[], str | Awaitable[str]]:
    async def await_it(soon: Awaitable[str]) -> str:
        token: str = _for_worker(await soon, sid)
        return token

    def provide() -> str | Awaitable[str]:
        given = provider(sid)
        if inspect.isawaitable(given):
            return await_it(given)
        token: str = _for_worker(given, sid)
        return token

    async def provide_soon() -> str:
        given = provide()
        return await given if inspect.isawaitable(given) else str(given)

    return provide_soon if is_async(provider) else provide


def _for_worker(token: Any, sid: str) -> Any:
    """The token, if it is not another worker's: that one would have two bots, and this one none."""
    try:
        whose = peek_unverified(token).worker_sid
    except TokenError:
        return token  # the client says what is wrong with it
    if whose not in (None, sid):
        raise WrongIdentity(
            f"the provider was asked for a token of worker {sid} and gave one of {whose}",
            hint="a fleet's provider gets the worker's SID: mint the token for that one",
        )
    return token
