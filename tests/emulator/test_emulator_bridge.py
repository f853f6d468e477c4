"""Requests over the event bridge: a token, its policies, a REST call, and the answer wrapped up."""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outside_world import World

from trbridge.capabilities import WorkerCapability, WorkspaceCapability
from trbridge.emulator.answer import Answer, error_answer
from trbridge.emulator.bridge import Bridge, encode_form
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.gatekeeper import Gatekeeper
from trbridge.emulator.minting import mint
from trbridge.emulator.model import Workspace
from trbridge.emulator.operations import workspaces
from trbridge.emulator.options import Options
from trbridge.errors import ApiError, Forbidden, Unauthorized

API = "https://taskrouter.twilio.com/v1"


class Client:
    """A client of the bridge, without a network."""

    def __init__(self, world: World, kind: str = "workspace", sid: str | None = None) -> None:
        self.world = world
        self.engine = world.engine
        self.sid = sid or world.workspace.sid
        self.token = mint(self.engine, self.sid, kind, 3600, full=True)
        self.bridge = Bridge(self.engine, Gatekeeper(self.engine, Options()), Options())

    def post(self, body: Any, channel: tuple[str, str] | None = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        try:
            return self.bridge.answer(
                channel or (self.engine.account_sid, self.sid), raw, names, "http://127.0.0.1:1/v1"
            )
        except ApiError as error:
            return error_answer(error)

    def __call__(self, method: str, path: str = "", params: Any = None, **more: Any) -> Answer:
        url = f"{API}/Workspaces/{self.world.workspace.sid}{path}"
        body = {"url": url, "method": method, "token": self.token, "params": params, **more}
        return self.post({name: value for name, value in body.items() if value is not None})

    def payload(self, method: str, path: str = "", params: Any = None, **more: Any) -> Any:
        answer = self(method, path, params, **more)
        assert answer.status == 200, answer.body
        assert answer.body is not None
        return answer.body["payload"]

    def refused(self, body: Any, channel: tuple[str, str] | None = None) -> tuple[int, str]:
        answer = self.post(body, channel)
        assert answer.body is not None
        assert self.token not in str(answer)
        return answer.status, answer.body["message"]


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


class TestWhoIsLetIn:
    """Token, account and channel."""

    def test_a_missing_token(self, client: Client) -> None:
        body = {"url": f"{API}/Workspaces", "method": "GET"}
        assert client.refused(body) == (401, "Authenticate: the token is missing")

    def test_an_expired_token(self, client: Client) -> None:
        assert client("GET").status == 200
        client.engine.advance(3600)
        answer = client("GET")
        assert answer.status == 401
        assert answer.body is not None
        assert answer.body["code"] == 20003
        assert "expired" in answer.body["message"]

    def test_a_token_by_the_machines_clock_where_ours_stands_still(self, world: World) -> None:
        """It begins to count when it is made, which may be later than the moment at which we stand."""
        now = int(time.time())
        engine = Engine(clock=ManualClock(now - 100), random=Random(7))  # noqa: S311  SIDs are no secrets
        with engine.transaction() as tx:
            workspace = workspaces.create(tx, engine.account_sid, {"friendly_name": "Still"})
        channel = engine.account_sid, workspace.sid
        keeper = Gatekeeper(engine, Options())
        capability = WorkspaceCapability(*channel[:1], engine.auth_token, channel[1])
        assert keeper.check(capability.to_jwt(now=now), channel, "GET").workspace_sid == workspace.sid
        with pytest.raises(Forbidden, match="does not count before"):
            keeper.check(capability.to_jwt(now=now + 600), channel, "GET")
        engine.advance(100 + 3600)
        with pytest.raises(Unauthorized, match="expired"):
            keeper.check(capability.to_jwt(now=now), channel, "GET")

    def test_a_token_of_another_secret_and_one_that_is_none(self, client: Client) -> None:
        body = {"url": f"{API}/Workspaces", "method": "GET"}
        account_sid, sid = client.engine.account_sid, client.world.workspace.sid
        forged = WorkspaceCapability(account_sid, "f" * 32, sid).to_jwt(now=client.engine.now())
        for token in (forged, "nonsense", "a.b.c", client.token[:-3] + "AAA"):
            status, message = client.refused({**body, "token": token})
            assert status == 403
            assert message.startswith("Invalid token:")
            assert token not in message

    def test_a_token_of_another_account_with_our_secret(self, client: Client) -> None:
        sid = client.world.workspace.sid
        token = WorkspaceCapability("AC" + "f" * 32, client.engine.auth_token, sid).to_jwt(now=client.engine.now())
        assert client.refused({"url": f"{API}/Workspaces", "method": "GET", "token": token})[0] == 403

    def test_another_channel_than_the_tokens(self, client: Client) -> None:
        body = {"url": f"{API}/Workspaces", "method": "GET", "token": client.token}
        status, message = client.refused(body, (client.engine.account_sid, client.world.worker.sid))
        assert (status, "The token is for channel" in message) == (403, True)
        assert client.refused(body, ("AC" + "f" * 32, client.sid))[0] == 403

    def test_a_channel_that_has_gone(self, world: World) -> None:
        client = Client(world, "worker", world.worker.sid)
        with world.engine.transaction() as tx:
            tx.remove(world.reservation)
            tx.remove(world.worker)
        status, message = client.refused({"url": f"{API}/Workspaces", "method": "GET", "token": client.token})
        assert (status, message) == (404, f"There is no {world.worker.sid} in workspace {world.workspace.sid}.")

    def test_a_thousand_tokens_are_remembered_and_no_more(self, world: World) -> None:
        keeper = Gatekeeper(world.engine, Options())
        channel = world.engine.account_sid, world.workspace.sid
        for ttl in range(1, 1010):
            keeper.check(mint(world.engine, world.workspace.sid, "workspace", ttl, full=False), channel, "GET")
        assert len(keeper._bearers) == 1000

    def test_get_and_post_have_policies_of_their_own(self, world: World) -> None:
        channel = world.engine.account_sid, world.workspace.sid
        capability = WorkspaceCapability(*channel[:1], world.engine.auth_token, channel[1], allow_web_sockets=False)
        capability.allow(f"https://event-bridge.twilio.com/v1/wschannels/{channel[0]}/{channel[1]}", "GET")
        token = capability.to_jwt(now=world.engine.now())
        assert Gatekeeper(world.engine, Options()).check(token, channel, "GET").workspace_sid == world.workspace.sid
        with pytest.raises(Forbidden):
            Gatekeeper(world.engine, Options()).check(token, channel, "POST")


@given(st.binary(max_size=200))
def test_any_body_is_answered(body: bytes) -> None:
    engine = Engine(clock=ManualClock(), random=Random(1))  # noqa: S311  SIDs are no secrets
    bridge = Bridge(engine, Gatekeeper(engine, Options()), Options())
    with pytest.raises(ApiError):
        bridge.answer((engine.account_sid, "WS" + "0" * 32), body, {}, "http://127.0.0.1/v1")
