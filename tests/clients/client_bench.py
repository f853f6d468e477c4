"""An emulator with what a test of a client needs around it."""

from __future__ import annotations

import asyncio
from typing import Any

from trbridge import Worker, WorkerCapability, Workspace, WorkspaceCapability
from trbridge.emulator import Emulator


class Bench:
    """An emulator with what a test of a client needs around it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.bases: dict[str, Any] = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }

    def token(self, ttl: int = 3600) -> str:
        """A workspace token that may do everything."""
        emulator = self.emulator
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        capability.allow_fetch_subresources().allow_update_self().allow_delete_self()
        return capability.allow_update_subresources().allow_delete_subresources().to_jwt(ttl=ttl)

    def worker_token(self, worker_sid: str) -> str:
        """A worker's token that may work."""
        emulator = self.emulator
        capability = WorkerCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid, worker_sid)
        return capability.allow_update_activities().allow_update_reservations().allow_fetch_subresources().to_jwt()

    def workspace(self, token: Any = None, **options: Any) -> Workspace:
        """A client that is not connected yet; it repeats requests without waiting."""
        client = Workspace(token or self.token(), **(self.bases | options))
        client._requester._random = lambda: 0.0
        return client

    def worker(self, worker_sid: str, **options: Any) -> Worker:
        """A worker's client that is not connected yet."""
        return Worker(self.worker_token(worker_sid), **(self.bases | options))


def called_back() -> tuple[asyncio.Future[tuple[Any, Any]], Any]:
    """A callback, and the future of what it was called with; a second call raises."""
    future: asyncio.Future[tuple[Any, Any]] = asyncio.get_running_loop().create_future()
    return future, lambda error, result: future.set_result((error, result))
