"""All that one bot has under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from ..errors import Forbidden, TaskRouterError
from .capacity import Capacity
from .job import Job

if TYPE_CHECKING:
    from ..clients.worker import Worker
    from ..resources.reservation import ReservationInstance
    from .handlers import Route
    from .persistence import Persistence

__all__ = ["Jobs"]

_ENDS: Final = {
    "reservation.canceled": True,
    "reservation.rescinded": True,
    "reservation.timeout": True,
    "reservation.rejected": False,
    "reservation.completed": False,
}
"""Ends of a reservation, and whether its handler is stopped: the last two may be the handler's own doing."""

_log = logging.getLogger("trbridge.bot")


class Jobs:
    """Takes a worker's reservations, and works them.

    Args:
        worker: The client.
        routes: The handlers.
        persistence: How requests are repeated.

    Attributes:
        errands: What else is under way: requests nobody waits for.
    """

    def __init__(self, worker: Worker, routes: list[Route], persistence: Persistence) -> None:
        self._worker = worker
        self._routes = routes
        self._persistence = persistence
        self._capacity = Capacity()
        self._running: dict[str, tuple[Job, asyncio.Task[None]]] = {}
        self.errands: set[asyncio.Task[Any]] = set()
        self._taking = True
        self._reject_to: str | None = None
        worker.on("reservation.created", self._created)
        worker.on("capacity.update", self._capacity.learn)
        worker.on("ready", self._learn_capacity)
        for name in _ENDS:
            worker.emitter.on(name, self._ended(stop=_ENDS[name]))

    def __len__(self) -> int:
        return len(self._running)

    def take(self, reservation: ReservationInstance) -> None:
        """Work a reservation, unless that is under way already."""
        sid = reservation.sid
        if sid not in self._running:
            tracing = self._worker._tracing
            job = Job(reservation, self._routes, self._capacity, self._persistence, tracing)
            work = job.work() if tracing is None else tracing.job("job", reservation.task_sid, job.work())
            task = asyncio.get_running_loop().create_task(work)
            self._running[sid] = (job, task)
            task.add_done_callback(lambda _: self._running.pop(sid, None))

    async def take_up_again(self) -> None:
        """Work what an earlier run of the bot had accepted and not completed."""
        try:
            page = await self._worker.fetch_reservations(reservation_status="accepted")
            found = [each async for each in page]
        except TaskRouterError as error:
            _log.error("%r: could not read what was accepted before; it stays assigned: %s", self._worker, error)
            return
        for reservation in found:
            _log.info("task %s was accepted before; taken up again", reservation.task_sid)
            self.take(self._worker._desk.adopt(reservation))

    def begin(self) -> None:
        """Take what comes."""
        self._taking, self._reject_to = True, None

    def take_nothing_more(self, reject_to: str | None) -> None:
        """Hand back what comes, and what was not begun.

        Args:
            reject_to: Activity in which nothing new comes; without one everything is left pending: rejected, it
                would come back at once.
        """
        self._taking, self._reject_to = False, reject_to
        for job, _ in list(self._running.values()):
            job.give_up_waiting(reject_to)

    def give_up(self, why: str) -> None:
        """No handler can be waited for any longer."""
        for job, _ in list(self._running.values()):
            job.give_up(why)

    async def wait(self, seconds: float) -> None:
        """Wait until all are done, no longer than so many seconds."""
        running = {task for _, task in self._running.values()}
        if running:
            await asyncio.wait(running, timeout=seconds)

    async def cancel(self) -> None:
        """Leave everything as it is."""
        await _cancelled({task for _, task in self._running.values()})

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start an errand."""
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work)
        self.errands.add(task)
        task.add_done_callback(self.errands.discard)
        return task

    async def cancel_errands(self) -> None:
        """End all errands."""
        await _cancelled(self.errands)

    # -- what the worker hears ---------------------------------------------------------------------

    def _created(self, reservation: ReservationInstance) -> None:
        if self._taking:
            self.take(reservation)
        elif self._reject_to is not None:
            self.spawn(self._refuse(reservation, self._reject_to))

    async def _refuse(self, reservation: ReservationInstance, activity_sid: str) -> None:
        try:
            await self._persistence.reject(reservation, activity_sid)
        except TaskRouterError as error:
            _log.warning(
                "task %s was offered while the bot drained, and its reservation %s could not be rejected; it stays "
                "pending until it times out: %s",
                reservation.task_sid,
                reservation.sid,
                error,
            )

    def _ended(self, *, stop: bool) -> Any:
        def ended(reservation: ReservationInstance) -> None:
            job, _ = self._running.get(reservation.sid, (None, None))
            if job is not None:
                job.end(reservation.reservation_status or "over", stop=stop)

        return ended

    async def _learn_capacity(self, _: Worker) -> None:
        try:
            async for channel in self._worker.channels:
                self._capacity.learn(channel)
        except Forbidden:
            _log.info("%r: may not read its channels; TaskRouter alone limits its tasks", self._worker)
        except TaskRouterError as error:
            _log.warning(
                "%r: could not read its channels, so TaskRouter alone limits its tasks: %s", self._worker, error
            )


async def _cancelled(tasks: set[asyncio.Task[Any]]) -> None:
    while pending := {task for task in tasks if not task.done()} - {asyncio.current_task()}:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending)
