"""What statistics are made of (rest-api 4.2)."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import msgspec

from .decoding import Moment, decode_any, decode_struct

__all__ = [
    "ActivityCount",
    "ActivityDuration",
    "Cumulative",
    "Duration",
    "RealTime",
    "Split",
    "SplitSide",
    "Statistics",
    "decode_statistics",
]

S = TypeVar("S", bound="Statistics")

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
    """What happened on one side of a threshold."""

    tasks_canceled: int = 0
    reservations_accepted: int = 0


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
    """Base of all statistics: a snapshot that does not change.

    SIDs in it are text, not resources: what they stand for is fetched from the workspace (Q45).
    """

    path: ClassVar[str] = ""
    """Its URL's path below ``/Workspaces``, with ``{sid}`` for SIDs."""
    filters: ClassVar[frozenset[str]] = frozenset()
    """Query parameters, by TaskRouter's names."""

    account_sid: str | None = None
    workspace_sid: str | None = None
    url: str | None = None

    @property
    def extra(self) -> dict[str, Any]:
        """What was sent beyond the fields known here, or not as they are: by TaskRouter's names."""
        raw, odd = vars(self).get("_raw"), vars(self).get("_odd", frozenset())
        value = None if raw is None else decode_any(raw)
        known = {field.encode_name for field in msgspec.structs.fields(type(self))} - odd
        return {name: item for name, item in value.items() if name not in known} if isinstance(value, dict) else {}


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


def decode_statistics(cls: type[S], raw: msgspec.Raw) -> S:
    """Read a statistics object; what is odd in it is set aside (Q50-Q53).

    Raises:
        DecodeError: It is no JSON object.
    """
    result = decode_struct(cls, raw)
    vars(result)["_raw"] = raw
    return result
