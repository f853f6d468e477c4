"""The Events resource: reading what happened (rest-api 3.10). Nobody creates or changes an event by hand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import takewhile
from typing import Any, Final

from ...errors import BadRequest
from ..rest.paging import Rows, WalkedRows
from ..rest.parameters import shown
from ..state.indexes import EVENTS_OF, TASK_CHANNELS_BY_NAME
from ..state.model import EventRecord, TaskChannel, Workspace
from ..state.store import Store

__all__ = ["DEFAULT_MINUTES", "HISTORY_SECONDS", "event_rows"]

DEFAULT_MINUTES: Final = 15
HISTORY_SECONDS: Final = 30 * 86_400.0
"""Events are kept for 30 days (rest-api 1.5)."""

_SIDS: Final = ("reservation_sid", "task_sid", "worker_sid", "task_queue_sid", "workflow_sid")
"""Filters by what an event is about, the most telling first."""


def event_rows(store: Store, workspace: Workspace, values: Mapping[str, Any], now: float) -> Rows:
    """The events of a list, newest first [I].

    Args:
        store: Where they are.
        workspace: Whose events.
        values: The filters that were given: ``minutes`` (default 15), ``start_date``, ``end_date``,
            ``event_type``, ``sid``, the SIDs of what it is about, ``task_channel`` by SID or unique name.
        now: The moment, epoch seconds.

    Raises:
        BadRequest: Minutes are not positive, or the task channel is unknown.
    """
    start, end = _window(values, now)
    wanted = {name: values[name] for name in (*_SIDS, "event_type", "sid") if name in values}
    if "task_channel" in values:
        wanted["task_channel_sid"] = _channel(store, workspace, values["task_channel"]).sid
    return _EventRows(store, _key(workspace, wanted), _keep(workspace, wanted), start, end)


class _EventRows(WalkedRows):
    """Events of a window. They are in order of time, so that a walk can end where the window does."""

    def __init__(
        self, store: Store, key: Hashable, keep: Callable[[EventRecord], bool], start: float, end: float
    ) -> None:
        super().__init__(store, EVENTS_OF, key, keep, newest_first=True)
        self._start = start
        self._end = end

    def _walk(self, ordinal: int | None, *, up: bool) -> Iterator[EventRecord]:
        if up:
            return takewhile(lambda event: event.event_date <= self._end, super()._walk(ordinal, up=True))
        # Begin where the window ends: what is newer may be a month of events.
        limit = self._store.first_event(self._key, lambda date: date > self._end)
        begin = min((each for each in (ordinal, limit) if each is not None), default=None)
        return takewhile(lambda event: event.event_date >= self._start, super()._walk(begin, up=False))


def _window(values: Mapping[str, Any], now: float) -> tuple[float, float]:
    """From and until when. An event asked for by its SID is found at any age [I]."""
    minutes, start, end = (values.get(name) for name in ("minutes", "start_date", "end_date"))
    if minutes is not None and minutes <= 0:
        raise BadRequest(f"Invalid Minutes. '{minutes}' is not 1 or more.")
    if start is None:
        until = now if end is None else end
        start = until - 60.0 * (minutes or DEFAULT_MINUTES) if minutes or "sid" not in values else 0.0
    # "Up to and including" a whole second holds all of that second.
    return max(start, now - HISTORY_SECONDS), float("inf") if end is None else end + 0.999_999


def _key(workspace: Workspace, wanted: Mapping[str, Any]) -> Hashable:
    for name in (*_SIDS, "task_channel_sid"):
        if name in wanted:
            sid: str = wanted[name]
            return sid
    return (workspace.sid, wanted["event_type"]) if "event_type" in wanted else workspace.sid


def _keep(workspace: Workspace, wanted: Mapping[str, Any]) -> Callable[[EventRecord], bool]:
    checks = tuple(wanted.items())

    def keep(event: EventRecord) -> bool:
        return event.workspace_sid == workspace.sid and all(getattr(event, name) == value for name, value in checks)

    return keep


def _channel(store: Store, workspace: Workspace, name: str) -> TaskChannel:
    channel = store.get(TaskChannel, name) or store.first(TASK_CHANNELS_BY_NAME, (workspace.sid, name))
    if channel is None or channel.workspace_sid != workspace.sid:
        raise BadRequest(f"Invalid TaskChannel. There is no task channel '{shown(name)}' in this workspace.")
    return channel
