"""TaskRouter's expressions, compiled once to closures (routing 1).

::

    >>> senior = compile_expression("langs HAS 'fr' AND lvl >= 4")
    >>> senior.match({"worker": {"langs": ["fr", "en"], "lvl": 4}})
    True

What a key means depends on where the expression stands (routing 1.5): in a queue's TargetWorkers a bare key is
an attribute of the worker, in a workflow's filter one of the task. :class:`Context` names the places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from ...errors import ExpressionError
from .evaluation import Predicate, Roots, compile_tree, look_up, references
from .grammar import MAX_DEPTH, MAX_LENGTH, MAX_LIST, parse_expression, parse_order_by, parse_path
from .tree import OrderClause, Path

__all__ = [
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_LIST",
    "NOBODY",
    "Compiled",
    "Context",
    "KnownWorker",
    "OrderBy",
    "Roots",
    "compile_expression",
    "compile_known_worker",
    "compile_order_by",
    "compile_target_workers",
    "resolve_step",
    "time_variables",
]

WORKER_FIELDS = frozenset({"sid", "friendly_name", "activity_sid", "activity_name"})
"""Fields of a worker that expressions can read besides its attributes (routing 1.5 B and D)."""


class Context(Enum):
    """Where an expression stands, and so what its keys mean (routing 1.5).

    The roots to evaluate with: ``worker`` and ``task`` are attributes; ``fields`` the worker's ``sid``,
    ``friendly_name``, ``activity_sid``, ``activity_name``; ``channel`` per channel name
    ``configured_capacity``, ``assigned_tasks``, ``available_capacity_percentage``; ``taskrouter`` the time
    variables; ``workers`` the counts. A root left out is empty.
    """

    TARGET_WORKERS = "TargetWorkers"
    """A: a queue's workers. Roots: worker."""
    WORKER_SEARCH = "TargetWorkersExpression"
    """B: a search for workers. Roots: worker, fields."""
    TASK = "task attributes"
    """C and H: a workflow's filter, a search for tasks. Roots: task, taskrouter."""
    STEP = "target expression"
    """D: a workflow's step. Roots: task, worker, fields, channel, taskrouter."""
    SKIP = "skip_if"
    """F: a workflow's skip_if. Roots: workers."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready for use.

    Attributes:
        text: As it was written.
        context: Where it stands.
        match: From the roots to true or false. Never raises, reads nothing but the roots.
        references: What it reads, as (root, path).
        constant: Its answer if that depends on nothing (``1==1``), else None.
    """

    text: str
    context: Context
    match: Predicate
    references: frozenset[tuple[str, Path]] = frozenset()
    constant: bool | None = None

    def reads(self, root: str) -> bool:
        """Tell whether it reads anything below a root."""
        return any(name == root for name, _ in self.references)


NOBODY = Compiled("", Context.TARGET_WORKERS, lambda _roots: False, constant=False)
"""An empty TargetWorkers: no worker belongs to the queue (rest-api 3.6)."""


def _bare_worker(path: Path) -> tuple[str, Path]:
    # "worker." is accepted in front, though no source shows it there [?].
    return ("worker", path[1:]) if path[0] == "worker" and len(path) > 1 else ("worker", path)


def _searched_worker(path: Path) -> tuple[str, Path]:
    root, rest = _bare_worker(path)
    return ("fields", rest) if len(rest) == 1 and rest[0] in WORKER_FIELDS else (root, rest)


def _task(path: Path) -> tuple[str, Path] | None:
    if len(path) == 1:
        return "task", path
    if path[0] == "worker":
        return None  # there is no worker yet (routing 1.5 C)
    return (str(path[0]), path[1:]) if path[0] in {"task", "taskrouter"} else ("task", path)


def resolve_step(path: Path) -> tuple[str, Path] | None:
    """What a key means in a workflow's step (routing 1.5 D)."""
    if len(path) == 1 or path[0] not in {"worker", "task", "taskrouter"}:
        return None  # the prefix is mandatory (routing 1.5 D)
    root, rest = str(path[0]), path[1:]
    if root == "worker" and len(rest) == 1 and rest[0] in WORKER_FIELDS:
        return "fields", rest
    if root == "worker" and len(rest) == 3 and rest[0] == "channel":
        return "channel", rest[1:]
    return root, rest


def _skip(path: Path) -> tuple[str, Path]:
    if len(path) == 2 and path[0] == "workers":
        return "workers", path[1:]
    raise ExpressionError(
        f"skip_if knows workers.available, workers.unavailable and workers.WA..., not {_written(path)!r}"
    )


_RESOLVERS = {
    Context.TARGET_WORKERS: _bare_worker,
    Context.WORKER_SEARCH: _searched_worker,
    Context.TASK: _task,
    Context.STEP: resolve_step,
    Context.SKIP: _skip,
}


def _written(path: Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text[1:]


@lru_cache(maxsize=4096)
def compile_expression(text: str, context: Context = Context.TARGET_WORKERS) -> Compiled:
    """Compile an expression. The same text is compiled once.

    Args:
        text: The expression, up to 16,384 characters, 64 nested parentheses and lists of 2,048 items.
        context: Where it stands.

    Raises:
        ExpressionError: It does not follow the grammar or is too large. Meaning is not checked: a key that nobody
            has, or HAS on a number, is accepted and never matches, as in the service (routing 1.6).
    """
    resolve = _RESOLVERS[context]
    tree = parse_expression(text)
    match, constant = compile_tree(tree, resolve)
    return Compiled(text, context, match, references(tree, resolve), constant)


def compile_target_workers(text: str | None) -> Compiled:
    """Compile a queue's TargetWorkers; an empty one matches nobody.

    Raises:
        ExpressionError: As :func:`compile_expression`.
    """
    return NOBODY if text is None or not text.strip() else compile_expression(text, Context.TARGET_WORKERS)


@dataclass(frozen=True, slots=True)
class OrderBy:
    """An ``order_by``: which of the candidates comes first (routing 2.6).

    Attributes:
        text: As it was written.
        clauses: Attribute paths (below ``worker.``) and directions.
    """

    text: str
    clauses: tuple[OrderClause, ...]

    def key(self, attributes: Mapping[str, Any]) -> tuple[tuple[bool, int], ...]:
        """A sort key; the smallest comes first.

        A worker without an integer there comes after those with one, whatever the direction. So where nobody
        has an integer the clause orders nothing, which is how the service ignores it [I].
        """
        return tuple(_order_key(look_up(attributes, clause.path), clause.descending) for clause in self.clauses)


def _order_key(value: Any, descending: bool) -> tuple[bool, int]:
    if type(value) is not int:
        return True, 0
    return False, -value if descending else value


@lru_cache(maxsize=1024)
def compile_order_by(text: str) -> OrderBy:
    """Compile an ``order_by`` such as ``worker.level DESC, worker.cost ASC``.

    Raises:
        ExpressionError: It does not follow the grammar, or a key does not begin with ``worker.``.
    """
    clauses = parse_order_by(text)
    for clause in clauses:
        if clause.path[0] != "worker" or len(clause.path) < 2:
            raise ExpressionError(f"order_by compares keys of the worker, such as worker.{_written(clause.path)}")
    return OrderBy(text, tuple(OrderClause(clause.path[1:], clause.descending) for clause in clauses))


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A ``known_worker_sid`` or ``known_worker_friendly_name``: where in the task the worker is named (routing 2.5).

    Attributes:
        text: As it was written.
        path: Path below ``task.``.
    """

    text: str
    path: Path

    def value(self, attributes: Mapping[str, Any]) -> str | None:
        """The text that the task holds there; None if it holds none."""
        value = look_up(attributes, self.path)
        return value if isinstance(value, str) else None


@lru_cache(maxsize=1024)
def compile_known_worker(text: str) -> KnownWorker:
    """Compile a reference such as ``task.last_agent``.

    Raises:
        ExpressionError: It is no single key that begins with ``task.``.
    """
    path = parse_path(text)
    if path[0] != "task" or len(path) < 2:
        raise ExpressionError(f"a known worker is named by a key of the task, such as task.{_written(path)}")
    return KnownWorker(text, path[1:])


# English whatever the locale of this machine, so no strftime("%a").
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def time_variables(now: float) -> dict[str, int | str]:
    """The ``taskrouter.*`` variables for a moment (routing 1.5), all in UTC.

    Args:
        now: Epoch seconds.
    """
    moment = dt.datetime.fromtimestamp(now, tz=dt.UTC)
    return {
        "currentTime": moment.hour * 100 + moment.minute,
        "currentHour": moment.hour,  # documented as text, compared with integers; as a number it equals both
        "currentMin": moment.minute,
        "dayOfWeek": _DAYS[moment.weekday()],
    }
