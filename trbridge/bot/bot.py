"""One bot: a worker that takes reservations, runs a handler for each task, and completes it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from ..clients.worker import Worker
from ..errors import Forbidden, Gone, TaskRouterError
from .capacity import Capacity
from .handlers import Handler, Route, Where, choose, make_route

if TYPE_CHECKING:
    from ..credentials import TokenProvider
    from ..resources.reservation import ReservationInstance
    from ..resources.task import TaskInstance

__all__ = ["Bot", "OnError"]

_ENDS: Final = ("reservation.canceled", "reservation.rescinded", "reservation.timeout")
"""Ends of a reservation that are not the bot's doing: what its handler still does would be for nobody."""

_log = logging.getLogger("trbridge.bot")


class OnError(StrEnum):
    """What becomes of a task whose handler raised, or took too long."""

    LEAVE = "leave"
    """It stays assigned to the worker, for somebody to look at."""
    COMPLETE = "complete"
    """It is completed, with the exception as the reason."""
    REJECT = "reject"
    """Its reservation is rejected, so that TaskRouter gives it to another worker. Only a pending reservation
    can be rejected: with this choice it is accepted when the handler has succeeded, not before."""


class Bot:
    """A worker with handlers.

    Args:
        token: A token or a provider, as for :class:`~trbridge.Worker`.
        on_error: What becomes of a task whose handler raised.
        deadline: Seconds a handler may take, if its decorator says nothing else; None for any time.
        most: Never more than this many tasks at once on a channel; None for the worker's capacity.
        drain_activity_sid: Activity to go to when draining, so that nothing new comes; the worker's
            ``disconnect_activity_sid`` if left out.
        drain_timeout: Seconds that running handlers get when draining.
        worker: The keyword arguments of :class:`~trbridge.Worker`.

    Attributes:
        worker: The client; its events are all there.
    """

    def __init__(
        self,
        token: str | TokenProvider,
        *,
        on_error: OnError | str = OnError.LEAVE,
        deadline: float | None = None,
        most: int | None = None,
        drain_activity_sid: str | None = None,
        drain_timeout: float = 30.0,
        **worker: Any,
    ) -> None:
        self.worker = Worker(token, **worker)
        self._on_error = OnError(on_error)
        self._deadline = deadline
        self._drain_activity_sid = drain_activity_sid or self.worker.disconnect_activity_sid
        self._drain_timeout = drain_timeout
        self._routes: list[Route] = []
        self._capacity = Capacity(most)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._draining = False
        self._done: asyncio.Event | None = None
        self.worker.on("reservation.created", self._take)
        self.worker.on("capacity.update", self._capacity.learn)
        for name in _ENDS:
            self.worker.emitter.on(name, self._stop)

    def task(self, where: Where = None, *, deadline: float | None = None) -> Callable[[Handler], Handler]:
        """Register a handler for tasks.

        Args:
            where: A function of the task, or attributes it must have; any task if left out. The first
                handler that matches gets the task.
            deadline: Seconds it may take; the bot's if left out.
        """

        def register(handler: Handler) -> Handler:
            self._routes.append(make_route(handler, where, deadline or self._deadline))
            return handler

        return register

    # -- living ------------------------------------------------------------------------------------

    def main(self) -> None:
        """Run in an event loop of its own until SIGTERM or SIGINT; then drain, and return."""
        asyncio.run(self.run(signals=True))

    async def run(self, *, signals: bool = False) -> None:
        """Connect and work until :meth:`drain`.

        Args:
            signals: Drain on SIGTERM and SIGINT; stop at once on the second one.

        Raises:
            TaskRouterError: Why the client gave up, if it did.
        """
        self._done = asyncio.Event()
        if signals:
            self._handle_signals()
        try:
            await self.worker.connect()
            await self._learn_capacity()
            await self._until_done()
        finally:
            await self._end()

    async def drain(self) -> None:
        """Take nothing new, finish what runs within ``drain_timeout``, go to the chosen activity, end."""
        if self._draining:
            return
        self._draining = True
        _log.info("%s draining: %d tasks under way", self.worker, len(self._running))
        if self._drain_activity_sid is not None:
            with suppress(TaskRouterError):  # reported below by the log; draining goes on regardless
                await self.worker.update(activity_sid=self._drain_activity_sid)
        if self._running:
            await asyncio.wait(self._running.values(), timeout=self._drain_timeout)
        if self._done is not None:
            self._done.set()

    async def _learn_capacity(self) -> None:
        try:
            async for channel in self.worker.channels:
                self._capacity.learn(channel)
        except Forbidden:
            _log.info(
                "%s: the token may not read the worker's channels; TaskRouter alone limits the tasks", self.worker
            )

    async def _until_done(self) -> None:
        assert self._done is not None  # noqa: S101 - run() made it
        ended = asyncio.ensure_future(self.worker.run())
        done = asyncio.ensure_future(self._done.wait())
        try:
            await asyncio.wait((ended, done), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                ended.result()
        finally:
            for future in (ended, done):
                future.cancel()
            await asyncio.gather(ended, done, return_exceptions=True)

    async def _end(self) -> None:
        for running in list(self._running.values()):
            running.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self.worker.aclose()

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def received() -> None:
            if self._draining and self._done is not None:
                self._done.set()
            else:
                self._spawn("drain", self.drain())

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, received)

    # -- working -----------------------------------------------------------------------------------

    def _take(self, reservation: ReservationInstance) -> None:
        if self._draining:
            return
        self._spawn(reservation.sid, self._work(reservation))

    def _spawn(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    def _stop(self, reservation: ReservationInstance) -> None:
        task = self._running.get(reservation.sid)
        if task is not None:
            task.cancel()

    async def _work(self, reservation: ReservationInstance) -> None:
        task = reservation.task
        if task is None:
            return
        async with self._capacity.slot(task.task_channel_unique_name or "default"):
            try:
                await self._serve(reservation, task)
            except Gone as error:
                _log.info("task %s went elsewhere: %s", task.sid, error)
            except TaskRouterError:
                _log.exception("task %s could not be ended as it should", task.sid)

    async def _serve(self, reservation: ReservationInstance, task: TaskInstance) -> None:
        route = choose(self._routes, task)
        if route is None:
            _log.warning("no handler for task %s; rejecting it", task.sid)
            await reservation.reject()
            return
        if self._on_error is not OnError.REJECT:
            await reservation.accept()
        try:
            async with asyncio.timeout(route.deadline):
                reason = await route.handler(task)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; the user chose what follows
            await self._failed(reservation, task, error)
            return
        if self._on_error is OnError.REJECT:
            await reservation.accept()
        await task.complete(reason=reason or "completed")

    async def _failed(self, reservation: ReservationInstance, task: TaskInstance, error: Exception) -> None:
        what = "took too long" if isinstance(error, TimeoutError) else f"raised {type(error).__name__}: {error}"
        _log.error("task %s: its handler %s; %s", task.sid, what, self._on_error, exc_info=error)
        if self._on_error is OnError.COMPLETE:
            await task.complete(reason=f"handler {what}"[:200])
        elif self._on_error is OnError.REJECT:
            await reservation.reject()
