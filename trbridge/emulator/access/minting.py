"""Tokens for a running emulator, by its own clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import InvalidArgument
from ..state.model import Entity, TaskQueue, Worker, Workspace

if TYPE_CHECKING:
    from ...capabilities import Capability
    from ..engine import Engine

__all__ = ["mint", "mint_access"]


def mint(engine: Engine, sid: str, kind: str, ttl: int, *, full: bool) -> str:
    """A token for a workspace, worker or queue; see :meth:`Emulator.mint <trbridge.emulator.server.Emulator.mint>`.

    Raises:
        InvalidArgument: The kind is unknown, or there is no such resource.
    """
    capability = _capability(engine, sid, kind)
    if full:
        _widen(capability)
    return capability.to_jwt(ttl=ttl, now=engine.now())


def mint_access(engine: Engine, worker_sid: str, role: str, ttl: int) -> str:
    """An access token; see :meth:`Controls.mint_access <trbridge.emulator.controls.Controls.mint_access>`.

    Raises:
        InvalidArgument: There is no such role or worker, or the time is none.
    """
    from .tokens_v2 import ROLES, Access, sign_access

    if role not in ROLES:
        raise InvalidArgument(f"role must be one of {', '.join(ROLES)}, not {role!r}")
    if ttl < 1:
        raise InvalidArgument(f"ttl must be at least 1 second, not {ttl}")
    worker = engine.store.workers.get(worker_sid)
    if worker is None:
        raise InvalidArgument(f"there is no worker {worker_sid!r} in this emulator")
    access = Access(
        account_sid=engine.account_sid,
        workspace_sid=worker.workspace_sid,
        worker_sid=worker.sid,
        role=role,
        expires_at=engine.now() + ttl,
    )
    return sign_access(access, engine.auth_token)


def _capability(engine: Engine, sid: str, kind: str) -> Capability:
    from ...capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability

    models: dict[str, type[Entity]] = {"workspace": Workspace, "worker": Worker, "taskqueue": TaskQueue}
    if kind not in models:
        raise InvalidArgument(f"kind must be one of {', '.join(models)}, not {kind!r}")
    entity = engine.store.table(models[kind]).get(sid)
    if entity is None:
        raise InvalidArgument(f"there is no {kind} {sid!r} in this emulator")
    account_sid, auth_token, workspace_sid = engine.account_sid, engine.auth_token, entity.workspace_sid
    if kind == "worker":
        return WorkerCapability(account_sid, auth_token, workspace_sid, sid)
    if kind == "taskqueue":
        return TaskQueueCapability(account_sid, auth_token, workspace_sid, sid)
    return WorkspaceCapability(account_sid, auth_token, workspace_sid)


def _widen(capability: Capability) -> None:
    from ...capabilities import WorkerCapability

    capability.allow_update_self().allow_delete_self()
    capability.allow_fetch_subresources().allow_update_subresources().allow_delete_subresources()
    if isinstance(capability, WorkerCapability):
        capability.allow_update_reservations()
