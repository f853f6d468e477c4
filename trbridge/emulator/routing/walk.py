"""A task's way through its workflow: into a step, out of it, to the next one (routing 2.2-2.5).

Where it stands is in the task itself: ``filter_index``, ``target_index``, ``step_base``, ``step_deadline``.
Whether somebody can be reserved is not decided here but in :mod:`.routing`, when the transaction settles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ..alerts import alerts_of
from ..expressions import compile_target_workers, time_variables
from ..expressions.evaluation import look_up
from ..expressions.tree import Path
from ..state.indexes import WORKERS_BY_NAME
from ..state.model import Task, TaskQueue, Worker, Workflow
from ..state.store import Store
from ..state.transaction import Transaction
from .eligibility import decoded, split_step
from .task_lifecycle import cancel_task
from .workflow import DEFAULT_FILTER, Configuration, Target, parse_configuration

__all__ = [
    "ROUTING_TARGET_UNAVAILABLE",
    "WORKFLOW_TIMEOUT",
    "enter_fields",
    "first_filter",
    "next_clock_change",
    "offer_again",
    "re_evaluate",
    "skip_step",
    "time_out_step",
]

WORKFLOW_TIMEOUT: Final = "Task canceled on Workflow timeout"
WORKFLOW_SKIPPED: Final = "Task skipped out of Workflow"  # [I] no text was seen for this one
WORKFLOW_UNMATCHED: Final = "Task matches no filter of its Workflow"  # [I]
ROUTING_TARGET_UNAVAILABLE: Final = "RoutingTarget not available for Reservation acceptance: "


def first_filter(
    configuration: Configuration, attributes: dict[str, Any], now: float, *, after: int = -1
) -> int | None:
    """Index of the first filter after one that matches a task; None if none does."""
    roots = {"task": attributes, "taskrouter": time_variables(now)}
    for index, each in enumerate(configuration.filters):
        if index > after and each.expression.match(roots):
            return index
    return None


def enter_fields(
    store: Store,
    task: Task,
    configuration: Configuration,
    filter_index: int,
    target_index: int,
    base: float,
    now: float,
) -> dict[str, Any]:
    """What a task's fields become when it enters a step.

    Args:
        store: Where queues and workers are looked up.
        task: The task.
        configuration: Its workflow's.
        filter_index: Which filter, or :data:`~.workflow.DEFAULT_FILTER`.
        target_index: Which of its targets.
        base: Age of the task, in seconds, when it entered the filter (routing 2.3).
        now: The moment.
    """
    targets = configuration.targets(filter_index)
    target = targets[target_index]
    fields: dict[str, Any] = {
        "filter_index": filter_index,
        "target_index": target_index,
        "step_base": base,
        "step_deadline": _deadline(task, targets, target_index, base),
        "clock_deadline": _clock_deadline(target, now),
        "task_queue_sid": target.queue,
        "known_worker_sid": _known_worker(store, task, target, now),
    }
    if target.priority is not None:
        fields["priority"] = target.priority
    if task.task_queue_sid != target.queue:
        fields["task_queue_entered_date"] = now
    return fields


def offer_again(tx: Transaction, task: Task, why: str) -> Task:
    """Let a task go on whose reservations have all failed (routing 2.2, last row).

    It stays in its step until that is over; then it goes on at once. A task that was routed to one worker is
    canceled: there is nobody else to ask [I].

    Args:
        tx: The transaction.
        task: The task, pending again.
        why: What happened to the reservation, for the reason of a canceled one.
    """
    if task.routing_target is not None and task.routing_target.startswith("WK"):
        return cancel_task(tx, task, f"{ROUTING_TARGET_UNAVAILABLE}{why}")
    if task.step_deadline is not None and tx.now >= task.step_deadline:
        return time_out_step(tx, task)
    return task


def time_out_step(tx: Transaction, task: Task) -> Task:
    """Leave a step whose time is over: to the next target, to a later filter, or out of the workflow."""
    tx.emit("task-queue.timeout", task)
    return _go_on(tx, task, _timed_out)


def skip_step(tx: Transaction, task: Task) -> Task:
    """Leave a step whose ``skip_if`` is true. Unlike a timeout it can lead to the default filter."""
    return _go_on(tx, task, _skipped_out)


def re_evaluate(tx: Transaction, task: Task) -> Task:
    """Drive a pending task through its workflow from the top (routing 2.4).

    Landing in the same filter keeps the clock of its steps; the first step that is not over is entered.
    """
    workflow = tx.store.get(Workflow, task.workflow_sid)
    if workflow is None or task.filter_index is None:
        return task  # routed directly: nothing of it depends on a workflow
    configuration = parse_configuration(workflow.configuration)
    index = first_filter(configuration, decoded(task.attributes), tx.now)
    if index is None:
        if configuration.default is None:
            return cancel_task(tx, task, WORKFLOW_UNMATCHED)
        index = DEFAULT_FILTER
    # Taken out of its step first, so that it counts as entering one, be it the same.
    task = tx.put(msgspec.structs.replace(task, target_index=None))
    base = task.step_base if index == task.filter_index else tx.now - task.date_created
    for number in range(len(configuration.targets(index))):
        deadline = _deadline(task, configuration.targets(index), number, base)
        if deadline is None or tx.now < deadline:
            return _enter(tx, task, configuration, index, number, base)
    last = len(configuration.targets(index)) - 1
    return time_out_step(tx, _enter(tx, task, configuration, index, last, base))


def next_clock_change(now: float, names: frozenset[str]) -> float | None:
    """When one of some time variables changes next; None for none of them."""
    if not names:
        return None
    period = 60.0 if names & {"currentTime", "currentMin"} else 3600.0 if "currentHour" in names else 86_400.0
    return (now // period + 1) * period


def _go_on(tx: Transaction, task: Task, leave: Callable[[Transaction, Task, Configuration], Task]) -> Task:
    workflow = tx.store.workflows[task.workflow_sid or ""]
    configuration = parse_configuration(workflow.configuration)
    at, number = task.filter_index or 0, (task.target_index or 0) + 1
    if number < len(configuration.targets(at)):
        return _enter(tx, task, configuration, at, number, task.step_base)
    if at != DEFAULT_FILTER:
        later = first_filter(configuration, decoded(task.attributes), tx.now, after=at)
        if later is not None:
            return _enter(tx, task, configuration, later, 0, tx.now - task.date_created)
    return leave(tx, task, configuration)


def _timed_out(tx: Transaction, task: Task, _configuration: Configuration) -> Task:
    tx.emit("workflow.timeout", task)
    return cancel_task(tx, task, WORKFLOW_TIMEOUT)


def _skipped_out(tx: Transaction, task: Task, configuration: Configuration) -> Task:
    if configuration.default is not None and task.filter_index != DEFAULT_FILTER:
        return _enter(tx, task, configuration, DEFAULT_FILTER, 0, tx.now - task.date_created)
    tx.emit("workflow.skipped", task)
    return cancel_task(tx, task, WORKFLOW_SKIPPED)


def _enter(
    tx: Transaction, task: Task, configuration: Configuration, filter_index: int, target_index: int, base: float
) -> Task:
    fields = enter_fields(tx.store, task, configuration, filter_index, target_index, base, tx.now)
    moves = fields["task_queue_sid"] != task.task_queue_sid
    if moves and task.task_queue_sid is not None:
        tx.emit("task-queue.moved", task)
    task = tx.update(task, **fields)
    if moves:
        tx.emit("task-queue.entered", task)
    tx.emit("workflow.target-matched", task)
    return task


def _deadline(task: Task, targets: tuple[Target, ...], target_index: int, base: float) -> float | None:
    # Cumulative, and measured on the task's age (routing 2.3).
    if targets[target_index].timeout is None:
        return None
    return task.date_created + base + sum(target.timeout or 0 for target in targets[: target_index + 1])


def _clock_deadline(target: Target, now: float) -> float | None:
    return None if target.expression is None else next_clock_change(now, split_step(target.expression.text).clock)


def _known_worker(store: Store, task: Task, target: Target, now: float) -> str | None:
    # What is wrong with it raises an alert in the service's debugger, and the task stays in the step (routing 2.5).
    if target.known_worker is None:
        return None
    attributes = decoded(task.attributes)
    text = target.known_worker.value(attributes)
    if target.known_by == "sid":
        worker = store.get(Worker, text)
    else:
        worker = store.first(WORKERS_BY_NAME, (task.workspace_sid, (text or "").casefold()))
    if worker is None:
        if not _is_null(attributes, target.known_worker.path):
            _alert(store, task, now, 40154, f"{target.known_worker.text} names no worker")
        return None
    if worker.workspace_sid != task.workspace_sid:
        _alert(store, task, now, 40155, f"the known worker {worker.sid} is in another workspace")
        return None
    queue = store.get(TaskQueue, target.queue)
    expression = compile_target_workers(None if queue is None else queue.target_workers)
    if not expression.match({"worker": decoded(worker.attributes)}):
        _alert(store, task, now, 40152, f"the known worker {worker.sid} is not in queue {target.queue}")
    return worker.sid


def _alert(store: Store, task: Task, now: float, code: int, message: str) -> None:
    alerts_of(store).add(code, message, now, resource_sid=task.sid)


def _is_null(attributes: dict[str, Any], path: Path) -> bool:
    # An explicit null says on purpose that there is no known worker.
    holder = look_up(attributes, path[:-1])
    return isinstance(holder, dict) and path[-1] in holder and holder[str(path[-1])] is None
