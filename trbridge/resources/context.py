"""What resources see of the client they belong to: a place to send requests, and where things are."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from ..completion import Callback, Operation, Operations
from ..wire import Reply, Request

__all__ = ["Context", "Requester"]

T = TypeVar("T")


class Requester(Protocol):
    """Sends one request with the client's current token (never a copy of an older one, Q8 and Q9)."""

    def __call__(self, request: Request, /) -> Awaitable[Reply]:
        """Send it; raises :class:`~trbridge.errors.RequestError`."""


class Context:
    """One per client; every resource the client hands out refers to it.

    Args:
        send: Sends a request.
        operations: Keeps what is under way.
        api_base_url: Base of the REST API, with ``/v1``.
        workspace_sid: The workspace that everything here belongs to.
        worker_sid: The worker whose client this is, if it is one.
        update_token: The client's method of that name.

    Attributes:
        brought: What the last event of each name brought: mostly the next one brings the same.
        nested_events: Whether the last reservation event brought the reservation with its task in it
            (wire-protocol 7.4), not the task with the reservation's SID in it (7.3).
        turns: By URL, those who read something to write it back changed; see :meth:`turn`.
    """

    __slots__ = (
        "_turns",
        "api_base_url",
        "brought",
        "nested_events",
        "operations",
        "send",
        "update_token",
        "worker_sid",
        "workspace_sid",
        "workspace_url",
    )

    def __init__(
        self,
        send: Requester,
        operations: Operations,
        api_base_url: str,
        workspace_sid: str,
        worker_sid: str | None = None,
        update_token: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.send = send
        self.operations = operations
        self.api_base_url = api_base_url.rstrip("/")
        self.workspace_sid = workspace_sid
        self.worker_sid = worker_sid
        self.update_token = update_token
        self.brought: dict[str, type[Any]] = {}
        self.nested_events = False
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] | None = None
        self.workspace_url = f"{self.api_base_url}/Workspaces/{workspace_sid}"

    def start(self, work: Coroutine[Any, Any, T], callback: Callback[T] | None) -> Operation[T] | None:
        """Start an operation; see :meth:`trbridge.completion.Operations.start`."""
        return self.operations.start(work, callback)

    @property
    def turns(self) -> weakref.WeakValueDictionary[str, asyncio.Lock]:
        """Who writes what. Weak: a lock is here for as long as somebody holds it or waits for it."""
        if self._turns is None:  # 0.8 KiB that most clients do not need
            self._turns = weakref.WeakValueDictionary()
        return self._turns

    def turn(self, url: str) -> asyncio.Lock:
        """A lock for reading something to write it back changed: two of one client need not get in each other's way."""
        return self.turns.setdefault(url, asyncio.Lock())
