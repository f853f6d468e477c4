"""Registering handlers: a handler that cannot take an event's payload is a type error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, cast

from ..events import Emitter, EventStream
from .registrars import Registrar

__all__ = ["Listening"]


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

    @property
    def add_listener(self) -> Registrar[Self]:
        """As :attr:`on`, with the handler as second argument."""
        return self.on

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
