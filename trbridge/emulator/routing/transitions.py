"""What may become of a task and of a reservation, as tables (routing 3.1 and 4.4, rest-api 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from ...errors import BadRequest
from ..state.model import Reservation, Task
from ..state.transaction import Transaction

__all__ = [
    "RESERVATION_EVENTS",
    "RESERVATION_TRANSITIONS",
    "TASK_TRANSITIONS",
    "may_become",
    "move",
    "status_of",
]

T = TypeVar("T", Task, Reservation)

TASK_TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"reserved", "canceled"}),
    "reserved": frozenset({"pending", "assigned", "canceled"}),
    "assigned": frozenset({"wrapping", "completed"}),
    "wrapping": frozenset({"completed"}),
    "canceled": frozenset(),
    "completed": frozenset(),
}
"""``assignment_status`` to what it may become. An assigned task cannot be canceled."""

RESERVATION_TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"accepted", "rejected", "timeout", "canceled", "rescinded"}),
    "accepted": frozenset({"wrapping", "completed"}),
    "wrapping": frozenset({"completed"}),
    "rejected": frozenset(),
    "timeout": frozenset(),
    "canceled": frozenset(),
    "rescinded": frozenset(),
    "completed": frozenset(),
}
"""``reservation_status`` to what it may become."""

RESERVATION_EVENTS: Final[Mapping[str, str]] = {
    "pending": "reservation.created",
    "accepted": "reservation.accepted",
    "rejected": "reservation.rejected",
    "timeout": "reservation.timeout",
    "canceled": "reservation.canceled",
    "rescinded": "reservation.rescinded",
    "wrapping": "reservation.wrapup",
    "completed": "reservation.completed",
}
"""The event that tells of a reservation's coming into a status."""

_TABLES: Final[dict[type[Any], tuple[str, Mapping[str, frozenset[str]]]]] = {
    Task: ("assignment_status", TASK_TRANSITIONS),
    Reservation: ("reservation_status", RESERVATION_TRANSITIONS),
}


def status_of(entity: Task | Reservation) -> str:
    """The status of either kind."""
    status: str = getattr(entity, _TABLES[type(entity)][0])
    return status


def may_become(entity: Task | Reservation, status: str) -> bool:
    """Tell whether the tables allow it."""
    return status in _TABLES[type(entity)][1][status_of(entity)]


def move(tx: Transaction, entity: T, status: str, **fields: Any) -> T:
    """Bring a task or a reservation into another status, and set more of its fields.

    Args:
        tx: The transaction.
        entity: The task or reservation; what the store holds of it counts.
        status: What it is to become.
        **fields: What else changes with it.

    Raises:
        BadRequest: The tables do not allow it.
    """
    current: T = tx.store.table(type(entity))[entity.sid]
    if not may_become(current, status):
        raise BadRequest(
            f"Cannot change {type(entity).kind} {entity.sid} from {status_of(current)} to {status}.",
            hint=f"from {status_of(current)} it may become "
            f"{' or '.join(sorted(_TABLES[type(entity)][1][status_of(current)])) or 'nothing else'}",
        )
    return tx.update(current, **{_TABLES[type(entity)][0]: status}, **fields)
