"""The second generation's requests: relative URLs, internal JSON, its own pages (wire-protocol 4.6 and 4.7)."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from outside_world import World

from trbridge.emulator.access.gatekeeper import Gatekeeper
from trbridge.emulator.bridge.app import Bridge
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workers
from trbridge.emulator.options import Options
from trbridge.emulator.rest.answer import Answer, error_answer
from trbridge.emulator.routing import routing
from trbridge.emulator.state.model import Workspace
from trbridge.errors import ApiError

SK, SECRET = "SK" + "0" * 32, "s" * 32


class Client:
    """A worker's client of the second generation, without a network."""

    def __init__(self, world: World, role: str = "worker") -> None:
        engine, options = world.engine, Options(api_keys={SK: SECRET})
        self.world = world
        self.bridge = Bridge(engine, Gatekeeper(engine, options), options)
        grant = {"workspace_sid": world.workspace.sid, "worker_sid": world.worker.sid, "role": role}
        payload = {"iss": SK, "sub": engine.account_sid, "exp": engine.now() + 3600, "grants": {"task_router": grant}}
        self.token = jwt.encode(payload, SECRET, algorithm="HS256", headers={"cty": "twilio-fpa;v=1"})

    def __call__(self, method: str, path: str = "", if_match: str | None = None, **params: Any) -> Answer:
        url = f"Workspaces/{self.world.workspace.sid}{path}"
        body = json.dumps({"url": url, "method": method, "params": params, "token": self.token}).encode()
        headers = {b"apiversion": b"v1"} | ({} if if_match is None else {b"if-match": if_match.encode()})
        try:
            return self.bridge.answer(None, body, headers, "http://127.0.0.1:1/v1")
        except ApiError as error:
            return error_answer(error)

    def payload(self, method: str, path: str = "", **params: Any) -> Any:
        answer = self(method, path, **params)
        assert answer.status == 200, answer.body
        assert answer.body is not None
        assert answer.body["event_type"] is None
        return answer.body["payload"]


@pytest.fixture
def client(engine: Engine, workspace: Workspace) -> Client:
    routing.install(engine)
    return Client(World(engine, workspace))


def test_the_worker_loads_itself(client: Client) -> None:
    """Worker, activities, channels, reservations under way: what the client asks for after ``init``."""
    world = client.world
    me = f"/Workers/{world.worker.sid}"
    worker = client.payload("GET", me)
    assert (worker["sid"], worker["version"], "url" in worker) == (world.worker.sid, world.worker.version, False)
    activities = client.payload("GET", "/Activities", PageSize=1000)
    assert [one["friendly_name"] for one in activities["contents"]] == ["Offline", "Available", "Unavailable"]
    channels = client.payload("GET", f"{me}/WorkerChannels", PageSize=1000)
    assert {one["task_channel_unique_name"] for one in channels["contents"]} == {
        "default",
        "voice",
        "sms",
        "chat",
        "video",
    }
    (reservation,) = client.payload("GET", f"{me}/Reservations", Active="true")["contents"]
    assert (reservation["sid"], reservation["task"]["sid"]) == (world.reservation.sid, world.task.sid)


def test_only_what_is_under_way_if_so_asked(client: Client) -> None:
    world = client.world
    with world.engine.transaction() as tx:
        world.add_reservation(tx, world.task, reservation_status="rejected")
    path = f"/Workers/{world.worker.sid}/Reservations"
    assert len(client.payload("GET", path)["contents"]) == 2
    assert len(client.payload("GET", path, Active="true")["contents"]) == 1


def test_pages_go_on_after_a_sid(client: Client) -> None:
    world = client.world
    with world.engine.transaction() as tx:
        for number in range(4):
            workers.create(tx, world.workspace, {"friendly_name": f"Bob {number}"})
    first = client.payload("GET", "/Workers", PageSize=3)
    assert (len(first["contents"]), first["total"], first["before_sid"]) == (3, 5, None)
    assert first["after_sid"] == first["contents"][-1]["sid"]
    second = client.payload("GET", "/Workers", PageSize=3, AfterSid=first["after_sid"])
    assert [one["friendly_name"] for one in second["contents"]] == ["Bob 2", "Bob 3"]
    assert (second["after_sid"], second["before_sid"]) == (None, second["contents"][0]["sid"])
    assert second["meta"] == {"list_key": "contents"}
    empty = client.payload("GET", "/Workers", FriendlyName="Nobody")
    assert (empty["contents"], empty["after_sid"]) == ([], None)


def test_ordered_pages_go_on_by_token(client: Client) -> None:
    world = client.world
    with world.engine.transaction() as tx:
        for number in range(3):
            workers.create(tx, world.workspace, {"friendly_name": f"Bob {number}"})
    first = client.payload("GET", "/Workers", PageSize=3, Ordering="DateStatusChanged:desc")
    token = first["meta"]["next_token"]
    second = client.payload("GET", "/Workers", PageSize=3, Ordering="DateStatusChanged:desc", NextToken=token)
    sids = [one["sid"] for one in first["contents"] + second["contents"]]
    assert len(sids) == len(set(sids)) == 4


@pytest.mark.parametrize("sid", ["WK" + "0" * 32, "nonsense"])
def test_a_page_after_nobody_is_refused(client: Client, sid: str) -> None:
    answer = client("GET", "/Workers", AfterSid=sid)
    assert (answer.status, answer.body and "AfterSid" in answer.body["message"]) == (400, True)
    assert client("GET", "/Workers", PageSize="5000").status == 400


def test_a_reservation_is_accepted_by_its_version_and_the_answer_is_flat(client: Client) -> None:
    world = client.world
    path = f"/Workers/{world.worker.sid}/Reservations/{world.reservation.sid}"
    assert client("POST", path, if_match="7", ReservationStatus="accepted").status == 412
    answer = client("POST", path, if_match="0", ReservationStatus="accepted")
    assert answer.status == 200
    assert answer.body is not None
    payload = answer.body["payload"]
    assert (payload["reservation_status"], payload["version"], "task" in payload) == ("accepted", 1, False)
    done = client.payload("POST", f"/Tasks/{world.task.sid}", AssignmentStatus="completed", Reason="solved")
    assert (done["assignment_status"], "workflow_friendly_name" in done) == ("completed", False)


def test_a_task_is_made_with_their_names_for_parameters(client: Client) -> None:
    task = client.payload(
        "POST",
        "/Tasks",
        WorkflowSid=client.world.workflow.sid,
        TaskChannelUniqueName="sms",
        Attributes={"outbound_to": "+1"},
        RoutingTarget=client.world.worker.sid,
    )
    assert (task["task_channel_unique_name"], json.loads(task["attributes"])) == ("sms", {"outbound_to": "+1"})


def test_a_worker_changes_itself_and_a_supervisor_others(client: Client) -> None:
    world = client.world
    with world.engine.transaction() as tx:
        other = workers.create(tx, world.workspace, {"friendly_name": "Bob"})
    available = world.activities["Available"].sid
    assert client.payload("POST", f"/Workers/{world.worker.sid}", ActivitySid=available)["available"] is True
    refused = client("POST", f"/Workers/{other.sid}", ActivitySid=available)
    assert refused.status == 403
    assert refused.body is not None
    assert "allow only GET here" in refused.body["message"]
    assert Client(world, "supervisor").payload("POST", f"/Workers/{other.sid}", ActivitySid=available)["available"]


def test_a_failure_is_rests_body_with_its_message(client: Client) -> None:
    answer = client("GET", f"/Tasks/{'WT' + '0' * 32}")
    assert (answer.status, answer.body and "was not found" in answer.body["message"]) == (404, True)


def test_what_is_not_offered_is_not_found(client: Client) -> None:
    """Transfers and conference legs are the service's own API v2."""
    assert client("POST", f"/Workers/{client.world.worker.sid}/Transfers", To="WK").status == 404
