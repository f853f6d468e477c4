"""How much one handler may have under way, as a value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from math import isfinite
from typing import Any, Final, Literal, TypeVar, cast, get_args

import msgspec

from .errors import InvalidArgument

__all__ = ["HandlerLimits", "WhenFull", "limits_of", "name_of"]

H = TypeVar("H", bound=Callable[..., Any])

WhenFull = Literal["drop-oldest", "block", "close"]
"""What happens to an event for which there is no room."""

_MARK: Final = "_trbridge_limits"


class HandlerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one coroutine handler may have under way. Functions that are no coroutines run at once, unlimited.

    Each handler has its own count: a slow one holds up nobody else. Given to a client as ``handlers=`` it is
    meant for each of its handlers; as a decorator, for one::

        @worker.on("reservation.created")
        @HandlerLimits(concurrency=4, timeout=60)
        async def work(reservation): ...

    Args:
        concurrency: How many events it may work at the same time; 1 works them strictly in order. Default 1,000.
        queue: How many more may wait for their turn; they are begun in the order in which they came. Default 10,000.
        when_full: What to do with one more. ``"drop-oldest"``, the default: drop the one that waits longest and
            count it in ``stats.overflows``. ``"block"``: read nothing more from the socket until half of those
            that wait have been begun. ``"close"``: give up, so that ``run()`` raises
            :class:`~trbridge.SlowConsumer`. Whatever it is, it is reported as ``error``, once per episode.
        timeout: Seconds that it may take for one event; then it is cancelled and reported as ``error``. Default
            None: as long as it likes.

    Raises:
        InvalidArgument: A value is out of range.
    """

    concurrency: int = 1_000
    queue: int = 10_000
    when_full: WhenFull = "drop-oldest"
    timeout: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("queue", 0)):
            value: object = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InvalidArgument(f"{name} must be a whole number of at least {least}, not {value!r}")
        if self.when_full not in get_args(WhenFull):
            raise InvalidArgument(f"when_full must be one of {', '.join(get_args(WhenFull))}, not {self.when_full!r}")
        if self.timeout is not None and not _is_time(self.timeout):
            raise InvalidArgument(f"timeout must be a positive number of seconds or None, not {self.timeout!r}")

    def __call__(self, handler: H) -> H:
        """Let these limits hold for this handler, whatever the client's are.

        Returns:
            The handler; for a method of an object, which cannot be marked, a function that calls it.
        """
        try:
            setattr(handler, _MARK, self)
        except AttributeError:
            inner = handler

            @wraps(inner)
            def limited(*args: Any, **kwargs: Any) -> Any:
                return inner(*args, **kwargs)

            setattr(limited, _MARK, self)
            return cast("H", limited)
        return handler


def limits_of(handler: Callable[..., Any]) -> HandlerLimits | None:
    """The limits that a handler was decorated with."""
    return getattr(handler, _MARK, None)


def name_of(handler: Callable[..., Any]) -> str:
    """What to call a handler in a message: its name and where it is written."""
    while isinstance(handler, partial):
        handler = handler.func
    function = inspect.unwrap(handler)
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{name}()" if code is None else f"{name}() at {code.co_filename}:{code.co_firstlineno}"


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0
