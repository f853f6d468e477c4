"""The form of a seed: workspaces and what is in them, by name instead of by SID."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

__all__ = [
    "ActivitySeed",
    "Seed",
    "TaskChannelSeed",
    "TaskQueueSeed",
    "TaskSeed",
    "WorkerChannelSeed",
    "WorkerSeed",
    "WorkflowSeed",
    "WorkspaceSeed",
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a seed. A name that is not known is an error: it is nearly always a slip of the pen."""

    def __post_init__(self) -> None:
        # msgspec leaves out what *is* the default; a text or number that was read from a file only equals it.
        names, defaults = self.__struct_fields__, self.__struct_defaults__
        for name, default in zip(reversed(names), reversed(defaults), strict=False):
            if getattr(self, name) == default:
                msgspec.structs.force_setattr(self, name, default)


class ActivitySeed(_Part, frozen=True, kw_only=True):
    """An activity."""

    friendly_name: str
    available: bool = False


class TaskChannelSeed(_Part, frozen=True, kw_only=True):
    """A task channel; with the unique name of a built-in one it changes that.

    Attributes:
        unique_name: Its name in expressions.
        friendly_name: The unique name, or the built-in channel's own, when left out.
        channel_optimized_routing: Prefer workers idle longest on the channel.
    """

    unique_name: str
    friendly_name: str | None = None
    channel_optimized_routing: bool = False


class WorkerChannelSeed(_Part, frozen=True, kw_only=True):
    """A worker's capacity on a channel."""

    capacity: int = 1
    available: bool = True


class WorkerSeed(_Part, frozen=True, kw_only=True):
    """A worker.

    Attributes:
        friendly_name: The name, unique in the workspace.
        activity: Name of an activity; the workspace's default one when left out.
        attributes: An object, or JSON text.
        channels: Unique name of a task channel to what differs from capacity 1 and available.
    """

    friendly_name: str
    activity: str | None = None
    attributes: dict[str, Any] | str = {}
    channels: dict[str, WorkerChannelSeed] = {}


class TaskQueueSeed(_Part, frozen=True, kw_only=True):
    """A task queue; the activities by name."""

    friendly_name: str
    target_workers: str = "1==1"
    max_reserved_workers: int = 1
    task_order: str = "FIFO"
    reservation_activity: str | None = None
    assignment_activity: str | None = None


class WorkflowSeed(_Part, frozen=True, kw_only=True):
    """A workflow. ``configuration`` is an object or JSON text; each ``queue`` in it a queue's name."""

    friendly_name: str
    configuration: dict[str, Any] | str
    assignment_callback_url: str | None = None
    fallback_assignment_callback_url: str | None = None
    task_reservation_timeout: int = 120


class TaskSeed(_Part, frozen=True, kw_only=True):
    """A task that waits.

    Attributes:
        workflow: A workflow's name; not needed if there is one only.
        task_queue: A queue's name, for a task that goes there whatever the workflow says.
        task_channel: A channel's unique name.
        attributes: An object, or JSON text.
        priority: As it is to be, also where the workflow's step says another.
        timeout: Seconds it may wait.
        virtual_start_time: Moment that stands for its creation; now when left out.
        routing_target: ``$worker(Alice)``, ``$task_queue(English)`` or ``$workflow(Main)``.
        ignore_capacity: With a worker as target; true when left out.
    """

    workflow: str | None = None
    task_queue: str | None = None
    task_channel: str = "default"
    attributes: dict[str, Any] | str = {}
    priority: int | None = None
    timeout: int = 86_400
    virtual_start_time: datetime | None = None
    routing_target: str | None = None
    ignore_capacity: bool | None = None


class WorkspaceSeed(_Part, frozen=True, kw_only=True):
    """A workspace and all that is in it. What is left out is as in a new workspace.

    Attributes:
        friendly_name: The name.
        default_activity: Name of the activity for new workers; the first one when left out.
        timeout_activity: Name of the activity after a reservation timed out; the first one when left out.
        activities: All its activities; those of a new workspace when left out.
        task_channels: Channels besides the built-in ones, and changes to those.
        workers: Its workers.
        task_queues: Its queues.
        workflows: Its workflows.
        tasks: Tasks that wait.
    """

    friendly_name: str
    event_callback_url: str = ""
    events_filter: str | None = None
    multi_task_enabled: bool = True
    prioritize_queue_order: str = "FIFO"
    default_activity: str | None = None
    timeout_activity: str | None = None
    activities: list[ActivitySeed] | None = None
    task_channels: list[TaskChannelSeed] = []
    workers: list[WorkerSeed] = []
    task_queues: list[TaskQueueSeed] = []
    workflows: list[WorkflowSeed] = []
    tasks: list[TaskSeed] = []


class Seed(_Part, frozen=True, kw_only=True):
    """A whole seed."""

    workspaces: list[WorkspaceSeed]
