"""The emulator wakes up when something is due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from outside_world import World

from trbridge.emulator.bridge.channels import Channels, Socket
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.driver import Driver
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.options import HEARTBEAT, Options
from trbridge.emulator.state.model import Workspace
from trbridge.errors import InvalidArgument


class LoopClock:
    """The loop's time as the emulator's: what a machine's clock is, but a test may move it."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def now(self) -> float:
        return self.moment


class Timers:
    """Stands in for the loop's timers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.cancelled = 0
        monkeypatch.setattr(asyncio.get_running_loop(), "call_later", self._call_later)

    def _call_later(self, delay: float, callback: Callable[[], None]) -> Any:
        self.calls.append((delay, callback))
        return self

    def cancel(self) -> None:
        self.cancelled += 1


class Rig:
    """An engine with a clock, its channels, and a driver."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.engine = Engine(clock=clock, random=Random(5))  # noqa: S311  SIDs are no secrets
        with self.engine.transaction() as tx:
            workspace: Workspace = workspaces.create(tx, self.engine.account_sid, {"friendly_name": "w"})
        self.world = World(self.engine, workspace)
        self.channels = Channels(self.engine, Options(), lambda: "http://127.0.0.1/v1")
        self.driver = Driver(self.engine, self.channels)


async def test_it_sleeps_until_the_next_heartbeat_and_no_longer_than_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers(monkeypatch)
    rig = Rig(LoopClock())
    rig.engine.on_due("event.retention", lambda *_: None)
    rig.driver.start()
    assert [delay for delay, _ in timers.calls] == [3600.0], "events are kept for a month"
    socket = Socket(rig.world.worker.sid)
    rig.channels.add(socket)
    assert timers.calls[-1][0] == 15.0
    assert [await socket.next()] == [HEARTBEAT]
    rig.clock.moment += 15
    timers.calls[-1][1]()
    assert await socket.next() == HEARTBEAT
    assert timers.calls[-1][0] == 15.0
    rig.driver.stop()


async def test_what_fails_is_tried_again_a_little_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    timers = Timers(monkeypatch)
    rig = Rig(LoopClock())

    def fail() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(rig.engine, "fire_due", fail)
    monkeypatch.setattr(rig.engine, "next_deadline", rig.engine.now)
    with caplog.at_level(logging.ERROR):
        rig.driver.start()
    assert [delay for delay, _ in timers.calls] == [1.0]
    assert "trying again" in caplog.text
    rig.driver.stop()


async def test_an_unchanged_deadline_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers(monkeypatch)
    rig = Rig(LoopClock())
    rig.channels.add(Socket(rig.world.worker.sid))
    rig.driver.start()
    before = len(timers.calls)
    rig.channels.add(Socket(rig.world.worker.sid))
    assert len(timers.calls) == before
    rig.driver.stop()
    assert rig.channels.on_due_changed is None
    rig.driver._changed()
    rig.driver._wake()
    assert len(timers.calls) == before


async def test_with_a_clock_that_is_moved_by_hand_there_are_no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    timers = Timers(monkeypatch)
    rig = Rig(ManualClock(1000))
    socket = Socket(rig.world.worker.sid)
    rig.channels.add(socket)
    rig.driver.start()
    assert await socket.next() == HEARTBEAT
    assert rig.driver.advance(15) == 1015
    assert await socket.next() == HEARTBEAT
    rig.driver.stop()
    assert timers.calls == []


async def test_the_machines_clock_cannot_be_advanced() -> None:
    with pytest.raises(InvalidArgument, match="ManualClock"):
        Rig(LoopClock()).driver.advance(1)


async def test_it_wakes_by_itself() -> None:
    """With the loop's real timers, for something due now."""
    rig = Rig(LoopClock())
    rig.driver.start()
    socket = Socket(rig.world.worker.sid)
    rig.channels.add(socket)
    await socket.next()
    rig.clock.moment += 14.999
    rig.driver._wake()
    rig.clock.moment += 1
    async with asyncio.timeout(10):
        assert await socket.next() == HEARTBEAT
    rig.driver.stop()
