"""Paths lead to entities, or to 404."""

from __future__ import annotations

import pytest
from outside import Outside
from outside_world import World

from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.state.model import TaskChannel, Workspace


@pytest.fixture
def rest(engine: Engine, workspace: Workspace) -> Outside:
    return Outside(engine, workspace)


def test_a_resource_is_found_below_its_own_workspace_only(rest: Outside) -> None:
    with rest.engine.transaction() as tx:
        other = workspaces.create(tx, rest.engine.account_sid, {"friendly_name": "Other"})
    worker = rest.create("Workers", FriendlyName="Alice")
    assert rest.get(f"Workers/{worker['sid']}")["friendly_name"] == "Alice"
    path = f"/Workspaces/{other.sid}/Workers/{worker['sid']}"
    assert rest.refused("GET", path, 404) == f"The requested resource {path} was not found"


@pytest.mark.parametrize("sid", ["WK" + "0" * 32, "WQ" + "0" * 32, "nonsense", "WK٣", "x" * 5000])
def test_unknown_and_malformed_sids_in_the_path_are_the_same_404(rest: Outside, sid: str) -> None:
    """Malformed ones are 400 only in a query or form (rest-api 1.2)."""
    message = rest.refused("GET", f"Workers/{sid}", 404)
    assert message.startswith(f"The requested resource /Workspaces/{rest.workspace.sid}/Workers/")
    assert len(message) < 300


def test_another_accounts_workspace_is_not_there(rest: Outside) -> None:
    with rest.engine.transaction() as tx:
        foreign = workspaces.create(tx, "AC" + "f" * 32, {"friendly_name": "Theirs"})
    assert "was not found" in rest.refused("GET", f"/Workspaces/{foreign.sid}", 404)
    assert "was not found" in rest.refused("DELETE", f"/Workspaces/{foreign.sid}", 404)
    assert [one["sid"] for one in rest.get("/Workspaces")["workspaces"]] == [rest.workspace.sid]


def test_a_task_channel_is_found_by_sid_and_by_unique_name(rest: Outside) -> None:
    by_name = rest.get("TaskChannels/voice")
    assert rest.get(f"TaskChannels/{by_name['sid']}") == by_name
    rest.refused("GET", "TaskChannels/nothing", 404)


def test_a_worker_channel_is_found_by_three_names(rest: Outside) -> None:
    worker = rest.create("Workers", FriendlyName="Alice")["sid"]
    other = rest.create("Workers", FriendlyName="Bob")["sid"]
    voice = next(
        one for one in rest.engine.store.in_workspace(TaskChannel, rest.workspace.sid) if one.unique_name == "voice"
    )
    found = rest.get(f"Workers/{worker}/Channels/voice")
    assert found["task_channel_sid"] == voice.sid
    assert rest.get(f"Workers/{worker}/Channels/{found['sid']}") == found
    assert rest.get(f"Workers/{worker}/Channels/{voice.sid}") == found
    rest.refused("GET", f"Workers/{other}/Channels/{found['sid']}", 404)
    rest.refused("GET", f"Workers/{worker}/Channels/nothing", 404)
    rest.refused("GET", f"Workers/{'WK' + '0' * 32}/Channels/voice", 404)


def test_a_reservation_is_found_by_its_own_task_and_worker_only(rest: Outside) -> None:
    world = World(rest.engine, rest.workspace)
    other = rest.create("Workers", FriendlyName="Bob")["sid"]
    sid = world.reservation.sid
    for parent in (f"Tasks/{world.task.sid}", f"Workers/{world.worker.sid}"):
        assert rest.get(f"{parent}/Reservations/{sid}")["sid"] == sid
    rest.refused("GET", f"Workers/{other}/Reservations/{sid}", 404)
