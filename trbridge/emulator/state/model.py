"""What the emulator keeps: one frozen struct per kind of resource, fields named as in the REST API.

Moments are float epoch seconds in UTC; the REST API shows whole seconds, ``event_date_ms`` milliseconds.
JSON documents (``attributes``, ``configuration``) stay the text they came as (rest-api 1, JSON-in-string).
A change is a new struct: :meth:`Transaction.update <trbridge.emulator.state.transaction.Transaction.update>`.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

__all__ = [
    "KINDS",
    "LIVE_TASK",
    "OPEN_RESERVATION",
    "VERSIONED",
    "Activity",
    "Entity",
    "EventRecord",
    "Reservation",
    "Task",
    "TaskChannel",
    "TaskQueue",
    "Worker",
    "WorkerChannel",
    "Workflow",
    "Workspace",
]


class Entity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every resource has.

    Attributes:
        kind: The resource's name, such as ``"task_queue"``.
        prefix: First two letters of its SIDs (rest-api 1.4).
        sid: The SID.
        workspace_sid: Workspace it lives in; a workspace's own SID for a workspace.
        date_created: When it was made.
        date_updated: When it was last changed.
    """

    kind: ClassVar[str] = ""
    prefix: ClassVar[str] = ""

    sid: str
    workspace_sid: str
    date_created: float
    date_updated: float


class Workspace(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.1. ``workspace_sid`` is its own SID, so that every kind can be grouped by workspace."""

    kind = "workspace"
    prefix = "WS"

    account_sid: str
    friendly_name: str
    default_activity_sid: str | None = None
    timeout_activity_sid: str | None = None
    event_callback_url: str = ""
    events_filter: str | None = None
    multi_task_enabled: bool = True
    prioritize_queue_order: str = "FIFO"


class Activity(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.2. ``available`` never changes."""

    kind = "activity"
    prefix = "WA"

    friendly_name: str
    available: bool = False


class TaskChannel(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.5. ``unique_name`` never changes."""

    kind = "task_channel"
    prefix = "TC"

    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool = False


class Worker(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.3.

    Attributes:
        date_status_changed: When its activity last changed.
        version: What the ``ETag`` shows; also bumped by its channels and by new reservations (rest-api 1.3).
        last_reserved_at: When its latest reservation was created, None before the first (routing 4.2).
        previous_activity_sid: Activity before the present one.
    """

    kind = "worker"
    prefix = "WK"

    friendly_name: str
    activity_sid: str
    attributes: str = "{}"
    date_status_changed: float
    version: int = 0
    last_reserved_at: float | None = None
    previous_activity_sid: str | None = None


class WorkerChannel(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.4. Its load is not kept here; the store counts it (``Store.channel_load``)."""

    kind = "worker_channel"
    prefix = "WC"

    worker_sid: str
    task_channel_sid: str
    configured_capacity: int = 1
    available: bool = True
    version: int = 0
    last_reserved_at: float | None = None


class TaskQueue(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.6. ``target_workers`` empty matches nobody."""

    kind = "task_queue"
    prefix = "WQ"

    friendly_name: str
    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: str = "FIFO"
    reservation_activity_sid: str | None = None
    assignment_activity_sid: str | None = None


class Workflow(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.7."""

    kind = "workflow"
    prefix = "WW"

    friendly_name: str
    configuration: str
    document_content_type: str = "application/json"
    assignment_callback_url: str | None = None
    fallback_assignment_callback_url: str | None = None
    task_reservation_timeout: int = 120


class Task(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.8, and where the task stands in its workflow.

    Attributes:
        workflow_sid: None for a task that a RoutingTarget or TaskQueueSid placed without a workflow.
        timeout: Seconds it may be pending or reserved (TTL).
        virtual_start_time: Moment that stands for its creation when tasks are put in order.
        task_queue_entered_date: When it entered its present queue.
        filter_index: Index of the workflow's filter it is in, -1 for the default filter, None for none.
        target_index: Index of the filter's target (routing step) it is in.
        step_base: Task age in seconds on entering the present filter (routing 2.3).
        step_deadline: Moment at which the present step ends; None if it has no timeout.
        clock_deadline: Moment at which a ``taskrouter.*`` time variable in the step's expression may change its
            answer; None if it reads none.
        known_worker_sid: The worker the present step asks for (routing 2.5).
        assignment_cycles: How often it went from pending to reserved (at most 1,000).
        assigned_at: When a reservation was accepted.
        ended_at: When it was completed or canceled; it is removed five minutes later.
    """

    kind = "task"
    prefix = "WT"

    workflow_sid: str | None = None
    task_queue_sid: str | None = None
    task_channel_sid: str
    attributes: str = "{}"
    addons: str = "{}"
    assignment_status: str = "pending"
    priority: int = 0
    reason: str | None = None
    timeout: int = 86_400
    routing_target: str | None = None
    ignore_capacity: bool = False
    virtual_start_time: float
    task_queue_entered_date: float | None = None
    version: int = 0
    filter_index: int | None = None
    target_index: int | None = None
    step_base: float = 0.0
    step_deadline: float | None = None
    clock_deadline: float | None = None
    known_worker_sid: str | None = None
    assignment_cycles: int = 0
    assigned_at: float | None = None
    ended_at: float | None = None


class Reservation(Entity, frozen=True, kw_only=True, gc=False):
    """rest-api 3.9.

    Attributes:
        task_channel_sid: Channel whose capacity it takes: the task's when it was created.
        deadline: Moment at which a pending reservation times out.
        worker_previous_activity_sid: The worker's activity before the reservation.
        post_work_activity_sid: Activity for the worker when the work is over, as an instruction said.
    """

    kind = "reservation"
    prefix = "WR"

    task_sid: str
    worker_sid: str
    task_queue_sid: str | None = None
    workflow_sid: str | None = None
    task_channel_sid: str
    reservation_status: str = "pending"
    deadline: float | None = None
    worker_previous_activity_sid: str | None = None
    post_work_activity_sid: str | None = None
    version: int = 0
    canceled_reason_code: int | None = None


class EventRecord(Entity, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """rest-api 3.10. Never changed once made; ``date_created`` is the event's date.

    Attributes:
        event_date: When it happened, with its fraction.
        data: REST's ``event_data``: snake_case names, values are text.
        task_sid: The task it is about, directly or through a reservation; likewise the other SIDs.
    """

    kind = "event"
    prefix = "EV"

    event_type: str
    event_date: float
    resource_type: str
    resource_sid: str
    actor_type: str = "workspace"
    actor_sid: str
    description: str = ""
    source: str = "twilio"
    source_ip_address: str | None = None
    data: dict[str, str]
    task_sid: str | None = None
    worker_sid: str | None = None
    reservation_sid: str | None = None
    task_queue_sid: str | None = None
    workflow_sid: str | None = None
    task_channel_sid: str | None = None


KINDS: Final[dict[str, type[Entity]]] = {
    cls.kind: cls
    for cls in (
        Workspace,
        Activity,
        TaskChannel,
        Worker,
        WorkerChannel,
        TaskQueue,
        Workflow,
        Task,
        Reservation,
        EventRecord,
    )
}
"""Name of a kind to its class."""

VERSIONED: Final = (Worker, WorkerChannel, Task, Reservation)
"""Kinds with a ``version`` that each change bumps (rest-api 1.3)."""

LIVE_TASK: Final = frozenset({"pending", "reserved", "assigned", "wrapping"})
"""Statuses of a task that is not over (routing 3.1)."""

OPEN_RESERVATION: Final = frozenset({"pending", "accepted", "wrapping"})
"""Statuses of a reservation that takes capacity (rest-api 3.4, routing 5)."""
