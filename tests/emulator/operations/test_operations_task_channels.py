"""Task channels: names that expressions can use, and a channel for every worker."""

from __future__ import annotations

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import task_channels, workers, workspaces
from trbridge.emulator.state.indexes import TASK_CHANNELS_BY_NAME
from trbridge.emulator.state.model import Task, TaskChannel, Worker, WorkerChannel, Workspace
from trbridge.errors import BadRequest


def create(engine: Engine, workspace: Workspace, unique_name: str = "mail", **form: object) -> TaskChannel:
    with engine.transaction() as tx:
        return task_channels.create(tx, workspace, {"friendly_name": "Mail", "unique_name": unique_name, **form})


def delete(engine: Engine, channel: TaskChannel) -> None:
    with engine.transaction() as tx:
        task_channels.delete(tx, channel)


def two_workers(engine: Engine, workspace: Workspace) -> list[Worker]:
    with engine.transaction() as tx:
        return [workers.create(tx, workspace, {"friendly_name": name}) for name in ("Al", "Bo")]


def test_every_worker_gains_a_channel_and_loses_it_again(engine: Engine, workspace: Workspace) -> None:
    everyone = two_workers(engine, workspace)
    channel = create(engine, workspace)
    assert not channel.channel_optimized_routing
    for worker in everyone:
        own = engine.store.worker_channel(worker.sid, channel.sid)
        assert own is not None
        assert (own.configured_capacity, own.available) == (1, True)
    delete(engine, channel)
    assert channel.sid not in engine.store.task_channels
    assert len(engine.store.in_workspace(WorkerChannel, workspace.sid)) == 10


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"unique_name": ""}, "Missing required parameter UniqueName"),
        ({"unique_name": "e-mail"}, "Invalid UniqueName"),
        ({"unique_name": "voice"}, "same unique name already exists: 'voice'"),
        ({"friendly_name": ""}, "Missing required parameter FriendlyName"),
        ({"friendly_name": "x" * 65}, "Invalid FriendlyName"),
    ],
)
def test_wrong_names_are_refused(engine: Engine, workspace: Workspace, form: dict[str, str], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        create(engine, workspace, **form)


def test_a_unique_name_may_be_used_in_another_workspace(engine: Engine, workspace: Workspace) -> None:
    create(engine, workspace)
    with engine.transaction() as tx:
        other = workspaces.create(tx, engine.account_sid, {"friendly_name": "T"})
    assert create(engine, other).unique_name == "mail"


def test_name_and_routing_can_be_changed_the_unique_name_not(engine: Engine, workspace: Workspace) -> None:
    channel = create(engine, workspace)
    with engine.transaction() as tx:
        form = {"friendly_name": "Post", "channel_optimized_routing": True, "unique_name": "post"}
        changed = task_channels.update(tx, channel, form)
    assert (changed.friendly_name, changed.unique_name, changed.channel_optimized_routing) == ("Post", "mail", True)


def test_an_update_that_says_nothing_changes_nothing(engine: Engine, workspace: Workspace) -> None:
    channel = create(engine, workspace)
    engine.advance(5)
    with engine.transaction() as tx:
        assert task_channels.update(tx, channel, {}) is channel


def test_what_happens_is_told(engine: Engine, workspace: Workspace) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    channel = create(engine, workspace)
    with engine.transaction() as tx:
        channel = task_channels.update(tx, channel, {"friendly_name": "Post"})
    delete(engine, channel)
    assert [(event.event_type, event.data["task_channel_name"]) for one in heard for event in one.events] == [
        ("task-channel.created", "Mail"),
        ("task-channel.updated", "Post"),
        ("task-channel.deleted", "Post"),
    ]


@pytest.mark.parametrize("name", ["default", "voice", "sms", "chat", "video"])
def test_built_in_channels_stay(engine: Engine, workspace: Workspace, name: str) -> None:
    channel = engine.store.first(TASK_CHANNELS_BY_NAME, (workspace.sid, name))
    assert channel is not None
    with pytest.raises(BadRequest, match="is built in"):
        delete(engine, channel)


@pytest.mark.parametrize(
    ("status", "stays"), [("pending", True), ("wrapping", True), ("completed", False), ("canceled", False)]
)
def test_a_channel_in_use_stays(engine: Engine, workspace: Workspace, status: str, stays: bool) -> None:
    channel = create(engine, workspace)
    with engine.transaction() as tx:
        tx.create(
            Task, workspace.sid, task_channel_sid=channel.sid, virtual_start_time=tx.now, assignment_status=status
        )
    if stays:
        with pytest.raises(BadRequest, match=r"tasks still use it \(1\)"):
            delete(engine, channel)
    else:
        delete(engine, channel)
