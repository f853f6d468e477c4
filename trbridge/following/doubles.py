"""Recognising an event that came in two ways: over the socket, and from the log or as a callback.

The log and the callbacks name events by SID; the socket does not (routing 7). What the socket brought is told
apart by its type, what it is about, and when.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

__all__ = ["Doubles", "Told"]

_SECONDS: Final = 2.0
"""By how much the moments of one event may differ: the socket's is the resource's, in whole seconds."""
_MOST_PER_KEY: Final = 32

ONCE: Final = frozenset(
    {
        "accepted",
        "canceled",
        "completed",
        "created",
        "deleted",
        "failed",
        "rejected",
        "rescinded",
        "system-deleted",
        "wrapup",
    }
)
"""Last parts of the names of events that happen to a resource once at most: their moments need not agree."""


class Told(NamedTuple):
    """One event, as it came.

    Attributes:
        event_type: Such as ``task.created``.
        resource_sid: What it is about.
        seconds: When it happened, seconds since 1970 by the service's clock; None if that was not said.
        event_sid: Its SID; None if that was not said, as by the socket.
        origin: By which way it came.
        digest: What tells a repetition by the same way, if it has no SID.
    """

    event_type: str
    resource_sid: str
    seconds: float | None = None
    event_sid: str | None = None
    origin: str = "socket"
    digest: str | None = None


class Doubles:
    """What came lately, by either way.

    Args:
        most: Events and resources that are remembered of each kind; the oldest are forgotten.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()
        self._single: OrderedDict[tuple[str, str], list[Told]] = OrderedDict()

    def is_new(self, told: Told) -> bool:
        """Whether it came for the first time; from now on it is known."""
        name = told.event_sid or told.digest
        if name is not None:
            if name in self._names:
                return False
            self._names[name] = None
            if len(self._names) > self._most:
                self._names.popitem(last=False)
        return not self._met(told)

    def _met(self, told: Told) -> bool:
        """Whether its other half is there; the two cancel each other out."""
        key = told.event_type, told.resource_sid
        halves = self._single.pop(key, [])
        twin = next((half for half in halves if _same(half, told)), None)
        if twin is not None:
            halves.remove(twin)
        else:
            halves.append(told)
        if halves:
            self._single[key] = halves[-_MOST_PER_KEY:]
            if len(self._single) > self._most:
                self._single.popitem(last=False)
        return twin is not None


def _same(one: Told, other: Told) -> bool:
    if one.origin == other.origin or (one.event_sid and other.event_sid):
        return False
    if one.event_type.rpartition(".")[2] in ONCE:
        return True
    return one.seconds is not None and other.seconds is not None and abs(one.seconds - other.seconds) <= _SECONDS
