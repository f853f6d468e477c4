"""The websocket: who may open it, what it carries, what happens when it ends."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from trbridge.capabilities import WorkerCapability
from trbridge.emulator import Emulator
from trbridge.emulator.operations import activities, workers
from trbridge.emulator.options import HEARTBEAT
from trbridge.emulator.state.model import Activity, Worker
from trbridge.tokens import sign


class Scene:
    """An emulator with one worker."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.engine = emulator.engine
        with self.engine.transaction() as tx:
            workspace = self.engine.store.workspaces[emulator.workspace_sid]
            self.worker_sid = workers.create(tx, workspace, {"friendly_name": "Alice"}).sid
        self.token = emulator.mint("worker", self.worker_sid)

    @property
    def worker(self) -> Worker:
        return self.engine.store.workers[self.worker_sid]

    def activity(self, name: str) -> Activity:
        return next(one for one in self.engine.store.activities.values() if one.friendly_name == name)

    def url(self, sid: str | None = None, account_sid: str | None = None, **query: str) -> str:
        base = self.emulator.event_bridge_base_url.replace("http", "ws")
        text = "&".join(f"{name}={value}" for name, value in {"token": self.token, **query}.items())
        return f"{base}/v1/wschannels/{account_sid or self.emulator.account_sid}/{sid or self.worker_sid}?{text}"

    def connect(self, sid: str | None = None, origin: str | None = None, **query: str) -> connect:
        return connect(self.url(sid, **query), compression=None, ping_interval=None, proxy=None, origin=origin)  # type: ignore[arg-type]

    async def status_of(self, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """How an upgrade is refused."""
        with pytest.raises(InvalidStatus) as caught:
            async with asyncio.timeout(10), connect(url, compression=None, proxy=None, **more):
                pass
        return caught.value.response.status_code, json.loads(caught.value.response.body or b"{}")

    async def settled(self, number: int) -> None:
        """Wait until the emulator knows of so many sockets."""
        async with asyncio.timeout(10):
            await self.emulator.sockets(number)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with Emulator(clock="manual", random_seed=1) as emulator:
        yield Scene(emulator)


async def text_of(socket: ClientConnection) -> str:
    async with asyncio.timeout(10):
        return str(await socket.recv())


async def close_of(socket: ClientConnection) -> tuple[int, str]:
    """How a socket ends."""
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def test_it_begins_with_a_heartbeat_and_brings_events(scene: Scene) -> None:
    async with scene.connect() as socket:
        assert await text_of(socket) == HEARTBEAT
        with scene.engine.transaction() as tx:
            workers.update(tx, scene.worker, {"activity_sid": scene.activity("Available").sid})
        frame = json.loads(await text_of(socket))
        assert (frame["event_type"], frame["payload"]["activity_name"]) == ("worker.activity.update", "Available")
        await scene.emulator.advance(15)
        assert await text_of(socket) == HEARTBEAT


async def test_what_the_client_sends_is_ignored(scene: Scene) -> None:
    async with scene.connect() as socket:
        await socket.send("hello")
        await socket.send(b"\x00")
        assert await text_of(socket) == HEARTBEAT
        await scene.emulator.advance(15)
        assert await text_of(socket) == HEARTBEAT


async def test_the_second_generation_is_told_by_its_version(scene: Scene) -> None:
    async with scene.connect(clientVersion="3.1.0") as socket:
        first = json.loads(await text_of(socket))
        assert first["event_type"] == "init"
        lifetime = first["payload"].pop("token_lifetime")
        assert 3_598_000 < lifetime <= 3_600_000, "milliseconds"
        assert first["payload"] == {
            "account_sid": scene.emulator.account_sid,
            "workspace_sid": scene.emulator.workspace_sid,
            "channel_id": scene.worker_sid,
        }
        assert await text_of(socket) == HEARTBEAT
        with scene.engine.transaction() as tx:
            workers.update(tx, scene.worker, {"attributes": '{"a": 1}'})
        assert json.loads(await text_of(socket))["payload"]["version"] == scene.worker.version


async def test_the_second_generation_needs_no_channel_in_its_url(scene: Scene) -> None:
    base = scene.emulator.event_bridge_base_url.replace("http", "ws")
    away = scene.activity("Offline").sid
    with scene.engine.transaction() as tx:
        workers.update(tx, scene.worker, {"activity_sid": scene.activity("Available").sid})
    for set_offline, activity_sid in (("false", scene.worker.activity_sid), ("true", away)):
        query = f"token={scene.token}&clientVersion=3&setWorkerOfflineIfDisconnected={set_offline}"
        async with connect(f"{base}/v1/wschannels?{query}", compression=None, proxy=None) as socket:
            assert json.loads(await text_of(socket))["payload"]["channel_id"] == scene.worker_sid
        await scene.settled(0)
        assert scene.worker.activity_sid == activity_sid


async def test_a_token_without_an_end_lives_for_a_month(scene: Scene) -> None:
    """The second generation's client needs a number."""
    account = scene.emulator.account_sid, scene.emulator.auth_token
    claims = WorkerCapability(*account, scene.emulator.workspace_sid, scene.worker_sid).claims(now=scene.engine.now())
    del claims["exp"]
    async with scene.connect(token=sign(claims, scene.emulator.auth_token), clientVersion="3") as socket:
        assert json.loads(await text_of(socket))["payload"]["token_lifetime"] == 30 * 86_400_000


class TestRefusals:
    """An upgrade is refused with the status and the body that REST has for it [I]."""

    async def test_without_a_token_or_with_a_wrong_one(self, scene: Scene) -> None:
        assert (await scene.status_of(scene.url(token="")))[0] == 401
        status, body = await scene.status_of(scene.url(token="a.b.c"))
        assert (status, body["code"]) == (403, 20403)

    async def test_with_a_token_that_has_run_out(self, scene: Scene) -> None:
        await scene.emulator.advance(3600)
        assert (await scene.status_of(scene.url()))[0] == 401

    async def test_for_another_channel_or_account(self, scene: Scene) -> None:
        assert (await scene.status_of(scene.url(scene.emulator.workspace_sid)))[0] == 403
        assert (await scene.status_of(scene.url(account_sid="AC" + "f" * 32)))[0] == 403
        assert (await scene.status_of(scene.url(account_sid="nonsense")))[0] == 404

    async def test_without_the_channels_policy(self, scene: Scene) -> None:
        capability = WorkerCapability(
            scene.emulator.account_sid,
            scene.emulator.auth_token,
            scene.emulator.workspace_sid,
            scene.worker_sid,
            allow_web_sockets=False,
        )
        token = capability.to_jwt(now=scene.engine.now())
        assert (await scene.status_of(scene.url(token=token)))[0] == 403

    async def test_for_a_worker_that_has_gone(self, scene: Scene) -> None:
        with scene.engine.transaction() as tx:
            tx.remove(scene.worker)
        assert (await scene.status_of(scene.url()))[0] == 404

    async def test_for_a_page_of_another_machine(self, scene: Scene) -> None:
        """Any page may open a websocket to this machine; only ours are served (security check 31)."""
        status, body = await scene.status_of(scene.url(), origin="https://evil.example")
        assert (status, "Origin" in body["message"]) == (403, True)
        for origin in ("http://localhost:3000", "null"):  # a page from a file; it brings its token itself
            async with scene.connect(origin=origin):
                pass
        async with scene.connect(origin="http://localhost:3000") as socket:
            assert await text_of(socket) == HEARTBEAT

    async def test_for_another_host(self, scene: Scene) -> None:
        """Its page would be the same origin to a browser: DNS rebinding (security check 30)."""
        port = scene.emulator.event_bridge_base_url.rpartition(":")[2]
        url = scene.url().replace("127.0.0.1", "evil.example")
        status, body = await scene.status_of(url, host="127.0.0.1", port=int(port))
        assert (status, "not this machine" in body["message"]) == (403, True)

    async def test_for_an_activity_to_leave_to_that_is_not_there(self, scene: Scene) -> None:
        status, body = await scene.status_of(scene.url(disconnectActivitySid="WA" + "0" * 32))
        assert (status, "disconnectActivitySid" in body["message"]) == (400, True)

    async def test_when_there_are_too_many(self) -> None:
        async with Emulator(max_sockets=1) as emulator:
            scene = Scene(emulator)
            async with scene.connect():
                await scene.settled(1)
                assert (await scene.status_of(scene.url()))[0] == 503


async def test_a_new_session_ends_the_others_of_its_channel(scene: Scene) -> None:
    async with scene.connect() as first, scene.connect(closeExistingSessions="false") as second:
        await scene.settled(2)
        async with scene.connect(closeExistingSessions="true") as third:
            assert await close_of(first) == (4001, "another connection of the same channel took over")
            assert (await close_of(second))[0] == 4001
            assert await text_of(third) == HEARTBEAT
            await scene.settled(1)


async def test_the_worker_moves_when_its_last_socket_ends(scene: Scene) -> None:
    away = scene.activity("Unavailable").sid
    with scene.engine.transaction() as tx:
        workers.update(tx, scene.worker, {"activity_sid": scene.activity("Available").sid})
    async with scene.connect(disconnectActivitySid=away):
        async with scene.connect(disconnectActivitySid=away):
            await scene.settled(2)
        await scene.settled(1)
        assert scene.worker.activity_sid == scene.activity("Available").sid, "still there on the other socket"
    await scene.settled(0)
    assert scene.worker.activity_sid == away
    version = scene.worker.version
    async with scene.connect(disconnectActivitySid=away):
        await scene.settled(1)
    await scene.settled(0)
    assert scene.worker.version == version, "nothing to move"


async def test_an_activity_or_worker_that_has_gone_meanwhile_stops_nothing(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    with scene.engine.transaction() as tx:
        lunch = activities.create(
            tx, scene.engine.store.workspaces[scene.emulator.workspace_sid], {"friendly_name": "L"}
        )
    async with scene.connect(disconnectActivitySid=lunch.sid):
        await scene.settled(1)
        with scene.engine.transaction() as tx:
            tx.remove(lunch)
    await scene.settled(0)
    assert "could not be moved" in caplog.text
    async with scene.connect(disconnectActivitySid=scene.activity("Available").sid) as socket:
        await scene.settled(1)
        with scene.engine.transaction() as tx:
            tx.remove(scene.worker)
        assert (await close_of(socket))[0] == 4004
    await scene.settled(0)


async def test_a_token_that_runs_out_ends_the_socket_if_told_to() -> None:
    async with Emulator(clock="manual", close_on_expiry=True) as emulator:
        scene = Scene(emulator)
        async with scene.connect() as socket:
            await scene.settled(1)
            await emulator.advance(3600)
            assert await close_of(socket) == (4002, "the token has run out")


async def test_no_token_reaches_any_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """The server and its library both write the handshake's URL, each at its level (security check 1)."""
    with caplog.at_level(logging.DEBUG):
        async with scene.connect() as socket:
            await text_of(socket)
        await scene.status_of(scene.url(token="secret-token-text"))
        await scene.settled(0)
    ours = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    text = "\n".join(record.getMessage() for record in ours)
    assert "wschannels" in text, "the handshake was logged"
    for secret in (scene.token, scene.token.split(".")[2], "secret-token-text"):
        assert secret not in text


async def test_a_server_without_our_extensions_will_do(scene: Scene) -> None:
    """Another ASGI server: refusals are a close code, and cutting does nothing."""
    sent: list[MutableMapping[str, Any]] = []
    incoming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    def scope(token: str) -> dict[str, Any]:
        path = f"/v1/wschannels/{scene.emulator.account_sid}/{scene.worker_sid}"
        return {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": f"token={token}".encode(),
            "headers": [(b"host", b"localhost")],
        }

    incoming.put_nowait({"type": "websocket.connect"})
    await scene.emulator.app(scope("x"), incoming.get, send)
    assert (sent[0]["type"], sent[0]["code"]) == ("websocket.close", 1008)
    incoming.put_nowait({"type": "websocket.connect"})
    asking = scope(scene.token)
    serving = asyncio.create_task(scene.emulator.app(asking, incoming.get, send))
    await scene.settled(1)
    assert asking["query_string"] == b""
    assert await scene.emulator.cut_sockets(None) == 1
    incoming.put_nowait({"type": "websocket.disconnect"})
    await serving
    assert sent[1]["type"] == "websocket.accept"
