"""A running emulator, and a workspace client that is ready."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from client_bench import Bench

from trbridge import Workspace
from trbridge.emulator import Emulator


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Emulator(random_seed=7) as emulator:
        yield Bench(emulator)


@pytest.fixture
async def workspace(bench: Bench) -> AsyncIterator[Workspace]:
    async with bench.workspace() as client:
        yield client
