"""Updating reservations: what a client may set, and when (rest-api 3.9, 5.2)."""

from __future__ import annotations

import pytest
from contact_center import Center

from trbridge.emulator.state.model import Reservation
from trbridge.errors import ApiError, BadRequest, Gone


@pytest.fixture
def center() -> Center:
    return Center()


def offer(center: Center) -> Reservation:
    flow = center.workflow(default=center.queue())
    center.worker("ann")
    return center.offered(center.task(flow))


def test_the_four_statuses_a_client_may_set(center: Center) -> None:
    reservation = offer(center)
    for status in ("accepted", "wrapping", "completed"):
        assert center.change(reservation, status).reservation_status == status
    task = center.store.tasks[reservation.task_sid]
    assert task.assignment_status == "completed"


def test_completing_straight_from_accepted(center: Center) -> None:
    """As the v2 client's tests do (routing 4.4)."""
    reservation = center.change(offer(center), "accepted")
    assert center.change(reservation, "completed").reservation_status == "completed"


def test_rejecting_with_an_activity(center: Center) -> None:
    reservation = offer(center)
    away = center.activity("Unavailable")
    assert center.change(reservation, "rejected", worker_activity_sid=away).reservation_status == "rejected"
    assert center.store.workers[reservation.worker_sid].activity_sid == away


@pytest.mark.parametrize("status", ["pending", "timeout", "canceled", "rescinded", "nonsense"])
def test_the_systems_statuses_are_refused(center: Center, status: str) -> None:
    reservation = offer(center)
    with pytest.raises(BadRequest, match=f"Invalid ReservationStatus. '{status}' is not one of accepted, rejected"):
        center.change(reservation, status)


REFUSED = [
    ("pending", "wrapping", BadRequest, "Cannot wrap up reservation .* not accepted: it is pending"),
    ("pending", "completed", BadRequest, "Cannot complete reservation .* not accepted or wrapping: it is pending"),
    ("accepted", "accepted", BadRequest, "Cannot accept reservation .* it is accepted"),
    ("accepted", "rejected", BadRequest, "Cannot reject reservation .* it is accepted"),
    ("wrapping", "wrapping", BadRequest, "it is wrapping"),
    ("completed", "completed", BadRequest, "it is completed"),
    ("rejected", "accepted", BadRequest, "it is rejected"),
    ("timeout", "accepted", Gone, "it is timeout"),
    ("canceled", "accepted", Gone, "it is canceled"),
    ("rescinded", "accepted", Gone, "it is rescinded"),
    ("rescinded", "rejected", BadRequest, "it is rescinded"),
]


@pytest.mark.parametrize(("state", "status", "error", "message"), REFUSED, ids=[f"{r[0]} {r[1]}" for r in REFUSED])
def test_what_the_state_does_not_allow(
    center: Center, state: str, status: str, error: type[ApiError], message: str
) -> None:
    """400/20001, and 410 for accepting what is over (routing 4.4); nothing changes."""
    reservation = offer(center)
    with center.engine.transaction() as tx:
        tx.update(reservation, reservation_status=state)
    before = center.store.snapshot()
    with pytest.raises(error, match=message):
        center.change(reservation, status)
    assert center.store.snapshot() == before


def test_status_and_instruction_exclude_each_other(center: Center) -> None:
    reservation = offer(center)
    with pytest.raises(BadRequest, match="not both"):
        center.change(reservation, "accepted", instruction="accept")


def test_nothing_said_is_nothing_done(center: Center) -> None:
    reservation = offer(center)
    assert center.change(reservation, worker_activity_sid=center.activity("Offline")) == reservation
