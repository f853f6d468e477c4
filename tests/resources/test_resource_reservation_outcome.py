"""What comes of a verb that was refused, or whose answer was lost."""

from __future__ import annotations

from typing import Any

import pytest
from fake_bridge import WA, WK, Bridge, raw, reservation, sid

from trbridge.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    RequestError,
    RequestTimeout,
    ReservationGone,
    TransportError,
)
from trbridge.resources.binding import read_instance
from trbridge.resources.reservation import ReservationInstance

OVER = ["timeout", "canceled", "rescinded", "rejected", "completed"]


def held(bridge: Bridge, status: str = "pending", **changes: Any) -> Any:
    return read_instance(ReservationInstance, raw(reservation(status, **changes)), bridge.context)


def lost(cls: type[RequestError] = TransportError) -> RequestError:
    error = cls("the connection broke off")
    error.outcome_unknown = True
    return error


# -- what comes of a refusal --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", OVER)
@pytest.mark.parametrize("refusal", [Gone, BadRequest])
async def test_f65_a_reservation_that_is_over_is_told_by_its_status(status: str, refusal: type[Gone]) -> None:
    bridge = Bridge(WK)
    one = held(bridge)
    bridge.fail(refusal("cannot", code=20001))
    bridge.answer(reservation(status))
    with pytest.raises(ReservationGone, match=f"is over: {status}") as caught:
        await one.accept()
    error = caught.value
    assert isinstance(error, Gone)
    assert (error.reservation_status, error.status, error.code) == (status, refusal.default_status, 20001)
    assert isinstance(error.__cause__, refusal)
    assert one.reservation_status == status
    assert [method for method, _, _ in bridge.sent] == ["POST", "GET"]


@pytest.mark.parametrize("verb", ["dequeue", "call", "redirect", "conference", "supervise", "wrap", "reject"])
async def test_every_verb_tells_that_it_is_over(verb: str) -> None:
    bridge = Bridge(WK)
    one = held(bridge)
    bridge.fail(BadRequest("cannot"))
    bridge.answer(reservation("rescinded"))
    with pytest.raises(ReservationGone):
        await getattr(one, verb)()


@pytest.mark.parametrize(
    ("verb", "status"),
    [("accept", "accepted"), ("reject", "rejected"), ("wrap", "wrapping"), ("complete", "completed")],
)
async def test_doing_again_what_is_done_succeeds(verb: str, status: str) -> None:
    bridge = Bridge(WK)
    one = held(bridge, status)
    bridge.fail(BadRequest("not pending"))
    bridge.answer(reservation(status))
    assert await getattr(one, verb)() is one


async def test_somebody_elses_acceptance_is_not_ones_own() -> None:
    bridge = Bridge(WK)
    other = sid("WK", 2)
    one = held(bridge, "accepted", worker_sid=other)
    bridge.fail(BadRequest("not pending"))
    bridge.answer(reservation("accepted", worker_sid=other))
    with pytest.raises(BadRequest, match="not pending"):
        await one.accept()


async def test_a_refusal_for_another_reason_stays_what_it_is() -> None:
    bridge = Bridge(WK)
    one = held(bridge)
    bridge.fail(BadRequest("WorkerActivitySid is wrong"))
    bridge.answer(reservation("pending"))
    with pytest.raises(BadRequest, match="WorkerActivitySid") as caught:
        await one.reject(WA)
    assert not isinstance(caught.value, ReservationGone)


async def test_if_it_cannot_be_read_the_refusal_stays_what_it_is() -> None:
    bridge = Bridge(WK)
    bridge.fail(BadRequest("cannot"))
    bridge.fail(Forbidden("no"))
    with pytest.raises(BadRequest, match="cannot"):
        await held(bridge).accept()


@pytest.mark.parametrize("error", [Forbidden("no"), Conflict("busy"), TransportError("refused")])
async def test_a_clear_failure_is_not_looked_into(error: Exception) -> None:
    bridge = Bridge(WK)
    bridge.fail(error)
    with pytest.raises(type(error)):
        await held(bridge).accept()
    assert len(bridge.requests) == 1


# -- what comes of a lost answer ----------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [TransportError, RequestTimeout])
async def test_an_accept_whose_answer_was_lost_is_looked_up(cls: type[RequestError]) -> None:
    bridge = Bridge(WK)
    one = held(bridge)
    bridge.fail(lost(cls))
    bridge.answer(reservation("accepted"))
    assert await one.accept() is one
    assert one.reservation_status == "accepted"
    assert [method for method, _, _ in bridge.sent] == ["POST", "GET"]


async def test_an_accept_that_did_not_arrive_fails_as_it_did() -> None:
    """Whether to accept again is the caller's to say; the error still tells that the outcome is open."""
    bridge = Bridge(WK)
    bridge.fail(lost())
    bridge.answer(reservation("pending"))
    with pytest.raises(TransportError) as caught:
        await held(bridge).accept()
    assert caught.value.outcome_unknown


async def test_a_lost_accept_of_a_reservation_that_ended_says_so() -> None:
    bridge = Bridge(WK)
    bridge.fail(lost())
    bridge.answer(reservation("timeout"))
    with pytest.raises(ReservationGone, match="timeout"):
        await held(bridge).accept()


async def test_a_lost_accept_that_cannot_be_looked_up_stays_open() -> None:
    bridge = Bridge(WK)
    bridge.fail(lost())
    bridge.fail(TransportError("still down"))
    with pytest.raises(TransportError, match="broke off"):
        await held(bridge).accept()


async def test_an_instruction_whose_answer_was_lost_is_not_taken_for_done() -> None:
    bridge = Bridge(WK)
    bridge.fail(lost())
    bridge.answer(reservation("pending"))
    with pytest.raises(TransportError):
        await held(bridge).call("+1", "http://x/t")


async def test_an_answer_of_nothing_is_handed_on_as_in_v1() -> None:
    bridge = Bridge(WK)
    one = held(bridge)
    bridge.answer(None)
    assert await one.accept() is None
    assert one.reservation_status == "pending"
