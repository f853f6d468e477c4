"""What is sent for each verb, whatever its arguments look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fake_bridge import WA, WK, WR, WT, Bridge, raw, reservation, sid

from trbridge.errors import (
    InvalidArgument,
)
from trbridge.resources.binding import read_instance
from trbridge.resources.instructions import CALL, CONFERENCE, DEQUEUE, REDIRECT, REJECT, SUPERVISE, read_verb
from trbridge.resources.reservation import ReservationInstance

CA = sid("CA")
URL = f"/Tasks/{WT}/Reservations/{WR}"


def held(bridge: Bridge, status: str = "pending", **changes: Any) -> Any:
    return read_instance(ReservationInstance, raw(reservation(status, **changes)), bridge.context)


def done(error: object, result: object) -> None: ...


# -- what is sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "params"),
    [
        (lambda one: one.accept(), {"ReservationStatus": "accepted"}),
        (lambda one: one.reject(), {"ReservationStatus": "rejected"}),
        (lambda one: one.reject(None), {"ReservationStatus": "rejected"}),
        (lambda one: one.reject(WA), {"ReservationStatus": "rejected", "WorkerActivitySid": WA}),
        (lambda one: one.reject(activity_sid=WA), {"ReservationStatus": "rejected", "WorkerActivitySid": WA}),
        (lambda one: one.wrap(), {"ReservationStatus": "wrapping"}),
        (lambda one: one.complete(), {"ReservationStatus": "completed"}),
        (lambda one: one.update("ReservationStatus", "accepted"), {"ReservationStatus": "accepted"}),
        (lambda one: one.dequeue(), {"Instruction": "dequeue"}),
        (
            lambda one: one.dequeue(
                "+1", WA, "record-from-answer", "15", "http://x/s", "initiated,ringing", "client:a"
            ),
            {
                "Instruction": "dequeue",
                "DequeueFrom": "+1",
                "DequeuePostWorkActivitySid": WA,
                "DequeueRecord": "record-from-answer",
                "DequeueTimeout": "15",
                "DequeueStatusCallbackUrl": "http://x/s",
                "DequeueStatusCallbackEvent": "initiated,ringing",
                "DequeueTo": "client:a",
            },
        ),
        (
            lambda one: one.dequeue("+1", timeout=15, status_callback_events=["initiated", "ringing"]),
            {
                "Instruction": "dequeue",
                "DequeueFrom": "+1",
                "DequeueTimeout": "15",
                "DequeueStatusCallbackEvent": ["initiated", "ringing"],
            },
        ),
        (
            lambda one: one.call("+1", "http://x/t", "http://x/s", "true", "true", "client:a"),
            {
                "Instruction": "call",
                "CallFrom": "+1",
                "CallUrl": "http://x/t",
                "CallStatusCallbackUrl": "http://x/s",
                "CallAccept": "true",
                "CallRecord": "true",
                "CallTo": "client:a",
            },
        ),
        (
            lambda one: one.call(from_="+1", url="http://x/t", accept=True, timeout=9),
            {
                "Instruction": "call",
                "CallFrom": "+1",
                "CallUrl": "http://x/t",
                "CallAccept": "true",
                "CallTimeout": "9",
            },
        ),
        (
            lambda one: one.redirect(CA, "http://x/t", "true"),
            {
                "Instruction": "redirect",
                "RedirectCallSid": CA,
                "RedirectUrl": "http://x/t",
                "RedirectAccept": "true",
            },
        ),
        (
            lambda one: one.conference("+1", WA, "30", "client:a"),
            {
                "Instruction": "conference",
                "From": "+1",
                "PostWorkActivitySid": WA,
                "Timeout": "30",
                "To": "client:a",
            },
        ),
        (
            lambda one: one.conference(
                from_="+1",
                start_conference_on_enter=False,
                max_participants=3,
                conference_status_callback_event=["start", "end"],
                sip_auth_username="u",
                beep_on_customer_entrance=None,
                options={"JitterBufferSize": "small"},
            ),
            {
                "Instruction": "conference",
                "From": "+1",
                "StartConferenceOnEnter": "false",
                "MaxParticipants": "3",
                "ConferenceStatusCallbackEvent": ["start", "end"],
                "SipAuthUsername": "u",
                "JitterBufferSize": "small",
            },
        ),
        (
            lambda one: one.supervise(mode="whisper", supervisor=WK, muted=True),
            {"Instruction": "supervise", "SupervisorMode": "whisper", "Supervisor": WK, "Muted": "true"},
        ),
    ],
)
async def test_what_each_verb_sends(act: Callable[[Any], Any], params: dict[str, Any]) -> None:
    """wire-protocol 5.6; keywords are new here."""
    bridge = Bridge(WK)
    bridge.answer(reservation("accepted"))
    one = held(bridge)
    assert await act(one) is one
    assert one.reservation_status == "accepted"
    assert bridge.sent == [("POST", URL, params)]


@pytest.mark.parametrize(
    "act",
    [
        lambda one, cb: one.accept(cb),
        lambda one, cb: one.reject(cb),
        lambda one, cb: one.reject(None, cb),
        lambda one, cb: one.reject(WA, cb),
        lambda one, cb: one.wrap(cb),
        lambda one, cb: one.complete(cb),
        lambda one, cb: one.dequeue("+1", WA, "r", "15", "u", "e", "t", cb),
        lambda one, cb: one.dequeue("+1", None, cb),
        lambda one, cb: one.call("+1", "u", None, None, None, None, cb),
        lambda one, cb: one.redirect(CA, "u", "true", cb),
        lambda one, cb: one.conference("+1", WA, "30", "t", cb),
        lambda one, cb: one.conference("+1", None, None, None, cb, {"Record": True}),
        lambda one, cb: one.conference("+1", None, None, None, cb, None),
        lambda one, cb: one.conference(cb, from_="+1"),
        lambda one, cb: one.supervise(cb, mode="barge"),
    ],
)
async def test_each_verb_takes_a_callback_in_its_place(act: Callable[[Any, Any], Any]) -> None:
    bridge, called = Bridge(WK), list[tuple[Any, Any]]()
    bridge.answer(reservation("accepted"))
    one = held(bridge)
    assert act(one, lambda error, result: called.append((error, result))) is None
    await bridge.settle()
    assert called == [(None, one)]


@pytest.mark.parametrize(
    ("verb", "args", "keywords", "message"),
    [
        (DEQUEUE, ("1", "2", "3", "4", "5", "6", "7", "nope"), {}, "callback must be a function"),
        (REJECT, (WA, "nope"), {}, "one argument too many"),
        (REJECT, (done, WA), {}, "must be the last argument"),
        (REJECT, (done, done), {}, "must be the last argument"),
        (CALL, ({"CallFrom": "+1"},), {}, "parameters by name"),
        (CALL, ("+1",), {"from_": "+2"}, "given twice"),
        (CALL, (), {"form_": "+2"}, "did you mean from_"),
        (CALL, (), {"callback": done}, "last positional argument"),
        (REDIRECT, (), {"zzz": 1}, "it takes accept, call_sid, url"),
        (CONFERENCE, ("+1", {"A": "b"}), {"options": {"C": "d"}}, "one mapping"),
        (CONFERENCE, (), {"options": 5}, "one mapping"),
        (SUPERVISE, ("monitor",), {}, "too many"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(
    verb: Any, args: tuple[Any, ...], keywords: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        read_verb(verb, args, keywords)


def test_none_in_the_callbacks_place_is_no_callback() -> None:
    call = read_verb(DEQUEUE, ("1", None, None, None, None, None, "7", None), {})
    assert call.params == {"Instruction": "dequeue", "DequeueFrom": "1", "DequeueTo": "7"}
    assert call.callback is None


def test_a_position_that_is_none_may_be_given_by_name() -> None:
    call = read_verb(CALL, ("+1", None), {"url": "u"})
    assert call.params == {"Instruction": "call", "CallFrom": "+1", "CallUrl": "u"}


def test_the_callers_options_are_not_changed() -> None:
    mine = {"Record": True}
    read_verb(CONFERENCE, ("+1", mine), {})
    assert mine == {"Record": True}


def test_supervising_works_below_the_task_only() -> None:
    """rest-api 3.9: the last two rows."""
    with pytest.raises(InvalidArgument, match="has no task_sid"):
        held(Bridge(WK), task_sid=None).supervise(mode="monitor")
