"""One reservation on its way through a bot: a place, accepted, worked, completed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from ..clients.desk import is_complete
from ..errors import Gone, TaskRouterError
from .handlers import OnError, Route, call, choose

if TYPE_CHECKING:
    from ..resources.reservation import ReservationInstance
    from ..resources.task import TaskInstance
    from ..telemetry import Tracing
    from .capacity import Capacity
    from .persistence import Persistence

__all__ = ["Job"]

_log = logging.getLogger("trbridge.bot")

_GRACE: Final = 5.0
"""Seconds that a handler gets to end after it was cancelled; one that does not is left to itself."""
_LONGEST_REASON: Final = 200
_WHAT_NEXT: Final = {
    OnError.LEAVE: "it stays assigned, for somebody to look at",
    OnError.COMPLETE: "it is completed with that as the reason",
    OnError.REJECT: "it is rejected, so that another worker gets it",
}


class _Failed(Exception):
    """A handler did not get its task done; the message says why, for people."""


class _Over(Exception):
    """There is nothing more to do: the reservation has ended, or the bot will."""


class Job:
    """Works one reservation.

    Args:
        reservation: The reservation, with its task.
        routes: The handlers.
        capacity: Where to get a place.
        persistence: How requests are repeated.
        tracing: Makes spans, if anybody wants them.
    """

    def __init__(
        self,
        reservation: ReservationInstance,
        routes: list[Route],
        capacity: Capacity,
        persistence: Persistence,
        tracing: Tracing | None = None,
    ) -> None:
        self.reservation = reservation
        self._routes = routes
        self._capacity = capacity
        self._persistence = persistence
        self._tracing = tracing
        self._over: str | None = None
        self._given_up: str | None = None
        self._reject_to: str | None = None
        self._pausing: asyncio.Task[Any] | None = None
        self._handler: asyncio.Task[str | None] | None = None

    # -- from outside ------------------------------------------------------------------------------

    def end(self, how: str, *, stop: bool) -> None:
        """The reservation is over.

        Args:
            how: Its status.
            stop: It is not the handler's doing, so what that still does would be for nobody.
        """
        self._over = how
        self._interrupt(self._handler if stop else None)

    def give_up_waiting(self, activity_sid: str | None) -> None:
        """The bot takes nothing more: hand back what was not begun.

        Args:
            activity_sid: Activity to reject into; None to leave it pending, for another client of the worker.
        """
        self._reject_to = activity_sid
        if self._pausing is not None:
            self._given_up = "the bot was stopped"
            self._interrupt(None)

    def give_up(self, why: str) -> None:
        """The bot cannot wait any longer: the handler has failed."""
        self._given_up = why
        self._interrupt(self._handler)

    def _interrupt(self, handler: asyncio.Task[Any] | None) -> None:
        for task in (self._pausing, handler):
            if task is not None:
                task.cancel()

    # -- the way through ---------------------------------------------------------------------------

    async def work(self) -> None:
        """Go all the way; whatever happens is logged, with the task's SID, and hurts no other job."""
        reservation, sid = self.reservation, self.reservation.task_sid
        try:
            await self._serve(await self._task())
        except _Over:
            _log.info("task %s: nothing more to do: %s", sid, self._over or self._given_up)
        except Gone as error:
            _log.info("task %s went elsewhere: %s", sid, error)
        except TaskRouterError as error:
            # The error has it all; a traceback would show this package only.
            _log.error(
                "task %s could not be worked or ended as it should, its reservation %s is %s; look at it: %s",
                sid,
                reservation.sid,
                reservation.reservation_status,
                error,
            )
        except Exception:  # noqa: BLE001 - the other jobs must go on
            _log.exception("task %s: the bot failed; its reservation %s stays as it is", sid, reservation.sid)

    async def _task(self) -> TaskInstance:
        if not is_complete(self.reservation):
            about = f"{self.reservation!r}: reading it and its task"
            await self._persistence.send(self.reservation.fetch, about)
            if self.reservation.task is not None:
                await self._persistence.send(self.reservation.task.fetch, about)
        if self.reservation.task is None:
            raise TaskRouterError(f"{self.reservation!r} has no task")
        return self.reservation.task

    async def _pause(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait for something that the reservation's end, or the bot's, makes pointless."""
        if self._is_pointless():
            raise _Over
        self._pausing = task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        try:
            await wait()
        except asyncio.CancelledError:
            if not self._is_pointless():
                raise
            task.uncancel()
            raise _Over from None
        finally:
            self._pausing = None

    def _is_pointless(self) -> bool:
        return self._over is not None or self._given_up is not None

    async def _serve(self, task: TaskInstance) -> None:
        route = choose(self._routes, task)
        if route is None:
            level = logging.DEBUG if self._persistence.was_handed_back(task.sid) else logging.WARNING
            _log.log(level, "task %s: there is no handler for it; handed back", task.sid)
            await self._hand_back()
            return
        try:
            reason = await self._with_a_place(route, task)
        except _Failed as failure:
            await self._failed(route, task, failure)
            return
        if route.on_error is OnError.REJECT:
            await self._accept(task)
        if task.assignment_status not in {"completed", "canceled"}:  # the handler may have done it
            await self._persistence.complete(task, reason or "completed")
            _log.info("task %s completed: %s", task.sid, reason or "completed")

    async def _accept(self, task: TaskInstance) -> None:
        reservation = self.reservation
        await self._persistence.send(reservation.accept, f"task {task.sid}: accepting reservation {reservation.sid}")
        _log.info("task %s taken by %s, reservation %s", task.sid, reservation.worker_sid, reservation.sid)

    async def _with_a_place(self, route: Route, task: TaskInstance) -> str | None:
        """Accept and run. The place is free before the task is completed: TaskRouter may fill it right then."""
        if self._over:  # it came and went while the client was away, and both are told (F45)
            raise _Over
        channel = task.task_channel_unique_name or "default"
        holds_one = await self._take_place(channel, task)
        try:
            if route.on_error is not OnError.REJECT:
                await self._accept(task)
            return await self._run(route, task)
        finally:
            if holds_one:
                self._capacity.release(channel)

    async def _take_place(self, channel: str, task: TaskInstance) -> bool:
        """Wait for a place; False if none is needed."""
        if self._capacity.try_acquire(channel):
            return True
        if task.ignore_capacity is None:  # v1's socket does not tell
            await self._persistence.send(task.fetch, f"task {task.sid}: reading it")
        if task.ignore_capacity:  # it was given regardless of it (rest-api 3.8)
            return False
        try:
            await self._pause(lambda: self._capacity.acquire(channel))
        except _Over:
            if self._over is None and self._reject_to is not None:
                await self._persistence.reject(self.reservation, self._reject_to)
            raise
        return True

    async def _run(self, route: Route, task: TaskInstance) -> str | None:
        """Run the handler within its deadline."""
        if self._over:
            raise _Over
        work = call(route, task, self.reservation)
        if self._tracing is not None:
            work = self._tracing.job("handle task", task.sid, work)
        self._handler = handler = asyncio.ensure_future(work)
        late = None
        try:
            if self._given_up:
                handler.cancel()
            done, _ = await asyncio.wait({handler}, timeout=route.deadline)
            if not done:
                late = f"took longer than {route.deadline:g} s"
                handler.cancel()
                await asyncio.wait({handler}, timeout=_GRACE)
        except asyncio.CancelledError:
            handler.cancel()
            await asyncio.wait({handler}, timeout=_GRACE)
            raise
        finally:
            self._handler = None
        return self._outcome(handler, self._given_up or late)

    def _outcome(self, handler: asyncio.Task[str | None], stopped: str | None) -> str | None:
        if not handler.done():
            handler.add_done_callback(_seen)
            raise _Failed("does not end, though it was cancelled")
        error = None if handler.cancelled() else handler.exception()
        if self._over:
            raise _Over from error
        if stopped is not None and (handler.cancelled() or error is not None):
            raise _Failed(stopped) from error
        if handler.cancelled():
            raise _Failed("cancelled itself")
        if error is not None:
            raise _Failed(f"raised {type(error).__name__}: {error}") from error
        return handler.result()

    async def _failed(self, route: Route, task: TaskInstance, failure: _Failed) -> None:
        then, by = _WHAT_NEXT[route.on_error], self.reservation.worker_sid
        _log.error("task %s of %s: its handler %s; %s", task.sid, by, failure, then, exc_info=failure.__cause__)
        if route.on_error is OnError.COMPLETE:
            await self._persistence.complete(task, f"the handler {failure}"[:_LONGEST_REASON])
        elif route.on_error is OnError.REJECT:
            await self._hand_back()

    async def _hand_back(self) -> None:
        try:
            await self._pause(lambda: self._persistence.pause_before(self.reservation))
        except _Over:
            if self._over:
                raise
        await self._persistence.reject(self.reservation, self._reject_to)


def _seen(handler: asyncio.Task[Any]) -> None:
    if not handler.cancelled():
        handler.exception()
