"""What a reservation's event brings, in either dialect, read once (wire-protocol 6.3, 7.3 and 7.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import force_setattr

from ..errors import DecodeError
from .binding import Bound, bind, read_instance
from .decoding import NULL, decode_any, decode_struct
from .reservation import ReservationInstance, status_of
from .told_task import ToldTask

if TYPE_CHECKING:
    from .context import Context

__all__ = ["as_reservation", "read_event", "reservation_from_event", "reservation_sid_of"]


def reservation_from_event(raw: msgspec.Raw, context: Context, event: str | None = None) -> ReservationInstance | None:
    """The reservation that an event is about, with its task; no request is needed (Q59, Q60).

    Args:
        raw: The event's payload: a reservation with its task, or the task with a ``reservation_sid`` (v1's
            socket: wire-protocol 6.3 and 7.3).
        context: The client's context.
        event: The event's name, such as ``reservation.accepted``; in v1's dialect it alone tells the status.

    Returns:
        The reservation; None if the payload names none, as that of ``reservation.failed`` (Q33, Q66).


    Raises:
        DecodeError: The payload is not JSON.
    """
    read = read_event(raw, context)
    return None if read is None else as_reservation(read, raw, context, event)


def read_event(raw: msgspec.Raw, context: Context) -> ToldTask | ReservationInstance | None:
    """What a reservation's event brings: the task with the reservation's SID, or the reservation; else None."""
    if not context.nested_events:  # nearly always: 0.95 x the time of an event
        try:
            told = _decode_told(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            pass  # it is read with more patience
        else:
            if told.reservation_sid:
                return told
    # As what the last one was: a socket speaks one dialect.
    for reader in _NESTED_FIRST if context.nested_events else _TASK_FIRST:
        try:
            read = reader(raw, context)
        except DecodeError:
            decode_any(raw)  # raises if it is no JSON at all
            return None
        if read is not None:
            return read
    return None


def _read_task(raw: msgspec.Raw, context: Context) -> ToldTask | None:
    told = decode_struct(ToldTask, raw)
    if not told.reservation_sid:
        return None
    context.nested_events = False
    return told


def _read_nested(raw: msgspec.Raw, context: Context) -> ReservationInstance | None:
    reservation = read_instance(ReservationInstance, raw, context)
    if reservation.sid[:2] != ReservationInstance.prefix:
        return None
    context.nested_events = True
    return reservation


_decode_told: Final = msgspec.json.Decoder(ToldTask, strict=False).decode
_TASK_FIRST: Final = (_read_task, _read_nested)
_NESTED_FIRST: Final = (_read_nested, _read_task)


def reservation_sid_of(read: ToldTask | ReservationInstance) -> str:
    """The SID of the reservation that :func:`read_event` has read."""
    return read.sid if isinstance(read, ReservationInstance) else read.reservation_sid or ""


def as_reservation(
    read: ToldTask | ReservationInstance, raw: msgspec.Raw, context: Context, event: str | None
) -> ReservationInstance:
    """The reservation that :func:`read_event` has read."""
    if isinstance(read, ToldTask):
        return _from_task(read, raw, context, status_of(event))
    if read.reservation_status is None:
        force_setattr(read, "reservation_status", status_of(event))
    return read


def _from_task(told: ToldTask, raw: msgspec.Raw, context: Context, status: str | None) -> ReservationInstance:
    reservation = ReservationInstance(
        sid=told.reservation_sid or "",
        account_sid=told.account_sid,
        workspace_sid=told.workspace_sid or context.workspace_sid,
        reservation_status=status,
        task_sid=told.sid or None,
        worker_sid=told.worker_sid or context.worker_sid,
        worker_name=told.worker_name,
        task_channel_sid=told.task_channel_sid,
        task_channel_unique_name=told.task_channel_unique_name,
        _task=raw,
    )
    bind(reservation, Bound(context, NULL))
    reservation._note_whether_all(told)
    return reservation
