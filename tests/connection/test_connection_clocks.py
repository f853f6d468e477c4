"""The second clock, which tells that the machine slept."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest
from virtual_time import run

from trbridge.connection.clocks import sleepless_clock


async def test_there_is_one_and_it_runs_like_the_loops() -> None:
    clock = sleepless_clock(asyncio.get_running_loop())
    assert clock is not None
    drift = clock() - asyncio.get_running_loop().time()
    assert clock() - asyncio.get_running_loop().time() == pytest.approx(drift, abs=1.0)


def test_a_loop_with_a_time_of_its_own_does_not_sleep() -> None:
    """In a test that jumps for an hour the machine's clocks stand still, which must not look like anything."""

    async def scenario() -> None:
        assert sleepless_clock(asyncio.get_running_loop()) is None

    run(scenario())


@pytest.mark.parametrize("platform", ["win32", "linux"])
async def test_without_a_good_one_it_is_the_walls(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(number: int) -> float:
        raise OSError(22, "not on this kernel")

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(time, "clock_gettime", broken, raising=False)
    assert sleepless_clock(asyncio.get_running_loop()) is time.time
