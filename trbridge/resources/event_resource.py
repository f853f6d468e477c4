"""What an event of the log, or an event callback, is about: made of what the event tells (routing 6.3, 7).

``event_data`` and a callback's parameters name things after their kind: ``task_attributes`` is a task's
``attributes``. Their values are text; the fields' types make of it what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .binding import bound_of, read_instance
from .reservation import STATUS_BY_EVENT

if TYPE_CHECKING:
    from .event import EventInstance
    from .instance import ReadOnlyInstance

__all__ = ["resource_of"]

_COMMON: Final = {"account_sid": "account_sid", "workspace_sid": "workspace_sid"}

_OF_TASK: Final = {
    "attributes": "task_attributes",
    "age": "task_age",
    "priority": "task_priority",
    "assignment_status": "task_assignment_status",
    "date_created": "task_date_created",
    "task_queue_sid": "task_queue_sid",
    "task_queue_friendly_name": "task_queue_name",
    "task_channel_sid": "task_channel_sid",
    "task_channel_unique_name": "task_channel_unique_name",
    "workflow_sid": "workflow_sid",
    "workflow_friendly_name": "workflow_name",
}

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "WT": _OF_TASK,
    "WR": {
        "task_sid": "task_sid",
        "worker_sid": "worker_sid",
        "worker_name": "worker_name",
        "task_channel_sid": "task_channel_sid",
        "task_channel_unique_name": "task_channel_unique_name",
        "canceled_reason_code": "canceled_reason_code",
    },
    "WK": {
        "friendly_name": "worker_name",
        "attributes": "worker_attributes",
        "activity_sid": "worker_activity_sid",
        "activity_name": "worker_activity_name",
    },
    "WA": {"friendly_name": "activity_name", "available": "activity_available"},
    "WQ": {"friendly_name": "task_queue_name", "target_workers": "task_queue_target_expression"},
    "WW": {"friendly_name": "workflow_name"},
    "TC": {
        "friendly_name": "task_channel_name",
        "unique_name": "task_channel_unique_name",
        "channel_optimized_routing": "task_channel_optimized_routing",
    },
    "WS": {"friendly_name": "workspace_name"},
}
"""SID prefix to field to its name in ``event_data``."""

_NUMBERS: Final = frozenset({"date_created"})
"""Fields that the data gives as seconds, in text: JSON must have them as numbers to be moments."""

_Data = Mapping[str, Any]


def resource_of(event: EventInstance) -> ReadOnlyInstance | None:
    """The resource an event is about, with what the event tells of it; None for a kind that is not known."""
    from .registry import INSTANCES  # the registry knows all classes, EventInstance among them

    sid = event.resource_sid or ""
    cls, fields = INSTANCES.get(sid[:2]), FIELDS.get(sid[:2])
    if cls is None or fields is None:
        return None
    data = event.event_data if isinstance(event.event_data, Mapping) else {}
    told = _told(fields, data)
    told.update(_more(event, data))
    rest = {name: value for name, value in data.items() if name not in set(fields.values()) and name not in told}
    about = {"event_sid": event.sid, "event_type": event.event_type, "event_date_ms": event.event_date_ms}
    raw = msgspec.Raw(msgspec.json.encode({**rest, **about, **told, "sid": sid}))
    return read_instance(cls, raw, bound_of(event).context)


def _told(fields: Mapping[str, str], data: _Data) -> dict[str, Any]:
    found = {field: data[name] for field, name in {**_COMMON, **fields}.items() if data.get(name) is not None}
    return {field: _number(value) if field in _NUMBERS else value for field, value in found.items()}


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else value


def _more(event: EventInstance, data: _Data) -> dict[str, Any]:
    more: dict[str, Any] = {"workspace_sid": event.workspace_sid, "account_sid": event.account_sid}
    add = _MORE.get((event.resource_sid or "")[:2])
    if add is not None:
        more |= add(event, data)
    return {name: value for name, value in more.items() if value is not None}


def _more_of_task(_event: EventInstance, data: _Data) -> dict[str, Any]:
    return {"reason": data.get("task_canceled_reason") or data.get("task_completed_reason")}


def _more_of_reservation(event: EventInstance, data: _Data) -> dict[str, Any]:
    more: dict[str, Any] = {
        "reservation_status": STATUS_BY_EVENT.get((event.event_type or "").partition(".")[2]),
    }
    if data.get("task_sid"):
        task = _told(_OF_TASK, data) | _more_of_task(event, data)
        more["task"] = {**task, "sid": data["task_sid"], "workspace_sid": event.workspace_sid}
    return more


_MORE: Final[Mapping[str, Callable[[EventInstance, _Data], dict[str, Any]]]] = {
    "WT": _more_of_task,
    "WR": _more_of_reservation,
}
