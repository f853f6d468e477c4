"""Waiting until a reservation is what one waits for, or can never be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..errors import InvalidArgument, NotReady, ReservationGone

if TYPE_CHECKING:
    from .instance import InstanceResource

__all__ = ["OVER", "follow", "is_behind", "reached", "read_statuses", "settle", "wait_for"]

OVER: Final = frozenset({"rejected", "timeout", "canceled", "rescinded", "completed"})
"""Statuses that nothing follows (rest-api 5)."""

_WAY: Final[Mapping[str, int]] = {"pending": 0, "accepted": 1, "wrapping": 2, **dict.fromkeys(OVER, 3)}
_STATUSES: Final[Mapping[str, str]] = {
    **{name: name for name in ("pending", "accepted", "wrapping", *sorted(OVER))},
    "wrapup": "wrapping",  # as the event is called
}
_HAS_BEEN: Final[Mapping[str, str]] = {"wrapping": "accepted", "completed": "accepted"}
"""What a reservation must have been before; events may be lost, statuses skipped."""


def is_behind(status: str | None, other: str | None) -> bool:
    """Whether a reservation with this status has not come as far as with the other (routing 4.4)."""
    return _WAY.get(status or "", 99) < _WAY.get(other or "", -1)


def read_statuses(statuses: tuple[str, ...]) -> tuple[str, ...]:
    """Check what is waited for; any end if nothing is given.

    Raises:
        InvalidArgument: There is no such status.
    """
    for status in statuses:
        if status not in _STATUSES:
            raise InvalidArgument(f"a reservation is never {status!r}; it is one of {', '.join(_STATUSES)}")
    return tuple(_STATUSES[status] for status in statuses) or tuple(sorted(OVER))


def reached(reservation: InstanceResource, wanted: tuple[str, ...]) -> str | None:
    """Which of the wanted statuses the reservation has or has had; None if that may still come.

    Raises:
        ReservationGone: It is over and none of them.
    """
    status = getattr(reservation, "reservation_status", None) or ""
    for known in (status, _HAS_BEEN.get(status, "")):
        if known in wanted:
            return known
    if status in OVER:
        gone = ReservationGone(
            f"reservation {reservation.sid} is over: {status}; it will never be {' or '.join(wanted)}",
            hint="drop it; if the task still waits, the worker will get another reservation",
        )
        gone.reservation_status = status
        raise gone
    return None


async def wait_for(reservation: InstanceResource, wanted: tuple[str, ...]) -> str:
    """Wait until it is one of them; see :meth:`~trbridge.resources.reservation.ReservationInstance.wait`."""
    status = reached(reservation, wanted)
    if status is not None:
        return status
    if not vars(reservation).get("_followed"):
        raise NotReady(
            f"{reservation!r} hears of no events, so it would wait for ever",
            hint="take it from a Worker's event, from worker.open_reservations or worker.fetch_reservations()",
        )
    waits: dict[asyncio.Future[str], tuple[str, ...]] = vars(reservation).setdefault("_waits", {})
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waits[future] = wanted
    try:
        return await future
    finally:
        waits.pop(future, None)


def follow(reservation: InstanceResource) -> None:
    """Note that from now on its events reach it."""
    vars(reservation)["_followed"] = True


def settle(reservation: InstanceResource) -> None:
    """It has changed: tell those who wait for what it is now, even if it is something else when they look."""
    waits: dict[asyncio.Future[str], tuple[str, ...]] | None = reservation.__dict__.get("_waits")
    for future, wanted in waits.items() if waits else ():
        if future.done():
            continue
        try:
            status = reached(reservation, wanted)
        except ReservationGone as gone:
            future.set_exception(gone)
            future.exception()  # seen: its waiter may be gone already
        else:
            if status is not None:
                future.set_result(status)
