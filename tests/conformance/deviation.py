"""What one difference between trbridge and the original is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from changes import Change
from expectation import Expected
from recording import Step

__all__ = ["Deviation"]


@dataclass(frozen=True)
class Deviation:
    """One difference.

    Attributes:
        patterns: Names of the transcripts it shows in; ``*`` stands for anything.
        reason: The quirk of v1 that it mends (wire-protocol 9), or the decision behind it.
        instead: What trbridge does.
        change: The same, for the replay.
        steps: Which steps of the transcript; all when left out.
        when: Tells from the expectation whether it shows in a step.
    """

    patterns: tuple[str, ...]
    reason: str
    instead: str
    change: Change
    steps: frozenset[int] | None = None
    when: Callable[[Expected, Step], bool] | None = None

    def covers(self, transcript: str) -> bool:
        """Whether it may show in this transcript."""
        return any(fnmatchcase(transcript, pattern) for pattern in self.patterns)

    def shows(self, transcript: str, index: int, expected: Expected, step: Step) -> bool:
        """Whether it shows in this step."""
        return (
            self.covers(transcript)
            and (self.steps is None or index in self.steps)
            and (self.when is None or self.when(expected, step))
        )
