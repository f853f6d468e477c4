"""Which handler a task goes to, and how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ..errors import InvalidArgument
from ..log_redaction import redacting_logger

if TYPE_CHECKING:
    from ..resources.reservation import ReservationInstance
    from ..resources.task import TaskInstance

__all__ = ["Handler", "OnError", "Route", "Where", "call", "check_ends", "choose", "make_route"]

_log = redacting_logger("trbridge.bot")

Outcome = Awaitable[str | None] | str | None
Handler = TypeVar(
    "Handler", bound=Callable[["TaskInstance"], Outcome] | Callable[["TaskInstance", "ReservationInstance"], Outcome]
)
"""Works on a task; what it returns is the reason that the task is completed with. May be a plain function, if
it does not block; may take the reservation as a second argument."""

Where = Callable[["TaskInstance"], bool] | Mapping[str, Any] | None
"""A condition on the task, attributes that it must have, or None for any task."""


class OnError(StrEnum):
    """What becomes of a task whose handler raised, or took too long."""

    LEAVE = "leave"
    """It stays assigned to the worker, for somebody to look at."""
    COMPLETE = "complete"
    """It is completed, with the exception as the reason."""
    REJECT = "reject"
    """Its reservation is rejected, so that TaskRouter gives it to another worker. Only a pending reservation
    can be rejected: with this choice it is accepted when the handler has succeeded, not before. So the handler
    must be done before the reservation times out (the workflow's ``task_reservation_timeout``)."""


class Route(NamedTuple):
    """One registered handler.

    Attributes:
        handler: The function.
        matches: Whether a task is for it.
        deadline: Seconds it may take; None for any time.
        on_error: What becomes of a task that it fails on.
        takes_reservation: Whether it takes the reservation, too.
    """

    handler: Callable[..., Any]
    matches: Callable[[TaskInstance], bool]
    deadline: float | None
    on_error: OnError
    takes_reservation: bool


def make_route(handler: Any, where: Where, deadline: float | None, on_error: OnError | str) -> Route:
    """Check and put together what a decorator was given.

    Raises:
        InvalidArgument: The handler takes the wrong arguments, the condition is no condition, or the deadline
            no time.
    """
    chosen = check_ends(deadline, on_error)
    return Route(handler, _condition(where), deadline, chosen, _takes_reservation(handler))


def check_ends(deadline: float | None, on_error: OnError | str) -> OnError:
    """Check how handlers may end; returns the choice.

    Raises:
        InvalidArgument: The deadline is no time, or there is no such choice.
    """
    if deadline is not None and not deadline > 0:
        raise InvalidArgument(f"deadline must be a positive number of seconds, not {deadline!r}")
    try:
        return OnError(on_error)
    except ValueError:
        raise InvalidArgument(f"on_error must be one of {', '.join(OnError)}, not {on_error!r}") from None


def choose(routes: list[Route], task: TaskInstance) -> Route | None:
    """The first handler whose condition holds, in the order of registration."""
    return next((route for route in routes if _matches(route, task)), None)


async def call(route: Route, task: TaskInstance, reservation: ReservationInstance) -> str | None:
    """Run the handler.

    Raises:
        TypeError: It returned something that is no reason.
        Exception: Whatever it raises.
    """
    outcome = route.handler(task, reservation) if route.takes_reservation else route.handler(task)
    reason = await outcome if inspect.isawaitable(outcome) else outcome
    if reason is not None and not isinstance(reason, str):
        raise TypeError(f"a handler returns the reason as text, or None, not a {type(reason).__name__}")
    return reason


def _condition(where: Where) -> Callable[[TaskInstance], bool]:
    if where is None:
        return lambda _: True
    if isinstance(where, Mapping):
        wanted = dict(where)
        return lambda task: _has(task.attributes, wanted)
    if callable(where):
        return where
    raise InvalidArgument(f"where must be a function of the task or a mapping of attributes, not {where!r}")


def _has(attributes: Any, wanted: Mapping[str, Any]) -> bool:
    return isinstance(attributes, Mapping) and all(
        name in attributes and attributes[name] == value for name, value in wanted.items()
    )


def _matches(route: Route, task: TaskInstance) -> bool:
    try:
        return bool(route.matches(task))
    except Exception:  # noqa: BLE001 - a user's condition may raise anything
        _log.exception("task %s: the condition of %s failed; taken for 'no'", task.sid, _name(route.handler))
        return False


def _takes_reservation(handler: Any) -> bool:
    if not callable(handler):
        raise InvalidArgument(f"a handler must be a function of the task, not {handler!r}")
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):  # some built-in functions have none
        return False
    for arguments in (("task",), ("task", "reservation")):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return len(arguments) == 2
    raise InvalidArgument(f"{_name(handler)} must take the task, or the task and its reservation")


def _name(handler: Any) -> str:
    return getattr(handler, "__qualname__", None) or repr(handler)
