"""Where trbridge does otherwise than the recorded original, why, and what it does instead. All of it is tested.

The changes are made to what the recording expects, and the replay compares with the result; so each line is an
assertion about trbridge. One that changes nothing fails, and so does one that no transcript needs.
"""

from __future__ import annotations

from typing import Final

from deviation import Deviation
from deviations_in_answers import ANSWERS
from deviations_in_calls import CALLS
from deviations_in_events import EVENTS
from expectation import Expected
from recording import Step

__all__ = ["DEVIATIONS", "FAULTS", "deviations_of"]

DEVIATIONS: Final[tuple[Deviation, ...]] = (*CALLS, *ANSWERS, *EVENTS)

_STRING_EXP = "a token whose exp is text is refused; v1 reads it"
_CONNECT_ACTIVITY = "connect_activity_sid is not applied if the worker is in it already; v1 asks for it all the same"
_NO_PARAMS = "fetch_reservations(callback) sends empty params; v1 sends none"

FAULTS: Final[dict[str, str]] = {
    **{f"{client}.token-expired.exp-as-string": _STRING_EXP for client in ("workspace", "worker", "taskqueue")},
    "worker.ready.pending-with-connect-activity-fails": _CONNECT_ACTIVITY,
    "worker.ready.all-options": _CONNECT_ACTIVITY,
    "worker.ready.ready-again-after-reconnect": _CONNECT_ACTIVITY,
    "worker.ready.connect-activity-with-pending": "no pending reservation is delivered if the second page fails",
    "worker.client.updateToken.then-calls": _NO_PARAMS,
    "worker.fetchReservations.fails": _NO_PARAMS,
    "worker.fetchReservations.task-not-found-never-calls-back": _NO_PARAMS,
    "worker.fetchReservations.no-arguments": _NO_PARAMS,
    "worker.globals.leaked-loop-variable": _NO_PARAMS,
    "worker.event.worker.reservation.created": "worker.reservation.created brings a task; in v1 it is a reservation's",
}
"""Differences that nothing excuses. Each is a test that is expected to fail, and fails when it no longer does."""


def deviations_of(transcript: str, index: int, expected: Expected, step: Step) -> list[Deviation]:
    """The deviations of one step of a transcript."""
    return [each for each in DEVIATIONS if each.shows(transcript, index, expected, step)]
