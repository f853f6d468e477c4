"""Tokens and token providers that the tests of credentials share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from trbridge.capabilities import WorkerCapability

AC, WS, WK, WQ = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32, "WQ" + "4" * 32
OTHER = "8" * 32
AUTH = "0123456789abcdef" * 2
NOW = 1_893_456_000


def worker_token(made: float = NOW, *, account: str = AC, workspace: str = WS, worker: str = WK) -> str:
    return WorkerCapability(account, AUTH, workspace, worker).to_jwt(now=made)


FIRST, SECOND, OLD = worker_token(), worker_token(NOW + 60), worker_token(NOW - 3600)
FOREIGN = {
    "worker": worker_token(worker=f"WK{OTHER}"),
    "workspace": worker_token(workspace=f"WS{OTHER}"),
    "account": worker_token(account=f"AC{OTHER}"),
}


class Gate:
    """An async provider that waits until it is let go, and counts."""

    def __init__(self, token: str = SECOND) -> None:
        self.token = token
        self.calls = 0
        self.cancelled = 0
        self.entered = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> str:
        self.calls += 1
        self.entered.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.token


def nothing_left() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


def sync_provider() -> str:
    return SECOND


async def async_provider() -> str:
    return SECOND


class SyncObject:
    def __call__(self) -> str:
        return SECOND


class AsyncObject:
    async def __call__(self) -> str:
        return SECOND


def returning_a_coroutine() -> Awaitable[str]:
    return async_provider()
