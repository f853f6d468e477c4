"""What an event is about, and the data that goes with it.

``event_data`` is the snake_case twin of the event callback's parameters, all values text (rest-api 3.10,
routing 6.3). Which groups of them belong to an event follows from the kinds of resource it is about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from .model import (
    Activity,
    Entity,
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

__all__ = ["GROUPS", "Group", "Subject", "subject_of", "text"]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The resources an event is about, as they were at that moment. None: it is not about one.

    Attributes:
        workspace: Where it happened.
        activity: The activity of an ``activity.*`` event, else the worker's.
        previous_activity: The worker's activity before the present one, if it still exists.
        task_channel: The task's, reservation's or worker channel's task channel.
        worker: The worker.
        worker_channel: The worker's channel, for ``worker.capacity.update`` and the like.
        task_queue: The task's or reservation's queue, or the queue itself.
        workflow: Likewise.
        task: The task.
        reservation: The reservation.
        channel_load: Reservations that take the worker channel's capacity.
    """

    workspace: Workspace
    activity: Activity | None = None
    previous_activity: Activity | None = None
    task_channel: TaskChannel | None = None
    worker: Worker | None = None
    worker_channel: WorkerChannel | None = None
    task_queue: TaskQueue | None = None
    workflow: Workflow | None = None
    task: Task | None = None
    reservation: Reservation | None = None
    channel_load: int = 0


def subject_of(store: Store, *entities: Entity) -> Subject:
    """Find all an event is about, from the resources it was made for and the SIDs in them.

    The entities given count as they are, so a removed one can still be told about; what they refer to is
    taken from the store.
    """
    found: dict[str, Any] = {entity.kind: entity for entity in entities}
    for kind in (Reservation, Task, WorkerChannel, Worker):
        entity = found.get(kind.kind)
        if entity is not None:
            for name, target, field in _REFERENCES[kind]:
                if name not in found:
                    found[name] = store.get(target, getattr(entity, field))
    if "workspace" not in found:
        found["workspace"] = store.workspaces[entities[0].workspace_sid]
    channel: WorkerChannel | None = found.get("worker_channel")
    if channel is not None:
        found["channel_load"] = store.channel_load(channel.worker_sid, channel.task_channel_sid)
    return Subject(**found)


_REFERENCES: Final[dict[type[Entity], tuple[tuple[str, type[Entity], str], ...]]] = {
    Reservation: (
        ("task", Task, "task_sid"),
        ("worker", Worker, "worker_sid"),
        ("task_queue", TaskQueue, "task_queue_sid"),
        ("workflow", Workflow, "workflow_sid"),
        ("task_channel", TaskChannel, "task_channel_sid"),
    ),
    Task: (
        ("task_queue", TaskQueue, "task_queue_sid"),
        ("workflow", Workflow, "workflow_sid"),
        ("task_channel", TaskChannel, "task_channel_sid"),
    ),
    WorkerChannel: (("worker", Worker, "worker_sid"), ("task_channel", TaskChannel, "task_channel_sid")),
    Worker: (
        ("activity", Activity, "activity_sid"),
        ("previous_activity", Activity, "previous_activity_sid"),
    ),
}
"""What a resource refers to: name in the Subject, kind, field with the SID. Walked in this order."""


_Values = dict[str, object]
"""Names and values; None leaves a name out."""


def _activity(subject: Subject, _now: float) -> _Values:
    activity = subject.activity
    if activity is None:
        return {}
    return {
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "activity_available": activity.available,
    }


def _task_channel(subject: Subject, _now: float) -> _Values:
    channel = subject.task_channel
    if channel is None:
        return {}
    return {
        "task_channel_sid": channel.sid,
        "task_channel_name": channel.friendly_name,
        "task_channel_unique_name": channel.unique_name,
        "task_channel_optimized_routing": channel.channel_optimized_routing,
    }


def _channel_name(subject: Subject, _now: float) -> _Values:
    channel = subject.task_channel
    if channel is None:
        return {}
    return {
        "task_channel_sid": channel.sid,
        "task_channel_unique_name": channel.unique_name,
    }


def _task_queue(subject: Subject, _now: float) -> _Values:
    queue = subject.task_queue
    if queue is None:
        return {}
    return {
        "task_queue_sid": queue.sid,
        "task_queue_name": queue.friendly_name,
        "task_queue_target_expression": queue.target_workers,
    }


def _workflow(subject: Subject, _now: float) -> _Values:
    workflow = subject.workflow
    if workflow is None:
        return {}
    return {"workflow_sid": workflow.sid, "workflow_name": workflow.friendly_name}


def _worker(subject: Subject, _now: float) -> _Values:
    worker, activity = subject.worker, subject.activity
    if worker is None:
        return {}
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": None if activity is None else activity.friendly_name,
        "worker_version": worker.version,
    }


def _worker_channel(subject: Subject, _now: float) -> _Values:
    channel = subject.worker_channel
    if channel is None:
        return {}
    return {
        "worker_channel_available": channel.available,
        # [I] what is left of it, in tasks; the sources only name the parameter.
        "worker_channel_available_capacity": max(0, channel.configured_capacity - subject.channel_load),
        "worker_channel_task_count": subject.channel_load,
    }


def _task(subject: Subject, now: float) -> _Values:
    task = subject.task
    if task is None:
        return {}
    status = task.assignment_status
    return {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": max(0, int(now - task.date_created)),
        "task_priority": task.priority,
        "task_assignment_status": status,
        "task_date_created": int(task.date_created),
        "task_canceled_reason": task.reason if status == "canceled" else None,
        "task_completed_reason": task.reason if status == "completed" else None,
        "known_worker_sid": task.known_worker_sid,
    }


def _reservation(subject: Subject, _now: float) -> _Values:
    reservation = subject.reservation
    if reservation is None:
        return {}
    return {
        "reservation_sid": reservation.sid,
        "canceled_reason_code": reservation.canceled_reason_code,
    }


Group = Callable[[Subject, float], _Values]
"""Makes the values of one group of parameters, from the subject and the time."""

GROUPS: Final[dict[type[Entity], tuple[Group, ...]]] = {
    Workspace: (),
    Activity: (_activity,),
    TaskChannel: (_task_channel,),
    Worker: (_worker,),
    WorkerChannel: (_worker, _worker_channel, _channel_name),
    TaskQueue: (_task_queue,),
    Workflow: (_workflow,),
    Task: (_task, _channel_name, _task_queue, _workflow),
    Reservation: (_reservation, _task, _channel_name, _task_queue, _workflow, _worker),
}
"""Which groups of routing 6.3 go with which kind of resource."""


def text(value: object) -> str:
    """A value of ``event_data``: all of them are text (rest-api 3.10)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
