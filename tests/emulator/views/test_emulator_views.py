"""What is shown has exactly the published fields, and the websocket's payloads the known ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from outside import BASE, Outside
from outside_world import World

from trbridge.emulator.engine import Engine
from trbridge.emulator.rest.routes import ROUTES
from trbridge.emulator.state.event_data import subject_of
from trbridge.emulator.state.model import Entity, EventRecord, Workspace
from trbridge.emulator.views import INTERNAL_VIEWS, REST_VIEWS, Scope, view_of
from trbridge.emulator.views.frames import SOCKET_EVENTS, firehose_payload, worker_payload
from trbridge.emulator.views.scope import iso, seconds

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "rest-api.json").read_text())
SCHEMAS: dict[str, Any] = PUBLISHED["schemas"]
TYPES = {"string": str, "boolean": bool, "integer": int, "object": dict, "array": list, "any": object}
SHOWN = {route.kind: route.response for route in ROUTES if route.verb == "fetch"}


@pytest.fixture
def world(engine: Engine, workspace: Workspace) -> World:
    return World(engine, workspace)


@pytest.fixture
def scope(world: World) -> Scope:
    return Scope(world.engine.store, BASE, world.engine.now())


def entity_of(world: World, kind: str) -> Entity:
    if kind == "event":
        return next(iter(world.engine.store.events.values()))
    name = {"task_queue": "queue", "task_channel": "channel"}.get(kind, kind.rpartition("_")[2])
    if kind == "worker_channel":
        return world.worker_channel
    entity: Entity = world.activities["Available"] if kind == "activity" else getattr(world, name)
    return world.engine.store.table(type(entity))[entity.sid]


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_rest_shows_exactly_the_published_fields(world: World, scope: Scope, kind: str) -> None:
    schema = SCHEMAS[SHOWN[kind] or ""]
    view = view_of(kind, scope, entity_of(world, kind))
    assert view.keys() == schema["fields"].keys()
    for name, field in schema["fields"].items():
        value = view[name]
        if value is None:
            assert field["nullable"], name
            continue
        assert isinstance(value, TYPES[field["type"]]), name
        assert not isinstance(value, bool) or field["type"] == "boolean"
        assert re.fullmatch(field.get("pattern", ".*"), str(value), re.DOTALL), name
        assert value in field.get("enum", [value])
        if field.get("format") == "date-time":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(value))
    if "links" in schema:
        assert list(view["links"]) == schema["links"] or view["links"].keys() == set(schema["links"])


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_an_url_leads_back_to_what_shows_it(world: World, scope: Scope, kind: str) -> None:
    view = view_of(kind, scope, entity_of(world, kind))
    assert Outside(world.engine, world.workspace).get(view["url"]) == view


def test_links_lead_somewhere(world: World, scope: Scope) -> None:
    rest = Outside(world.engine, world.workspace)
    for kind in ("workspace", "worker", "task_queue", "task", "task_reservation", "workflow"):
        for name, url in view_of(kind, scope, entity_of(world, kind))["links"].items():
            if url is not None and "statistics" not in name:
                assert rest("GET", url).status == 200, name


def test_a_reservation_differs_only_by_its_way(world: World, scope: Scope) -> None:
    by_task, by_worker = (
        view_of(kind, scope, world.reservation) for kind in ("task_reservation", "worker_reservation")
    )
    assert {name for name in by_task if by_task[name] != by_worker[name]} == {"url"}
    assert f"/Workers/{world.worker.sid}/Reservations/" in by_worker["url"]


def test_a_worker_channel_counts_what_it_carries(world: World) -> None:
    """Pending ones take capacity, accepted ones are assigned (rest-api 3.4)."""
    with world.engine.transaction() as tx:
        channel = tx.update(world.worker_channel, configured_capacity=3)
        tx.update(world.reservation, reservation_status="accepted")
        world.add_reservation(tx, world.task)
    scope = Scope(world.engine.store, BASE, 0)
    view = view_of("worker_channel", scope, channel)
    assert (view["assigned_tasks"], view["available_capacity_percentage"]) == (1, 33)
    with world.engine.transaction() as tx:
        zero = tx.update(channel, configured_capacity=0)
    assert view_of("worker_channel", scope, zero)["available_capacity_percentage"] == 0


def test_a_task_ages(world: World) -> None:
    world.engine.advance(12.9)
    assert view_of("task", Scope(world.engine.store, BASE, world.engine.now()), world.task)["age"] == 12


def test_moments() -> None:
    assert iso(1893553445.999) == "2030-01-02T03:04:05Z"
    assert iso(-0.5) == "1969-12-31T23:59:59Z"
    assert (iso(None), seconds(None), seconds(12.9)) == (None, None, 12)


def test_an_event_names_its_resource_and_what_made_it(world: World, scope: Scope) -> None:
    with world.engine.transaction() as tx:
        made = [
            tx.emit("reservation.created", world.reservation),
            tx.emit("task-queue.entered", world.task),
            tx.emit("task-queue.created", world.queue),
            tx.emit("worker.capacity.update", world.worker_channel),
            tx.emit("task-channel.created", world.channel),
        ]
    views = [view_of("event", scope, event) for event in made]
    ends = [view["resource_url"].removeprefix(f"{BASE}/Workspaces/{world.workspace.sid}/") for view in views]
    assert ends == [
        f"Tasks/{world.task.sid}/Reservations/{world.reservation.sid}",
        f"Tasks/{world.task.sid}",
        f"TaskQueues/{world.queue.sid}",
        f"Workers/{world.worker.sid}",
        f"TaskChannels/{world.channel.sid}",
    ]
    assert {view["actor_url"] for view in views} == {f"{BASE}/Workspaces/{world.workspace.sid}"}
    assert views[0]["event_date_ms"] == int(world.engine.now() * 1000)


def test_there_is_a_view_of_every_kind_in_both_dialects() -> None:
    assert REST_VIEWS.keys() == INTERNAL_VIEWS.keys()
    assert SHOWN.keys() <= REST_VIEWS.keys()


REQUIRED = {  # wire-protocol 7.4: without these the second generation's client throws
    "worker": "account_sid activity_name activity_sid attributes available date_created date_status_changed "
    "date_updated friendly_name sid workspace_sid version",
    "activity": "account_sid available date_created date_updated friendly_name sid workspace_sid",
    "worker_channel": "account_sid assigned_tasks available available_capacity_percentage configured_capacity "
    "date_created date_updated last_reserved_time sid task_channel_sid task_channel_unique_name worker_sid "
    "workspace_sid",
    "worker_reservation": "account_sid date_created date_updated reservation_status sid task reservation_timeout "
    "worker_sid workspace_sid version",
    "task": "addons age attributes date_created date_updated priority queue_name queue_sid reason routing_target sid "
    "assignment_status task_channel_unique_name task_channel_sid timeout workflow_name workflow_sid version "
    "virtual_start_time",
    "task_queue": "friendly_name reservation_activity_name assignment_activity_name target_workers "
    "max_reserved_workers task_order reservation_activity_sid assignment_activity_sid workspace_sid account_sid sid "
    "date_created date_updated lifo_queue",
}


@pytest.mark.parametrize("kind", sorted(INTERNAL_VIEWS))
def test_the_internal_dialect_has_no_urls_and_counts_seconds(world: World, scope: Scope, kind: str) -> None:
    if kind in ("event", "reservation"):
        return
    view = view_of(kind, scope, entity_of(world, kind), "v2")
    assert set(REQUIRED.get(kind, "").split()) <= view.keys()
    assert not {"url", "links"} & view.keys()
    assert all(isinstance(value, int) for name, value in view.items() if name.startswith("date_"))


def test_a_canceled_reservation_tells_why_and_outlives_its_task(world: World, scope: Scope) -> None:
    with world.engine.transaction() as tx:
        reservation = tx.update(world.reservation, reservation_status="canceled", canceled_reason_code=1001)
        tx.remove(world.task)
    view = view_of("worker_reservation", scope, reservation, "v2")
    assert view["canceled_reason_code"] == 1001
    assert "task" not in view


def frame_of(world: World, event_type: str, resource: Entity, dialect: str) -> dict[str, Any] | None:
    with world.engine.transaction() as tx:
        event: EventRecord = tx.emit(event_type, resource)
    subject = subject_of(world.engine.store, resource)
    return worker_payload(Scope(world.engine.store, BASE, 0), event, subject, dialect)


def test_a_reservation_on_a_v1_socket_is_the_task_with_one_key_more(world: World) -> None:
    """The "mashup"; task_sid and task together would crash the original client (wire-protocol 7.3)."""
    payload = frame_of(world, "reservation.created", world.reservation, "v1")
    assert payload == {
        "sid": world.task.sid,
        "reservation_sid": world.reservation.sid,
        "account_sid": world.workspace.account_sid,
        "workspace_sid": world.workspace.sid,
        "workflow_sid": world.workflow.sid,
        "workflow_name": "Main",
        "queue_sid": world.queue.sid,
        "queue_name": "English",
        "task_channel_sid": world.channel.sid,
        "task_channel_unique_name": "voice",
        "attributes": "{}",
        "addons": "{}",
        "assignment_status": "reserved",
        "priority": 0,
        "reason": None,
        "timeout": 86400,
        "age": 0,
        "counter": 0,
        "date_created": int(world.task.date_created),
        "date_updated": int(world.task.date_updated),
    }


def test_a_reservation_on_a_v2_socket_holds_its_task(world: World) -> None:
    payload = frame_of(world, "reservation.accepted", world.reservation, "v2")
    assert payload is not None
    assert (payload["sid"], payload["task"]["sid"]) == (world.reservation.sid, world.task.sid)
    assert set(REQUIRED["worker_reservation"].split()) <= payload.keys()
    assert set(REQUIRED["task"].split()) <= payload["task"].keys()


def test_a_workers_events_show_the_worker_and_its_channels_events_the_channel(world: World) -> None:
    v1 = frame_of(world, "worker.activity.update", world.worker, "v1")
    v2 = frame_of(world, "worker.activity.update", world.worker, "v2")
    assert v1 is not None
    assert v2 == {**v1, "version": world.worker.version}
    assert v1.keys() == set(REQUIRED["worker"].split()) - {"version"}
    channel = frame_of(world, "worker.capacity.update", world.worker_channel, "v1")
    assert channel is not None
    assert (channel["sid"], channel["available"], channel["last_reserved_time"]) == (world.worker_channel.sid, 1, 0)


def test_a_failed_reservation_shows_the_task(world: World) -> None:
    """There never was a reservation (routing 7)."""
    payload = frame_of(world, "reservation.failed", world.task, "v2")
    assert payload is not None
    assert payload["sid"] == world.task.sid


def test_task_events_show_the_task(world: World) -> None:
    v1, v2 = (frame_of(world, "task.updated", world.task, dialect) for dialect in ("v1", "v2"))
    assert v1 is not None
    assert v2 is not None
    assert "version" not in v1
    assert v2["version"] == world.task.version


def test_other_events_do_not_reach_a_worker(world: World) -> None:
    assert frame_of(world, "workflow.entered", world.task, "v1") is None
    assert frame_of(world, "worker.created", world.worker, "v1") is None
    assert "task.created" not in SOCKET_EVENTS


def test_the_firehose_shows_resources_as_rest_does(world: World, scope: Scope) -> None:
    store = world.engine.store
    with world.engine.transaction() as tx:
        events = [tx.emit("task.created", world.task), tx.emit("worker.capacity.update", world.worker_channel)]
    payloads = [
        firehose_payload(scope, event, subject_of(store, entity))
        for event, entity in zip(events, (world.task, world.worker_channel), strict=True)
    ]
    assert payloads == [view_of("task", scope, world.task), view_of("worker_channel", scope, world.worker_channel)]
    orphan = subject_of(store, world.workspace)
    assert firehose_payload(scope, events[0], orphan) == view_of("event", scope, events[0])


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_an_event_without_its_resources_reaches_nobody(world: World, dialect: str) -> None:
    """A reservation's task may be gone; what is left must not be half a frame."""
    with world.engine.transaction() as tx:
        events = [tx.emit(name, world.reservation) for name in ("reservation.created", "task.updated")]
        events.append(tx.emit("worker.activity.update", world.worker))
    nothing = subject_of(world.engine.store, world.workspace)
    scope = Scope(world.engine.store, BASE, 0)
    assert [worker_payload(scope, event, nothing, dialect) for event in events] == [None, None, None]


def test_a_reservation_without_its_task_is_no_mashup(world: World) -> None:
    with world.engine.transaction() as tx:
        event = tx.emit("reservation.canceled", world.reservation)
        tx.remove(world.task)
    subject = subject_of(world.engine.store, world.reservation)
    scope = Scope(world.engine.store, BASE, 0)
    assert worker_payload(scope, event, subject, "v1") is None
    nested = worker_payload(scope, event, subject, "v2")
    assert nested is not None
    assert "task" not in nested
