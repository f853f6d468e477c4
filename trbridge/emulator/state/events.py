"""Making EventRecords (rest-api 3.10, routing 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .event_data import GROUPS, Subject, subject_of, text
from .model import (
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from .store import Store

__all__ = ["RESOURCE_TYPES", "Subject", "make_event"]

RESOURCE_TYPES: Final[dict[type[Entity], str]] = {
    Workspace: "workspace",
    Activity: "activity",
    TaskChannel: "task-channel",  # [I] spelled as in the event types; the sources list no name for these two
    Worker: "worker",
    WorkerChannel: "worker",
    TaskQueue: "task-queue",
    Workflow: "workflow",
    Task: "task",
    Reservation: "reservation",
}
"""REST's ``resource_type`` of a kind."""


def make_event(
    store: Store,
    sid: str,
    now: float,
    event_type: str,
    resource: Entity,
    others: tuple[Entity, ...] = (),
    *,
    description: str | None = None,
    data: Mapping[str, object] | None = None,
) -> tuple[EventRecord, Subject]:
    """Make the record of an event, and what it is about.

    Args:
        store: Where the resources it refers to are looked up.
        sid: The event's SID.
        now: When it happens.
        event_type: Such as ``"worker.activity.update"`` (routing 7).
        resource: The resource it is first about; decides ``resource_type`` and ``resource_sid``.
        others: More resources to tell about, or ones the store no longer has.
        description: In words; made from the type and the resource's name when left out.
        data: More data; overrides what follows from the resources, None is left out.
    """
    entities = (resource, *others)
    subject = subject_of(store, *entities)
    groups = dict.fromkeys(group for entity in entities for group in GROUPS[type(entity)])
    values: dict[str, object] = {
        "workspace_sid": subject.workspace.sid,
        "workspace_name": subject.workspace.friendly_name,
    }
    for group in groups:
        values.update(group(subject, now))
    values.update(data or {})
    event = EventRecord(
        sid=sid,
        workspace_sid=subject.workspace.sid,
        date_created=now,
        date_updated=now,
        event_type=event_type,
        event_date=now,
        resource_type=RESOURCE_TYPES[type(resource)],
        resource_sid=_resource_sid(resource),
        actor_sid=subject.workspace.sid,
        description=_describe(event_type, resource, subject) if description is None else description,
        data={
            name: value if isinstance(value, str) else text(value)
            for name, value in values.items()
            if value is not None
        },
        **_sids(subject),
    )
    return event, subject


def _resource_sid(resource: Entity) -> str:
    """A channel's events are its worker's: resource_type knows no channel (rest-api 3.10)."""
    return resource.worker_sid if isinstance(resource, WorkerChannel) else resource.sid


_INDEXED: Final = tuple(
    (name, f"{name}_sid") for name in ("task", "worker", "reservation", "task_queue", "workflow", "task_channel")
)


def _sids(subject: Subject) -> dict[str, str]:
    """The SIDs an event can be found by. A reservation's own SIDs hold even where the resource has gone."""
    sids: dict[str, str] = {}
    reservation = subject.reservation
    for name, field in _INDEXED:
        entity: Entity | None = getattr(subject, name)
        if entity is not None:
            sids[field] = entity.sid
        elif reservation is not None and (sid := getattr(reservation, field, None)) is not None:
            sids[field] = sid
    return sids


_DESCRIPTIONS: Final = {
    "worker.activity.update": "{label} updated to {activity} Activity",  # the wording of Twilio's sample
    "worker.attributes.update": "{label} attributes updated",
    "worker.capacity.update": "{label} capacity updated on Task Channel {channel}",
    "worker.channel.availability.update": "{label} availability updated on Task Channel {channel}",
    "task-queue.expression.updated": "{label} target expression updated",
    "task-queue.entered": "{label} entered TaskQueue {queue}",
    "task-queue.moved": "{label} moved out of TaskQueue {queue}",
    "task-queue.timeout": "{label} timed out in TaskQueue {queue}",
    "workflow.entered": "{label} entered Workflow {workflow}",
    "workflow.target-matched": "{label} matched a target of Workflow {workflow}",
    "workflow.timeout": "{label} timed out in Workflow {workflow}",
    "workflow.skipped": "{label} was skipped out of Workflow {workflow}",
}
"""[I] but for the first: the sources show one description only. The rest: name and what was done."""


def _describe(event_type: str, resource: Entity, subject: Subject) -> str:
    shown: Entity = subject.worker if isinstance(resource, WorkerChannel) and subject.worker else resource
    label = f"{type(shown).__name__} {getattr(shown, 'friendly_name', shown.sid)}"
    template = _DESCRIPTIONS.get(event_type)
    if template is None:
        return f"{label} {event_type.split('.', 1)[-1].replace('-', ' ')}"
    return template.format(
        label=label,
        activity=_name(subject.activity),
        channel=_name(subject.task_channel),
        queue=_name(subject.task_queue),
        workflow=_name(subject.workflow),
    )


def _name(entity: Activity | TaskChannel | TaskQueue | Workflow | None) -> str:
    return "(none)" if entity is None else entity.friendly_name
