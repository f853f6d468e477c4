"""The typed front of the pyee emitter: handlers that cannot hurt the client, and an ordered iterator.

pyee raises a handler's exception out of ``emit`` when nobody listens to ``error``, which in our case is
the socket's reader. Here an exception goes to ``error`` and the log, and the next handler runs.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from pyee.base import EventEmitter

from .client_stats import ClientStats
from .errors import HandlerError, SlowConsumer, TaskRouterError
from .handler_limits import HandlerLimits, limits_of
from .lanes import Brake, Lane
from .log_redaction import redacting_logger
from .session import State
from .streams import Event, EventStream

if TYPE_CHECKING:
    from .telemetry import Tracing

__all__ = ["CLIENT_EVENTS", "RECONCILE", "Disconnected", "Emitter", "Event", "EventStream", "StateChange"]

_log = redacting_logger("trbridge.events")

CLIENT_EVENTS: Final = frozenset({"connected", "ready", "disconnected", "token.expired", "error", "state"})
"""Events that the client makes itself. A frame of the same name is passed on as ``server.<name>`` (Q32)."""

RECONCILE: Final = "reconcile"
"""The origin of what a comparison with the service found, and the socket had not brought."""


_Run = Callable[[str, Callable[..., Any], tuple[Any, ...]], None]


class Disconnected(msgspec.Struct, frozen=True, kw_only=True):
    """What ``disconnected`` brings, once per outage (Q28).

    Attributes:
        message: What happened, in words.
        code: The websocket's close code; 1006 if there was none (RFC 6455 section 7.1.5).
        reason: The server's words, if any.
        retry_in: Seconds until the first attempt to come back; None if there will be none.
    """

    message: str
    code: int | None = None
    reason: str = ""
    retry_in: float | None = None


class StateChange(msgspec.Struct, frozen=True, kw_only=True):
    """What ``state`` brings, at every change.

    Attributes:
        old: Where the connection stood.
        new: Where it stands now.
    """

    old: State
    new: State


class Waiting(Protocol):
    """Something in which events wait."""

    def __len__(self) -> int:
        """How many."""

    @property
    def oldest(self) -> float | None:
        """When the event came that has waited longest; None if none waits."""


class Emitter(EventEmitter):
    """A pyee emitter whose handlers are isolated from the client and from each other.

    Handlers may be functions or coroutine functions; those run as tasks, within their limits, and
    :meth:`aclose` waits for them or cancels them. Registering the same function twice for one event calls it
    once, as pyee does.

    Args:
        limits: How much each coroutine handler may have under way.
        stats: Where events are counted that no handler gets; default nowhere.
        now: The time, for how long events wait.
        whose: The client, for the log: with two hundred in a process an error alone does not tell whose it is.

    Attributes:
        brake: What a handler that is full may do to the source of its events; None if nothing.
    """

    def __init__(
        self,
        limits: HandlerLimits | None = None,
        stats: ClientStats | None = None,
        now: Callable[[], float] = time.monotonic,
        whose: object = "",
    ) -> None:
        super().__init__()
        self._whose = whose
        self.brake: Brake | None = None
        self.now = now
        self._limits = limits or HandlerLimits()
        self._stats = stats or ClientStats()
        self._lanes: dict[Callable[..., Any], Lane] = {}
        self._streams: list[EventStream] = []
        self._ends: list[asyncio.Future[None]] | None = None
        self._run: _Run = self._run_plainly

    def publish(self, name: str, *args: Any, origin: str = "socket") -> None:
        """Give an event to the streams, then to the handlers, in the order of their registration."""
        if self._streams:
            event = Event(name, args[0] if args else None, origin)
            for stream in self._streams:
                if stream.wants(name):
                    stream.push(event)
        handlers = self._events.get(name)
        if handlers:
            for handler in tuple(handlers.values()):
                self._run(name, handler, args)

    async def deliver(self, name: str, *args: Any, origin: str) -> None:
        """As :meth:`publish`; returns when the coroutine handlers of this event are over."""
        ends: list[asyncio.Future[None]] = []
        self._ends = ends
        try:
            self.publish(name, *args, origin=origin)
        finally:
            self._ends = None
        if ends:
            await asyncio.wait(ends)

    def wanted(self, name: str) -> bool:
        """Whether anybody listens, so that the payload is worth decoding."""
        return name in self._events or (bool(self._streams) and any(stream.wants(name) for stream in self._streams))

    def report(self, error: TaskRouterError) -> None:
        """Log an error and emit it as ``error``; never raises, listened to or not (Q29)."""
        whose = f"{self._whose!r}: " if self._whose else ""
        _log.warning("%s%s: %s", whose, type(error).__name__, error, exc_info=error.__cause__)
        self.publish("error", error, origin="client")

    def report_handler(self, error: BaseException, event: str | None = None) -> None:
        """Report that a handler or callback raised."""
        where = f"a handler of {event!r}" if event else "a callback"
        wrapped = HandlerError(f"{where} raised {type(error).__name__}: {error}")
        wrapped.event = event
        wrapped.__cause__ = error
        if event == "error":  # an error handler that raises must not be called about that
            _log.error("%s", wrapped, exc_info=error)
        else:
            self.report(wrapped)

    def listen(self, *types: str, size: int = 1000) -> EventStream:
        """The ordered form of the given events, or of all."""
        stream = EventStream(frozenset(types), size, self._forget, self._missed, self.now)
        self._streams.append(stream)
        return stream

    def _forget(self, stream: EventStream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)

    def _missed(self, stream: EventStream, is_first: bool) -> None:
        self.overflowed()
        if is_first:
            self.report(SlowConsumer(f"{stream} is full: what comes now is missed, until its consumer has noticed"))

    def remove_listener(self, event: str, f: Callable[..., Any]) -> None:
        """Remove a handler; one that is not registered is ignored, as Node does (pyee raises)."""
        with self._lock:
            if f in self._events.get(event, {}):
                self._remove_listener(event, f)

    def trace(self, tracing: Tracing | None) -> None:
        """Make spans of handlers, or none any more. An event pays for it only if there are any."""
        self._run = self._run_plainly if tracing is None else partial(self._run_traced, tracing)

    def _run_traced(self, tracing: Tracing, name: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            with tracing.handler(name, handler, args):
                outcome = handler(*args)
        except Exception as error:  # noqa: BLE001 - as below
            self.report_handler(error, name)
            return
        if inspect.iscoroutine(outcome):
            self._begin(name, handler, tracing.handling(name, handler, args, outcome))

    def _run_plainly(self, name: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            outcome = handler(*args)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; the reader goes on
            self.report_handler(error, name)
            return
        if outcome is not None and inspect.iscoroutine(outcome):
            self._begin(name, handler, outcome)

    def _add_event_handler(self, event: str, k: Callable[..., Any], v: Callable[..., Any]) -> None:
        limits = limits_of(k)
        super()._add_event_handler(event, k, v if limits is None or v is k else limits(v))

    # -- coroutine handlers ------------------------------------------------------------------------

    def _begin(self, name: str, handler: Callable[..., Any], work: Coroutine[Any, Any, Any]) -> None:
        lane = self._lanes.get(handler)
        if lane is None:
            lane = self._lanes[handler] = Lane(handler, limits_of(handler) or self._limits, self)
        if self._ends is None:
            lane.take(name, work)
        else:
            ended = asyncio.get_running_loop().create_future()
            self._ends.append(ended)
            lane.take(name, work, ended)

    def idle(self, handler: Callable[..., Any], lane: Lane) -> None:
        """A handler has nothing more under way."""
        if self._lanes.get(handler) is lane:
            del self._lanes[handler]

    def overflowed(self) -> None:
        """Count an event that somebody should have got, and does not."""
        self._stats.overflows += 1

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """The coroutine handlers that run."""
        return {task for lane in list(self._lanes.values()) for task in lane.tasks}

    def backlog(self, *others: Waiting) -> tuple[float, int]:
        """How long the event has waited that waits longest, in seconds, and how many wait; others included."""
        waiting: list[Waiting] = [*list(self._lanes.values()), *self._streams, *others]
        oldest = min((each.oldest for each in waiting if each.oldest is not None), default=None)
        return 0.0 if oldest is None else max(0.0, self.now() - oldest), sum(map(len, waiting))

    # pyee's own emit() ends here too, so that client.emitter.emit() is as safe as ours.
    def _emit_run(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            outcome = f(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - as in _run
            self.report_handler(error, "emitted")
            return
        if inspect.iscoroutine(outcome):
            self._begin("emitted", f, outcome)

    def _emit_handle_potential_error(self, event: str, error: Any) -> None:
        if event == "error":
            _log.warning("an error that nobody listens to: %s", error)

    async def aclose(self, drain: float = 0.0) -> None:
        """End the streams and the handlers that still run; the calling one is spared.

        Args:
            drain: Seconds that handlers get to finish by themselves before they are cancelled.
        """
        for stream in list(self._streams):
            stream.end()
        own = asyncio.current_task()
        await self._drained(own, drain)
        for lane in list(self._lanes.values()):
            lane.clear()
        while pending := self.tasks - {own}:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)

    async def _drained(self, own: asyncio.Task[Any] | None, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        by = loop.time() + seconds
        # Each that ends may make room for one that waits.
        while (running := self.tasks - {own}) and (left := by - loop.time()) > 0:
            await asyncio.wait(running, timeout=left)
