"""Argument forms of v1's methods that the recording has no call of, sent as its code would (wire-protocol 5.5, 5.6)."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from recording import Transcript, load
from stage import Stage

CALLBACK, UNDEFINED = {"$callback": True}, {"$undefined": True}
TASK, ACTIVITY = "WT00000000000000000000000000000051", "WA00000000000000000000000000000012"
ACCEPT = "reservation.accept.answered-with-null"

Form = tuple[str, str, list[Any], dict[str, Any] | None]
"""A recorded transcript, the method to call instead of its own, the arguments, and what is sent."""

TASKS: list[Form] = [
    ("entity.task.complete.callback-and-reason", "complete", args, {"AssignmentStatus": "completed", **sent})
    for args, sent in (
        ([CALLBACK], {}),
        ([UNDEFINED, "why"], {"Reason": "why"}),
        ([None, "why"], {"Reason": "why"}),
        ([CALLBACK, ""], {"Reason": ""}),
    )
]
WORKERS: list[Form] = [
    ("worker.completeTask.callback", "completeTask", [TASK, CALLBACK], {"AssignmentStatus": "completed"}),
    ("worker.completeTask.callback", "completeTask", [TASK], {"AssignmentStatus": "completed"}),
    (
        "worker.completeTask.callback",
        "completeTask",
        [TASK, UNDEFINED, "why"],
        {"AssignmentStatus": "completed", "Reason": "why"},
    ),
    ("worker.updateTask.nested-stays-an-object", "updateTask", [TASK, {"Priority": "2"}, CALLBACK], {"Priority": "2"}),
    ("worker.updateTask.nested-stays-an-object", "updateTask", [TASK, {"Priority": "2"}], {"Priority": "2"}),
    ("worker.updateActivity.callback", "updateActivity", [ACTIVITY], {"ActivitySid": ACTIVITY}),
    ("worker.fetchReservations.empty", "fetchReservations", [CALLBACK], None),
    ("worker.fetchReservations.empty", "fetchReservations", [CALLBACK, UNDEFINED], None),
    ("worker.fetchReservations.empty", "fetchReservations", [CALLBACK, {}], {}),
    (
        "worker.fetchReservations.empty",
        "fetchReservations",
        [UNDEFINED, {"ReservationStatus": "accepted"}],
        {"ReservationStatus": "accepted"},
    ),
]
_STATUSES: list[Form] = [
    (ACCEPT, method, args, {"ReservationStatus": status, **sent})
    for method, status, args, sent in (
        ("accept", "accepted", [CALLBACK], {}),
        ("accept", "accepted", [UNDEFINED], {}),
        ("reject", "rejected", [], {}),
        ("reject", "rejected", [UNDEFINED, CALLBACK], {}),
        ("reject", "rejected", [ACTIVITY, CALLBACK], {"WorkerActivitySid": ACTIVITY}),
        ("update", "accepted", ["ReservationStatus", "accepted", CALLBACK], {}),
        ("update", "accepted", [{"ReservationStatus": "accepted", "Other": 1.5}, CALLBACK], {"Other": 1.5}),
    )
]
_INSTRUCTIONS: list[Form] = [
    (ACCEPT, method, args, {"Instruction": method, **sent})
    for method, args, sent in (
        ("dequeue", [], {}),
        ("dequeue", [None] * 7 + [CALLBACK], {}),
        (
            "dequeue",
            ["+1", UNDEFINED, UNDEFINED, "30", UNDEFINED, UNDEFINED, UNDEFINED, CALLBACK],
            {"DequeueFrom": "+1", "DequeueTimeout": "30"},
        ),
        (
            "call",
            ["+1", "http://x/t", "http://x/s", "true", "record-from-answer", "client:a", CALLBACK],
            {
                "CallFrom": "+1",
                "CallUrl": "http://x/t",
                "CallStatusCallbackUrl": "http://x/s",
                "CallAccept": "true",
                "CallRecord": "record-from-answer",
                "CallTo": "client:a",
            },
        ),
        ("redirect", ["CA1", "http://x/t"], {"RedirectCallSid": "CA1", "RedirectUrl": "http://x/t"}),
        (
            "redirect",
            ["CA1", "http://x/t", UNDEFINED, CALLBACK],
            {"RedirectCallSid": "CA1", "RedirectUrl": "http://x/t"},
        ),
        ("conference", [], {}),
        ("conference", ["+1"], {"From": "+1"}),
        ("conference", [None] * 5 + [{"EndConferenceOnExit": "true"}], {"EndConferenceOnExit": "true"}),
        ("conference", [UNDEFINED] * 4 + [CALLBACK, {}], {}),
        (
            "conference",
            ["+1", ACTIVITY, 30, "client:a", CALLBACK],
            {"From": "+1", "PostWorkActivitySid": ACTIVITY, "Timeout": 30, "To": "client:a"},
        ),
    )
]
FORMS = [*TASKS, *WORKERS, *_STATUSES, *_INSTRUCTIONS]


@pytest.mark.parametrize(("name", "method", "args", "params"), FORMS)
def test_what_each_form_sends(
    name: str, method: str, args: list[Any], params: dict[str, Any] | None, stage: Stage
) -> None:
    """The same URL and token as the recorded call, these parameters, and a callback is called with the answer."""
    assert stage.run(_called(load()[name], method, args, params)) == []


def _called(transcript: Transcript, method: str, args: list[Any], params: dict[str, Any] | None) -> Transcript:
    step = copy.deepcopy(transcript.steps[0])
    step["call"] |= {"method": method, "args": args}
    step["requests"], step["response_given"] = step["requests"][:1], step["response_given"][:1]
    body = step["requests"][0]["body"]
    body.pop("params", None)
    if params is not None:
        body["params"] = params
    if CALLBACK not in args:
        step["callback_result"] = None
    return dataclasses.replace(transcript, id=f"{transcript.id}.{method}", steps=(step,))
