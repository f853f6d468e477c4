"""Workspaces: creating with defaults, changing, and deleting with everything in them."""

from __future__ import annotations

from typing import Any

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import task_channels, workers, workspaces
from trbridge.emulator.state.indexes import INDEXES
from trbridge.emulator.state.model import Activity, Reservation, Task, TaskQueue, Workspace
from trbridge.errors import BadRequest


def create(engine: Engine, **form: Any) -> Workspace:
    with engine.transaction() as tx:
        return workspaces.create(tx, engine.account_sid, {"friendly_name": "S", **form})


def update(engine: Engine, workspace: Workspace, **form: Any) -> Workspace:
    with engine.transaction() as tx:
        return workspaces.update(tx, workspace, form)


def test_a_workspace_has_the_documented_defaults(engine: Engine) -> None:
    workspace = create(engine)
    assert workspace.account_sid == engine.account_sid
    assert (workspace.multi_task_enabled, workspace.prioritize_queue_order) == (True, "FIFO")
    assert (workspace.event_callback_url, workspace.events_filter) == ("", None)
    assert engine.store.workspaces[workspace.sid] == workspace


def test_everything_can_be_given(engine: Engine) -> None:
    workspace = create(
        engine,
        event_callback_url="https://example.com/events",
        events_filter="task.created, reservation.created",
        multi_task_enabled=False,
        prioritize_queue_order="LIFO",
    )
    assert workspace.event_callback_url == "https://example.com/events"
    assert workspace.events_filter == "task.created, reservation.created"
    assert (workspace.multi_task_enabled, workspace.prioritize_queue_order) == (False, "LIFO")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"friendly_name": ""}, "Missing required parameter FriendlyName"),
        ({"friendly_name": "x" * 65}, "Invalid FriendlyName"),
        ({"event_callback_url": "x"}, "Invalid EventCallbackUrl"),
        ({"prioritize_queue_order": "RANDOM"}, "Invalid PrioritizeQueueOrder"),
        ({"template": "WISHFUL"}, "Invalid Template. 'WISHFUL' is not one of NONE, FIFO"),
    ],
)
def test_a_wrong_value_creates_nothing(engine: Engine, form: dict[str, str], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        create(engine, **form)
    assert engine.store.workspaces == {}


def test_creating_is_one_event(engine: Engine) -> None:
    """What it begins with belongs to it; events for each would only hide the one that was asked for."""
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    workspace = create(engine, template="FIFO")
    assert [event.event_type for event in heard[0].events] == ["workspace.created"]
    assert heard[0].events[0].data == {"workspace_sid": workspace.sid, "workspace_name": "S"}


def test_an_update_changes_what_is_sent_only(engine: Engine, workspace: Workspace) -> None:
    [offline, available, _] = engine.store.in_workspace(Activity, workspace.sid)
    changed = update(engine, workspace, friendly_name="T", default_activity_sid=available.sid)
    assert (changed.friendly_name, changed.default_activity_sid) == ("T", available.sid)
    assert changed.timeout_activity_sid == offline.sid
    assert changed.prioritize_queue_order == "FIFO"


def test_an_update_is_told(engine: Engine, workspace: Workspace) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    update(engine, workspace, friendly_name="T")
    assert [event.event_type for event in heard[0].events] == ["workspace.updated"]


@pytest.mark.parametrize("key", ["default_activity_sid", "timeout_activity_sid"])
def test_its_activities_are_its_own(engine: Engine, workspace: Workspace, key: str) -> None:
    other = engine.store.in_workspace(Activity, create(engine).sid)[1]
    with pytest.raises(
        BadRequest, match=f"'{other.sid}' is not the SID of an existing activity in workspace {workspace.sid}"
    ):
        update(engine, workspace, **{key: other.sid})


def test_multi_tasking_cannot_be_turned_off(engine: Engine, workspace: Workspace) -> None:
    """rest-api 3.1: one-way."""
    with pytest.raises(BadRequest, match="cannot be set back to false"):
        update(engine, workspace, multi_task_enabled=False)
    single = create(engine, multi_task_enabled=False)
    assert not update(engine, single, multi_task_enabled=False).multi_task_enabled
    assert update(engine, single, multi_task_enabled=True).multi_task_enabled


def test_blank_takes_away_the_callback_and_the_filter(engine: Engine) -> None:
    workspace = create(engine, event_callback_url="https://example.com", events_filter="task.created")
    changed = update(engine, workspace, event_callback_url="", events_filter=" ")
    assert (changed.event_callback_url, changed.events_filter) == ("", None)


def test_deleting_takes_everything_with_it_and_nothing_else(engine: Engine) -> None:
    """rest-api 2. Not a row and not an index entry is left."""
    keep = create(engine, template="FIFO")
    with engine.transaction() as tx:
        tx.remove(tx.store.events[next(iter(tx.store.events))])
    groups = [engine.store.groups(index) for index in INDEXES]
    tables = [dict(engine.store.table(index.kind)) for index in INDEXES]

    gone = create(engine, template="FIFO")
    with engine.transaction() as tx:
        worker = workers.create(tx, gone, {"friendly_name": "Al"})
        channel = task_channels.create(tx, gone, {"friendly_name": "Mail", "unique_name": "mail"})
        [queue] = tx.store.in_workspace(TaskQueue, gone.sid)
        place = {"task_queue_sid": queue.sid, "task_channel_sid": channel.sid}
        task = tx.create(Task, gone.sid, virtual_start_time=tx.now, **place)
        tx.create(Reservation, gone.sid, task_sid=task.sid, worker_sid=worker.sid, **place)
    with engine.transaction() as tx:
        workspaces.delete(tx, tx.store.workspaces[gone.sid])

    assert list(engine.store.workspaces) == [keep.sid]
    assert [engine.store.groups(index) for index in INDEXES] == groups
    assert [dict(engine.store.table(index.kind)) for index in INDEXES] == tables


def test_deleting_is_told(engine: Engine, workspace: Workspace) -> None:
    """Its events are gone with it, but whoever listens hears of the end."""
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    with engine.transaction() as tx:
        workspaces.delete(tx, workspace)
    [event] = heard[0].events
    assert (event.event_type, event.data["workspace_name"]) == ("workspace.deleted", "Support")
    assert engine.store.events == {}
