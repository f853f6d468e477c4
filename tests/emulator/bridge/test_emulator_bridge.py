"""Requests over the event bridge: a token, its policies, a REST call, and the answer wrapped up."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from bridge_client import API, Client
from hypothesis import given
from hypothesis import strategies as st
from outside_world import World

from trbridge.capabilities import WorkerCapability, WorkspaceCapability
from trbridge.emulator.access.gatekeeper import Gatekeeper
from trbridge.emulator.bridge.app import Bridge, encode_form
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.options import Options
from trbridge.emulator.state.model import Workspace
from trbridge.errors import ApiError


@pytest.fixture
def world(engine: Engine, workspace: Workspace) -> World:
    return World(engine, workspace)


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_ready_comes_back_with_its_label_and_a_slash_is_forgiven(client: Client) -> None:
    """The original client's first request, slash and all (wire-protocol 3.8)."""
    answer = client("GET", "/", event_type="ready")
    assert answer.body is not None
    assert answer.body["event_type"] == "ready"
    assert answer.body["payload"]["sid"] == client.world.workspace.sid


def test_without_a_label_the_answer_has_none(client: Client) -> None:
    answer = client("GET", "/Activities")
    assert answer.body is not None
    assert answer.body["event_type"] is None


def test_every_success_is_200_and_a_delete_has_an_empty_payload(client: Client) -> None:
    """201 and 204 are failures to the original client, and so is an empty body (wire-protocol 4.2)."""
    made = client.payload("POST", "/Activities", {"FriendlyName": "Lunch", "Available": False})
    assert client.payload("POST", f"/Activities/{made['sid']}", {"FriendlyName": "Dinner"})["friendly_name"] == "Dinner"
    assert client.payload("DELETE", f"/Activities/{made['sid']}") is None


def test_a_refusal_is_rests_own_answer(client: Client) -> None:
    answer = client("GET", f"/Activities/{'WA' + '0' * 32}")
    assert answer.status == 404
    assert answer.body is not None
    assert answer.body["code"] == 20404


def test_pages_stay_on_the_base_the_client_used(client: Client) -> None:
    """A client refuses a page that is off its own REST base, and its base may be Twilio's name."""
    page = client.payload("GET", "/Activities", {"PageSize": 2})
    url = page["meta"]["next_page_url"]
    assert url.startswith(f"{API}/Workspaces/")
    following = client.post({"url": url, "method": "GET", "token": client.token})
    assert following.body is not None
    assert [one["friendly_name"] for one in following.body["payload"]["activities"]] == ["Unavailable"]
    assert page["activities"][0]["url"].startswith(API)
    relative = client.post(
        {"url": url.removeprefix("https://taskrouter.twilio.com"), "method": "GET", "token": client.token}
    )
    assert relative.body is not None
    assert relative.body["payload"]["meta"]["url"].startswith("http://127.0.0.1:1/v1/")


def test_params_are_query_for_get_and_form_for_post(client: Client) -> None:
    assert [
        one["friendly_name"] for one in client.payload("GET", "/Activities", {"Available": True})["activities"]
    ] == ["Available"]
    worker = client.payload("POST", "/Workers", {"FriendlyName": "Bob", "Attributes": {"langs": ["fr"]}})
    assert json.loads(worker["attributes"]) == {"langs": ["fr"]}


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("text", ["text"]),
        (5, ["5"]),
        (1.5, ["1.5"]),
        (True, ["true"]),
        ({"a": [1]}, ['{"a":[1]}']),
        (["a", "b", 1], ["a", "b", "1"]),
        ([{"a": 1}], ['[{"a":1}]']),
        ([None], ["[null]"]),
        ([], ["[]"]),
        (None, None),
    ],
)
def test_json_values_become_parameters(value: Any, texts: list[str] | None) -> None:
    """Objects are JSON text, lists of scalars repeat, null is absent (wire-protocol 4.1)."""
    assert encode_form({"StatusCallbackEvent": value}).get("StatusCallbackEvent") == texts


def test_attributes_that_are_a_list_stay_one_document() -> None:
    assert encode_form({"Attributes": ["a"]}) == {"Attributes": ['["a"]']}
    assert encode_form(None) == {}


def test_a_version_is_guarded_and_told(client: Client) -> None:
    path = f"/Workers/{client.world.worker.sid}"
    tag = client("GET", path).headers["ETag"]
    url = f"{API}/Workspaces/{client.world.workspace.sid}{path}"
    body = {"url": url, "method": "POST", "token": client.token, "params": {"FriendlyName": "Eve"}}
    assert client.post(body, if_match=tag).status == 200
    assert client.post(body, if_match=tag).status == 412


def test_many_queues_at_once_go_as_json(client: Client) -> None:
    queue = client.world.queue.sid
    figures = client.payload("POST", "/TaskQueues/RealTimeStatistics", {"queueSids": [queue]})
    assert figures["task_queue_data"][0]["task_queue_sid"] == queue


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"url": 1}', b'{"url":"x"}', b'{"url":"x","method":"GET","params":[]}', b"\xff"],
)
def test_a_body_that_is_no_request_is_a_400(client: Client, body: bytes) -> None:
    status, message = client.refused(body)
    assert status == 400
    assert "not a request to the event bridge" in message


@pytest.mark.parametrize(
    ("url", "status", "message"),
    [
        ("https://taskrouter.twilio.com/v1/Accounts", 404, "its path must begin with /v1/Workspaces"),
        ("https://taskrouter.twilio.com/Workspaces/x", 404, "its path must begin with /v1/Workspaces"),
        ("https://taskrouter.twilio.com", 404, "its path must begin with /v1/Workspaces"),
        ("Workspaces/x", 403, "no policy of the token covers"),
        ("v1/Workspaces", 400, "Invalid url."),
        ("https://taskrouter.twilio.com/v1/Workspaces/../x", 400, "Invalid url."),
        ("https://taskrouter.twilio.com/v1/Workspaces/%2e%2e/x", 400, "Invalid url."),
    ],
)
def test_only_taskrouters_paths_are_asked(client: Client, url: str, status: int, message: str) -> None:
    given_status, text = client.refused({"url": url, "method": "GET", "token": client.token})
    assert (given_status, message in text) == (status, True), text


def test_only_three_methods_are_asked(client: Client) -> None:
    answer = client("PATCH")
    assert (answer.status, answer.body and "not one of GET, POST, DELETE" in answer.body["message"]) == (400, True)
    assert client("get").status == 200


def test_a_workspace_token_reads_its_own_workspace_only(client: Client) -> None:
    with client.engine.transaction() as tx:
        other = workspaces.create(tx, client.engine.account_sid, {"friendly_name": "Other"})
    body = {"url": f"{API}/Workspaces/{other.sid}", "method": "GET", "token": client.token}
    status, message = client.refused(body)
    assert status == 403
    assert "no policy of the token covers" in message


def test_what_no_policy_allows_is_refused_with_the_policy_that_is_missing(world: World) -> None:
    """Least privilege: a default token reads and nothing else (wire-protocol 1.5)."""
    account = world.engine.account_sid, world.engine.auth_token, world.workspace.sid
    client = Client(world)
    client.token = WorkspaceCapability(*account).to_jwt(now=world.engine.now())
    assert client("GET").status == 200
    answer = client("POST", "", {"FriendlyName": "Mine"})
    assert answer.status == 403
    assert answer.body is not None
    assert "POST" in answer.body["message"]
    assert world.workspace.sid in answer.body["message"]
    assert client("GET", "/Workers").status == 403


def test_a_filter_lets_one_parameter_through_and_no_other(world: World) -> None:
    account = world.engine.account_sid, world.engine.auth_token, world.workspace.sid
    client = Client(world, "worker", world.worker.sid)
    capability = WorkerCapability(*account, world.worker.sid).allow_update_activities()
    client.token = capability.to_jwt(now=world.engine.now())
    available = world.activities["Available"].sid
    path = f"/Workers/{world.worker.sid}"
    assert client.payload("POST", path, {"ActivitySid": available})["activity_name"] == "Available"
    assert client("POST", path, {"ActivitySid": available, "FriendlyName": "Eve"}).status == 403
    assert client("POST", path, {"FriendlyName": "Eve"}).status == 403


def test_without_the_channels_own_policies_nothing_goes(world: World) -> None:
    """The two event bridge policies are mandatory (wire-protocol 1.5)."""
    account = world.engine.account_sid, world.engine.auth_token, world.workspace.sid
    client = Client(world)
    client.token = WorkspaceCapability(*account, allow_web_sockets=False).to_jwt(now=world.engine.now())
    assert client("GET").status == 403


@given(st.binary(max_size=200))
def test_any_body_is_answered(body: bytes) -> None:
    engine = Engine(clock=ManualClock(), random=Random(1))  # noqa: S311  SIDs are no secrets
    bridge = Bridge(engine, Gatekeeper(engine, Options()), Options())
    with pytest.raises(ApiError):
        bridge.answer((engine.account_sid, "WS" + "0" * 32), body, {}, "http://127.0.0.1/v1")
