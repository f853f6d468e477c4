"""An engine whose time stands still until told and whose SIDs are the same every time, and a workspace in it."""

from __future__ import annotations

from random import Random

import pytest

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.state.model import Workspace


@pytest.fixture
def engine() -> Engine:
    return Engine(clock=ManualClock(), random=Random(7))  # noqa: S311


@pytest.fixture
def workspace(engine: Engine) -> Workspace:
    with engine.transaction() as tx:
        return workspaces.create(tx, engine.account_sid, {"friendly_name": "Support"})
