"""Entities in TaskRouter's internal JSON, which the second generation of clients speaks (wire-protocol 7.4).

Moments are whole seconds since 1970, there are no URLs, versions show, and a task calls its queue
``queue_sid`` and ``queue_name``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..state.model import (
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
from .event import event_view
from .scope import Scope, seconds

__all__ = ["INTERNAL_VIEWS", "reservation", "task", "task_core", "worker", "worker_channel"]


def _common(scope: Scope, one: Entity) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "account_sid": scope.account_of(one),
        "workspace_sid": one.workspace_sid,
        "date_created": seconds(one.date_created),
        "date_updated": seconds(one.date_updated),
    }


def worker(scope: Scope, one: Worker) -> dict[str, Any]:
    """A worker, with its version."""
    activity = scope.activity(one.activity_sid)
    return {
        **_common(scope, one),
        "friendly_name": one.friendly_name,
        "attributes": one.attributes,
        "activity_sid": one.activity_sid,
        "activity_name": activity.friendly_name if activity is not None else None,
        "available": activity is not None and activity.available,
        "date_status_changed": seconds(one.date_status_changed),
        "version": one.version,
    }


def worker_channel(scope: Scope, one: WorkerChannel) -> dict[str, Any]:
    """A worker's channel: ``available`` is 0 or 1 here, ``last_reserved_time`` in milliseconds."""
    assigned, free = scope.load_of(one.worker_sid, one.task_channel_sid, one.configured_capacity)
    return {
        **_common(scope, one),
        "worker_sid": one.worker_sid,
        "task_channel_sid": one.task_channel_sid,
        "task_channel_unique_name": scope.channel_name(one.task_channel_sid),
        "configured_capacity": one.configured_capacity,
        "available": int(one.available),
        "assigned_tasks": assigned,
        "available_capacity_percentage": free,
        # 0 before the first reservation [I]: the key must be there, and the client makes a date of it.
        "last_reserved_time": int((one.last_reserved_at or 0) * 1000),
        "version": one.version,
    }


def task_core(scope: Scope, one: Task) -> dict[str, Any]:
    """What both dialects say of a task, wherever it stands."""
    return {
        "sid": one.sid,
        "workflow_sid": one.workflow_sid,
        "workflow_name": scope.workflow_name(one.workflow_sid),
        "queue_sid": one.task_queue_sid,
        "queue_name": scope.queue_name(one.task_queue_sid),
        "task_channel_sid": one.task_channel_sid,
        "task_channel_unique_name": scope.channel_name(one.task_channel_sid),
        "attributes": one.attributes,
        "addons": one.addons,
        "assignment_status": one.assignment_status,
        "priority": one.priority,
        "reason": one.reason,
        "timeout": one.timeout,
        "age": scope.age(one),
        "date_created": seconds(one.date_created),
        "date_updated": seconds(one.date_updated),
    }


def _nested_task(scope: Scope, one: Task) -> dict[str, Any]:
    return {
        **task_core(scope, one),
        "routing_target": one.routing_target,
        "virtual_start_time": seconds(one.virtual_start_time),
        "version": one.version,
    }


def task(scope: Scope, one: Task) -> dict[str, Any]:
    """A task by itself: also whose it is, and ``counter`` (how often it was offered [I])."""
    return {
        **_nested_task(scope, one),
        "account_sid": scope.account_of(one),
        "workspace_sid": one.workspace_sid,
        "counter": one.assignment_cycles,
    }


def reservation(scope: Scope, one: Reservation, own: Task | None = None) -> dict[str, Any]:
    """A reservation with its task inside; the task as it is now unless one is given."""
    own = own or scope.store.get(Task, one.task_sid)
    workflow = scope.store.get(Workflow, one.workflow_sid)
    view = {
        **_common(scope, one),
        "task_sid": one.task_sid,
        "worker_sid": one.worker_sid,
        "worker_name": scope.worker_name(one.worker_sid),
        "worker_previous_activity_sid": one.worker_previous_activity_sid,
        "task_channel_sid": one.task_channel_sid,
        "task_channel_unique_name": scope.channel_name(one.task_channel_sid),
        "reservation_status": one.reservation_status,
        "reservation_timeout": workflow.task_reservation_timeout if workflow is not None else 120,
        "version": one.version,
    }
    if one.canceled_reason_code:
        view["canceled_reason_code"] = one.canceled_reason_code
    if own is not None:
        view["task"] = _nested_task(scope, own)
    return view


def _activity(scope: Scope, one: Activity) -> dict[str, Any]:
    return {**_common(scope, one), "friendly_name": one.friendly_name, "available": one.available}


def _task_queue(scope: Scope, one: TaskQueue) -> dict[str, Any]:
    return {
        **_common(scope, one),
        "friendly_name": one.friendly_name,
        "target_workers": one.target_workers,
        "max_reserved_workers": one.max_reserved_workers,
        "task_order": one.task_order,
        "lifo_queue": one.task_order == "LIFO",
        "reservation_activity_sid": one.reservation_activity_sid,
        "reservation_activity_name": scope.activity_name(one.reservation_activity_sid),
        "assignment_activity_sid": one.assignment_activity_sid,
        "assignment_activity_name": scope.activity_name(one.assignment_activity_sid),
    }


def _task_channel(scope: Scope, one: TaskChannel) -> dict[str, Any]:
    return {
        **_common(scope, one),
        "friendly_name": one.friendly_name,
        "unique_name": one.unique_name,
        "channel_optimized_routing": one.channel_optimized_routing,
    }


def _workflow(scope: Scope, one: Workflow) -> dict[str, Any]:
    return {
        **_common(scope, one),
        "friendly_name": one.friendly_name,
        "configuration": one.configuration,
        "document_content_type": one.document_content_type,
        "assignment_callback_url": one.assignment_callback_url,
        "fallback_assignment_callback_url": one.fallback_assignment_callback_url,
        "task_reservation_timeout": one.task_reservation_timeout,
    }


def _workspace(scope: Scope, one: Workspace) -> dict[str, Any]:
    return {
        **_common(scope, one),
        "friendly_name": one.friendly_name,
        "default_activity_sid": one.default_activity_sid,
        "default_activity_name": scope.activity_name(one.default_activity_sid),
        "timeout_activity_sid": one.timeout_activity_sid,
        "timeout_activity_name": scope.activity_name(one.timeout_activity_sid),
        "event_callback_url": one.event_callback_url,
        "events_filter": one.events_filter,
        "multi_task_enabled": one.multi_task_enabled,
        "prioritize_queue_order": one.prioritize_queue_order,
    }


INTERNAL_VIEWS: Final[dict[str, Callable[[Scope, Any], dict[str, Any]]]] = {
    "activity": _activity,
    "event": event_view,
    "reservation": reservation,
    "task": task,
    "task_channel": _task_channel,
    "task_queue": _task_queue,
    "task_reservation": reservation,
    "worker": worker,
    "worker_channel": worker_channel,
    "worker_reservation": reservation,
    "workflow": _workflow,
    "workspace": _workspace,
}
"""Kind of a route, or of an entity, to its view."""
