"""Which rows a list holds, and in which order (the filters of rest-api 3)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

import msgspec

from ...errors import BadRequest
from ..operations.events import event_rows
from ..state.indexes import (
    BY_WORKSPACE,
    QUEUES_BY_NAME,
    RESERVATIONS_OF,
    TASKS_OF,
    WORKER_CHANNELS_OF,
    WORKERS_BY_ACTIVITY,
    WORKERS_BY_NAME,
    WORKFLOWS_BY_NAME,
    WORKSPACES_OF,
    Index,
)
from ..state.model import OPEN_RESERVATION, Activity
from ..state.store import Store
from . import searches
from .lookup import MODELS, Place
from .paging import Position, Rows, SortedRows, WalkedRows
from .parameters import is_true, shown

__all__ = ["rows_of"]

Values = Mapping[str, Any]
Keep = Callable[[Any], bool]
Filter = Callable[[Store, Place, Any], Keep]


def _same(field: str) -> Filter:
    """Rows whose field has the value."""
    return lambda _store, _place, wanted: lambda row: getattr(row, field) == wanted


def _available(store: Store, _place: Place, text: str) -> Keep:
    """Yes keeps the available ones, any other word the unavailable ones (rest-api 3.2)."""
    wanted = is_true(text)
    activities = store.activities

    def keep(row: Any) -> bool:
        activity = row if isinstance(row, Activity) else activities.get(row.activity_sid)
        return (activity is not None and activity.available) is wanted

    return keep


def _referring(field: str, table: str) -> Filter:
    """Rows that refer to something with the given name."""

    def make(store: Store, _place: Place, name: str) -> Keep:
        entities: dict[str, Any] = getattr(store, table)
        return lambda row: (one := entities.get(getattr(row, field))) is not None and one.friendly_name == name

    return make


def _statuses(_store: Store, _place: Place, wanted: tuple[str, ...]) -> Keep:
    return lambda row: row.assignment_status in wanted


def _addons(_store: Store, _place: Place, wanted: bool) -> Keep:
    return lambda row: (row.addons.strip() not in ("", "{}")) is wanted


def _active(_store: Store, _place: Place, _wanted: bool) -> Keep:
    """Of the second generation's only (:mod:`..bridge.dialect_v2`)."""
    return lambda row: row.reservation_status in OPEN_RESERVATION


_FILTERS: Final[dict[str, dict[str, Filter]]] = {
    "workspace": {"friendly_name": _same("friendly_name")},
    "activity": {"friendly_name": _same("friendly_name"), "available": _available},
    "worker": {
        "activity_name": _referring("activity_sid", "activities"),
        "activity_sid": _same("activity_sid"),
        "available": _available,
        "friendly_name": _same("friendly_name"),
        "target_workers_expression": searches.workers_by_expression,
        "task_queue_name": searches.workers_of_queue_name,
        "task_queue_sid": searches.workers_of_queue,
    },
    "task_queue": {
        "friendly_name": _same("friendly_name"),
        "evaluate_worker_attributes": searches.queues_for_attributes,
        "worker_sid": searches.queues_of_worker,
    },
    "workflow": {"friendly_name": _same("friendly_name")},
    "task": {
        "priority": _same("priority"),
        "assignment_status": _statuses,
        "workflow_sid": _same("workflow_sid"),
        "workflow_name": _referring("workflow_sid", "workflows"),
        "task_queue_sid": _same("task_queue_sid"),
        "task_queue_name": _referring("task_queue_sid", "task_queues"),
        "evaluate_task_attributes": searches.tasks_by_expression,
        "routing_target": _same("routing_target"),
        "has_addons": _addons,
    },
    "task_reservation": {"reservation_status": _same("reservation_status"), "worker_sid": _same("worker_sid")},
    "worker_reservation": {"reservation_status": _same("reservation_status"), "active": _active},
}
"""Kind of a list to its filters, by snake_case name."""

_ORDERINGS: Final[dict[str, dict[str, Callable[[Any], float]]]] = {
    "worker": {"DateStatusChanged": lambda row: row.date_status_changed},
    "task_queue": {"DateUpdated": lambda row: row.date_updated},
    "task": {
        "DateCreated": lambda row: row.date_created,
        "Priority": lambda row: row.priority,
        "VirtualStartTime": lambda row: row.virtual_start_time,
    },
}
"""Kind of a list to what its ``Ordering`` may name (rest-api 3)."""


def rows_of(store: Store, kind: str, place: Place, account_sid: str, values: Values, now: float) -> Rows:
    """The rows of a list.

    Args:
        store: Where they are.
        kind: Kind of the route.
        place: Where the list is.
        account_sid: Whose workspaces are listed.
        values: The filters that were given, and ``ordering``.
        now: The moment, epoch seconds.

    Raises:
        BadRequest: A filter or the ordering cannot be understood.
    """
    if kind == "event" and place.workspace is not None:
        return event_rows(store, place.workspace, values, now)
    known = _FILTERS.get(kind, {})
    keeps = [known[name](store, place, value) for name, value in values.items() if name in known]
    keep = _all(keeps)
    index, key = _group(kind, place, account_sid, values)
    ordering = values.get("ordering", "").strip()
    if not ordering:
        return WalkedRows(store, index, key, keep)
    order, depth = _order(kind, ordering)
    rows = [row for row in store.each(index, key) if keep is None or keep(row)]
    return SortedRows(store, rows, order, depth)


def _all(keeps: list[Keep]) -> Keep | None:
    if len(keeps) <= 1:
        return keeps[0] if keeps else None
    return lambda row: all(keep(row) for keep in keeps)


def _group(kind: str, place: Place, account_sid: str, values: Values) -> tuple[Index[Any], Hashable]:
    """The smallest group of an index that surely holds every row of the list."""
    if place.workspace is None:
        return WORKSPACES_OF, account_sid
    if place.parent is not None:
        return (WORKER_CHANNELS_OF if kind == "worker_channel" else RESERVATIONS_OF), place.parent.sid
    workspace_sid = place.workspace.sid
    name = values.get("friendly_name")
    by_name = _BY_NAME.get(kind)
    if name is not None and by_name is not None:
        return by_name, (workspace_sid, name.casefold() if kind == "worker" else name)
    for field, index in _BY_REFERENCE.get(kind, ()):
        if field in values:
            return index, values[field]
    return BY_WORKSPACE[MODELS[kind]], workspace_sid


_BY_NAME: Final[dict[str, Index[Any]]] = {
    "worker": WORKERS_BY_NAME,
    "task_queue": QUEUES_BY_NAME,
    "workflow": WORKFLOWS_BY_NAME,
}
_BY_REFERENCE: Final[dict[str, tuple[tuple[str, Index[Any]], ...]]] = {
    "worker": (("activity_sid", WORKERS_BY_ACTIVITY),),
    "task": (("task_queue_sid", TASKS_OF), ("workflow_sid", TASKS_OF)),
}


class _Term(msgspec.Struct, frozen=True):
    value: Callable[[Any], float]
    sign: int


def _order(kind: str, text: str) -> tuple[Callable[[Any], Position], int]:
    known = _ORDERINGS.get(kind, {})
    terms: dict[str, _Term] = {}
    for part in text.split(","):
        name, _, direction = part.strip().partition(":")
        if name not in known or name in terms or direction.lower() not in ("", "asc", "desc"):
            wanted = " or ".join(f"{one}:asc|desc" for one in known)
            raise BadRequest(f"Invalid Ordering. '{shown(text)}' is not {wanted}, each once.")
        terms[name] = _Term(known[name], -1 if direction.lower() == "desc" else 1)
    if {"DateCreated", "VirtualStartTime"} <= terms.keys():
        raise BadRequest("Invalid Ordering. DateCreated and VirtualStartTime cannot be combined.")
    chosen = tuple(terms.values())
    return lambda row: tuple(term.sign * term.value(row) for term in chosen), len(chosen)
