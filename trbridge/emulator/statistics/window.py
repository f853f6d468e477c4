"""The span of time and the channel that a question about statistics is limited to (rest-api 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...errors import BadRequest
from ..rest.parameters import shown
from ..state.indexes import TASK_CHANNELS_BY_NAME
from ..state.model import TaskChannel

if TYPE_CHECKING:
    from ..state.store import Store

__all__ = ["Window", "chosen_channel", "iso"]

_DEFAULT_MINUTES: Final = 15
_FARTHEST: Final = 30 * 86_400
"""The event history (rest-api 1.5). A minute of grace for a caller who computes the limit himself."""
_MOST_THRESHOLDS: Final = 20
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


class Window(NamedTuple):
    """From when to when, both included, and where to split waits.

    Attributes:
        start: Epoch seconds.
        end: Epoch seconds.
        thresholds: Waits in seconds to split by; None if the question did not ask.
    """

    start: float
    end: float
    thresholds: tuple[int, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], now: float) -> Window:
        """Read the window from the parameters.

        Raises:
            BadRequest: ``Minutes`` together with dates, an end before the start, or more than 30 days back.
        """
        minutes, start, end = (values.get(name) for name in ("minutes", "start_date", "end_date"))
        if minutes is not None and (start is not None or end is not None):
            raise BadRequest("Invalid Minutes. Give Minutes, or StartDate and EndDate, but not both.")
        if minutes is not None and minutes < 1:
            raise BadRequest(f"Invalid Minutes. '{minutes}' is not a positive number of minutes.")
        # Nothing is known of the future, so a window that reaches into it ends now; end_time says so [I].
        last = now if end is None else min(end, now)
        first = last - 60 * (minutes or _DEFAULT_MINUTES) if start is None else start
        if first > last:
            raise BadRequest("Invalid StartDate. It is after the end of the window.")
        if first < now - _FARTHEST - 60:
            raise BadRequest("Invalid StartDate. Statistics go back 30 days.", code=14241)
        return cls(first, last, _thresholds(values.get("split_by_wait_time")))


def _thresholds(text: str | None) -> tuple[int, ...] | None:
    if text is None or not text.strip():
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > _MOST_THRESHOLDS or any(_SECONDS.fullmatch(part) is None for part in parts):
        raise BadRequest(f"Invalid SplitByWaitTime. '{shown(text)}' is not a comma-separated list of seconds.")
    return tuple(dict.fromkeys(map(int, parts)))


def chosen_channel(store: Store, workspace_sid: str, named: str | None) -> str | None:
    """The SID of a task channel named by SID or unique name; None if none is named.

    Raises:
        BadRequest: There is no such channel.
    """
    if named is None:
        return None
    channel = store.get(TaskChannel, named) or store.first(TASK_CHANNELS_BY_NAME, (workspace_sid, named))
    if channel is None or channel.workspace_sid != workspace_sid:
        raise BadRequest(f"Invalid TaskChannel. There is no task channel '{shown(named)}' in this workspace.")
    return channel.sid


def iso(moment: float) -> str:
    """A moment as REST writes it: UTC, whole seconds."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
