"""Entities: what every kind has in common, and that JSON keeps all of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trbridge.emulator.state.model import KINDS, VERSIONED, Entity, EventRecord, Task, Worker, Workspace
from trbridge.sids import KINDS as SID_KINDS

DATES: dict[str, Any] = {"date_created": 1.25, "date_updated": 2.5}


def sample(kind: type[Entity]) -> Entity:
    """An entity of a kind with its required fields filled in."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            values[field.name] = {str: "x", float: 1.5, bool: True, int: 1}.get(field.type, {"a": "b"})
    return kind(**values)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_has_a_known_sid_prefix_and_its_own_name(kind: type[Entity]) -> None:
    assert SID_KINDS[kind.prefix].replace(" ", "_") == kind.kind
    assert KINDS[kind.kind] is kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_json_keeps_everything(kind: type[Entity]) -> None:
    """The journal writes this JSON: what it does not keep would be lost by a restart."""
    entity = sample(kind)
    assert msgspec.json.decode(msgspec.json.encode(entity), type=kind) == entity


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_entity_cannot_be_changed_in_place(kind: type[Entity]) -> None:
    """The indexes follow puts; a field set behind their back would leave them wrong."""
    with pytest.raises(AttributeError):
        sample(kind).sid = "other"  # type: ignore[misc]


def test_versioned_kinds_are_those_with_a_version() -> None:
    assert {kind for kind in KINDS.values() if "version" in kind.__struct_fields__} == set(VERSIONED)


def test_moments_keep_their_fraction() -> None:
    event = EventRecord(
        sid="EV1",
        workspace_sid="WS1",
        event_type="task.created",
        event_date=1893456000.123,
        resource_type="task",
        resource_sid="WT1",
        actor_sid="WS1",
        data={},
        **DATES,
    )
    assert msgspec.json.decode(msgspec.json.encode(event), type=EventRecord).event_date == 1893456000.123


def test_defaults_are_the_documented_ones() -> None:
    """rest-api 1.5 and 3: a task lives 24 hours; a workspace is multi-tasking and FIFO."""
    task = Task(sid="WT1", workspace_sid="WS1", task_channel_sid="TC1", virtual_start_time=1.0, **DATES)
    assert (task.timeout, task.attributes, task.priority, task.assignment_status) == (86400, "{}", 0, "pending")
    workspace = Workspace(sid="WS1", workspace_sid="WS1", account_sid="AC1", friendly_name="x", **DATES)
    assert (workspace.multi_task_enabled, workspace.prioritize_queue_order) == (True, "FIFO")
    worker = Worker(
        sid="WK1", workspace_sid="WS1", friendly_name="x", activity_sid="WA1", date_status_changed=1.0, **DATES
    )
    assert (worker.version, worker.attributes) == (0, "{}")
