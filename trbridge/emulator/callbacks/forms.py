"""What callbacks say: their parameters, and the signature that tells whom they are from (routing 6.1 and 6.3)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from ..state.event_data import Subject
from ..state.model import EventRecord

__all__ = ["assignment_form", "event_form", "signature", "wanted"]

Form = dict[str, str]


def assignment_form(account_sid: str, event: EventRecord, subject: Subject) -> Form:
    """The parameters of an assignment callback, from the event ``reservation.created``.

    ``WorkerName`` is not in the documented list, but older integrations read it.
    """
    data = event.data
    return {
        "Timestamp": str(int(event.event_date)),
        "AccountSid": account_sid,
        "WorkspaceSid": event.workspace_sid,
        "WorkspaceName": subject.workspace.friendly_name,
        "WorkflowSid": data.get("workflow_sid", ""),
        "TaskQueueSid": data.get("task_queue_sid", ""),
        "WorkerSid": data.get("worker_sid", ""),
        "WorkerName": data.get("worker_name", ""),
        "WorkerAttributes": data.get("worker_attributes", "{}"),
        "TaskSid": data.get("task_sid", ""),
        "TaskAttributes": data.get("task_attributes", "{}"),
        "TaskAge": data.get("task_age", "0"),
        "TaskPriority": data.get("task_priority", "0"),
        "ReservationSid": event.resource_sid,
    }


def event_form(account_sid: str, event: EventRecord) -> Form:
    """The parameters of an event callback: those of every event, and the event's data under their names."""
    return {
        **{_parameter(name): value for name, value in event.data.items()},
        "AccountSid": account_sid,
        "Sid": event.sid,
        "EventType": event.event_type,
        "EventDescription": event.description,
        "ResourceType": event.resource_type,
        "ResourceSid": event.resource_sid,
        "Timestamp": str(int(event.event_date)),
        "TimestampMs": str(int(event.event_date * 1000)),
    }


def wanted(events_filter: str | None, event_type: str) -> bool:
    """Whether a workspace's ``events_filter`` lets an event through; unset or blank lets all through."""
    types = [part.strip() for part in (events_filter or "").split(",")]
    return not any(types) or event_type in types


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """``X-Twilio-Signature``: HMAC-SHA1 with the auth token over the URL and the sorted parameters, in base64."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()


def _parameter(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
