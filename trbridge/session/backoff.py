"""How long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

from .options import SessionOptions

__all__ = ["Backoff", "full_jitter"]


def full_jitter(random: Callable[[], float], failures: int, longest: float) -> float:
    """A moment in [0, min(longest, 2^k - 1)) seconds: v1's schedule, spread so that clients do not march in step.

    Once the longest wait is reached its first two thirds are left out: by then the clients are spread, and a
    service that is down for long has to bear half as many attempts (F01: at most 30 in ten minutes).
    """
    limit = min(longest, 2.0 ** min(failures, 64) - 1)
    start = 2 / 3 * limit if limit == longest and failures > 1 else 0.0
    return start + random() * (limit - start)


class Backoff:
    """Counts failures in a row and turns them into waits.

    Args:
        random: Gives numbers in [0, 1).
        options: The limits.
    """

    __slots__ = ("_options", "_random", "failures")

    def __init__(self, random: Callable[[], float], options: SessionOptions) -> None:
        self._random = random
        self._options = options
        self.failures = 0

    def reset(self) -> None:
        """Start from the first wait again."""
        self.failures = 0

    def next_delay(self, *, was_open: bool, patient: bool = False, retry_after: float | None = None) -> float:
        """Count one failure and return the seconds to wait.

        Args:
            was_open: A connection was lost, in contrast to an attempt that failed: most such losses are over at
                once, so the first wait is short.
            patient: The service asked for patience.
            retry_after: Seconds it asked for; nonsense is clamped. The wait is never shorter than that.
        """
        self.failures += 1
        options = self._options
        if retry_after is not None and not isnan(retry_after):
            asked = min(max(retry_after, 0.0), options.longest_retry_after)
            return asked + full_jitter(self._random, self.failures, options.longest_retry)
        if patient:
            return options.patience + full_jitter(self._random, self.failures, options.longest_retry)
        if was_open and self.failures == 1:
            return self._random() * options.first_retry
        return full_jitter(self._random, self.failures, options.longest_retry)
