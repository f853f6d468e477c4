"""Workers' figures: their reservations, and how long they were in which activity (rest-api 4.3, 4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...errors import BadRequest
from ..rest.parameters import shown
from ..state.indexes import QUEUES_BY_NAME
from ..state.model import Activity, TaskQueue, Worker
from .cumulative import aggregate, reservation_counts, selected, span
from .queues import eligible_workers
from .window import Window

if TYPE_CHECKING:
    from ..state.model import Workspace
    from ..state.store import Store

__all__ = ["chosen_workers", "stints", "worker_cumulative", "workers_cumulative"]


def worker_cumulative(store: Store, worker: Worker, window: Window, channel: str | None) -> dict[str, Any]:
    """One worker."""
    return {
        **span(window),
        **reservation_counts(selected(store, worker.sid, window, channel)),
        "activity_durations": _durations(store, worker.workspace_sid, [worker], window),
    }


def workers_cumulative(
    store: Store, workspace: Workspace, window: Window, channel: str | None, chosen: list[Worker] | None = None
) -> dict[str, Any]:
    """All workers, or those chosen."""
    workers = store.in_workspace(Worker, workspace.sid) if chosen is None else chosen
    sids = None if chosen is None else {worker.sid for worker in chosen}
    events = selected(store, workspace.sid, window, channel)
    return {
        **span(window),
        **reservation_counts(event for event in events if sids is None or event.worker_sid in sids),
        "activity_durations": _durations(store, workspace.sid, workers, window),
    }


def chosen_workers(store: Store, workspace: Workspace, values: Mapping[str, Any]) -> list[Worker] | None:
    """The workers a question is limited to by queue or name; None if it is about all.

    Raises:
        BadRequest: There is no such queue.
    """
    sid, name, friendly_name = (values.get(key) for key in ("task_queue_sid", "task_queue_name", "friendly_name"))
    if sid is None and name is None and friendly_name is None:
        return None
    workers = store.in_workspace(Worker, workspace.sid)
    if sid is not None or name is not None:
        queues = _queues(store, workspace, sid, name)
        eligible = frozenset[str]().union(*(eligible_workers(store, queue) for queue in queues))
        workers = [worker for worker in workers if worker.sid in eligible]
    return [worker for worker in workers if friendly_name is None or worker.friendly_name == friendly_name]


def _queues(store: Store, workspace: Workspace, sid: str | None, name: str | None) -> list[TaskQueue]:
    queues = store.select(QUEUES_BY_NAME, (workspace.sid, name)) if sid is None else [store.get(TaskQueue, sid)]
    found = [queue for queue in queues if queue is not None and queue.workspace_sid == workspace.sid]
    # With both, the queue must have both.
    found = [queue for queue in found if name in {None, queue.friendly_name}]
    if not found:
        parameter, given = ("TaskQueueName", name or "") if sid is None else ("TaskQueueSid", sid)
        raise BadRequest(f"Invalid {parameter}. There is no task queue '{shown(given)}' in this workspace.")
    return found


def _durations(store: Store, workspace_sid: str, workers: Iterable[Worker], window: Window) -> list[dict[str, Any]]:
    """Seconds in each activity, every activity listed; a stay counts as far as it is in the window."""
    lengths: dict[str, list[float]] = {}
    for worker in workers:
        for activity_sid, start, end in stints(store, worker, window):
            lengths.setdefault(activity_sid, []).append(end - start)
    return [
        {"sid": activity.sid, "friendly_name": activity.friendly_name, **aggregate(lengths.get(activity.sid, []))}
        for activity in store.in_workspace(Activity, workspace_sid)
    ]


def stints(store: Store, worker: Worker, window: Window) -> Iterator[tuple[str, float, float]]:
    """A worker's stays in activities within the window: activity, from, to.

    Every change names the activity before it, so the changes since the window's start tell it all; without
    one the worker has been in his present activity throughout.
    """
    since = max(window.start, worker.date_created)
    for event in store.events_between(worker.sid, window.start, float("inf")):
        if event.event_type != "worker.activity.update":
            continue
        before = event.data.get("worker_previous_activity_sid")
        until = min(event.event_date, window.end)
        if before is not None and until > since:
            yield before, since, until
        since = max(since, event.event_date)
        if since >= window.end:
            return
    if window.end > since:
        yield worker.activity_sid, since, window.end
