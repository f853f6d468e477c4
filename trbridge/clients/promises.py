"""Futures that tell several waiters how something went."""

from __future__ import annotations

import asyncio

from ..errors import TaskRouterError

__all__ = ["settle"]


def settle(future: asyncio.Future[None] | None, error: TaskRouterError | None = None) -> None:
    """Fulfil it, or fail it; one that is settled already stays as it is."""
    if future is None or future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # seen: without a waiter it must not be reported as never retrieved
