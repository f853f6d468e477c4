"""Whether an answer is older than what came while it was on its way. Neither clock nor I/O is here.

A request is answered with the state of some moment; until the answer is here, events or other answers may have
brought a later one. REST's bodies tell the second of the last change, and the ``ETag`` of tasks, workers and
reservations a version (rest-api 1.3); events tell the second, and in v2's dialect the version. Within a second,
without versions, nothing tells which of two is newer: then what differs is asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple

__all__ = ["Age", "Verdict", "compare", "contradict", "judge", "read_version"]

_COMPUTED: Final = frozenset(
    {"age", "assigned_tasks", "available_capacity_percentage", "last_reserved_time_ms", "version", "_task"}
)
"""Fields that differ from one answer to the next without a change, or are told elsewhere."""
_LONGEST_VERSION: Final = 19


class Verdict(Enum):
    """What to do with an answer."""

    TAKE = "take"
    """It is the newest."""
    DROP = "drop"
    """What came meanwhile is newer."""
    ASK = "ask"
    """Nobody can tell."""


class Age(NamedTuple):
    """How old a state is, as far as it was told."""

    version: int | None
    moment: datetime | None


def judge(held: Age, answered: Age, *, contradicting: bool) -> Verdict:
    """Judge an answer during whose request something else was taken over.

    Args:
        held: What is held by now. Its version may be that of an older state, if an event told none; so a higher one
            proves nothing.
        answered: The answer.
        contradicting: They differ in something that both tell.
    """
    if held.version is not None and answered.version is not None and answered.version < held.version:
        return Verdict.DROP
    if held.moment is not None and answered.moment is not None and held.moment != answered.moment:
        return Verdict.TAKE if answered.moment > held.moment else Verdict.DROP
    return Verdict.ASK if contradicting else Verdict.TAKE


def compare(held: Any, answered: Any, etag: str | None, unsent: Mapping[str, Any]) -> Verdict:
    """As :func:`judge`, for two instances of a resource.

    Args:
        held: The one that is held.
        answered: What the answer was made into.
        etag: The answer's.
        unsent: Its fields, and what each is if it was not sent.
    """
    mine, theirs = ({name: getattr(each, name) for name in unsent} for each in (held, answered))
    versions = [version for version in (mine.get("version"), read_version(held.etag)) if version is not None]
    return judge(
        Age(max(versions, default=None), mine["date_updated"]),
        Age(theirs.get("version") if etag is None else read_version(etag), theirs["date_updated"]),
        contradicting=contradict(mine, theirs, unsent),
    )


def contradict(one: Mapping[str, Any], other: Mapping[str, Any], unsent: Mapping[str, Any]) -> bool:
    """Whether two states of a resource differ in a field that both tell.

    Args:
        one: Fields to values.
        other: The same fields.
        unsent: What each field is if it was not sent.
    """
    return any(
        value != other[name] and unsent[name] not in (value, other[name])
        for name, value in one.items()
        if name not in _COMPUTED
    )


def read_version(etag: str | None) -> int | None:
    """The version that an ``ETag`` tells; None if it is of another kind."""
    text = (etag or "").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_VERSION else None
