"""How often a caller may ask: the published limits, on the emulator's own clock."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from ...errors import TooManyRequests

__all__ = ["BULK_STATISTICS", "EXPRESSION_LISTS", "Limit", "LimitReached", "RateLimits", "limit_of"]


class Limit(msgspec.Struct, frozen=True):
    """So many requests in so many seconds."""

    name: str
    requests: int
    seconds: float


EXPRESSION_LISTS: Final = Limit("expression-lists", 3, 1.0)
"""Lists that evaluate an expression: 3 requests a second since October 2024 (reliability 1.4)."""

BULK_STATISTICS: Final = Limit("bulk-statistics", 5, 1.0)
"""Bulk real-time statistics: 5 calls a second (rest-api 1.5)."""

GENERAL: Final = Limit("general", 100, 1.0)
"""What the headers show for everything else; never enforced, for the real figure is not published [I]."""

_EXPRESSIONS: Final = {
    "ListTask": "evaluate_task_attributes",
    "ListWorker": "target_workers_expression",
    "ListTaskQueue": "evaluate_worker_attributes",
}


def limit_of(operation_id: str, values: dict[str, object]) -> Limit | None:
    """The published limit that a request falls under, or None."""
    if _EXPRESSIONS.get(operation_id, "") in values:
        return EXPRESSION_LISTS
    return BULK_STATISTICS if operation_id == "CreateTaskQueueBulkRealTimeStatistics" else None


class LimitReached(TooManyRequests):
    """429, and which limit it was."""

    def __init__(self, limit: Limit, wait: float) -> None:
        super().__init__(f"Too many requests: at most {limit.requests} every {limit.seconds:g} s here")
        self.limit = limit
        self.retry_after = wait


class RateLimits:
    """Counts requests in a sliding window.

    Args:
        enforced: Refuse what is too much. When off, nothing is counted.
    """

    def __init__(self, *, enforced: bool = True) -> None:
        self.enforced = enforced
        self._recent: dict[tuple[str, Limit], deque[float]] = {}

    def check(self, scope: str, limit: Limit, now: float) -> int:
        """Count one request and return how many more are allowed at this moment.

        Args:
            scope: Whose requests are counted together: the workspace's SID.
            limit: Which limit.
            now: The moment, epoch seconds.

        Raises:
            LimitReached: It is one too many; ``retry_after`` says when the next may come.
        """
        if not self.enforced:
            return limit.requests
        recent = self._recent.setdefault((scope, limit), deque())
        while recent and recent[0] <= now - limit.seconds:
            recent.popleft()
        if len(recent) >= limit.requests:
            raise LimitReached(limit, max(recent[0] + limit.seconds - now, 0.0))
        recent.append(now)
        return limit.requests - len(recent)
