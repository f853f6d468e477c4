"""Every figure of rest-api 4 and routing 8: functions of the store, the moment and the question.

What happened comes from the event log, how things are from the entities. Nothing is counted along the
way, so nothing can be counted wrongly twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from .cumulative import queue_cumulative, workflow_cumulative, workspace_cumulative
from .realtime import bulk_realtime, queue_realtime, workers_realtime, workflow_realtime, workspace_realtime
from .window import Window, chosen_channel
from .workers import chosen_workers, worker_cumulative, workers_cumulative

if TYPE_CHECKING:
    from ..state.store import Store

__all__ = ["fetch"]

_CUMULATIVE: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "workspace": workspace_cumulative,
    "workflow": workflow_cumulative,
    "task_queue": queue_cumulative,
    "workers": workers_cumulative,
    "worker": worker_cumulative,
}
_REALTIME: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "workspace": workspace_realtime,
    "workflow": workflow_realtime,
    "task_queue": queue_realtime,
    "workers": workers_realtime,
}


def fetch(store: Store, kind: str, entity: Any, values: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The figures of one statistics operation, without the frame of SIDs and URL around them.

    Args:
        store: The state.
        kind: Of the route: ``"workspace"``, ``"task_queue_cumulative"``, ``"workers_realtime"``, ...
        entity: Whose figures: a workspace, workflow, queue or worker. For ``workers`` the workspace.
        values: The parameters, typed: minutes, start_date, end_date, task_channel, split_by_wait_time;
            task_queue_sid, task_queue_name, friendly_name for workers; queue_sids for the bulk.
        now: The moment, epoch seconds.

    Raises:
        BadRequest: The window is contradictory or too far back, or something named does not exist.
    """
    if kind == "task_queues_bulk":
        return bulk_realtime(store, entity, values["queue_sids"], now)
    scope, _, part = kind.rpartition("_") if kind.endswith(("_cumulative", "_realtime")) else (kind, "", "")
    channel = chosen_channel(store, entity.workspace_sid, values.get("task_channel"))
    if part == "realtime":
        return _REALTIME[scope](store, entity, now, channel)
    window = Window.of(values, now)
    chosen = chosen_workers(store, entity, values) if scope == "workers" else None
    extra = {} if chosen is None else {"chosen": chosen}
    cumulative = _CUMULATIVE[scope](store, entity, window, channel, **extra)
    if part == "cumulative":
        return cumulative
    if scope == "worker":  # one worker has nothing but cumulative figures (rest-api 4.5)
        return {"cumulative": cumulative}
    return {"cumulative": cumulative, "realtime": _REALTIME[scope](store, entity, now, channel, **extra)}
