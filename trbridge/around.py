"""Something around a whole coroutine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["Around"]

T = TypeVar("T")


class Around(Coroutine[Any, Any, T]):
    """A coroutine with a context manager around it, which is entered at the first step, in the task that takes it.

    Not a coroutine function around it: one that is closed before it began would leave the inner one unawaited.

    Args:
        work: The coroutine, not begun.
        make: Makes the context manager.
    """

    def __init__(
        self, work: Coroutine[Any, Any, T], make: Callable[[], contextlib.AbstractContextManager[None]]
    ) -> None:
        self._work = work
        self._make = make
        self._open: contextlib.AbstractContextManager[None] | None = None

    def send(self, value: Any) -> Any:
        """Take a step."""
        if self._open is None:
            self._open = self._make()
            self._open.__enter__()
        return self._step(self._work.send, value)

    def throw(self, *error: Any) -> Any:
        """Take a step with an exception."""
        return self._step(self._work.throw, *error)

    def close(self) -> None:
        """End it, begun or not."""
        self._work.close()
        self._end(None)

    def __await__(self) -> Any:
        return (yield from self._work.__await__())

    def _step(self, step: Callable[..., Any], *args: Any) -> Any:
        try:
            return step(*args)
        except StopIteration:
            self._end(None)
            raise
        except BaseException as error:
            self._end(error)
            raise

    def _end(self, error: BaseException | None) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            with contextlib.suppress(BaseException):  # it is raised where it was caught
                opened.__exit__(None if error is None else type(error), error, None)
