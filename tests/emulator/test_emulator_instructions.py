"""Instructions without a telephone: what they need, what they do, how they refuse (routing 6.2, 4.7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contact_center import Center

from trbridge.emulator.instructions import INSTRUCTIONS, InstructionRefused, carry_out, parameters_of
from trbridge.emulator.state.model import Reservation
from trbridge.errors import BadRequest, Gone

CALL = {"call_sid": "CA" + "1" * 32, "from": "+15550001", "to": "+15550002"}


@pytest.fixture
def center() -> Center:
    return Center()


def offer(center: Center, attributes: Any = None, **worker: Any) -> Reservation:
    """A pending reservation for a call, to a worker with a telephone."""
    flow = center.workflow(default=center.queue())
    center.worker("ann", **{"contact_uri": "client:ann", **worker})
    reservation = center.offered(center.task(flow, CALL if attributes is None else attributes))
    center.types()
    return reservation


def attributes_of(center: Center, reservation: Reservation) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(center.store.tasks[reservation.task_sid].attributes)
    return value


@pytest.mark.parametrize("word", ["accept", "Accept", " ACCEPT "])
def test_accept_in_any_case(center: Center, word: str) -> None:
    assert center.change(offer(center), instruction=word).reservation_status == "accepted"
    assert center.types() == ["reservation.accepted"]


def test_reject_with_and_without_an_activity(center: Center) -> None:
    reservation = offer(center)
    away = center.activity("Unavailable")
    assert center.change(reservation, instruction="reject").reservation_status == "rejected"
    again = center.offered(center.all_tasks()[0])
    center.change(again, instruction="reject", worker_activity_sid=away)
    assert center.store.workers[again.worker_sid].activity_sid == away


def test_dequeue_calls_the_worker_and_accepts(center: Center) -> None:
    """``worker_call_sid`` appears in the task's attributes; the caller ID falls back to the dialled number."""
    reservation = center.change(offer(center), instruction="dequeue", dequeue_timeout=20)
    assert reservation.reservation_status == "accepted"
    attributes = attributes_of(center, reservation)
    assert attributes["worker_call_sid"].startswith("CA")
    assert attributes["call_sid"] == CALL["call_sid"]
    assert center.types() == ["task.updated", "reservation.accepted"]


@pytest.mark.parametrize("name", ["dequeue", "conference"])
def test_the_post_work_activity_comes_with_the_end_of_the_work(center: Center, name: str) -> None:
    after = center.activity("Unavailable")
    key = "dequeue_post_work_activity_sid" if name == "dequeue" else "post_work_activity_sid"
    reservation = center.change(offer(center), instruction=name, **{key: after})
    worker = center.store.workers[reservation.worker_sid]
    assert worker.activity_sid == center.activity("Available")
    center.change(reservation, "completed")
    assert center.now(worker).activity_sid == after
    assert center.types()[-3:] == ["reservation.completed", "worker.activity.update", "task.updated"]


@pytest.mark.parametrize("accept", [True, False, None])
def test_call_accepts_only_if_it_says_so(center: Center, accept: bool | None) -> None:
    form: dict[str, Any] = {"call_from": "+15550009", "call_url": "http://localhost/twiml", "call_accept": accept}
    reservation = center.change(offer(center), instruction="call", **form)
    assert reservation.reservation_status == ("accepted" if accept else "pending")
    assert "worker_call_sid" in attributes_of(center, reservation)


@pytest.mark.parametrize("accept", [True, False])
def test_redirect_accepts_only_if_it_says_so(center: Center, accept: bool) -> None:
    """The table and not the prose (routing 10.6)."""
    form: dict[str, Any] = {
        "redirect_call_sid": CALL["call_sid"],
        "redirect_url": "http://localhost/twiml",
        "redirect_accept": accept,
    }
    reservation = center.change(offer(center), instruction="redirect", **form)
    assert reservation.reservation_status == ("accepted" if accept else "pending")
    assert "worker_call_sid" not in attributes_of(center, reservation)


@pytest.mark.parametrize("attributes", [CALL, {"outbound_to": "+15550003"}], ids=["inbound", "outbound"])
def test_conference_accepts(center: Center, attributes: dict[str, str]) -> None:
    reservation = center.change(offer(center, attributes), instruction="conference", timeout=30)
    assert reservation.reservation_status == "accepted"


@pytest.mark.parametrize("supervisor", ["{boss}", "client:boss"])
def test_supervising_changes_nothing(center: Center, supervisor: str) -> None:
    reservation = center.change(offer(center), "accepted")
    boss = center.worker("boss", "Offline", contact_uri="client:boss")
    before = center.store.snapshot()
    form: dict[str, Any] = {
        "supervisor": boss.sid if supervisor == "{boss}" else supervisor,
        "supervisor_mode": "whisper",
    }
    assert center.change(reservation, instruction="supervise", **form).version == reservation.version
    assert center.store.snapshot() == before


NO_URI = {"contact_uri": ""}
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any] | None, dict[str, Any], int, str]] = [
    ("dance", {}, None, {}, 55555, "'dance' is not one of accept, reject"),
    ("reject", {"worker_activity_sid": "WA" + "0" * 32}, None, {}, 40100, "There is no activity"),
    ("dequeue", {}, {}, {}, 40140, "has no call_sid"),
    ("dequeue", {"dequeue_post_work_activity_sid": "WA" + "0" * 32}, None, {}, 40130, "There is no activity"),
    ("dequeue", {}, None, NO_URI, 40131, "DequeueTo is missing"),
    ("dequeue", {}, {"call_sid": "CA1"}, {}, 40132, "DequeueFrom is missing"),
    ("dequeue", {"dequeue_timeout": 1000}, None, {}, 40133, "'1000' is not between 1 and 999"),
    ("dequeue", {"dequeue_record": "always"}, None, {}, 40133, "'always' is not one of record-from-answer"),
    ("call", {"call_url": "http://x"}, None, {}, 40110, "CallFrom"),
    ("call", {"call_from": "+1"}, None, {}, 40111, "CallUrl"),
    ("call", {"call_from": "+1", "call_url": "http://x"}, None, NO_URI, 40112, "CallTo is missing"),
    ("redirect", {"redirect_url": "http://x"}, None, {}, 40120, "RedirectCallSid"),
    ("redirect", {"redirect_call_sid": "CA1"}, None, {}, 40121, "RedirectUrl"),
    ("conference", {}, {"from": "+1"}, {}, 40142, "neither call_sid nor outbound_to"),
    ("conference", {"post_work_activity_sid": "WA0"}, None, {}, 40137, "There is no activity"),
    ("conference", {}, None, NO_URI, 40138, "To is missing"),
    ("conference", {"timeout": 0}, None, {}, 40139, "'0' is not between 1 and 999"),
    ("supervise", {"supervisor": "client:x"}, None, {}, 40146, "because it is not accepted"),
]


@pytest.mark.parametrize(
    ("name", "form", "attributes", "worker", "code", "message"), REFUSED, ids=[f"{r[0]} {r[4]}" for r in REFUSED]
)
def test_what_is_missing_is_refused_and_nothing_happens(
    center: Center,
    name: str,
    form: dict[str, Any],
    attributes: dict[str, Any] | None,
    worker: dict[str, Any],
    code: int,
    message: str,
) -> None:
    """400/20001 over REST (rest-api 5.4), with the debugger's code for the assignment callback."""
    reservation = offer(center, attributes, **worker)
    before = center.store.snapshot()
    with pytest.raises(InstructionRefused) as refusal:
        center.change(reservation, instruction=name, **form)
    assert (refusal.value.status, refusal.value.code, refusal.value.debugger_code) == (400, 20001, code)
    assert message in refusal.value.message
    assert center.store.snapshot() == before


@pytest.mark.parametrize(
    ("form", "attributes", "code"),
    [
        ({}, CALL, 40147),
        ({"supervisor": "WK" + "0" * 32}, CALL, 40147),
        ({"supervisor": "{plain}"}, CALL, 40147),
        ({"supervisor": "client:x", "supervisor_mode": "shout"}, CALL, 40146),
        ({"supervisor": "client:x"}, {}, 40148),
    ],
)
def test_supervising_needs_a_supervisor_and_a_caller(
    center: Center, form: dict[str, Any], attributes: dict[str, Any], code: int
) -> None:
    reservation = center.change(offer(center, attributes), "accepted")
    plain = center.worker("plain", "Offline")
    form = {key: plain.sid if value == "{plain}" else value for key, value in form.items()}
    with pytest.raises(InstructionRefused) as refusal:
        center.change(reservation, instruction="supervise", **form)
    assert refusal.value.debugger_code == code


@pytest.mark.parametrize("name", sorted(set(INSTRUCTIONS) - {"supervise", "reject"}))
@pytest.mark.parametrize("how", ["timeout", "canceled", "rescinded"])
def test_a_reservation_that_is_over_is_gone(center: Center, name: str, how: str) -> None:
    """410 is documented for a rescinded one; the others are like it (routing 4.4)."""
    reservation = offer(center)
    with center.engine.transaction() as tx:
        tx.remove(center.store.tasks[reservation.task_sid])
        reservation = tx.update(reservation, reservation_status=how)
    with center.engine.transaction() as tx, pytest.raises(Gone, match=f"it is {how}"):
        carry_out(tx, reservation, name, {})


@pytest.mark.parametrize("name", sorted(set(INSTRUCTIONS) - {"supervise"}))
def test_an_accepted_reservation_takes_no_further_instruction(center: Center, name: str) -> None:
    reservation = center.change(offer(center), "accepted")
    with pytest.raises(BadRequest, match="it is accepted"):
        center.change(reservation, instruction=name)


def test_rest_names_lose_their_prefix() -> None:
    """So that an assignment callback's answer and a REST request come to the same."""
    assert parameters_of("Dequeue", {"dequeue_to": "a", "to": "b"}) == {"to": "a"}
    assert parameters_of("call", {"call_accept": True, "call_url": "u"}) == {"accept": True, "url": "u"}
    assert parameters_of("redirect", {"redirect_call_sid": "CA"}) == {"call_sid": "CA"}
    assert parameters_of("conference", {"to": "b", "from": "c"}) == {"to": "b", "from": "c"}
    assert parameters_of("reject", {"worker_activity_sid": "WA"}) == {"activity_sid": "WA"}


def test_an_assignment_callbacks_answer_works_the_same(center: Center) -> None:
    """Its keys are the unprefixed ones (routing 6.2)."""
    reservation = offer(center)
    with center.engine.transaction() as tx:
        carry_out(tx, reservation, "dequeue", {"from": "+15550009", "to": "client:other"})
    assert center.now(reservation).reservation_status == "accepted"
