"""An emulator in a thread of its own, for code that has no event loop, or one that is busy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from ..errors import ClientClosed, RequestTimeout
from .server import Emulator

__all__ = ["EmulatorThread"]

P = ParamSpec("P")
T = TypeVar("T")

_PATIENCE: Final = 60.0


class EmulatorThread:
    """Runs an :class:`~.server.Emulator` as long as the ``with`` lasts.

    Everything of the emulator belongs to its thread: reach it with :meth:`call` and :meth:`wait`. Entities are
    frozen, so what comes back can be read anywhere.

    Args:
        **arguments: The emulator's.

    Attributes:
        emulator: The emulator. Its addresses, account and secret may be read from any thread.

    Raises:
        TaskRouterError: As the emulator does.

    Example::

        with EmulatorThread(clock="manual") as box:
            subprocess.run(["my-program", box.emulator.api_base_url])
            box.wait(box.emulator.advance, 60)
    """

    def __init__(self, **arguments: Any) -> None:
        self.emulator = Emulator(**arguments)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns when the emulator listens. ``with`` does it for you."""
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(started)), name="trbridge-emulator", daemon=True
        )
        self._thread.start()
        started.result(_PATIENCE)

    def stop(self) -> None:
        """End; returns when the thread has. May be called twice."""
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something in the emulator's thread, and return what it returns."""

        async def called() -> T:
            return work(*args, **kwargs)

        return self.wait(called)

    def wait(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something asynchronous in the emulator's thread, wait for it, and return what it returns.

        Raises:
            ClientClosed: The emulator is not running.
            RequestTimeout: It took more than a minute.
        """
        if self._loop is None:
            raise ClientClosed("this emulator is not running", hint="use it inside `with`")

        async def waited() -> T:
            return await work(*args, **kwargs)

        future = asyncio.run_coroutine_threadsafe(waited(), self._loop)
        try:
            return future.result(_PATIENCE)
        except FutureTimeout:
            if future.done():
                raise
            future.cancel()
            raise RequestTimeout(f"the emulator was not done within {_PATIENCE:g} s") from None

    async def _run(self, started: Future[None]) -> None:
        try:
            await self.emulator.start()
        except BaseException as error:  # noqa: BLE001 whoever waits for the start must hear of it
            await self.emulator.aclose()
            started.set_exception(error)
            return
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        started.set_result(None)
        try:
            await self._stop.wait()
        finally:
            self._loop = None
            await self.emulator.aclose()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
