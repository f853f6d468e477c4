"""How much a handler may have under way is a value, and a decorator."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from trbridge import HandlerLimits, InvalidArgument
from trbridge.events import Emitter
from trbridge.handler_limits import limits_of, name_of


async def handler() -> None: ...


class Robot:
    async def work(self) -> None: ...

    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"concurrency": 0}, "concurrency must be a whole number of at least 1, not 0"),
        ({"concurrency": True}, "concurrency"),
        ({"queue": -1}, "queue must be a whole number of at least 0"),
        ({"queue": 1.5}, "queue"),
        ({"when_full": "explode"}, "drop-oldest, block, close"),
        ({"timeout": 0}, "timeout must be a positive number"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": "5"}, "timeout"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, Any], message: str) -> None:
    """At once, where it is written, and in words that say what would do."""
    with pytest.raises(InvalidArgument, match=message):
        HandlerLimits(**values)


def test_limits_decorate_a_function_and_its_methods_and_wrappers() -> None:
    """Whatever way the function is registered, its limits go with it."""
    limits = HandlerLimits(timeout=1)

    @limits
    async def mine() -> None: ...

    @functools.wraps(mine)
    async def wrapped() -> None: ...

    class Desk:
        @limits
        async def work(self) -> None: ...

    assert limits_of(mine) is limits_of(wrapped) is limits_of(Desk().work) is limits
    assert limits_of(handler) is None


async def test_limits_for_a_method_of_one_object() -> None:
    """Those of another object are not concerned, so what is registered is a function of its own."""
    limits, one, other = HandlerLimits(timeout=1), Robot(), Robot()
    limited = limits(one.work)
    assert limits_of(limited) is limits
    assert limits_of(one.work) is limits_of(other.work) is None
    assert name_of(limited) == name_of(one.work)
    await limited()


def test_limits_hold_for_a_handler_that_is_called_once() -> None:
    """Pyee wraps those; the wrapper must not hide the limits."""
    emitter, limits = Emitter(), HandlerLimits(timeout=1)

    @limits
    async def mine() -> None: ...

    emitter.once("x", mine)
    (registered,) = emitter._events["x"].values()
    assert registered is not mine
    assert limits_of(registered) is limits


def test_a_handler_is_called_by_its_name_and_place() -> None:
    """Somebody who reads the log at night finds it without searching."""
    line = handler.__code__.co_firstlineno
    assert name_of(handler) == f"handler() at {__file__}:{line}"
    assert name_of(functools.partial(handler)) == name_of(handler)
    assert name_of(Robot().work).startswith(f"Robot.work() at {__file__}:")
    assert name_of(Robot()) == "Robot()"
    assert name_of(len) == "len()"
