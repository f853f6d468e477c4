"""Which workers a waiting task could be given to, as a value: tasks with the same one wait together.

A routing step's expression reads the task and the worker. With the task's values filled in, it is a
condition on workers alone, and all tasks that fill in the same values ask for the same workers. So
:class:`Criteria` is what :mod:`.membership` groups workers by, and nothing is evaluated again for the next
task of the kind. Terms that change with load or time are kept apart and asked when a worker is to be chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from ..expressions import resolve_step
from ..expressions.evaluation import Predicate, compile_tree, look_up, references
from ..expressions.grammar import parse_expression
from ..expressions.tree import AllOf, Expression, Path
from ..state.model import Task, TaskQueue, Workflow
from ..state.store import Store
from .workflow import Target, parse_configuration

__all__ = ["ANYBODY", "NO_WORKER", "Criteria", "StepExpression", "criteria_of", "decoded", "split_step", "target_of"]

NO_WORKER: Final = ""
"""``pin`` of a step whose known worker is nobody we know: it matches no one (routing 2.5)."""


@lru_cache(maxsize=32_768)
def decoded(text: str) -> dict[str, Any]:
    """Attributes as a mapping, decoded once per text. Shared: do not change it."""
    value = msgspec.json.decode(text)
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class StepExpression:
    """A routing step's expression in two parts, joined by AND.

    Attributes:
        fixed: What changes only with a worker's attributes or fields; None if nothing of the kind is asked.
        moving: What reads ``worker.channel.*`` or ``taskrouter.*``; None if nothing does.
        task_paths: What it reads of the task.
        worker_keys: Top-level attributes of the worker that ``fixed`` reads.
        reads_fields: Whether ``fixed`` reads ``worker.sid``, ``worker.activity_name`` and the like.
        channels: Unique names of the channels whose load ``moving`` reads.
        clock: Names of the time variables ``moving`` reads.
    """

    fixed: Predicate | None
    moving: Predicate | None
    task_paths: tuple[Path, ...]
    worker_keys: frozenset[str]
    reads_fields: bool
    channels: frozenset[str]
    clock: frozenset[str]


ANYBODY: Final = StepExpression(None, None, (), frozenset(), False, frozenset(), frozenset())
"""A step without an expression: everybody in the queue."""


@lru_cache(maxsize=4096)
def split_step(text: str) -> StepExpression:
    """Split a step's expression. Only what stands at the top, joined by AND, can be taken apart.

    Raises:
        ExpressionError: It does not follow the grammar.
    """
    tree = parse_expression(text)
    terms = tree.terms if isinstance(tree, AllOf) else (tree,)
    moving = tuple(term for term in terms if _moves(term))
    fixed = tuple(term for term in terms if not _moves(term))
    read = references(tree, resolve_step)
    of_fixed = references(AllOf(fixed), resolve_step)
    return StepExpression(
        fixed=_joined(fixed),
        moving=_joined(moving),
        task_paths=tuple(sorted((path for root, path in read if root == "task"), key=repr)),
        worker_keys=frozenset(str(path[0]) for root, path in of_fixed if root == "worker"),
        reads_fields=any(root == "fields" for root, _ in of_fixed),
        channels=frozenset(str(path[0]) for root, path in read if root == "channel"),
        clock=frozenset(str(path[0]) for root, path in read if root == "taskrouter"),
    )


def _moves(term: Expression) -> bool:
    return any(root in {"channel", "taskrouter"} for root, _ in references(term, resolve_step))


def _joined(terms: tuple[Expression, ...]) -> Predicate | None:
    if not terms:
        return None
    predicate, constant = compile_tree(AllOf(terms), resolve_step)
    return None if constant is True else predicate


class Criteria(NamedTuple):
    """Who may be given a task.

    Attributes:
        workspace_sid: Workers of this workspace,
        target_workers: in a queue with this TargetWorkers (None: in whatever queue),
        step: for whom this step expression is true (None: for all),
        values: with these values of the task, as JSON,
        pin: and who is this worker (None: whoever; :data:`NO_WORKER`: nobody).
    """

    workspace_sid: str
    target_workers: str | None
    step: str | None = None
    values: bytes = b""
    pin: str | None = None


def target_of(store: Store, task: Task) -> Target | None:
    """The routing step a task is in; None for a task routed directly, or when the workflow has lost the step.

    A workflow may be changed under its waiting tasks, which are left where they are (routing 2.4). If the step
    at their place has become one of another queue, it is not theirs [I].
    """
    workflow = store.get(Workflow, task.workflow_sid)
    if workflow is None or task.filter_index is None or task.target_index is None:
        return None
    targets = parse_configuration(workflow.configuration).targets(task.filter_index)
    if task.target_index >= len(targets):
        return None
    target = targets[task.target_index]
    return target if target.queue == task.task_queue_sid else None


def criteria_of(store: Store, task: Task) -> Criteria:
    """What a task that waits in a step, in a queue or for a worker asks of workers."""
    target = target_of(store, task)
    queue = store.get(TaskQueue, task.task_queue_sid)
    if target is None and task.routing_target is not None and task.routing_target.startswith("WK"):
        return Criteria(task.workspace_sid, None, pin=task.routing_target)
    target_workers = "" if queue is None else queue.target_workers.strip()
    if target is None:
        return Criteria(task.workspace_sid, target_workers)
    pin = None if target.known_worker is None else task.known_worker_sid or NO_WORKER
    if target.expression is None:
        return Criteria(task.workspace_sid, target_workers, pin=pin)
    step = split_step(target.expression.text)
    attributes = decoded(task.attributes) if step.task_paths else {}
    values = [look_up(attributes, path) for path in step.task_paths]
    return Criteria(
        task.workspace_sid, target_workers, target.expression.text, msgspec.json.encode(values, order="sorted"), pin
    )
