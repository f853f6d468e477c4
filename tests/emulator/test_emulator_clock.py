"""Clocks: one tells the machine's time, one goes when it is told."""

from __future__ import annotations

import time

import pytest

from trbridge.emulator.clock import ManualClock, SystemClock
from trbridge.errors import InvalidArgument


def test_the_system_clock_tells_epoch_seconds() -> None:
    before = time.time()
    assert before <= SystemClock().now() <= time.time()


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock()
    assert clock.now() == clock.now() == 1_893_456_000.0


def test_a_manual_clock_advances_by_what_it_is_told() -> None:
    clock = ManualClock(start=100)
    assert clock.advance(2.5) == clock.now() == 102.5
    assert clock.advance(0) == 102.5


def test_advancing_to_the_past_changes_nothing() -> None:
    clock = ManualClock(start=100)
    assert clock.advance_to(99) == 100
    assert clock.advance_to(101) == clock.now() == 101


@pytest.mark.parametrize("seconds", [-1, -0.001, float("inf"), float("nan")])
def test_time_does_not_go_back_or_to_the_end(seconds: float) -> None:
    clock = ManualClock(start=100)
    with pytest.raises(InvalidArgument, match="0 or more seconds"):
        clock.advance(seconds)
    assert clock.now() == 100


def test_a_clock_shows_what_it_is() -> None:
    assert repr(ManualClock(start=1)) == "ManualClock(1.0)"
    assert repr(SystemClock()) == "SystemClock()"
