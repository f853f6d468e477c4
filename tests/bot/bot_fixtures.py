"""An emulator for bots."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from bot_bench import Station

from trbridge.emulator import Emulator


@pytest.fixture
async def station() -> AsyncIterator[Station]:
    async with Emulator(random_seed=3) as emulator:
        yield Station(emulator)
