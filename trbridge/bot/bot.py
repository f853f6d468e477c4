"""One bot: a worker that takes reservations, runs a handler for each task, and completes it."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from ..clients.worker import Worker
from ..errors import InvalidArgument, NotReady, TaskRouterError
from ..sids import check_sid
from .diary import keep_diary
from .handlers import Handler, OnError, Route, Where, check_ends, make_route
from .jobs import Jobs
from .persistence import Persistence
from .signals import run_main, signals_handled

if TYPE_CHECKING:
    from ..credentials import TokenProvider
    from ..resources.reservation import ReservationInstance

__all__ = ["Bot", "OnError"]

_LAST_WORDS: Final = 5.0
"""Seconds to end, in the way the user chose, the tasks whose handlers were stopped."""

_log = logging.getLogger("trbridge.bot")


class Bot:
    """A worker with handlers.

    Each reservation is accepted, its task given to the first handler that matches, and completed with what
    the handler returns as the reason. Requests that fail for reasons that pass are repeated.

    Args:
        token: A token or a provider, as for :class:`~trbridge.Worker`.
        on_error: What becomes of a task whose handler raised or took too long, unless its decorator says
            otherwise: ``leave``, ``complete`` or ``reject``.
        deadline: Seconds a handler may take, unless its decorator says otherwise; None for any time.
        drain_activity_sid: Activity to go to when draining, one that is not available, so that nothing new
            comes; the worker's ``disconnect_activity_sid`` if left out.
        drain_timeout: Seconds that running handlers get when draining.
        resume: Work again what an earlier run had accepted and not completed when it crashed. Off by default:
            only the handlers know whether a task may be begun twice.
        sleep: Waits between repetitions.
        chance: Numbers in [0, 1), to spread them.
        worker: The keyword arguments of :class:`~trbridge.Worker`; ``max_retries`` is 3 if left out.

    Attributes:
        worker: The client; its events are all there.

    Raises:
        InvalidArgument: A deadline, choice or activity makes no sense.
    """

    def __init__(
        self,
        token: str | TokenProvider,
        *,
        on_error: OnError | str = OnError.LEAVE,
        deadline: float | None = None,
        drain_activity_sid: str | None = None,
        drain_timeout: float = 30.0,
        resume: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        **worker: Any,
    ) -> None:
        if drain_activity_sid is not None:
            check_sid(drain_activity_sid, "WA", name="drain_activity_sid")
        if not drain_timeout >= 0:
            raise InvalidArgument(f"drain_timeout must be a number of seconds, not {drain_timeout!r}")
        self._on_error = check_ends(deadline, on_error)
        self.worker = Worker(token, **{"max_retries": 3, **worker})
        self._deadline = deadline
        self._drain_activity_sid = drain_activity_sid or self.worker.disconnect_activity_sid
        self._drain_timeout = drain_timeout
        self._resume = resume
        self._routes: list[Route] = []
        self._persistence = Persistence(sleep, chance, self._renew_token)
        self._jobs = Jobs(self.worker, self._routes, self._persistence)
        self._running = self._draining = self._forced = False
        self._done = asyncio.Event()
        self._done.set()
        keep_diary(self.worker, is_ending=lambda: self._draining, is_busy=lambda: self.busy > 0)
        self.worker.on("reservation.timeout", self._missed)

    def __repr__(self) -> str:
        draining = ", draining" if self._running and self._draining else ""
        return f"<Bot of {self.worker!r}, {self.busy} tasks under way{draining}>"

    @property
    def busy(self) -> int:
        """Tasks under way."""
        return len(self._jobs)

    def task(
        self, where: Where = None, *, deadline: float | None = None, on_error: OnError | str | None = None
    ) -> Callable[[Handler], Handler]:
        """Register a handler for tasks.

        Example::

            @bot.task(where={"type": "refund"}, deadline=60, on_error="complete")
            async def refund(task):
                ...
                return "refunded"

        Args:
            where: A function of the task, or attributes it must have; any task if left out. The first
                handler that matches gets the task; a task without one is handed back.
            deadline: Seconds it may take; the bot's if left out.
            on_error: What becomes of a task it fails on; the bot's choice if left out.
        """

        def register(handler: Handler) -> Handler:
            limit = self._deadline if deadline is None else deadline
            self._routes.append(make_route(handler, where, limit, self._on_error if on_error is None else on_error))
            return handler

        return register

    # -- living ------------------------------------------------------------------------------------

    def main(self) -> None:
        """Run in an event loop of its own until SIGTERM or SIGINT; then drain, and return.

        A second signal stops the handlers at once and exits with status 1.

        Raises:
            NotReady: An event loop runs here already (then await :meth:`run`), or this is not the main thread.
            TaskRouterError: As for :meth:`run`.
        """
        run_main(lambda: self.run(signals=True))
        if self._forced:
            sys.exit(1)

    async def run(self, *, signals: bool = False) -> None:
        """Connect and work until :meth:`drain` or :meth:`stop`.

        Args:
            signals: Drain on SIGTERM and SIGINT; stop at once on the second one.

        Raises:
            TaskRouterError: Why the client gave up, if it did.
        """
        await self.run_within(nullcontext(), signals=signals)

    async def run_within(self, gate: AbstractAsyncContextManager[Any], *, signals: bool = False) -> None:
        """As :meth:`run`; connects for the first time inside of ``gate``, for those who start many.

        The gate is left when the client is ready, or its first attempt has failed: one that cannot connect
        must not keep others from trying.
        """
        if self._running:
            raise NotReady("this bot runs already")
        self._running, self._draining, self._forced = True, False, False
        self._done.clear()
        self._jobs.begin()
        with signals_handled(lambda: self._jobs.spawn(self.drain()), self.stop) if signals else nullcontext():
            try:
                await self._until_done(self._live(gate))
            finally:
                self._draining = True  # what its worker does from now on is the bot's own doing
                await self._end()
                self._running = False
                self._done.set()

    async def drain(self) -> None:
        """Take nothing new, finish what runs within ``drain_timeout``, go to the chosen activity, end.

        What was not begun is handed back. Without an activity to go to it stays pending, for the next client
        of this worker, or until it times out.
        """
        if self._draining or not self._running:
            await self._done.wait()
            return
        self._draining = True
        _log.info("%r: draining, %d tasks under way", self.worker, self.busy)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._drain_timeout
        self._jobs.take_nothing_more(await self._leave(deadline))
        await self._jobs.wait(deadline - loop.time())
        if self.busy:
            _log.warning("%r: %d tasks are not done after %g s: stopped", self.worker, self.busy, self._drain_timeout)
        self._jobs.give_up("was stopped: the bot ends")
        await self._jobs.wait(_LAST_WORDS)
        _log.info("%r: drained", self.worker)
        self._done.set()

    def stop(self) -> None:
        """End at once: handlers are cancelled, their tasks stay assigned."""
        if self._running:
            _log.warning("%r: stopped at once; %d tasks stay assigned", self.worker, self.busy)
            self._draining = self._forced = True
            self._done.set()

    async def _live(self, gate: AbstractAsyncContextManager[Any]) -> None:
        async with gate:
            connecting = await self._first_attempt()
        await connecting
        if self._resume:
            await self._jobs.take_up_again()
        await self.worker.run()

    async def _first_attempt(self) -> asyncio.Task[Worker]:
        """Begin to connect; returns when that is done, or something went wrong and it goes on trying."""
        failed = asyncio.Event()
        listener = self.worker.on("error", lambda _: failed.set())
        connecting, trouble = self._jobs.spawn(self.worker.connect()), self._jobs.spawn(failed.wait())
        try:
            await asyncio.wait({connecting, trouble}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            trouble.cancel()
            self.worker.remove_listener("error", listener)
        return connecting

    async def _until_done(self, living: Coroutine[Any, Any, None]) -> None:
        live, done = self._jobs.spawn(living), self._jobs.spawn(self._done.wait())
        try:
            await asyncio.wait((live, done), return_when=asyncio.FIRST_COMPLETED)
        finally:
            done.cancel()
            live.cancel()
            await asyncio.wait((live, done))
        if not live.cancelled():
            live.result()

    async def _end(self) -> None:
        await self._jobs.cancel()
        await self.worker.aclose()
        await self._jobs.cancel_errands()

    # -- the worker's activity ---------------------------------------------------------------------

    async def _leave(self, deadline: float) -> str | None:
        """Stop taking; returns the activity in which nothing new comes, None if there is no such."""
        target, worker = self._drain_activity_sid, self.worker
        if target is None:
            _log.warning("%r: no drain_activity_sid: what is still offered to it stays pending", worker)
            return None
        try:
            async with asyncio.timeout_at(deadline):
                about = f"{worker!r}: going to its drain activity {target}"
                await self._persistence.send(lambda: worker.update(activity_sid=target), about)
        except NotReady:  # it has not even begun
            return None
        except (TaskRouterError, TimeoutError) as error:
            _log.error("%r: could not go to its drain activity %s: %s", worker, target, error or "it took too long")
            return None
        if worker.available:
            _log.warning("%r: tasks still come in its drain activity %s, which is available", worker, target)
            return None
        return target

    async def _renew_token(self) -> bool:
        """After a 401: another token, if there is a provider (F52). False if it gave none."""
        if not self.worker.can_refresh_token:
            return False
        await self.worker.refresh_token()
        return True

    def _missed(self, _: ReservationInstance) -> None:
        """TaskRouter sends a worker away whose reservation timed out (routing 4.4); a bot comes back."""
        if self.worker.connect_activity_sid is not None and not self._draining:
            self._jobs.spawn(self._come_back(self.worker.connect_activity_sid))

    async def _come_back(self, activity_sid: str) -> None:
        try:
            about = f"{self.worker!r}: coming back to {activity_sid}"
            await self._persistence.send(lambda: self.worker.update(activity_sid=activity_sid), about)
        except TaskRouterError as error:
            _log.error(
                "%r: could not come back to %s after a reservation timed out; no task comes until it is moved: %s",
                self.worker,
                activity_sid,
                error,
            )
