"""What statistics are made of (rest-api 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Optional, TypeVar

import msgspec

from .binding import Bound, bind, linked
from .decoding import NULL, Moment, decode_struct, fields_of, split_object

if TYPE_CHECKING:
    from .context import Context
    from .task_queue import TaskQueueInstance
    from .workflow import WorkflowInstance
    from .workspace import WorkspaceInstance

__all__ = [
    "ABSENT",
    "ActivityCount",
    "ActivityDuration",
    "Cumulative",
    "Duration",
    "OfTaskQueue",
    "OfWorkflow",
    "RealTime",
    "Sent",
    "Split",
    "SplitSide",
    "Statistics",
    "decode_statistics",
]

S = TypeVar("S", bound="Statistics")
T = TypeVar("T")

# A part that the service always sends: for a type checker it is there, so that nobody has to ask before
# each figure. Should it be null all the same, it is None, not a row of zeros that never happened.
if TYPE_CHECKING:
    Sent = Annotated[T, "None only if the service sends null"]
else:
    Sent = Optional[T]  # noqa: UP045 - X | None of a type variable cannot be subscripted

ABSENT: Final[Any] = None
"""Default of a :data:`Sent` part."""

WINDOW = frozenset({"Minutes", "StartDate", "EndDate", "TaskChannel"})
SPLIT_WINDOW = WINDOW | {"SplitByWaitTime"}
NOW = frozenset({"TaskChannel"})


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took, in seconds; zeros if it never happened."""

    avg: float = 0.0
    min: float = 0.0
    max: float = 0.0
    total: float = 0.0


class SplitSide(msgspec.Struct, frozen=True, kw_only=True):
    """What happened on one side of a threshold.

    Attributes:
        tasks_canceled: How many tasks were canceled.
        reservations_accepted: How many reservations were accepted.
        percentage: How much that is of all, where the service tells it.
    """

    tasks_canceled: int = 0
    reservations_accepted: int = 0
    percentage: float | None = None


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """How much happened after less and after more waiting than a threshold."""

    above: SplitSide = SplitSide()
    below: SplitSide = SplitSide()


class ActivityCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many workers are in an activity."""

    sid: str | None = None
    friendly_name: str | None = None
    workers: int = 0


class ActivityDuration(Duration, frozen=True, kw_only=True):
    """How long workers were in an activity, in seconds."""

    sid: str | None = None
    friendly_name: str | None = None


class Statistics(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Base of all statistics: a snapshot that does not change."""

    path: ClassVar[str] = ""
    """Its URL's path below ``/Workspaces``, with ``{sid}`` for SIDs."""
    filters: ClassVar[frozenset[str]] = frozenset()
    """Query parameters, by TaskRouter's names."""

    account_sid: str | None = None
    workspace_sid: str | None = None
    url: str | None = None

    @property
    def workspace(self) -> WorkspaceInstance | None:
        """The workspace they are about; its fields come with ``fetch()`` (Q45)."""
        from .workspace import WorkspaceInstance

        return linked(self, WorkspaceInstance, "workspace_sid")

    @property
    def extra(self) -> dict[str, Any]:
        """What was sent beyond the fields known here, or not as they are: by TaskRouter's names."""
        known = {field.sent_as for field in fields_of(type(self))} - vars(self).get("_odd", frozenset())
        bound: Bound | None = vars(self).get("_bound")
        sent = {} if bound is None else bound.sent(getattr(self, bound.name, None))
        return {name: value for name, value in sent.items() if name not in known}


class OfWorkflow:
    """Statistics that are a workflow's."""

    __slots__ = ()

    @property
    def workflow(self) -> WorkflowInstance | None:
        """The workflow they are about; its fields come with ``fetch()``."""
        from .workflow import WorkflowInstance

        return linked(self, WorkflowInstance, "workflow_sid")


class OfTaskQueue:
    """Statistics that are a task queue's."""

    __slots__ = ()

    @property
    def task_queue(self) -> TaskQueueInstance | None:
        """The queue they are about; its fields come with ``fetch()``."""
        from .task_queue import TaskQueueInstance

        return linked(self, TaskQueueInstance, "task_queue_sid")


class Cumulative(Statistics, frozen=True, kw_only=True, dict=True):
    """What all cumulative statistics tell.

    Attributes:
        start_time: Begin of the span of time.
        end_time: Its end.
        reservations_created: How many reservations were made; the other counts say what became of them.
    """

    start_time: Moment = None
    end_time: Moment = None
    reservations_created: int = 0
    reservations_accepted: int = 0
    reservations_rejected: int = 0
    reservations_timed_out: int = 0
    reservations_canceled: int = 0
    reservations_rescinded: int = 0


class RealTime(Statistics, frozen=True, kw_only=True, dict=True):
    """What all real-time statistics of tasks tell.

    Attributes:
        total_tasks: How many tasks there are, assigned ones included.
        tasks_by_status: How many are ``pending``, ``reserved``, ``assigned``, ``wrapping``, ...
        tasks_by_priority: How many have which priority; the priorities are text.
        longest_task_waiting_age: Seconds since the oldest waiting task was created; 0 if none waits.
        longest_task_waiting_sid: Which one that is.
    """

    total_tasks: int = 0
    tasks_by_status: dict[str, int] = msgspec.field(default_factory=dict)
    tasks_by_priority: dict[str, int] = msgspec.field(default_factory=dict)
    longest_task_waiting_age: int = 0
    longest_task_waiting_sid: str | None = None


def decode_statistics(cls: type[S], raw: msgspec.Raw, context: Context) -> S:
    """Read a statistics object; what is odd in it is set aside (Q50-Q53).

    Raises:
        DecodeError: It is no JSON object.
    """
    result = decode_struct(cls, raw)
    for queue in getattr(result, "task_queue_data", ()):
        bind(queue, Bound(context, NULL))
    for name in ("cumulative", "realtime"):
        if (part := getattr(result, name, None)) is not None:
            bind(part, Bound(context, split_object(raw)[name]))
    return bind(result, Bound(context, raw))
