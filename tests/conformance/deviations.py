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

__all__ = ["DEVIATIONS", "deviations_of"]

DEVIATIONS: Final[tuple[Deviation, ...]] = (*CALLS, *ANSWERS, *EVENTS)


def deviations_of(transcript: str, index: int, expected: Expected, step: Step) -> list[Deviation]:
    """The deviations of one step of a transcript."""
    return [each for each in DEVIATIONS if each.shows(transcript, index, expected, step)]
