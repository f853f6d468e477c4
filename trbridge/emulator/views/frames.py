"""What an event brings over the websocket (wire-protocol 7.3 and 7.4)."""

from __future__ import annotations

from typing import Any, Final

from ..state.event_data import Subject
from ..state.model import Entity, EventRecord, Reservation, Task, Worker, WorkerChannel
from . import internal
from .rest import REST_VIEWS
from .scope import Scope

__all__ = ["SOCKET_EVENTS", "firehose_payload", "worker_payload"]

SOCKET_EVENTS: Final = frozenset(
    {
        "reservation.created",
        "reservation.accepted",
        "reservation.rejected",
        "reservation.timeout",
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.wrapup",
        "reservation.completed",
        "reservation.failed",
        "task.updated",
        "task.canceled",
        "task.wrapup",
        "task.completed",
        "worker.activity.update",
        "worker.attributes.update",
        "worker.capacity.update",
        "worker.channel.availability.update",
    }
)
"""Events with evidence that they reach a worker's socket (routing 7)."""


def worker_payload(scope: Scope, event: EventRecord, subject: Subject, dialect: str) -> dict[str, Any] | None:
    """The payload of an event on a worker's channel; None if it is none that goes there."""
    if event.event_type not in SOCKET_EVENTS:
        return None
    scope = Scope(scope.store, scope.base, event.event_date)
    family = event.event_type.partition(".")[0]
    if family == "reservation" and event.event_type != "reservation.failed":
        return _reservation(scope, subject.reservation, subject.task, dialect)
    if family in ("task", "reservation"):
        return None if subject.task is None else _task(scope, subject.task, dialect)
    if subject.worker_channel is not None:
        return internal.worker_channel(scope, subject.worker_channel)
    return None if subject.worker is None else _worker(scope, subject.worker, dialect)


def _reservation(scope: Scope, one: Reservation | None, task: Task | None, dialect: str) -> dict[str, Any] | None:
    if one is None:
        return None
    if dialect == "v2":
        return internal.reservation(scope, one, task)
    if task is None:
        return None
    # The "mashup": the task, with the reservation's SID added. No worker_sid, no reservation_status, and
    # neither task nor task_sid, which would crash the original client (wire-protocol 7.3, perf 2.9).
    return {**_task(scope, task, dialect), "reservation_sid": one.sid}


def _task(scope: Scope, one: Task, dialect: str) -> dict[str, Any]:
    if dialect == "v2":
        return internal.task(scope, one)
    return {
        **internal.task_core(scope, one),
        "account_sid": scope.account_of(one),
        "workspace_sid": one.workspace_sid,
        "counter": one.assignment_cycles,
    }


def _worker(scope: Scope, one: Worker, dialect: str) -> dict[str, Any]:
    payload = internal.worker(scope, one)
    if dialect == "v1":
        del payload["version"]
    return payload


def firehose_payload(scope: Scope, event: EventRecord, subject: Subject) -> dict[str, Any]:
    """The payload on a workspace's or queue's channel, where everything was asked for: as REST shows it [I].

    It is the resource the event is about; for a worker channel's events the worker channel, as on the
    worker's own channel.
    """
    entity: Entity | None = subject.worker_channel if isinstance(subject.worker_channel, WorkerChannel) else None
    if entity is None:
        entity = getattr(subject, event.resource_type.replace("-", "_"), None)
    if entity is None:
        return REST_VIEWS["event"](scope, event)
    return REST_VIEWS[entity.kind](Scope(scope.store, scope.base, event.event_date), entity)
