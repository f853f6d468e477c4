"""Events: TaskRouter's log of what happened, kept for 30 days (rest-api 3.10)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from .decoding import Moment
from .instance import ReadOnlyInstance
from .listing import ReadOnlyList

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
