"""Lists that have to evaluate expressions: over workers, over tasks, over queues (routing 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ...errors import BadRequest, ExpressionError
from ..expressions import Compiled, Context, compile_expression, compile_target_workers
from ..routing.eligibility import decoded
from ..routing.routing import routing_of
from ..state.indexes import QUEUES_BY_NAME
from ..state.model import Task, TaskQueue, Worker
from ..state.store import Store
from .lookup import Place
from .parameters import shown

__all__ = [
    "queues_for_attributes",
    "queues_of_worker",
    "tasks_by_expression",
    "workers_by_expression",
    "workers_of_queue",
    "workers_of_queue_name",
]

Keep = Callable[[Any], bool]


def _compile(name: str, text: str, context: Context) -> Compiled:
    try:
        return compile_expression(text, context)
    except ExpressionError as error:
        raise BadRequest(f"Invalid {name}. {error.message}") from error


def workers_by_expression(store: Store, _place: Place, text: str) -> Keep:
    """``TargetWorkersExpression``: attributes, and sid, friendly_name, activity_sid, activity_name."""
    compiled = _compile("TargetWorkersExpression", text, Context.WORKER_SEARCH)

    def keep(worker: Worker) -> bool:
        activity = store.activities.get(worker.activity_sid)
        fields = {
            "sid": worker.sid,
            "friendly_name": worker.friendly_name,
            "activity_sid": worker.activity_sid,
            "activity_name": activity.friendly_name if activity is not None else None,
        }
        return compiled.match({"worker": decoded(worker.attributes), "fields": fields})

    return keep


def workers_of_queue(store: Store, place: Place, sid: str) -> Keep:
    """``TaskQueueSid``: workers that match the queue's TargetWorkers, available or not."""
    queue = store.task_queues.get(sid)
    if queue is None or place.workspace is None or queue.workspace_sid != place.workspace.sid:
        raise BadRequest(f"Invalid TaskQueueSid. There is no task queue '{shown(sid)}' in this workspace.")
    return _matching(store, [queue])


def workers_of_queue_name(store: Store, place: Place, name: str) -> Keep:
    """``TaskQueueName``: the same by the queue's name; queues of one name count together."""
    workspace_sid = place.workspace.sid if place.workspace is not None else ""
    queues = store.select(QUEUES_BY_NAME, (workspace_sid, name))
    if not queues:
        raise BadRequest(f"Invalid TaskQueueName. There is no task queue named '{shown(name)}' in this workspace.")
    return _matching(store, queues)


def _matching(store: Store, queues: list[TaskQueue]) -> Keep:
    routing = routing_of(store)
    members = frozenset().union(*(routing.members(queue) for queue in queues))
    return lambda worker: worker.sid in members


def queues_of_worker(store: Store, place: Place, sid: str) -> Keep:
    """``WorkerSid``: queues whose TargetWorkers match the worker."""
    worker = store.workers.get(sid)
    if worker is None or place.workspace is None or worker.workspace_sid != place.workspace.sid:
        raise BadRequest(f"Invalid WorkerSid. There is no worker '{shown(sid)}' in this workspace.")
    return _targeting(decoded(worker.attributes))


def queues_for_attributes(_store: Store, _place: Place, text: str) -> Keep:
    """``EvaluateWorkerAttributes``: queues that a worker with these attributes would belong to."""
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise BadRequest(f"Invalid EvaluateWorkerAttributes. '{shown(text)}' is not a JSON object.")
    return _targeting(given)


def _targeting(given: Any) -> Keep:
    roots = {"worker": given}
    return lambda queue: compile_target_workers(queue.target_workers).match(roots)


def tasks_by_expression(_store: Store, _place: Place, text: str) -> Keep:
    """``EvaluateTaskAttributes``: an expression over the tasks' attributes."""
    compiled = _compile("EvaluateTaskAttributes", text, Context.TASK)

    def keep(task: Task) -> bool:
        return compiled.match({"task": decoded(task.attributes)})

    return keep
