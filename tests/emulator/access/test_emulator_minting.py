"""Tokens that a running emulator makes for its clients."""

from __future__ import annotations

import pytest

from trbridge.emulator.access.minting import mint_access
from trbridge.emulator.access.tokens_v2 import verify_access
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workers
from trbridge.emulator.server import Emulator
from trbridge.emulator.state.model import Worker, Workspace
from trbridge.errors import InvalidArgument, TokenExpired


@pytest.fixture
def worker(engine: Engine, workspace: Workspace) -> Worker:
    with engine.transaction() as tx:
        return workers.create(tx, workspace, {"friendly_name": "Alice"})


@pytest.mark.parametrize("role", ["worker", "supervisor", "admin"])
def test_an_access_token_is_for_a_worker_and_a_time(engine: Engine, worker: Worker, role: str) -> None:
    token = mint_access(engine, worker.sid, role, 60)
    access = verify_access(token, engine.auth_token, {}, engine.now() + 59)
    assert (access.worker_sid, access.workspace_sid, access.role) == (worker.sid, worker.workspace_sid, role)
    with pytest.raises(TokenExpired):
        verify_access(token, engine.auth_token, {}, engine.now() + 60)


@pytest.mark.parametrize(
    ("role", "ttl", "message"), [("boss", 60, "role must be one of worker"), ("worker", 0, "at least 1 second")]
)
def test_what_no_token_can_say_is_refused(engine: Engine, worker: Worker, role: str, ttl: int, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        mint_access(engine, worker.sid, role, ttl)


def test_an_access_token_is_for_somebody_who_is_there() -> None:
    emulator = Emulator(clock=ManualClock(), random_seed=1)
    with pytest.raises(InvalidArgument, match="there is no worker"):
        emulator.mint_access("WK" + "0" * 32)
