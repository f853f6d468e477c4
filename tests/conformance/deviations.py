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

_STRING_EXP = "a token whose exp is text is refused (security check 10); v1 reads it"
_ALL_PAGES = "pending reservations are read to the last page; v1 reads the first, and the recording has no second"

FAULTS: Final[dict[str, str]] = {
    **{f"{client}.token-expired.exp-as-string": _STRING_EXP for client in ("workspace", "worker", "taskqueue")},
    "worker.ready.connect-activity-with-pending": _ALL_PAGES,
}
"""Where trbridge goes another way on purpose and the replay cannot follow. Each is a test that is expected to
fail, and fails when it no longer does."""


def deviations_of(transcript: str, index: int, expected: Expected, step: Step) -> list[Deviation]:
    """The deviations of one step of a transcript."""
    return [each for each in DEVIATIONS if each.shows(transcript, index, expected, step)]
