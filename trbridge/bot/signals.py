"""SIGTERM and SIGINT: the first one asks to end, the second one insists."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["signals_handled"]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def signals_handled(first: Callable[[], object], second: Callable[[], object]) -> Iterator[None]:
    """Call ``first`` at the first signal and ``second`` at the second; a third one ends the process as ever.

    Only in the main thread, where signals are; inside a running event loop.
    """
    loop = asyncio.get_running_loop()
    todo = [first, second]

    def received() -> None:
        if todo:
            todo.pop(0)()
        if not todo:
            restore()

    restore = _install(loop, received)
    try:
        yield
    finally:
        restore()


def _install(loop: asyncio.AbstractEventLoop, received: Callable[[], None]) -> Callable[[], None]:
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            loop.add_signal_handler(number, received)
    except NotImplementedError:  # Windows: the loop must be woken up by hand
        for number in _SIGNALS:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(received))

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)

    return restore
