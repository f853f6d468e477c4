"""An event as the REST API writes it (rest-api 3.10)."""

from __future__ import annotations

from typing import Any, Final

from ..state.model import EventRecord
from .scope import Scope, iso

__all__ = ["event_view"]

_COLLECTIONS: Final = {
    "activity": "Activities",
    "task": "Tasks",
    "task_channel": "TaskChannels",
    "task-channel": "TaskChannels",
    "task_queue": "TaskQueues",
    "task-queue": "TaskQueues",
    "worker": "Workers",
    "workflow": "Workflows",
}


def _url_of(scope: Scope, event: EventRecord, kind: str, sid: str) -> str | None:
    """URL of what an event names as its resource or its actor."""
    workspace = scope.workspace_url(event)
    if kind == "workspace":
        return workspace
    if kind == "reservation":
        return f"{workspace}/Tasks/{event.task_sid}/Reservations/{sid}" if event.task_sid else None
    collection = _COLLECTIONS.get(kind)
    return f"{workspace}/{collection}/{sid}" if collection else None


def event_view(scope: Scope, one: EventRecord) -> dict[str, Any]:
    """An event as REST writes it."""
    return {
        "account_sid": scope.account_of(one),
        "actor_sid": one.actor_sid,
        "actor_type": one.actor_type,
        "actor_url": _url_of(scope, one, one.actor_type, one.actor_sid),
        "description": one.description,
        "event_data": one.data,
        "event_date": iso(one.event_date),
        "event_date_ms": int(one.event_date * 1000),
        "event_type": one.event_type,
        "resource_sid": one.resource_sid,
        "resource_type": one.resource_type,
        "resource_url": _url_of(scope, one, one.resource_type, one.resource_sid),
        "sid": one.sid,
        "source": one.source,
        "source_ip_address": one.source_ip_address,
        "url": f"{scope.workspace_url(one)}/Events/{one.sid}",
        "workspace_sid": one.workspace_sid,
    }
