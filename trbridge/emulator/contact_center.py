"""A contact center in a line: what :class:`~trbridge.emulator.testing.TaskRouter` makes for a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .state.model import Entity, TaskQueue, Worker, Workflow

if TYPE_CHECKING:
    from .testing import TaskRouter

__all__ = ["ContactCenter", "Step", "filter_of", "make", "sid_of", "step_of"]

Step = str | TaskQueue | Mapping[str, Any]


class ContactCenter(NamedTuple):
    """What was made.

    Attributes:
        workers: The workers by name.
        queues: The queues by name.
        workflow: Sends a task to the queue that its attribute ``queue`` names, else to the first.
    """

    workers: dict[str, Worker]
    queues: dict[str, TaskQueue]
    workflow: Workflow


def make(
    router: TaskRouter, workers: Iterable[str] | Mapping[str, Mapping[str, Any]], queues: Mapping[str, str]
) -> ContactCenter:
    """Make workers, queues and a workflow; see :meth:`TaskRouter.center <.testing.TaskRouter.center>`."""
    attributes = workers if isinstance(workers, Mapping) else {name: {} for name in workers}
    made = {name: router.queue(name, target_workers) for name, target_workers in queues.items()}
    filters = [(f"queue == {_quoted(name)}", queue) for name, queue in made.items()]
    return ContactCenter(
        workers={name: router.worker(name, attributes[name]) for name in attributes},
        queues=made,
        workflow=router.workflow(*filters, default=next(iter(made.values())), name="Center"),
    )


def _quoted(name: str) -> str:
    """A text of an expression: there are no escapes, so the quotes are those that the name has not."""
    return f'"{name}"' if "'" in name else f"'{name}'"


def filter_of(condition: tuple[Any, ...]) -> dict[str, Any]:
    """A workflow's filter from an expression and the steps of those who match it."""
    expression, *steps = condition
    return {"expression": expression, "targets": [step_of(step) for step in steps]}


def step_of(step: Step) -> dict[str, Any]:
    """A routing step from a queue, or a mapping with a queue in it."""
    if isinstance(step, Mapping):
        return {key: value.sid if isinstance(value, Entity) else value for key, value in step.items()}
    return {"queue": sid_of(step)}


def sid_of(entity: Entity | str) -> str:
    """The SID of what may be one."""
    return entity if isinstance(entity, str) else entity.sid
