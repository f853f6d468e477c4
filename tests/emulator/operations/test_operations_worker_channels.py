"""Workers' channels: capacity and availability, with the worker's version and its events."""

from __future__ import annotations

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import worker_channels, workers
from trbridge.emulator.state.indexes import WORKER_CHANNELS_OF
from trbridge.emulator.state.model import WorkerChannel, Workspace
from trbridge.errors import BadRequest


@pytest.fixture
def channel(engine: Engine, workspace: Workspace) -> WorkerChannel:
    with engine.transaction() as tx:
        worker = workers.create(tx, workspace, {"friendly_name": "Al"})
    first = engine.store.first(WORKER_CHANNELS_OF, worker.sid)
    assert first is not None
    return first


def update(
    engine: Engine, channel: WorkerChannel, **form: object
) -> tuple[WorkerChannel, list[tuple[str, dict[str, str]]]]:
    heard: list[Committed] = []
    end = engine.subscribe(heard.append)
    with engine.transaction() as tx:
        changed = worker_channels.update(tx, engine.store.worker_channels[channel.sid], form)
    end()
    return changed, [(event.event_type, event.data) for one in heard for event in one.events]


def test_capacity_can_be_changed(engine: Engine, channel: WorkerChannel) -> None:
    changed, [(event_type, data)] = update(engine, channel, capacity=3)
    assert changed.configured_capacity == 3
    assert event_type == "worker.capacity.update"
    assert (data["worker_channel_previous_capacity"], data["worker_channel_available_capacity"]) == ("1", "3")


def test_availability_can_be_changed_and_capacity_is_remembered(engine: Engine, channel: WorkerChannel) -> None:
    update(engine, channel, capacity=3)
    changed, [(event_type, data)] = update(engine, channel, available=False)
    assert (changed.available, changed.configured_capacity) == (False, 3)
    assert (event_type, data["worker_channel_available"]) == ("worker.channel.availability.update", "false")


def test_both_at_once_are_one_step_and_two_events(engine: Engine, channel: WorkerChannel) -> None:
    changed, events = update(engine, channel, available=False, capacity=0)
    assert (changed.available, changed.configured_capacity, changed.version) == (False, 0, 1)
    assert [event_type for event_type, _ in events] == ["worker.capacity.update", "worker.channel.availability.update"]


def test_the_workers_version_goes_up_with_it(engine: Engine, channel: WorkerChannel) -> None:
    """rest-api 1.3: a worker's version is also bumped by changes to its channels."""
    update(engine, channel, capacity=2)
    assert engine.store.workers[channel.worker_sid].version == 1


def test_the_same_values_are_no_event(engine: Engine, channel: WorkerChannel) -> None:
    _, events = update(engine, channel, capacity=1, available=True)
    assert events == []


def test_an_update_that_says_nothing_changes_nothing(engine: Engine, channel: WorkerChannel) -> None:
    assert update(engine, channel) == (channel, [])


@pytest.mark.parametrize("capacity", [-1, 2**31])
def test_capacity_is_not_negative(engine: Engine, channel: WorkerChannel, capacity: int) -> None:
    with pytest.raises(BadRequest, match="Invalid Capacity"):
        update(engine, channel, capacity=capacity)
