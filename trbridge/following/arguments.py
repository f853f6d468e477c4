"""What a follower is asked for, and the moments of a log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..errors import InvalidArgument
from ..wire import format_datetime

if TYPE_CHECKING:
    from ..resources.event import EventInstance

__all__ = ["moment", "moment_of", "read_since", "read_types", "second"]


def read_types(types: str | Iterable[str]) -> frozenset[str]:
    """The names of events that are wanted."""
    chosen = frozenset([types] if isinstance(types, str) else types)
    for name in chosen:
        if not isinstance(name, str) or not name.strip():
            raise InvalidArgument(f"types are names of events such as 'task.created', not {name!r}")
    return chosen


def read_since(since: datetime | timedelta, now: float) -> datetime:
    """The moment to begin at, which may be given as the time since then."""
    if isinstance(since, timedelta):
        return datetime.fromtimestamp(now, UTC) - since
    format_datetime(since)  # refuses one without a time zone
    return since.astimezone(UTC)


def moment(ms: int) -> datetime:
    """Of milliseconds since 1970."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)


def second(seconds: int) -> str:
    """Seconds since 1970 as the service reads them."""
    return format_datetime(moment(seconds * 1000))


def moment_of(event: EventInstance, floor: int | None) -> int:
    """Its milliseconds; its seconds, should the service leave those out (they may be null: rest-api 3.10)."""
    if event.event_date_ms is not None:
        return event.event_date_ms
    if event.event_date is not None:
        return int(event.event_date.timestamp() * 1000)
    return floor or 0
