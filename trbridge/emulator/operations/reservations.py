"""Reservations (rest-api 3.9). Routing makes them; here is what is done with one, from its task or its worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ...errors import BadRequest
from ..instructions import carry_out, parameters_of
from ..routing.lifecycle import complete_task, wrap_task
from ..routing.transitions import may_become, status_of
from ..state.model import Reservation
from ..state.transaction import Transaction
from .checks import Form, invalid

__all__ = ["update"]


def update(tx: Transaction, reservation: Reservation, form: Form) -> Reservation:
    """Change a reservation's status, or carry out an instruction.

    Args:
        tx: The transaction.
        reservation: The reservation.
        form: ``reservation_status`` (accepted, rejected, wrapping, completed) with ``worker_activity_sid`` for
            rejected; or ``instruction`` and its parameters. With neither nothing happens.

    Raises:
        BadRequest: The state does not allow it, or something is missing or wrong (rest-api 5.4).
        Gone: It is to be accepted, but timed out, was canceled or rescinded (routing 4.4).
    """
    status, instruction = form.get("reservation_status"), form.get("instruction")
    if status and instruction:
        raise BadRequest("Give either ReservationStatus or Instruction, not both.")
    if instruction:
        return carry_out(tx, reservation, instruction, parameters_of(instruction, form))
    if not status:
        return reservation
    if status not in _STATUSES:
        raise invalid("reservation_status", status, f"one of {', '.join(_STATUSES)}")
    _STATUSES[status](tx, reservation, form)
    return tx.store.reservations[reservation.sid]


def _accept(tx: Transaction, reservation: Reservation, _form: Form) -> None:
    carry_out(tx, reservation, "accept", {})


def _reject(tx: Transaction, reservation: Reservation, form: Form) -> None:
    carry_out(tx, reservation, "reject", parameters_of("reject", form))


def _wrap(tx: Transaction, reservation: Reservation, _form: Form) -> None:
    _check(reservation, "wrapping", "wrap up", "accepted")
    wrap_task(tx, tx.store.tasks[reservation.task_sid])


def _complete(tx: Transaction, reservation: Reservation, _form: Form) -> None:
    _check(reservation, "completed", "complete", "accepted or wrapping")
    complete_task(tx, tx.store.tasks[reservation.task_sid])


def _check(reservation: Reservation, status: str, verb: str, wanted: str) -> None:
    if not may_become(reservation, status):
        raise BadRequest(
            f"Cannot {verb} reservation {reservation.sid} because it is not {wanted}: it is {status_of(reservation)}."
        )


_STATUSES: Final[Mapping[str, Callable[[Transaction, Reservation, Form], None]]] = {
    "accepted": _accept,
    "rejected": _reject,
    "wrapping": _wrap,
    "completed": _complete,
}
"""What clients may set (rest-api 5.2); the others are the system's."""
