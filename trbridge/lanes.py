"""What one coroutine handler has under way: so many at once, so many that wait, each for so long (F47, F49)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple, Protocol

from .errors import HandlerError, SlowConsumer, TaskRouterError
from .handler_limits import HandlerLimits, name_of

__all__ = ["Brake", "Host", "Lane"]

_log = logging.getLogger("trbridge.events")

_GRACE: Final = 5.0
"""Seconds that a handler gets to end after it was cancelled; one that does not is left to itself (F49)."""

_READ_ALREADY: Final = 20_000
"""More than one read of a socket can bring (256 KiB): what may come after it was held. Sources that cannot be held
may bring more, which is dropped."""

_FULL: Final = {
    "drop-oldest": "so the one that waits longest is dropped",
    "block": "so nothing more is read until half of them have been begun",
    "close": "so the client gives up",
}


class Brake(Protocol):
    """What a full lane may do to the source of the events."""

    def hold(self, lane: object) -> None:
        """Bring no more for this lane, if that can be helped."""

    def release(self, lane: object) -> None:
        """Go on."""

    def give_up(self, error: TaskRouterError) -> None:
        """End: it cannot go on like this."""


class Host(Protocol):
    """What a lane needs of the emitter it belongs to."""

    brake: Brake | None

    def report(self, error: TaskRouterError) -> None:
        """Log an error, and emit it."""

    def report_handler(self, error: BaseException, event: str | None = None) -> None:
        """Report that a handler raised."""

    def overflowed(self) -> None:
        """Count an event that no handler will see."""

    def idle(self, handler: Callable[..., Any], lane: Lane) -> None:
        """The handler has nothing more under way."""

    def now(self) -> float:
        """The time, for how long events wait."""


class _Waiting(NamedTuple):
    name: str
    work: Coroutine[Any, Any, Any]
    came: float
    ended: asyncio.Future[None] | None
    """Somebody waits for its end, and counts on it: it is not dropped."""


class Lane:
    """One handler's events. Lives as long as it has any.

    Args:
        handler: The handler, to call it by its name.
        limits: What it may have under way.
        host: The emitter.
    """

    __slots__ = (
        "_due",
        "_ends",
        "_full",
        "_handler",
        "_holds",
        "_host",
        "_late",
        "_left",
        "_limits",
        "_lost",
        "_running",
        "_timer",
        "_waiting",
    )

    def __init__(self, handler: Callable[..., Any], limits: HandlerLimits, host: Host) -> None:
        self._handler = handler
        self._limits = limits
        self._host = host
        self._running: dict[asyncio.Task[Any], str] = {}
        self._waiting: deque[_Waiting] = deque()
        self._ends: dict[asyncio.Task[Any], asyncio.Future[None]] = {}
        # Both in the order in which they are due, since all get the same time: one timer for all.
        self._due: dict[asyncio.Task[Any], float] = {}
        self._late: dict[asyncio.Task[Any], float] = {}
        self._left: dict[asyncio.Task[Any], str] = {}  # cancelled, and still there; at most as many as may run
        self._timer: asyncio.TimerHandle | None = None
        self._full = False  # since the last time that nothing waited
        self._holds = False
        self._lost = 0

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """What runs."""
        return {*self._running, *self._left}

    def __len__(self) -> int:
        """How many events wait for their turn."""
        return len(self._waiting)

    @property
    def oldest(self) -> float | None:
        """When the event came that has waited longest; None if none waits."""
        try:
            return self._waiting[0].came
        except IndexError:
            return None

    def take(self, name: str, work: Coroutine[Any, Any, Any], ended: asyncio.Future[None] | None = None) -> None:
        """Begin with an event, or let it wait.

        Args:
            name: The event's.
            work: The handler's coroutine, not begun.
            ended: Settled when it is over; it is then waited for, and never dropped.
        """
        if len(self._running) < self._limits.concurrency and not self._waiting:
            self._start(name, work, ended)
        elif len(self._waiting) < self._limits.queue or ended is not None:
            self._waiting.append(_Waiting(name, work, self._host.now(), ended))
        else:
            self._overflow(_Waiting(name, work, self._host.now(), None))

    def clear(self) -> None:
        """Forget what waits."""
        while self._waiting:
            _drop(self._waiting.popleft())
        self._release()
        self._full = False

    # -- one event ---------------------------------------------------------------------------------

    def _start(self, name: str, work: Coroutine[Any, Any, Any], ended: asyncio.Future[None] | None) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        self._running[task] = name
        task.add_done_callback(self._finished)
        if ended is not None:
            self._ends[task] = ended
        if self._limits.timeout is not None:
            self._due[task] = loop.time() + self._limits.timeout
            if self._timer is None:
                self._timer = loop.call_later(self._limits.timeout, self._look)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        name = self._running.pop(task, None) or self._left.pop(task, None)
        if self._limits.timeout is not None:
            self._due.pop(task, None)
            self._late.pop(task, None)
        if self._ends:
            _settle(self._ends.pop(task, None))
        if not task.cancelled() and (error := task.exception()) is not None:
            self._host.report_handler(error, name)
        self._advance()

    def _advance(self) -> None:
        while self._waiting and len(self._running) < self._limits.concurrency:
            name, work, _, ended = self._waiting.popleft()
            self._start(name, work, ended)
        if self._holds and len(self._waiting) <= self._limits.queue // 2:
            self._release()
        if self._full and not self._waiting:
            self._caught_up()
        if not self._running and not self._waiting and not self._left:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._host.idle(self._handler, self)

    # -- too many ----------------------------------------------------------------------------------

    def _overflow(self, event: _Waiting) -> None:
        brake, how = self._host.brake, self._limits.when_full
        self._waiting.append(event)
        if how == "block" and brake is not None and not self._holds:
            self._holds = True
            brake.hold(self)
        if not self._holds or len(self._waiting) > self._limits.queue + _READ_ALREADY:
            self._drop_oldest()
        if not self._full:
            self._full = True
            error = self._complaint(event.name)
            if how == "close" and brake is not None:
                brake.give_up(error)  # which reports it
            else:
                self._host.report(error)

    def _complaint(self, name: str) -> SlowConsumer:
        return SlowConsumer(
            f"{name_of(self._handler)} does not keep up with {name!r}: {len(self._running)} run and "
            f"{len(self._waiting)} wait already, {_FULL[self._limits.when_full]}",
            hint="handlers=HandlerLimits(...) says how many may run and wait; stats.lag and stats.overflows show it",
        )

    def _drop_oldest(self) -> None:
        place = next(index for index, event in enumerate(self._waiting) if event.ended is None)
        event = self._waiting[place]
        del self._waiting[place]
        self._lost += 1
        self._host.overflowed()
        _drop(event)

    def _release(self) -> None:
        if self._holds and self._host.brake is not None:
            self._host.brake.release(self)
        self._holds = False

    def _caught_up(self) -> None:
        _log.warning("%s keeps up again; %d events were dropped", name_of(self._handler), self._lost)
        self._full, self._lost = False, 0

    # -- too long ----------------------------------------------------------------------------------

    def _look(self) -> None:
        """The one that has run longest may be due; so may one that was cancelled."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for task in _taken(self._due, loop.time()):
            self._late[task] = loop.time() + _GRACE
            self._tell(task, f"took longer than {self._limits.timeout:g} s and is cancelled")
            task.cancel()
        for task in _taken(self._late, loop.time()):
            self._leave(task)
        if self._due or self._late:
            due = min(next(iter(tasks.values()), math.inf) for tasks in (self._due, self._late))
            self._timer = loop.call_at(due, self._look)
        self._advance()

    def _leave(self, task: asyncio.Task[Any]) -> None:
        """It swallows its cancellation: others take its place, though not without end."""
        self._tell(task, f"does not end, though it was cancelled {_GRACE:g} s ago")
        if len(self._left) < self._limits.concurrency:
            self._left[task] = self._running.pop(task)

    def _tell(self, task: asyncio.Task[Any], what: str) -> None:
        name = self._running.get(task)
        error = HandlerError(f"a handler of {name!r}, {name_of(self._handler)}, {what}")
        error.event = name
        error.__cause__ = TimeoutError(what)
        if name == "error":  # as everywhere: an error handler is not called about itself
            _log.error("%s", error)
        else:
            self._host.report(error)


def _taken(tasks: dict[asyncio.Task[Any], float], now: float) -> list[asyncio.Task[Any]]:
    """Take out those that are due."""
    due = []
    for task, when in tasks.items():
        if when > now:
            break
        due.append(task)
    for task in due:
        del tasks[task]
    return due


def _drop(event: _Waiting) -> None:
    event.work.close()
    _settle(event.ended)


def _settle(ended: asyncio.Future[None] | None) -> None:
    if ended is not None and not ended.done():
        ended.set_result(None)
