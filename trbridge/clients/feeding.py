"""A workspace's events from its log and from event callbacks, through the same handlers as the socket's.

What the service pushes on a workspace's channel is not documented, and perhaps nothing (routing 7). The log has
everything, and callbacks bring it at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import CheckpointError, DecodeError, InvalidArgument, TaskRouterError
from ..events import CLIENT_EVENTS
from ..following import Doubles, Follower
from ..following.doubles import Told
from ..resources.decoding import decode_struct
from ..resources.workspace import WorkspaceInstance
from ..session import State
from .resource_client import ResourceClient

if TYPE_CHECKING:
    from ..checkpoints import Checkpoint
    from ..resources.event import EventInstance, EventList
    from ..resources.instance import ReadOnlyInstance
    from ..resources.page import Page
    from .drift import Watch

__all__ = ["FedClient", "Feed", "handler_name", "told_by_log"]


class FedClient(ResourceClient[WorkspaceInstance]):
    """The part of the workspace client that takes events from elsewhere than the socket."""

    _feed: Feed | None = None
    _doubles: Doubles | None = None

    @property
    def events(self) -> EventList:
        """TaskRouter's log of events, kept for 30 days: read it, ``follow()`` it, or feed the handlers with it."""
        return self.resource.events

    def feed_events(
        self,
        *,
        since: datetime | timedelta | None = None,
        types: str | Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        every: float = 5.0,
        settle: float = 1.0,
        overlap: float = 60.0,
        allow_gap: bool = False,
    ) -> None:
        """Feed handlers and ``listen()`` from the workspace's log too, with ``origin="log"``.

        From the first ``ready`` on, until the client is closed; after another ``connect()`` it goes on where it
        was. A handler gets what the event is about, as from the socket (:attr:`EventInstance.resource
        <trbridge.resources.event.EventInstance.resource>`), or the event itself if that is not known. What the
        socket or a callback brought already is not told again, where that can be known.

        Events go to the handlers one after the other: the next one comes, and the checkpoint moves, when the
        coroutine handlers of the last have ended. One that raises is reported as ``error``, and counts as done.

        Example::

            workspace.feed_events(checkpoint=FileCheckpoint("log.json"))

            @workspace.on("task.created")
            async def created(task):
                print(task.sid, task.attributes)

        Args:
            since: As for :meth:`EventList.follow <trbridge.resources.event.EventList.follow>`, like the others.
            types: As there.
            checkpoint: As there.
            every: As there.
            settle: As there.
            overlap: As there.
            allow_gap: As there.

        Raises:
            InvalidArgument: A value is out of range, or the handlers are fed already.
        """
        self._take_feed(
            Feed(
                self,
                since=since,
                types=types,
                checkpoint=checkpoint,
                every=every,
                settle=settle,
                overlap=overlap,
                allow_gap=allow_gap,
            )
        )

    def _take_feed(self, feed: Feed) -> None:
        if self._feed is not None:
            raise InvalidArgument("feed_events() was called already; a client has one feed")
        self._feed = feed
        self._expect_doubles()
        if self.state is State.READY:
            feed.start()

    def _expect_doubles(self) -> Doubles:
        """From now on events may come in more than one way."""
        if self._doubles is None:
            self._doubles = Doubles()
        return self._doubles

    # -- for the link ------------------------------------------------------------------------------

    def on_ready(self) -> None:
        """Publish ``ready``, and begin to feed."""
        super().on_ready()
        if self._feed is not None:
            self._feed.start()

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Publish an event of the socket, unless it came already."""
        if self._doubles is not None:
            told = _told_by_socket(name, payload)
            if told is not None and not self._doubles.is_new(told):
                return
        super().receive(name, payload)

    def tell_drift(self, watch: Watch, resource: ReadOnlyInstance) -> None:
        """As for every client; what the log or callbacks bring is left to them."""
        if self._doubles is None:
            super().tell_drift(watch, resource)
        else:
            watch.note(resource)

    async def aclose(self, *, drain: float = 5.0) -> None:
        """As for every client."""
        try:
            if self._feed is not None:
                await self._feed.stop(drain)
        finally:
            await super().aclose(drain=drain)


class Feed:
    """Gives the events of the log to a client's handlers.

    Args:
        client: The client.
        every: Seconds between two looks at the log.
        sleep: Waits.
        options: More of :class:`~trbridge.following.Follower`.
    """

    def __init__(
        self,
        client: FedClient,
        *,
        every: float = 5.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        **options: Any,
    ) -> None:
        self._client = client
        self._every, self._sleep = every, sleep
        self._follower = Follower(_LogOf(client), every=every, sleep=sleep, report=client.emitter.report, **options)
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._telling = False

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._task is None or self._task.done():
            self._stopping = False
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self, drain: float = 0.0) -> None:
        """Stop, after the handlers of the event that is under way if they end within ``drain`` seconds."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping = True
        # A handler that closes the client cannot be waited for: it waits for us.
        if self._telling and drain > 0 and asyncio.current_task() not in self._client.emitter.tasks:
            await asyncio.wait({task}, timeout=drain)
        task.cancel()
        await asyncio.wait({task})

    async def _run(self) -> None:
        try:
            while not self._stopping:
                await self._step()
            await self._follower.done()
        except TaskRouterError as error:
            self._client.emitter.report(error)
        except Exception as error:  # noqa: BLE001 - a checkpoint of the user's may raise anything
            self._client.emitter.report_handler(error)

    async def _step(self) -> None:
        try:
            event = await anext(self._follower)
        except CheckpointError as error:
            # A full disk: events go on to be handled, and the position may be kept next time.
            self._client.emitter.report(error)
            await self._sleep(self._every)
            return
        self._telling = True
        try:
            await self._tell(event)
        finally:
            self._telling = False

    async def _tell(self, event: EventInstance) -> None:
        name, client = event.event_type, self._client
        if name and client._expect_doubles().is_new(told_by_log(event)):
            name = handler_name(name)
            if client.emitter.wanted(name):
                await client.emitter.deliver(name, event.resource or event, origin="log")


class _LogOf:
    """The client's log, also before the client knows its workspace."""

    def __init__(self, client: FedClient) -> None:
        self._client = client

    @property
    def workspace_sid(self) -> str:
        return self._client.events.workspace_sid

    async def fetch(self, params: dict[str, str], /) -> Page[EventInstance]:
        return await self._client.events.fetch(params)


def handler_name(event_type: str) -> str:
    """The name under which handlers get it: not one of the client's own (Q32)."""
    return f"server.{event_type}" if event_type in CLIENT_EVENTS else event_type


def told_by_log(event: EventInstance, origin: str = "log", digest: str | None = None) -> Told:
    """What tells an event of the log, or a callback, from others."""
    seconds = None if event.event_date_ms is None else event.event_date_ms / 1000
    return Told(event.event_type or "", event.resource_sid or "", seconds, event.sid or None, origin, digest)


class _Peek(msgspec.Struct):
    sid: Any = None
    reservation_sid: Any = None
    worker_sid: Any = None
    date_updated: datetime | None = None


def _told_by_socket(name: str, payload: msgspec.Raw) -> Told | None:
    """The same for an event of the socket; None if it does not tell what it is about."""
    try:
        peek = decode_struct(_Peek, payload)
    except DecodeError:
        return None
    # v1's reservation events bring the task (wire-protocol 7.3); a channel's are its worker's in the log.
    sid = {"reservation": peek.reservation_sid, "worker": peek.worker_sid}.get(name.partition(".")[0]) or peek.sid
    if not isinstance(sid, str) or not sid:
        return None
    return Told(name, sid, None if peek.date_updated is None else peek.date_updated.timestamp())
