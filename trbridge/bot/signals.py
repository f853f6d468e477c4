"""SIGTERM and SIGINT: the first one asks to end, the second one insists."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..errors import NotReady

__all__ = ["run_main", "signals_handled"]

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def run_main(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a program's whole life in an event loop of its own.

    Raises:
        NotReady: There is an event loop already, or this is not the main thread, where signals arrive.
    """
    if asyncio._get_running_loop() is not None:
        raise NotReady("main() makes an event loop, and one runs here already", hint="await run() instead")
    if threading.current_thread() is not threading.main_thread():
        raise NotReady(
            "main() is for the main thread, where signals arrive",
            hint="asyncio.run(bot.run()) in this one, and bot.drain() in its loop when the program is to end",
        )
    asyncio.run(run())


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
