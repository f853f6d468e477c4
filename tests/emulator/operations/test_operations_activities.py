"""Activities: their availability is for ever, their names are unique, and used ones stay."""

from __future__ import annotations

import pytest

from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import activities, task_queues, workers, workspaces
from trbridge.emulator.state.model import Activity, Workspace
from trbridge.errors import BadRequest


def create(engine: Engine, workspace: Workspace, name: str = "Lunch", **form: object) -> Activity:
    with engine.transaction() as tx:
        return activities.create(tx, workspace, {"friendly_name": name, **form})


def update(engine: Engine, activity: Activity, **form: object) -> Activity:
    with engine.transaction() as tx:
        return activities.update(tx, activity, form)


def delete(engine: Engine, activity: Activity) -> None:
    with engine.transaction() as tx:
        activities.delete(tx, activity)


def test_an_activity_is_unavailable_unless_said(engine: Engine, workspace: Workspace) -> None:
    assert not create(engine, workspace).available
    assert create(engine, workspace, "Desk", available=True).available


def test_availability_never_changes(engine: Engine, workspace: Workspace) -> None:
    """Seen live: the parameter is dropped, the answer is 200 (rest-api 3.2)."""
    activity = create(engine, workspace)
    assert update(engine, activity, available=True) == activity
    assert not update(engine, activity, available=True, friendly_name="Tea").available


@pytest.mark.parametrize("name", ["Lunch", "LUNCH"])
def test_a_name_is_taken_once(engine: Engine, workspace: Workspace, name: str) -> None:
    create(engine, workspace)
    with pytest.raises(BadRequest, match="same friendly name already exists"):
        create(engine, workspace, name)
    other = create(engine, workspace, "Tea")
    with pytest.raises(BadRequest, match="same friendly name already exists"):
        update(engine, other, friendly_name=name)


def test_a_name_may_be_taken_in_another_workspace_and_kept_in_its_own(engine: Engine, workspace: Workspace) -> None:
    activity = create(engine, workspace)
    with engine.transaction() as tx:
        other = workspaces.create(tx, engine.account_sid, {"friendly_name": "T"})
    create(engine, other)
    assert update(engine, activity, friendly_name="LUNCH").friendly_name == "LUNCH"


def test_a_workspace_has_up_to_a_hundred(engine: Engine, workspace: Workspace) -> None:
    for number in range(97):
        create(engine, workspace, f"Activity {number}")
    with pytest.raises(BadRequest, match="has 100 activities already"):
        create(engine, workspace)


def test_what_happens_is_told(engine: Engine, workspace: Workspace) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    activity = update(engine, create(engine, workspace), friendly_name="Tea")
    delete(engine, activity)
    assert [(event.event_type, event.data["activity_name"]) for one in heard for event in one.events] == [
        ("activity.created", "Lunch"),
        ("activity.updated", "Tea"),
        ("activity.deleted", "Tea"),
    ]
    assert activity.sid not in engine.store.activities


def test_the_default_activity_stays(engine: Engine, workspace: Workspace) -> None:
    with pytest.raises(BadRequest, match="is the default activity of workspace"):
        delete(engine, engine.store.activities[workspace.default_activity_sid or ""])


def test_the_timeout_activity_stays(engine: Engine, workspace: Workspace) -> None:
    activity = create(engine, workspace)
    with engine.transaction() as tx:
        workspaces.update(tx, workspace, {"timeout_activity_sid": activity.sid})
    with pytest.raises(BadRequest, match="is the timeout activity of workspace"):
        delete(engine, activity)


@pytest.mark.parametrize("key", ["reservation_activity_sid", "assignment_activity_sid"])
def test_a_queues_activity_stays(engine: Engine, workspace: Workspace, key: str) -> None:
    activity = create(engine, workspace)
    with engine.transaction() as tx:
        queue = task_queues.create(tx, workspace, {"friendly_name": "Q", key: activity.sid})
    with pytest.raises(BadRequest, match=f"activity of task queue {queue.sid}"):
        delete(engine, activity)


def test_an_activity_with_workers_in_it_stays(engine: Engine, workspace: Workspace) -> None:
    activity = create(engine, workspace)
    with engine.transaction() as tx:
        workers.create(tx, workspace, {"friendly_name": "Al", "activity_sid": activity.sid})
    with pytest.raises(BadRequest, match=r"is the activity of workers \(1\)"):
        delete(engine, activity)
