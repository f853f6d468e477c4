"""Entities as the REST API writes them (rest-api 3): ISO dates, ``url``, ``links``, names beside SIDs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..state.model import (
    Activity,
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
from .scope import Scope, iso

__all__ = ["REST_VIEWS"]


def _workspace(scope: Scope, one: Workspace) -> dict[str, Any]:
    url = scope.workspace_url(one)
    return {
        "account_sid": one.account_sid,
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "default_activity_name": scope.activity_name(one.default_activity_sid),
        "default_activity_sid": one.default_activity_sid,
        "event_callback_url": one.event_callback_url,
        "events_filter": one.events_filter,
        "friendly_name": one.friendly_name,
        "multi_task_enabled": one.multi_task_enabled,
        "sid": one.sid,
        "timeout_activity_name": scope.activity_name(one.timeout_activity_sid),
        "timeout_activity_sid": one.timeout_activity_sid,
        "prioritize_queue_order": one.prioritize_queue_order,
        "url": url,
        "links": {
            "activities": f"{url}/Activities",
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
            "task_queues": f"{url}/TaskQueues",
            "tasks": f"{url}/Tasks",
            "workers": f"{url}/Workers",
            "workflows": f"{url}/Workflows",
            "task_channels": f"{url}/TaskChannels",
            "events": f"{url}/Events",
        },
    }


def _activity(scope: Scope, one: Activity) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    return {
        "account_sid": scope.account_of(one),
        "available": one.available,
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "friendly_name": one.friendly_name,
        "sid": one.sid,
        "workspace_sid": one.workspace_sid,
        "url": f"{workspace}/Activities/{one.sid}",
        "links": {"workspace": workspace},
    }


def _worker(scope: Scope, one: Worker) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    workers = f"{workspace}/Workers"
    url = f"{workers}/{one.sid}"
    activity = scope.activity(one.activity_sid)
    return {
        "account_sid": scope.account_of(one),
        "activity_name": activity.friendly_name if activity is not None else None,
        "activity_sid": one.activity_sid,
        "attributes": one.attributes,
        "available": activity is not None and activity.available,
        "date_created": iso(one.date_created),
        "date_status_changed": iso(one.date_status_changed),
        "date_updated": iso(one.date_updated),
        "friendly_name": one.friendly_name,
        "sid": one.sid,
        "workspace_sid": one.workspace_sid,
        "url": url,
        "links": {
            "channels": f"{url}/Channels",
            "activity": f"{workspace}/Activities/{one.activity_sid}",
            "workspace": workspace,
            "statistics": f"{workers}/Statistics",
            "real_time_statistics": f"{workers}/RealTimeStatistics",
            "cumulative_statistics": f"{workers}/CumulativeStatistics",
            "worker_statistics": f"{url}/Statistics",
            "worker_channels": f"{url}/Channels",
            "reservations": f"{url}/Reservations",
        },
    }


def _worker_channel(scope: Scope, one: WorkerChannel) -> dict[str, Any]:
    assigned, free = scope.load_of(one.worker_sid, one.task_channel_sid, one.configured_capacity)
    return {
        "account_sid": scope.account_of(one),
        "assigned_tasks": assigned,
        "available": one.available,
        "available_capacity_percentage": free,
        "configured_capacity": one.configured_capacity,
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "sid": one.sid,
        "task_channel_sid": one.task_channel_sid,
        "task_channel_unique_name": scope.channel_name(one.task_channel_sid),
        "worker_sid": one.worker_sid,
        "workspace_sid": one.workspace_sid,
        "url": f"{scope.workspace_url(one)}/Workers/{one.worker_sid}/Channels/{one.sid}",
    }


def _task_channel(scope: Scope, one: TaskChannel) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    return {
        "account_sid": scope.account_of(one),
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "friendly_name": one.friendly_name,
        "sid": one.sid,
        "unique_name": one.unique_name,
        "workspace_sid": one.workspace_sid,
        "channel_optimized_routing": one.channel_optimized_routing,
        "url": f"{workspace}/TaskChannels/{one.sid}",
        "links": {"workspace": workspace},
    }


def _linked(collection: str, sid: str | None) -> str | None:
    return f"{collection}/{sid}" if sid else None


def _task_queue(scope: Scope, one: TaskQueue) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    queues, activities = f"{workspace}/TaskQueues", f"{workspace}/Activities"
    url = f"{queues}/{one.sid}"
    return {
        "account_sid": scope.account_of(one),
        "assignment_activity_sid": one.assignment_activity_sid,
        "assignment_activity_name": scope.activity_name(one.assignment_activity_sid),
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "friendly_name": one.friendly_name,
        "max_reserved_workers": one.max_reserved_workers,
        "reservation_activity_sid": one.reservation_activity_sid,
        "reservation_activity_name": scope.activity_name(one.reservation_activity_sid),
        "sid": one.sid,
        "target_workers": one.target_workers,
        "task_order": one.task_order,
        "url": url,
        "workspace_sid": one.workspace_sid,
        "links": {
            "assignment_activity": _linked(activities, one.assignment_activity_sid),
            "reservation_activity": _linked(activities, one.reservation_activity_sid),
            "workspace": workspace,
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
            "list_statistics": f"{queues}/Statistics",
            "bulk_real_time_statistics": f"{queues}/RealTimeStatistics",
        },
    }


def _workflow(scope: Scope, one: Workflow) -> dict[str, Any]:
    url = f"{scope.workspace_url(one)}/Workflows/{one.sid}"
    return {
        "account_sid": scope.account_of(one),
        "assignment_callback_url": one.assignment_callback_url,
        "configuration": one.configuration,
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "document_content_type": one.document_content_type,
        "fallback_assignment_callback_url": one.fallback_assignment_callback_url,
        "friendly_name": one.friendly_name,
        "sid": one.sid,
        "task_reservation_timeout": one.task_reservation_timeout,
        "workspace_sid": one.workspace_sid,
        "url": url,
        "links": {
            "statistics": f"{url}/Statistics",
            "real_time_statistics": f"{url}/RealTimeStatistics",
            "cumulative_statistics": f"{url}/CumulativeStatistics",
        },
    }


def _task(scope: Scope, one: Task) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    url = f"{workspace}/Tasks/{one.sid}"
    return {
        "account_sid": scope.account_of(one),
        "age": scope.age(one),
        "assignment_status": one.assignment_status,
        "attributes": one.attributes,
        "addons": one.addons,
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "task_queue_entered_date": iso(one.task_queue_entered_date),
        "priority": one.priority,
        "reason": one.reason,
        "sid": one.sid,
        "task_queue_sid": one.task_queue_sid,
        "task_queue_friendly_name": scope.queue_name(one.task_queue_sid),
        "task_channel_sid": one.task_channel_sid,
        "task_channel_unique_name": scope.channel_name(one.task_channel_sid),
        "timeout": one.timeout,
        "workflow_sid": one.workflow_sid,
        "workflow_friendly_name": scope.workflow_name(one.workflow_sid),
        "workspace_sid": one.workspace_sid,
        "url": url,
        "links": {
            "task_queue": _linked(f"{workspace}/TaskQueues", one.task_queue_sid),
            "workflow": _linked(f"{workspace}/Workflows", one.workflow_sid),
            "workspace": workspace,
            "reservations": f"{url}/Reservations",
        },
        "virtual_start_time": iso(one.virtual_start_time),
        "ignore_capacity": one.ignore_capacity,
        "routing_target": one.routing_target,
    }


def _reservation(scope: Scope, one: Reservation, parent: str) -> dict[str, Any]:
    workspace = scope.workspace_url(one)
    task, worker = f"{workspace}/Tasks/{one.task_sid}", f"{workspace}/Workers/{one.worker_sid}"
    return {
        "account_sid": scope.account_of(one),
        "date_created": iso(one.date_created),
        "date_updated": iso(one.date_updated),
        "reservation_status": one.reservation_status,
        "sid": one.sid,
        "task_sid": one.task_sid,
        "worker_name": scope.worker_name(one.worker_sid),
        "worker_sid": one.worker_sid,
        "workspace_sid": one.workspace_sid,
        "url": f"{workspace}/{parent}/Reservations/{one.sid}",
        "links": {"task": task, "worker": worker, "workspace": workspace},
    }


def _task_reservation(scope: Scope, one: Reservation) -> dict[str, Any]:
    return _reservation(scope, one, f"Tasks/{one.task_sid}")


def _worker_reservation(scope: Scope, one: Reservation) -> dict[str, Any]:
    return _reservation(scope, one, f"Workers/{one.worker_sid}")


REST_VIEWS: Final[dict[str, Callable[[Scope, Any], dict[str, Any]]]] = {
    "workspace": _workspace,
    "activity": _activity,
    "worker": _worker,
    "worker_channel": _worker_channel,
    "task_channel": _task_channel,
    "task_queue": _task_queue,
    "workflow": _workflow,
    "task": _task,
    "reservation": _task_reservation,
    "task_reservation": _task_reservation,
    "worker_reservation": _worker_reservation,
    "event": event_view,
}
"""Kind of a route, or of an entity, to its view."""
