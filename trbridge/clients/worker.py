"""The Worker client: an agent's seat, which is where most bots sit (wire-protocol 5.5, 6)."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast, overload

from ..completion import Callback, Operation
from ..errors import InvalidArgument, TaskRouterError
from ..resources.activity import ActivityInstance, ActivityList
from ..resources.binding import Bound, bind
from ..resources.decoding import NULL
from ..resources.page import Page
from ..resources.reservation import ReservationInstance
from ..resources.task import TaskInstance, TaskList
from ..resources.worker import WorkerInstance
from ..session import State
from ..sids import check_sid
from ..urls import websocket_url
from .desk import Desk
from .mirror import Mirror
from .registrars import SeatRegistrar
from .resource_client import ResourceClient

if TYPE_CHECKING:
    import msgspec

    from ..claims import ChannelKind
    from ..credentials import TokenProvider
    from ..resources.reservation import ReservationList
    from ..resources.statistics import StatisticsResource, WorkerInstanceStatistics
    from ..resources.worker_channel import WorkerChannelInstance, WorkerChannelList

__all__ = ["Worker"]


class Worker(ResourceClient[WorkerInstance]):
    """A worker: gets reservations, accepts them, works, completes.

    Example::

        async with Worker(token, connect_activity_sid=available, disconnect_activity_sid=offline) as alice:

            @alice.on("reservation.created")
            async def take(reservation):
                await reservation.accept()
                await reservation.task.complete(reason="solved")

            await alice.run()

    Events, beside those that every client has: ``reservation.created``, ``.accepted``, ``.rejected``,
    ``.timeout``, ``.canceled``, ``.rescinded``, ``.wrapup``, ``.completed`` with the reservation and its task;
    ``activity.update`` and ``attributes.update`` with the worker, ``capacity.update`` and
    ``channel.availability.update`` with the channel; ``task.updated`` and the like with the task.

    At every ``ready``, reservations that are pending and were not delivered yet arrive as
    ``reservation.created``, once each, however often the client reconnects.

    Args:
        token: As for every client, of :class:`~trbridge.WorkerCapability`.
        debug: Print what happens on stderr.
        connect_activity_sid: Activity to go to at ``ready``, if nothing is pending. On a reconnect only if
            the service has moved the worker to ``disconnect_activity_sid`` meanwhile (Q35).
        disconnect_activity_sid: Activity to go to when the client closes; the service does so when it
            loses the connection.
        close_existing_sessions: Close other connections of the same worker.
        region: As for every client, like the arguments that follow.
        max_retries: As for every client.
        api_base_url: As for every client.
        event_bridge_base_url: As for every client.
        options: The keyword arguments that every client has.
    """

    kind: ClassVar[ChannelKind] = "worker"
    resource_class: ClassVar[type[WorkerInstance]] = WorkerInstance

    account_sid: Mirror[str | None] = Mirror()
    activity: Mirror[ActivityInstance | None] = Mirror()
    activity_name: Mirror[str | None] = Mirror()
    activity_sid: Mirror[str | None] = Mirror()
    attributes: Mirror[Any] = Mirror()
    available: Mirror[bool | None] = Mirror()
    date_created: Mirror[datetime | None] = Mirror()
    date_status_changed: Mirror[datetime | None] = Mirror()
    date_updated: Mirror[datetime | None] = Mirror()
    friendly_name: Mirror[str | None] = Mirror()
    sid: Mirror[str | None] = Mirror()
    workspace_sid: Mirror[str | None] = Mirror()

    def __init__(
        self,
        token: str | TokenProvider,
        debug: bool = False,
        connect_activity_sid: str | None = None,
        disconnect_activity_sid: str | None = None,
        close_existing_sessions: bool = False,
        region: str | None = None,
        max_retries: int = 0,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        **options: Any,
    ) -> None:
        for name, sid in (("connect", connect_activity_sid), ("disconnect", disconnect_activity_sid)):
            if sid is not None:
                check_sid(sid, "WA", name=f"{name}_activity_sid")
        self.connect_activity_sid = connect_activity_sid
        self.disconnect_activity_sid = disconnect_activity_sid
        self.close_existing_sessions = close_existing_sessions in (True, "true")
        super().__init__(token, debug, region, max_retries, api_base_url, event_bridge_base_url, **options)
        self._desk = Desk(self)
        self._has_connected = False

    @property
    def on(self) -> SeatRegistrar[Self]:  # type: ignore[override]
        """As for every client; a worker's client has events of its own, see above."""
        return cast("SeatRegistrar[Self]", self.emitter.on)

    @property
    def once(self) -> SeatRegistrar[Self]:  # type: ignore[override]
        """As :attr:`on`, for the next event only."""
        return cast("SeatRegistrar[Self]", self.emitter.once)

    # -- its resources -----------------------------------------------------------------------------

    @property
    def worker_sid(self) -> str:
        """The worker's SID, from the token."""
        return self.resource.sid

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities."""
        return ActivityList(self._context)

    @property
    def channels(self) -> WorkerChannelList:
        """How much of which task channel the worker takes at a time."""
        return self.resource.channels

    @property
    def reservations(self) -> ReservationList:
        """The worker's reservations, those of the past included."""
        return self.resource.reservations

    @property
    def open_reservations(self) -> dict[str, ReservationInstance]:
        """Reservations that were delivered and are not over, by SID; each changes as events arrive."""
        return self._desk.open

    @property
    def statistics(self) -> StatisticsResource[WorkerInstanceStatistics]:
        """What this worker did in a span of time."""
        return self.resource.statistics

    # -- v1's methods ------------------------------------------------------------------------------

    def fetch_reservations(self, *args: Any, **filters: Any) -> Operation[Page[ReservationInstance]] | None:
        """Fetch reservations with their tasks: ``fetch_reservations([callback], [params], **filters)``.

        v1 has the callback first; either order works.

        Returns:
            The page to await, or None with a callback.
        """
        callback = next((value for value in args if callable(value)), None)
        params = next((value for value in args if isinstance(value, Mapping)), None)
        if len(args) != sum(value is not None for value in (callback, params)):
            raise InvalidArgument("fetch_reservations takes a callback and query parameters, no more")
        return self._context.start(self._desk.fetch(params, filters), callback)

    @overload
    def fetch_channels(self) -> Operation[Page[WorkerChannelInstance]]: ...
    @overload
    def fetch_channels(self, callback: Callback[Page[WorkerChannelInstance]], /) -> None: ...
    def fetch_channels(self, *args: Any) -> Any:
        """Fetch the worker's channels."""
        return self.channels.fetch(*args)

    def update_task(self, task_sid: str, *args: Any, **parameters: Any) -> Operation[TaskInstance] | None:
        """Update a task: ``update_task(sid, params, [callback])``, or with keywords.

        Raises:
            InvalidArgument: It is no task's SID, or a keyword is no parameter of a task.
        """
        operation: Operation[TaskInstance] | None = TaskList(self._context).update(task_sid, *args, **parameters)
        return operation

    def complete_task(self, task_sid: str, *args: Any, reason: str | None = None) -> Operation[TaskInstance] | None:
        """Complete a task: ``complete_task(sid, [callback], [reason])``."""
        task = bind(TaskInstance(sid=check_sid(task_sid, "WT", name="task_sid")), Bound(self._context, NULL))
        complete: Any = task.complete
        operation: Operation[TaskInstance] | None = complete(*args, reason=reason)
        return operation

    def fetch_activity_list(self, *args: Any) -> Any:
        """Deprecated in v1 already: use ``activities.fetch``."""
        warnings.warn("use worker.activities.fetch()", DeprecationWarning, stacklevel=2)
        return self.activities.fetch(*args)

    def update_activity(self, activity_sid: str, *args: Any) -> Any:
        """Deprecated in v1 already: use ``update(activity_sid=...)``."""
        warnings.warn("use worker.update(activity_sid=...)", DeprecationWarning, stacklevel=2)
        return self.update("ActivitySid", check_sid(activity_sid, "WA", name="activity_sid"), *args)

    # -- for the link ------------------------------------------------------------------------------

    def websocket_url(self) -> str:
        """The URL that opens the socket; holds the token, so never log it."""
        return websocket_url(
            self.channel_url,
            self._credentials.current,
            close_existing_sessions=self.close_existing_sessions,
            disconnect_activity_sid=self.disconnect_activity_sid,
        )

    async def catch_up(self) -> None:
        """Deliver what is pending; go to the connect activity if there is nothing."""
        try:
            pending = await self._desk.catch_up()
            if not pending:
                await self._go_to_work()
        except TaskRouterError as error:
            self.emitter.report(error)  # Q65: v1 swallows it

    async def _go_to_work(self) -> None:
        target, first = self.connect_activity_sid, not self._has_connected
        self._has_connected = True
        moved_away = self.activity_sid == self.disconnect_activity_sid
        if target is not None and self.activity_sid != target and (first or moved_away):
            await self._update({"ActivitySid": target})

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Publish an event of the socket, under v1's name of it (wire-protocol 6.2)."""
        self._desk.receive(name, payload)

    async def aclose(self, *, drain: float = 5.0) -> None:
        """As for every client; goes to ``disconnect_activity_sid`` first, if it is given."""
        if self.disconnect_activity_sid is not None and self.state is State.READY:
            await self._leave()
        await super().aclose(drain=drain)
        self._has_connected = False

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._update({"ActivitySid": str(self.disconnect_activity_sid)})
        except (TaskRouterError, TimeoutError) as error:
            wrapped = error if isinstance(error, TaskRouterError) else TaskRouterError("leaving took too long")
            self.emitter.report(wrapped)
