"""What a new workspace contains (rest-api 2)."""

from __future__ import annotations

import json

from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.routing.workflow import parse_configuration
from trbridge.emulator.state.model import Activity, TaskChannel, TaskQueue, Workflow, Workspace


def activities(engine: Engine, workspace: Workspace) -> list[tuple[str, bool]]:
    return [(one.friendly_name, one.available) for one in engine.store.in_workspace(Activity, workspace.sid)]


def test_a_new_workspace_has_three_activities_and_five_channels(engine: Engine, workspace: Workspace) -> None:
    assert activities(engine, workspace) == [("Offline", False), ("Available", True), ("Unavailable", False)]
    channels = engine.store.in_workspace(TaskChannel, workspace.sid)
    assert [channel.unique_name for channel in channels] == ["default", "voice", "sms", "chat", "video"]
    assert channels[0].friendly_name == "Default"


def test_offline_is_the_default_and_the_timeout_activity(engine: Engine, workspace: Workspace) -> None:
    offline = engine.store.in_workspace(Activity, workspace.sid)[0]
    assert workspace.default_activity_sid == workspace.timeout_activity_sid == offline.sid


def test_the_template_none_adds_no_queue_and_no_workflow(engine: Engine, workspace: Workspace) -> None:
    assert engine.store.in_workspace(TaskQueue, workspace.sid) == []
    assert engine.store.in_workspace(Workflow, workspace.sid) == []


def test_the_template_fifo_adds_a_queue_and_a_workflow_into_it(engine: Engine) -> None:
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "S", "template": "FIFO"})
    [queue] = engine.store.in_workspace(TaskQueue, workspace.sid)
    assert (queue.friendly_name, queue.target_workers, queue.task_order, queue.max_reserved_workers) == (
        "Sample Queue",
        "1==1",
        "FIFO",
        1,
    )
    [workflow] = engine.store.in_workspace(Workflow, workspace.sid)
    assert (workflow.friendly_name, workflow.task_reservation_timeout) == ("Default Fifo Workflow", 120)
    assert workflow.assignment_callback_url is None
    assert json.loads(workflow.configuration)["task_routing"]["default_filter"] == {"queue": queue.sid}
    assert parse_configuration(workflow.configuration).queues() == {queue.sid}


def test_a_single_tasking_workspace_has_the_older_activities(engine: Engine) -> None:
    """Routing 5: Offline, Idle, Reserved, Busy; its queue moves workers to the last two."""
    form = {"friendly_name": "S", "template": "FIFO", "multi_task_enabled": False}
    with engine.transaction() as tx:
        workspace = workspaces.create(tx, engine.account_sid, form)
    names = {one.sid: one.friendly_name for one in engine.store.in_workspace(Activity, workspace.sid)}
    assert list(names.values()) == ["Offline", "Idle", "Reserved", "Busy"]
    [queue] = engine.store.in_workspace(TaskQueue, workspace.sid)
    assert names[queue.reservation_activity_sid or ""] == "Reserved"
    assert names[queue.assignment_activity_sid or ""] == "Busy"
