"""The typed front of the pyee emitter: handlers that cannot hurt the client, and an ordered iterator.

pyee raises a handler's exception out of ``emit`` when nobody listens to ``error``, which in our case is
the socket's reader. Here an exception goes to ``error`` and the log, and the next handler runs.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Self, TypeVar

import msgspec
from pyee.base import EventEmitter

from .errors import HandlerError, SlowConsumer, TaskRouterError

__all__ = ["CLIENT_EVENTS", "Disconnected", "Emitter", "Event", "EventStream"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

_log = logging.getLogger("trbridge.events")

CLIENT_EVENTS: Final = frozenset({"connected", "ready", "disconnected", "token.expired", "error", "state"})
"""Events that the client makes itself. A frame of the same name is passed on as ``server.<name>`` (Q32)."""


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


class Event(NamedTuple):
    """One event, as :meth:`listen` gives it.

    Attributes:
        type: Its name.
        payload: What a handler would be called with; None if with nothing.
        origin: Where it comes from: ``"socket"``, ``"log"``, ``"callback"``, ``"reconcile"`` for what a worker's
            client found out after it was cut off, or ``"client"`` for the client's own.
    """

    type: str
    payload: Any = None
    origin: str = "socket"


class EventStream:
    """Events in order, for one consumer: ``async for event in client.listen("task.created")``.

    Holds at most ``size`` events that were not taken yet. If the consumer falls further behind, it gets
    those and then :class:`~trbridge.errors.SlowConsumer`: a gap is never silent.
    """

    def __init__(self, types: frozenset[str], size: int, on_close: Callable[[EventStream], None]) -> None:
        self._types = types
        self._size = size
        self._on_close = on_close
        self._events: deque[Event] = deque()
        self._missed = 0
        self._ended = False
        self._error: TaskRouterError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def wants(self, name: str) -> bool:
        """Whether events of this name belong here."""
        return not self._types or name in self._types

    def push(self, event: Event) -> None:
        """Take an event in, or count it as missed."""
        if len(self._events) >= self._size or self._missed:
            self._missed += 1
        else:
            self._events.append(event)
        self._wake()

    def end(self, error: TaskRouterError | None = None) -> None:
        """Nothing more will come; what is here is still delivered."""
        self._ended, self._error = True, error
        self._wake()

    def close(self) -> None:
        """Stop listening."""
        self._on_close(self)
        self.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._missed:
                missed, self._missed = self._missed, 0
                raise SlowConsumer(
                    f"{missed} events were missed, since {self._size} were waiting already",
                    hint="do the work in tasks of its own, or listen(..., size=more)",
                )
            if self._ended:
                self._on_close(self)
                raise self._error or StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._events.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Emitter(EventEmitter):
    """A pyee emitter whose handlers are isolated from the client and from each other.

    Handlers may be functions or coroutine functions; those run as tasks, which :meth:`aclose` waits for
    or cancels. Registering the same function twice for one event calls it once, as pyee does.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._streams: list[EventStream] = []

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
        """As :meth:`publish`; returns when the coroutine handlers that it has started are over."""
        before = set(self._tasks)
        self.publish(name, *args, origin=origin)
        if started := self._tasks - before:
            await asyncio.wait(started)

    def wanted(self, name: str) -> bool:
        """Whether anybody listens, so that the payload is worth decoding."""
        return name in self._events or (bool(self._streams) and any(stream.wants(name) for stream in self._streams))

    def report(self, error: TaskRouterError) -> None:
        """Log an error and emit it as ``error``; never raises, listened to or not (Q29)."""
        _log.warning("%s: %s", type(error).__name__, error, exc_info=error.__cause__)
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
        stream = EventStream(frozenset(types), size, self._forget)
        self._streams.append(stream)
        return stream

    def _forget(self, stream: EventStream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)

    def remove_listener(self, event: str, f: Callable[..., Any]) -> None:
        """Remove a handler; one that is not registered is ignored, as Node does (pyee raises)."""
        with self._lock:
            if f in self._events.get(event, {}):
                self._remove_listener(event, f)

    def _run(self, name: str, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            outcome = handler(*args)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; the reader goes on
            self.report_handler(error, name)
            return
        if outcome is not None and inspect.iscoroutine(outcome):
            task = asyncio.get_running_loop().create_task(outcome)
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._finished(done, name))

    def _finished(self, task: asyncio.Task[Any], name: str) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.report_handler(error, name)

    # pyee's own emit() ends here too, so that client.emitter.emit() is as safe as ours.
    def _emit_run(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._run("emitted", lambda *values: f(*values, **kwargs), args)

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
        if drain > 0 and (running := self._tasks - {own}):
            await asyncio.wait(running, timeout=drain)
        while pending := self._tasks - {own}:
            for task in pending:
                task.cancel()
            await asyncio.wait(pending)
