"""Events: TaskRouter's log of what happened, kept for 30 days (rest-api 3.10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from .decoding import Moment
from .instance import ReadOnlyInstance
from .listing import ReadOnlyList

if TYPE_CHECKING:
    from ..checkpoints import Checkpoint
    from ..following import Follower

__all__ = ["EventInstance", "EventList"]


class EventInstance(ReadOnlyInstance, kw_only=True, dict=True, eq=False):
    """An entry of the log; it can only be read.

    Attributes:
        event_type: Such as ``task.created``.
        event_date: When it happened.
        event_date_ms: The same in milliseconds since 1970.
        event_data: What is known about it: names of TaskRouter's, values mostly as text.
        description: A sentence about it.
        actor_sid: Who did it.
        resource_sid: What it was done to.
        event_resource_url: Where that is; TaskRouter calls it ``resource_url``, which here is the event's own.
        source: Through what it was done, such as ``twilio``.
    """

    prefix: ClassVar[str] = "EV"
    path: ClassVar[str] = "Events"
    shown: ClassVar[str] = "event_type"

    event_type: str | None = None
    event_date: Moment = None
    event_date_ms: int | None = None
    event_data: Any = None
    description: str | None = None
    actor_sid: str | None = None
    actor_type: str | None = None
    actor_url: str | None = None
    resource_sid: str | None = None
    resource_type: str | None = None
    event_resource_url: str | None = msgspec.field(name="resource_url", default=None)
    source: str | None = None
    source_ip_address: str | None = None

    @cached_property
    def resource(self) -> ReadOnlyInstance | None:
        """What it was done to, as far as the event tells; ``fetch()`` brings the rest, as it is now.

        What the event tells beyond the resource's fields is in its ``extra``, with ``event_sid``,
        ``event_type`` and ``event_date_ms``. None for a kind of resource that is not known here.
        """
        from .event_resource import resource_of

        return resource_of(self)


class EventList(ReadOnlyList[EventInstance]):
    """The workspace's log of events; without filters the last 15 minutes.

    Filters: ``minutes``, ``start_date``, ``end_date``, ``event_type``, ``sid``, ``task_sid``,
    ``reservation_sid``, ``worker_sid``, ``task_queue_sid``, ``workflow_sid``, ``task_channel``.
    """

    item: ClassVar[type[EventInstance]] = EventInstance
    key: ClassVar[str] = "events"
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "EndDate",
            "EventType",
            "Minutes",
            "ReservationSid",
            "StartDate",
            "TaskQueueSid",
            "TaskSid",
            "WorkerSid",
            "WorkflowSid",
            "TaskChannel",
            "Sid",
        }
    )

    @property
    def workspace_sid(self) -> str:
        """Whose log it is."""
        return self._context.workspace_sid

    def follow(
        self,
        *,
        since: datetime | timedelta | None = None,
        types: str | Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        every: float = 5.0,
        settle: float = 1.0,
        overlap: float = 60.0,
        allow_gap: bool = False,
    ) -> Follower:
        """The events one by one, in order, and then each as it comes: an iterator that does not end.

        Example::

            async for event in workspace.events.follow(checkpoint=FileCheckpoint("log.json")):
                print(event.event_date, event.event_type, event.resource)

        Asking for the next event says that the one before is done, and only then the checkpoint moves: each event
        is handed out at least once, and not again once its checkpoint was kept. Trouble with the network or the
        service, rate limits included, is waited out and logged.

        It needs no connection, only the token: ``GET`` on the workspace's ``Events``. While nothing happens it
        costs a small request each ``every`` seconds.

        Args:
            since: Where to begin, if there is no checkpoint yet: a moment, or how long ago; now if left out.
            types: Types of events, such as ``"task.created"``; all if left out.
            checkpoint: Keeps how far it got, such as :class:`~trbridge.FileCheckpoint`.
            every: Seconds between two looks at the log.
            settle: Seconds that an event is held back so that an earlier one can still come before it [I]: how
                long events take to show up is not published. 0 hands each out at once.
            overlap: Seconds after its moment within which an event may show up and is not missed [I].
            allow_gap: Go on where the log begins if it no longer goes back far enough, instead of raising.

        Raises:
            InvalidArgument: A value is out of range, or the log does not go back so far (30 days). The latter
                comes with the first event if it is the checkpoint's.
        """
        from ..following import Follower

        return Follower(
            self,
            since=since,
            types=types,
            checkpoint=checkpoint,
            every=every,
            settle=settle,
            overlap=overlap,
            allow_gap=allow_gap,
        )
