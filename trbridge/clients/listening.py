"""Registering handlers, typed by event: a handler that cannot take an event's payload is a type error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, Self, TypeVar, cast, overload

from ..errors import TaskRouterError
from ..events import Disconnected, Emitter, EventStream
from ..session import State

__all__ = ["Listening", "NoPayload", "Registrar", "ServiceEvent"]

NoPayload = Literal["connected", "token.expired"]
"""Client events without an argument."""

ServiceEvent = Literal[
    "activity.created", "activity.deleted", "activity.updated",
    "reservation.accepted", "reservation.canceled", "reservation.completed", "reservation.created",
    "reservation.failed", "reservation.rejected", "reservation.rescinded", "reservation.timeout",
    "reservation.wrapup",
    "task-channel.created", "task-channel.deleted", "task-channel.updated",
    "task-queue.created", "task-queue.deleted", "task-queue.entered", "task-queue.expression.updated",
    "task-queue.moved", "task-queue.timeout",
    "task.canceled", "task.completed", "task.created", "task.deleted", "task.system-deleted",
    "task.transfer-attempt-failed", "task.transfer-canceled", "task.transfer-completed",
    "task.transfer-failed", "task.transfer-initiated", "task.updated", "task.wrapup",
    "worker.activity.update", "worker.attributes.update", "worker.capacity.update",
    "worker.channel.availability.update", "worker.created", "worker.deleted",
    "workflow.created", "workflow.deleted", "workflow.entered", "workflow.skipped",
    "workflow.target-matched", "workflow.timeout", "workflow.updated",
    "workspace.created", "workspace.deleted", "workspace.updated",
]  # fmt: skip
"""Every event type known (wire-protocol 6.6). For one that is younger than this list: ``client.emitter.on``."""

C = TypeVar("C")
OnNothing = TypeVar("OnNothing", bound=Callable[[], object])
OnDisconnected = TypeVar("OnDisconnected", bound=Callable[[Disconnected], object])
OnError = TypeVar("OnError", bound=Callable[[TaskRouterError], object])
OnState = TypeVar("OnState", bound=Callable[[State], object])
OnAny = TypeVar("OnAny", bound=Callable[[Any], object])


class Registrar(Protocol[C]):
    """The types of ``on`` and ``once``: as a decorator, and with the handler as second argument."""

    @overload
    def __call__(self, event: NoPayload, /) -> Callable[[OnNothing], OnNothing]: ...
    @overload
    def __call__(self, event: NoPayload, handler: OnNothing, /) -> OnNothing: ...
    @overload
    def __call__(self, event: Literal["ready"], /) -> Callable[[Callable[[C], object]], Callable[[C], object]]: ...
    @overload
    def __call__(self, event: Literal["ready"], handler: Callable[[C], object], /) -> Callable[[C], object]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], /) -> Callable[[OnDisconnected], OnDisconnected]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], handler: OnDisconnected, /) -> OnDisconnected: ...
    @overload
    def __call__(self, event: Literal["error"], /) -> Callable[[OnError], OnError]: ...
    @overload
    def __call__(self, event: Literal["error"], handler: OnError, /) -> OnError: ...
    @overload
    def __call__(self, event: Literal["state"], /) -> Callable[[OnState], OnState]: ...
    @overload
    def __call__(self, event: Literal["state"], handler: OnState, /) -> OnState: ...
    @overload
    def __call__(self, event: ServiceEvent, /) -> Callable[[OnAny], OnAny]: ...
    @overload
    def __call__(self, event: ServiceEvent, handler: OnAny, /) -> OnAny: ...


class Listening:
    """The part of a client that takes handlers.

    Attributes:
        emitter: The pyee emitter underneath, for event names that the types do not know.
    """

    emitter: Emitter

    @property
    def on(self) -> Registrar[Self]:
        """Call a function, or start a coroutine function, at each event of a name.

        As a decorator, ``@client.on("ready")``, or directly, ``client.on("ready", handler)``; both
        return the handler. One that raises is reported as ``error``.
        """
        return cast("Registrar[Self]", self.emitter.on)

    @property
    def once(self) -> Registrar[Self]:
        """As :attr:`on`, for the next event only."""
        return cast("Registrar[Self]", self.emitter.once)

    def remove_listener(self, event: str, handler: Callable[..., Any]) -> None:
        """Stop calling a handler."""
        self.emitter.remove_listener(event, handler)

    def remove_all_listeners(self, event: str | None = None) -> None:
        """Stop calling any handler of this event, or of all."""
        self.emitter.remove_all_listeners(event)

    def listeners(self, event: str) -> list[Callable[..., Any]]:
        """The handlers of an event."""
        return self.emitter.listeners(event)

    def listen(self, *types: str, size: int = 1000) -> EventStream:
        """Events one by one, in order, of the given names or all; ends when the client is closed.

        Example::

            async for event in workspace.listen("task.created", "task.canceled"):
                print(event.type, event.payload.sid)

        Args:
            types: Names of events.
            size: How many events may wait before :class:`~trbridge.SlowConsumer` is raised.
        """
        return self.emitter.listen(*types, size=size)
