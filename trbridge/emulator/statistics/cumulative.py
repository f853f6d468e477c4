"""What happened in a window: counts and waits, from the event log (routing 8, rest-api 4.3)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..state.model import EventRecord
from .window import Window, iso

if TYPE_CHECKING:
    from ..state.model import TaskQueue, Workflow, Workspace
    from ..state.store import Store

__all__ = [
    "aggregate",
    "queue_cumulative",
    "reservation_counts",
    "selected",
    "span",
    "workflow_cumulative",
    "workspace_cumulative",
]

RESERVATIONS: Final = {
    "reservation.created": "reservations_created",
    "reservation.accepted": "reservations_accepted",
    "reservation.rejected": "reservations_rejected",
    "reservation.timeout": "reservations_timed_out",
    "reservation.canceled": "reservations_canceled",
    "reservation.rescinded": "reservations_rescinded",
}
_TASKS: Final = {
    "task.canceled": "tasks_canceled",
    "task.completed": "tasks_completed",
    "task.deleted": "tasks_deleted",  # by the API only; what the system removes is not counted [I]
    "task-queue.moved": "tasks_moved",
}
WORKSPACE: Final = {
    **RESERVATIONS,
    **_TASKS,
    "task.created": "tasks_created",
    "workflow.timeout": "tasks_timed_out_in_workflow",
}
WORKFLOW: Final = {
    **RESERVATIONS,
    **_TASKS,
    "workflow.entered": "tasks_entered",
    "workflow.timeout": "tasks_timed_out_in_workflow",
}
QUEUE: Final = {**RESERVATIONS, **_TASKS, "task-queue.entered": "tasks_entered"}

_MOST_SPLIT: Final = 10_000
"""Tasks counted per threshold (rest-api 1.5)."""


def workspace_cumulative(store: Store, workspace: Workspace, window: Window, channel: str | None) -> dict[str, Any]:
    """Figures of a whole workspace."""
    return _figures(list(selected(store, workspace.sid, window, channel)), WORKSPACE, window)


def workflow_cumulative(store: Store, workflow: Workflow, window: Window, channel: str | None) -> dict[str, Any]:
    """Figures of one workflow."""
    return _figures(list(selected(store, workflow.sid, window, channel)), WORKFLOW, window)


def queue_cumulative(store: Store, queue: TaskQueue, window: Window, channel: str | None) -> dict[str, Any]:
    """Figures of one queue, with the waits since a task entered it."""
    events = list(selected(store, queue.sid, window, channel))
    figures = _figures(events, QUEUE, window)
    waits = [wait for event in events if event.event_type == "reservation.accepted"
             if (wait := _wait_in_queue(store, queue.sid, event)) is not None]  # fmt: skip
    figures["wait_duration_in_queue_until_accepted"] = aggregate(waits)
    return figures


def selected(store: Store, sid: str, window: Window, channel: str | None) -> Iterator[EventRecord]:
    """Events about something in a window, of one channel if one is chosen."""
    for event in store.events_between(sid, window.start, window.end):
        if channel is None or event.task_channel_sid == channel:
            yield event


def reservation_counts(events: Iterable[EventRecord]) -> dict[str, int]:
    """How often each end, and the beginning, of a reservation happened."""
    return _counts(events, RESERVATIONS)


def span(window: Window) -> dict[str, str]:
    """The window as the answer names it."""
    return {"start_time": iso(window.start), "end_time": iso(window.end)}


def aggregate(durations: Sequence[float]) -> dict[str, int]:
    """Average, least, most and sum in whole seconds; zeros if there are none (rest-api 4.2).

    Each is rounded down at the end, so that many short stays still add up.
    """
    if not durations:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    total = math.fsum(durations)
    return {
        "avg": int(total / len(durations)),
        "min": int(min(durations)),
        "max": int(max(durations)),
        "total": int(total),
    }


def _figures(events: list[EventRecord], names: dict[str, str], window: Window) -> dict[str, Any]:
    accepted, canceled = _waits(events, "reservation.accepted"), _waits(events, "task.canceled")
    acceptance = aggregate(accepted)
    return {
        **span(window),
        **_counts(events, names),
        "avg_task_acceptance_time": acceptance["avg"],
        "wait_duration_until_accepted": acceptance,
        "wait_duration_until_canceled": aggregate(canceled),
        "split_by_wait_time": _split(window.thresholds, accepted, canceled),
    }


def _counts(events: Iterable[EventRecord], names: dict[str, str]) -> dict[str, int]:
    seen = Counter(event.event_type for event in events)
    return {figure: seen[event_type] for event_type, figure in names.items()}


def _waits(events: Iterable[EventRecord], event_type: str) -> list[int]:
    """Seconds from the task's creation to the event; also after it moved (rest-api 4.3)."""
    return [int(event.data.get("task_age", "0")) for event in events if event.event_type == event_type]


def _wait_in_queue(store: Store, queue_sid: str, accepted: EventRecord) -> int | None:
    entered = [
        event.event_date
        for event in store.events_between(accepted.task_sid, 0.0, accepted.event_date)
        if event.event_type == "task-queue.entered" and event.task_queue_sid == queue_sid
    ]
    return int(accepted.event_date - entered[-1]) if entered else None


def _split(thresholds: tuple[int, ...] | None, accepted: list[int], canceled: list[int]) -> dict[str, Any] | None:
    """Per threshold, how many waits were above and how many were not ([I] the boundary is below)."""
    if thresholds is None:
        return None
    kinds = (("tasks_canceled", canceled[:_MOST_SPLIT]), ("reservations_accepted", accepted[:_MOST_SPLIT]))
    return {
        str(threshold): {
            "above": {name: sum(wait > threshold for wait in waits) for name, waits in kinds},
            "below": {name: sum(wait <= threshold for wait in waits) for name, waits in kinds},
        }
        for threshold in thresholds
    }
