"""Which handler a task goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import InvalidArgument

if TYPE_CHECKING:
    from ..resources.task import TaskInstance

__all__ = ["Handler", "Route", "Where", "choose", "make_route"]

Handler = Callable[["TaskInstance"], Awaitable[str | None]]
"""Works on a task; what it returns is the reason that the task is completed with."""

Where = Callable[["TaskInstance"], bool] | Mapping[str, Any] | None
"""A condition on the task, attributes that it must have, or None for any task."""


class Route(NamedTuple):
    """One registered handler.

    Attributes:
        handler: The function.
        matches: Whether a task is for it.
        deadline: Seconds it may take; None for any time.
    """

    handler: Handler
    matches: Callable[[TaskInstance], bool]
    deadline: float | None


def make_route(handler: Handler, where: Where, deadline: float | None) -> Route:
    """Check and put together what a decorator was given.

    Raises:
        InvalidArgument: The condition is no condition, or the deadline no time.
    """
    if deadline is not None and not deadline > 0:
        raise InvalidArgument(f"deadline must be a positive number of seconds, not {deadline!r}")
    if where is None:
        return Route(handler, lambda _: True, deadline)
    if isinstance(where, Mapping):
        wanted = dict(where)
        return Route(handler, lambda task: _has(task.attributes, wanted), deadline)
    if callable(where):
        return Route(handler, where, deadline)
    raise InvalidArgument(f"where must be a function of the task or a mapping of attributes, not {where!r}")


def choose(routes: list[Route], task: TaskInstance) -> Route | None:
    """The first handler whose condition holds, in the order of registration."""
    return next((route for route in routes if route.matches(task)), None)


def _has(attributes: Any, wanted: Mapping[str, Any]) -> bool:
    return isinstance(attributes, Mapping) and all(
        name in attributes and attributes[name] == value for name, value in wanted.items()
    )
