"""Where the examples run: an emulator of their own, or what the TRBRIDGE_* and TWILIO_* variables point to."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from trbridge import WorkerCapability, Workspace, WorkspaceCapability


class Place(NamedTuple):
    """An account, a workspace, and who may get in."""

    account_sid: str
    auth_token: str
    workspace_sid: str

    def workspace_token(self) -> str:
        """A token that may do everything in the workspace."""
        capability = WorkspaceCapability(self.account_sid, self.auth_token, self.workspace_sid)
        capability.allow_fetch_subresources().allow_update_subresources().allow_delete_subresources()
        return capability.to_jwt()

    def worker_token(self, worker_sid: str, ttl: int = 3600) -> str:
        """A token for one worker: change activity, take reservations, look at its own things."""
        capability = WorkerCapability(self.account_sid, self.auth_token, self.workspace_sid, worker_sid)
        capability.allow_update_activities().allow_update_reservations().allow_fetch_subresources()
        return capability.to_jwt(ttl=ttl)


@asynccontextmanager
async def somewhere() -> AsyncIterator[tuple[Place, Workspace]]:
    """A place, and a workspace client that is ready; everything is closed in the end."""
    if "TRBRIDGE_API_BASE_URL" in os.environ:
        names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WORKSPACE_SID")
        place = Place(*(os.environ[name] for name in names))
        async with Workspace(place.workspace_token()) as workspace:
            yield place, workspace
        return
    from trbridge.emulator import Emulator

    async with Emulator() as emulator:
        os.environ["TRBRIDGE_API_BASE_URL"] = emulator.api_base_url
        os.environ["TRBRIDGE_EVENT_BRIDGE_BASE_URL"] = emulator.event_bridge_base_url
        place = Place(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        async with Workspace(place.workspace_token()) as workspace:
            yield place, workspace


async def activities_of(workspace: Workspace) -> dict[str, str]:
    """Names of activities to SIDs."""
    return {each.friendly_name or "": each.sid async for each in workspace.activities}
