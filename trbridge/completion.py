"""One operation, started at once: await it, or be called back.

The original takes callbacks, Python awaits; both start their work immediately. What is under way
belongs to its client and ends with it: nobody waits for ever, no callback is forgotten (Q1, Q7, Q62).
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .errors import ClientClosed, InvalidArgument, NotReady, TaskRouterError

__all__ = ["Callback", "Operation", "Operations"]

T = TypeVar("T")

Callback = Callable[[TaskRouterError | None, T | None], object]
"""``callback(error, result)``: one of the two is None. May be a coroutine function."""

Operation = asyncio.Task[T]
"""A started operation; await it for its result."""


class Operations:
    """Everything that one client has under way.

    Args:
        report: Told of an exception that a callback raised; must not raise itself.
    """

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        # Dicts where sets are meant: most clients have neither, and an empty dict is a third of an empty set.
        self._running: dict[asyncio.Task[Any], None] = {}
        self._callbacks: dict[asyncio.Task[Any], None] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, T], callback: Callback[T] | None = None) -> Operation[T] | None:
        """Start the work at once.

        Args:
            work: What to do.
            callback: If given it is called exactly once, and nothing is returned.

        Returns:
            The operation to await, or None if there is a callback.

        Raises:
            NotReady: No event loop is running.
            ClientClosed: The client is closing.
        """
        if not (callback is None or callable(callback)):
            work.close()  # type: ignore[unreachable]
            raise InvalidArgument(f"the callback must be a function of (error, result), not {callback!r}")
        if self._closing:
            work.close()
            raise ClientClosed("the client is closed; connect() it again first")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            raise NotReady("no event loop is running; call this from a coroutine or a handler") from None
        task = self._spawn(loop, self._guarded(work))
        # Cancelled before its first step, the work inside would be reported as never awaited.
        task.add_done_callback(lambda _: work.close())
        if callback is None:
            return task
        task.add_done_callback(lambda done: self._call_back(done, callback))
        return None

    def _spawn(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = loop.create_task(work)
        self._running[task] = None
        task.add_done_callback(self._running.pop)
        return task

    async def _guarded(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except asyncio.CancelledError:
            # A waiter that did not cancel anything must not believe that it was cancelled itself.
            if self._closing:
                raise ClientClosed(_CLOSED) from None
            raise

    def _call_back(self, done: asyncio.Task[T], callback: Callback[T]) -> None:
        error = ClientClosed(_CLOSED) if done.cancelled() else done.exception()
        if not isinstance(error, TaskRouterError | None):
            self._report(error)  # ours: no operation should fail with anything else
            error = TaskRouterError(f"unexpected {type(error).__name__}: {error}")
        try:
            outcome = callback(error, None if error is not None else done.result())
        except Exception as exception:  # noqa: BLE001 - whatever a user's callback raises stays his
            self._report(exception)
            return
        if inspect.iscoroutine(outcome):
            task = asyncio.get_running_loop().create_task(outcome)
            self._callbacks[task] = None
            task.add_done_callback(self._called_back)

    def _called_back(self, task: asyncio.Task[Any]) -> None:
        del self._callbacks[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(error)

    async def aclose(self, drain: float = 5.0) -> None:
        """End everything under way; each waiter and callback gets :class:`ClientClosed`.

        Args:
            drain: Seconds that coroutine callbacks get to finish before they are cancelled.
        """
        self._closing = True
        own = asyncio.current_task()
        try:
            while pending := [task for task in self._running if task is not own]:
                for task in pending:
                    task.cancel()
                await asyncio.wait(pending)
                for task in pending:
                    if not task.cancelled():
                        task.exception()  # seen: an awaitable nobody waits for must not be reported at exit
            if waiting := self._callbacks.keys() - {own}:
                await asyncio.wait(waiting, timeout=drain)
            for task in self._callbacks.keys() - {own}:
                task.cancel()
        finally:
            self._closing = False


_CLOSED = "the client was closed before the answer came"
