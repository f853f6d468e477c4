"""A running emulator, a workspace client that is ready, and a worker at its seat."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from client_bench import Bench
from seat_bench import Seat

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


@pytest.fixture
async def absent(bench: Bench, workspace: Workspace) -> AsyncIterator[Seat]:
    """A seat whose client is not connected yet."""
    seat = Seat(bench, workspace)
    await seat.prepare()
    yield seat
    await seat.client.aclose(drain=0)


@pytest.fixture
async def seat(absent: Seat) -> Seat:
    """A seat whose client is ready and up to date."""
    await absent.client.connect()
    await absent.settle()
    return absent
