"""The Worker client: an agent's seat, which is where most bots sit (wire-protocol 5.5, 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from ..errors import TaskRouterError
from ..resources.activity import ActivityInstance
from ..resources.reservation import ReservationInstance
from ..resources.worker import WorkerInstance
from ..resources.worker_channel import WorkerChannelInstance
from ..session import State
from ..sids import check_sid
from ..urls import websocket_url
from .catching_up import CatchingUp
from .comparing import Comparing
from .desk import Desk
from .drift import SILENT
from .mirror import Mirror
from .registrars import SeatRegistrar
from .worker_methods import WorkerMethods

if TYPE_CHECKING:
    import msgspec

    from ..claims import ChannelKind
    from ..credentials import TokenProvider
    from ..events import Waiting
    from ..resources.workspace import WorkspaceInstance

__all__ = ["Worker"]


class Worker(WorkerMethods):
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
    ``channel.availability.update`` with the channel; ``task.updated``, ``.canceled``, ``.wrapup``,
    ``.completed`` and ``reservation.failed`` with the task; ``task.transfer-*`` with plain values.

    At every ``ready``, reservations that are pending and were not delivered yet arrive as
    ``reservation.created``, once each, however often the client reconnects; and what became of the others
    while the connection was gone is told by the event of their present status.

    Args:
        token: As for every client, of :class:`~trbridge.WorkerCapability`.
        debug: Print what happens on stderr.
        connect_activity_sid: Activity to go to at ``ready``; with something pending, once that is over. On a
            reconnect only if the service has moved the worker to ``disconnect_activity_sid`` meanwhile (Q35).
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
    watched: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "activity.update": ("activity_sid",),
        "attributes.update": ("attributes",),
        SILENT: ("friendly_name",),
    }

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
    workspace: Mirror[WorkspaceInstance | None] = Mirror()
    workspace_sid: Mirror[str | None] = Mirror()

    def __init__(
        self,
        token: str | TokenProvider,
        debug: bool | str = False,
        connect_activity_sid: str | None = None,
        disconnect_activity_sid: str | None = None,
        close_existing_sessions: bool = False,
        region: str | None = None,
        max_retries: int | None = 0,
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
        self._comparing = Comparing(self, self._desk)
        self._catching_up = CatchingUp(self, self._desk, self._comparing)

    @property
    def on(self) -> SeatRegistrar[Self]:  # type: ignore[override]
        """As for every client; a worker's client has events of its own, see above."""
        return cast("SeatRegistrar[Self]", self.emitter.on)

    @property
    def once(self) -> SeatRegistrar[Self]:  # type: ignore[override]
        """As :attr:`on`, for the next event only."""
        return cast("SeatRegistrar[Self]", self.emitter.once)

    @property
    def open_reservations(self) -> dict[str, ReservationInstance]:
        """Reservations that were delivered and are not over, by SID; each changes as events arrive."""
        return self._desk.open

    def _waiting(self) -> list[Waiting]:
        return [*super()._waiting(), self._desk.waiting]

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
        """Find out what was missed, and go to the connect activity if there is nothing to do."""
        await super().catch_up()
        await self._catching_up.run()

    async def compare(self) -> None:
        """Compare the worker, its channels and its reservations."""
        await super().compare()
        await self._catching_up.compare()

    def is_untold(self, event: str, resource: object, *, late: bool) -> bool:
        """Take in an event of the worker or of a channel of its; False if a comparison has told it."""
        for kind, watch in ((WorkerInstance, self._watch), (WorkerChannelInstance, self._comparing.channels)):
            if isinstance(resource, kind) and resource.sid:
                return watch.hear(event, resource, late=late)
        return True

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Publish an event of the socket, under v1's name of it (wire-protocol 6.2)."""
        self._desk.receive(name, payload)

    async def aclose(self, *, drain: float = 5.0) -> None:
        """As for every client; goes to ``disconnect_activity_sid`` first, if it is given."""
        if self.disconnect_activity_sid is not None and self.state is State.READY:
            await self._leave()
        await super().aclose(drain=drain)
        self._catching_up.reset()

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._update({"ActivitySid": str(self.disconnect_activity_sid)})
        except (TaskRouterError, TimeoutError) as error:
            wrapped = error if isinstance(error, TaskRouterError) else TaskRouterError("leaving took too long")
            self.emitter.report(wrapped)
