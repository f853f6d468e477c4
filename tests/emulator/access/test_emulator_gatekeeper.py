"""Who is let in to the event bridge: token, account and channel."""

from __future__ import annotations

import time
from random import Random

import pytest
from bridge_client import API, Client
from outside_world import World

from trbridge.capabilities import WorkspaceCapability
from trbridge.emulator.access.gatekeeper import Gatekeeper
from trbridge.emulator.access.minting import mint
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.options import Options
from trbridge.emulator.state.model import Workspace
from trbridge.errors import Forbidden, Unauthorized


@pytest.fixture
def world(engine: Engine, workspace: Workspace) -> World:
    return World(engine, workspace)


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_a_missing_token(client: Client) -> None:
    body = {"url": f"{API}/Workspaces", "method": "GET"}
    assert client.refused(body) == (401, "Authenticate: the token is missing")


def test_an_expired_token(client: Client) -> None:
    assert client("GET").status == 200
    client.engine.advance(3600)
    answer = client("GET")
    assert answer.status == 401
    assert answer.body is not None
    assert answer.body["code"] == 20003
    assert "expired" in answer.body["message"]
    # Its date is yet to come for whoever reads this: say by whose clock it is over.
    assert answer.body["message"].endswith("by a clock that is moved by hand")
    assert "; here it is 20" in answer.body["message"]


def test_a_token_by_the_machines_clock_where_ours_stands_still(world: World) -> None:
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


def test_a_token_of_another_secret_and_one_that_is_none(client: Client) -> None:
    body = {"url": f"{API}/Workspaces", "method": "GET"}
    account_sid, sid = client.engine.account_sid, client.world.workspace.sid
    forged = WorkspaceCapability(account_sid, "f" * 32, sid).to_jwt(now=client.engine.now())
    for token in (forged, "nonsense", "a.b.c", client.token[:-3] + "AAA"):
        status, message = client.refused({**body, "token": token})
        assert status == 403
        assert message.startswith("Invalid token:")
        assert token not in message


def test_a_token_of_another_account_with_our_secret(client: Client) -> None:
    sid = client.world.workspace.sid
    token = WorkspaceCapability("AC" + "f" * 32, client.engine.auth_token, sid).to_jwt(now=client.engine.now())
    assert client.refused({"url": f"{API}/Workspaces", "method": "GET", "token": token})[0] == 403


def test_another_channel_than_the_tokens(client: Client) -> None:
    body = {"url": f"{API}/Workspaces", "method": "GET", "token": client.token}
    status, message = client.refused(body, (client.engine.account_sid, client.world.worker.sid))
    assert (status, "The token is for channel" in message) == (403, True)
    assert client.refused(body, ("AC" + "f" * 32, client.sid))[0] == 403


def test_a_channel_that_has_gone(world: World) -> None:
    client = Client(world, "worker", world.worker.sid)
    with world.engine.transaction() as tx:
        tx.remove(world.reservation)
        tx.remove(world.worker)
    status, message = client.refused({"url": f"{API}/Workspaces", "method": "GET", "token": client.token})
    assert (status, message) == (404, f"There is no {world.worker.sid} in workspace {world.workspace.sid}.")


def test_a_thousand_tokens_are_remembered_and_no_more(world: World) -> None:
    keeper = Gatekeeper(world.engine, Options())
    channel = world.engine.account_sid, world.workspace.sid
    for ttl in range(1, 1010):
        keeper.check(mint(world.engine, world.workspace.sid, "workspace", ttl, full=False), channel, "GET")
    assert len(keeper._bearers) == 1000


def test_get_and_post_have_policies_of_their_own(world: World) -> None:
    channel = world.engine.account_sid, world.workspace.sid
    capability = WorkspaceCapability(*channel[:1], world.engine.auth_token, channel[1], allow_web_sockets=False)
    capability.allow(f"https://event-bridge.twilio.com/v1/wschannels/{channel[0]}/{channel[1]}", "GET")
    token = capability.to_jwt(now=world.engine.now())
    assert Gatekeeper(world.engine, Options()).check(token, channel, "GET").workspace_sid == world.workspace.sid
    with pytest.raises(Forbidden):
        Gatekeeper(world.engine, Options()).check(token, channel, "POST")
