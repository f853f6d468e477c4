"""Calling a function that may block, without making anybody wait for it who does not want to."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from .errors import TokenProviderError

__all__ = ["Offload", "is_async"]

_T = TypeVar("_T")
MAX_ABANDONED: Final = 8
"""How many calls that never returned are borne before no other is made [I]."""


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling the function gives a coroutine, also behind ``functools.partial`` or ``__call__``."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


class _Outcome(Generic[_T]):
    """What a call came to. Its repr, which asyncio's debug mode logs, shows nothing of it."""

    __slots__ = ("error", "result")

    def __init__(self, function: Callable[[], _T]) -> None:
        self.error: Exception | None = None
        try:
            self.result = function()
        except Exception as error:  # noqa: BLE001 - handed over to whoever waits
            self.error = error
        except BaseException as error:  # noqa: BLE001 - a SystemExit would end the loop on the other side
            self.error = RuntimeError(f"it raised {type(error).__name__}")

    def get(self) -> _T:
        if self.error is not None:
            raise self.error
        return self.result

    def discard(self) -> None:
        """Nobody waits any more. A coroutine that is never awaited would complain."""
        if self.error is None and inspect.iscoroutine(self.result):
            self.result.close()


class Offload:
    """Calls functions in daemon threads, one for each call.

    Not ``asyncio.to_thread``: its few threads also resolve host names, so that a handful of calls that hang
    would stop every new connection, and ``asyncio.run`` waits for them all before it lets the program end.
    """

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running = 0

    async def __call__(self, function: Callable[[], _T]) -> _T:
        """Call the function and give its result. Cancelled, it leaves the thread to itself.

        Raises:
            TokenProviderError: Too many earlier calls have not returned.
            Exception: What the function raised.
        """
        if self._running >= MAX_ABANDONED:
            raise TokenProviderError(
                f"{self._running} earlier calls of the token provider have not returned",
                hint="give it a time limit of its own",
            )
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Outcome[_T]] = loop.create_future()
        call = functools.partial(contextvars.copy_context().run, function)
        arguments = (call, loop, functools.partial(self._end, future))
        threading.Thread(target=_run, args=arguments, name="trbridge-token-provider", daemon=True).start()
        self._running += 1
        try:
            return (await future).get()
        except asyncio.CancelledError:
            # Cancelled in the very turn of the loop in which the result came.
            if future.done() and not future.cancelled():
                future.result().discard()
            raise

    def _end(self, future: asyncio.Future[_Outcome[_T]], outcome: _Outcome[_T]) -> None:
        self._running -= 1
        if future.done():
            outcome.discard()
        else:
            future.set_result(outcome)


def _run(function: Callable[[], _T], loop: asyncio.AbstractEventLoop, end: Callable[[_Outcome[_T]], None]) -> None:
    outcome = _Outcome(function)
    try:
        loop.call_soon_threadsafe(end, outcome)
    except RuntimeError:  # the loop was over before a call that hung returned
        outcome.discard()
