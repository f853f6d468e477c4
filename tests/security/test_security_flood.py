"""A flood of events, bad ones among them, loses nothing (check 25); `make flood` looks at the memory of a million."""

from __future__ import annotations

import asyncio
import logging

import pytest

from benchmarks.flood import flood


async def test_a_thousand_events_are_all_handled(caplog: pytest.LogCaptureFixture) -> None:
    """With a stream that nobody reads, names that nobody knows, repetitions, and frames that are no events."""
    caplog.set_level(logging.CRITICAL, "trbridge")
    async with asyncio.timeout(20):
        outcome = await flood(1000, looks=1)
    assert outcome.handled == outcome.sent == 970
