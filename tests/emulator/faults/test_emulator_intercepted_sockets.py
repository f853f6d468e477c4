"""Faults and the record on real websockets: handshakes and frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from trbridge.emulator import Emulator
from trbridge.emulator.bridge.sockets import WRITE
from trbridge.emulator.faults.interceptor import Interceptor
from trbridge.emulator.operations import workers
from trbridge.emulator.state.model import Worker


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock="manual", random_seed=3) as running:
        yield running


@pytest.fixture
def alice(emulator: Emulator) -> Worker:
    with emulator.engine.transaction() as tx:
        return workers.create(tx, tx.store.workspaces[emulator.workspace_sid], {"friendly_name": "Alice"})


def url(emulator: Emulator, worker: Worker, query: str = "") -> str:
    base = emulator.event_bridge_base_url.replace("http", "ws")
    token = emulator.mint("worker", worker.sid)
    return f"{base}/v1/wschannels/{emulator.account_sid}/{worker.sid}?token={token}{query}"


def rename(emulator: Emulator, worker: Worker, number: int) -> None:
    """Something happens that the worker's socket hears of."""
    with emulator.engine.transaction() as tx:
        workers.update(tx, worker, {"attributes": json.dumps({"n": number})})


async def heard(socket: ClientConnection) -> int:
    """The number that the next event tells of, heartbeats left out."""
    async with asyncio.timeout(10):
        while not (text := str(await socket.recv())).strip():
            pass
    attributes = json.loads(text)["payload"]["attributes"]
    return int(json.loads(attributes)["n"])


async def closed(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def test_sockets_and_frames_are_written_down_without_the_token(emulator: Emulator, alice: Worker) -> None:
    async with connect(url(emulator, alice, "&closeExistingSessions=true"), proxy=None) as socket:
        rename(emulator, alice, 1)
        assert await heard(socket) == 1
    opened, frame = emulator.record
    assert (opened.what, opened.channel, opened.status) == ("socket", alice.sid, 101)
    assert opened.params == {"closeExistingSessions": "true"}
    assert (frame.what, frame.event_type, frame.channel) == ("frame", "worker.attributes.update", alice.sid)
    assert json.loads(frame.payload["attributes"]) == {"n": 1}
    assert emulator.record.find("frame", event_type="worker.*") == [frame]


async def test_a_refused_handshake_is_written_down(emulator: Emulator, alice: Worker) -> None:
    with pytest.raises(InvalidStatus):
        await connect(url(emulator, alice)[:-3] + "abc", proxy=None)
    assert [(entry.what, entry.status) for entry in emulator.record] == [("socket", 403)]


@pytest.mark.parametrize("status", [401, 503])
async def test_a_handshake_can_be_answered_with_a_status(emulator: Emulator, alice: Worker, status: int) -> None:
    emulator.faults.add("answer", at="upgrade", status=status, channel=alice.sid, times=1)
    with pytest.raises(InvalidStatus) as caught:
        await connect(url(emulator, alice), proxy=None)
    assert caught.value.response.status_code == status
    assert json.loads(caught.value.response.body or b"")["status"] == status
    async with connect(url(emulator, alice), proxy=None):
        assert [entry.status for entry in emulator.record] == [status, 101]


async def test_a_handshake_can_be_dropped(emulator: Emulator, alice: Worker) -> None:
    emulator.faults.add("drop", at="upgrade")
    with pytest.raises((OSError, WebSocketException)):
        await connect(url(emulator, alice), proxy=None)
    (entry,) = emulator.record
    assert (entry.status, entry.error) == (None, "dropped")


async def test_a_socket_can_be_accepted_and_closed_at_once(emulator: Emulator, alice: Worker) -> None:
    """Fault F25: accept, then close, again and again."""
    emulator.faults.add("close", at="upgrade", code=1013, reason="later")
    for _ in range(2):
        async with connect(url(emulator, alice), proxy=None) as socket:
            assert await closed(socket) == (1013, "later")
    assert [entry.status for entry in emulator.record] == [101, 101]
    assert len(emulator.app.channels) == 0


async def test_a_handshake_can_be_delayed_and_held(emulator: Emulator, alice: Worker) -> None:
    fault = emulator.faults.add("hold", at="upgrade", delay=2)
    connecting = asyncio.ensure_future(connect(url(emulator, alice), proxy=None))
    await until(lambda: emulator.app.alarms.next_due() is not None)
    await emulator.advance(2)
    await until(lambda: fault.held == 1)
    fault.release()
    async with asyncio.timeout(10):
        await (await connecting).close()


async def test_frames_can_be_suppressed_doubled_and_garbled(emulator: Emulator, alice: Worker) -> None:
    emulator.faults.add("suppress", event_type="worker.*", times=1)
    emulator.faults.add("duplicate", times=1)
    async with connect(url(emulator, alice), proxy=None) as socket:
        for number in (1, 2, 3):
            rename(emulator, alice, number)
        assert [await heard(socket) for _ in range(3)] == [2, 2, 3]
        emulator.faults.add("malform", at="frame", times=1)
        emulator.faults.add("malform", at="frame", text="[]", times=1)
        for number in (4, 5, 6):
            rename(emulator, alice, number)
        with pytest.raises(json.JSONDecodeError):
            await heard(socket)
        assert await socket.recv() == "[]"
        assert await heard(socket) == 6
    assert [entry.fault for entry in emulator.record.find("frame")] == [1, 2, None, 3, 4, None]


async def test_a_delayed_frame_delays_those_behind_it(emulator: Emulator, alice: Worker) -> None:
    """A slow line keeps the order."""
    emulator.faults.add("delay", at="frame", delay=3, times=1)
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 1)
        rename(emulator, alice, 2)
        await until(lambda: emulator.app.alarms.next_due() is not None)
        await emulator.advance(3)
        assert [await heard(socket), await heard(socket)] == [1, 2]


async def test_a_held_frame_is_overtaken(emulator: Emulator, alice: Worker) -> None:
    """Fault F44: an older state after a newer one."""
    fault = emulator.faults.add("hold", at="frame", times=1)
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 1)
        rename(emulator, alice, 2)
        assert await heard(socket) == 2
        assert fault.release() == 1
        assert await heard(socket) == 1


async def test_what_is_held_for_a_socket_goes_with_it(emulator: Emulator, alice: Worker) -> None:
    fault = emulator.faults.add("hold", at="frame")
    async with connect(url(emulator, alice), proxy=None):
        rename(emulator, alice, 1)
        await until(lambda: fault.held == 1)
    await emulator.sockets(0)
    await until(lambda: fault.held == 0)
    fault.release()


async def test_a_socket_can_be_closed_in_place_of_a_frame(emulator: Emulator, alice: Worker) -> None:
    emulator.faults.add("close", code=4003, reason="token revoked", times=1)
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 1)
        rename(emulator, alice, 2)
        assert await closed(socket) == (4003, "token revoked")
        await emulator.sockets(0)
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 3)
        assert await heard(socket) == 3


async def test_a_connection_can_be_cut_in_place_of_a_frame(emulator: Emulator, alice: Worker) -> None:
    emulator.faults.add("drop", at="frame")
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 1)
        rename(emulator, alice, 2)
        assert await closed(socket) == (1006, "")


async def test_heartbeats_can_be_stopped(emulator: Emulator, alice: Worker) -> None:
    """Fault F27: they are met only where they are named, and not kept in the record."""
    quiet = emulator.faults.add("suppress", event_type="heartbeat")
    async with connect(url(emulator, alice), proxy=None) as socket:
        rename(emulator, alice, 1)
        assert json.loads(str(await socket.recv()))["event_type"] == "worker.attributes.update"
        emulator.faults.remove(quiet.number)
        await emulator.advance(15)
        assert await socket.recv() == "\n"
    assert quiet.used == 1
    assert [entry.what for entry in emulator.record] == ["socket", "frame"]


async def test_the_second_generation_of_clients_is_met_by_its_channel_too(emulator: Emulator, alice: Worker) -> None:
    """Its URL names no channel; the frames are known by who was let in."""
    emulator.faults.add("malform", channel=alice.sid, text="{}", event_type="worker.attributes.update")
    async with connect(url(emulator, alice, "&clientVersion=2.1.1"), proxy=None) as socket:
        assert json.loads(str(await socket.recv()))["event_type"] == "init"
        rename(emulator, alice, 1)
        while not (text := str(await socket.recv())).strip():
            pass
        assert text == "{}"


async def until(condition: Any) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 what is waited for is many things
            await asyncio.sleep(0)


async def test_the_servers_own_close_passes(emulator: Emulator, alice: Worker) -> None:
    async with connect(url(emulator, alice), proxy=None) as socket:
        await emulator.sockets(1)
        await emulator.cut_sockets(4003)
        assert (await closed(socket))[0] == 4003


async def test_after_a_rule_has_closed_a_socket_nothing_more_is_sent(emulator: Emulator) -> None:
    """What the application has not heard of yet: it goes on sending, and closes in its turn."""
    sent: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        write = scope["extensions"][WRITE]
        await send({"type": "websocket.accept"})
        assert write('{"event_type":"a"}') is False
        await send({"type": "websocket.send", "text": '{"event_type":"a"}'})
        assert write('{"event_type":"b"}') is True
        await send({"type": "websocket.send", "text": '{"event_type":"c"}'})
        await send({"type": "websocket.close", "code": 1000})

    async def send(message: Any) -> None:
        sent.append(message)

    async def never() -> Any:
        await asyncio.Event().wait()

    emulator.faults.add("close", code=1011)
    interceptor = Interceptor(emulator.record, emulator.faults, emulator.app.alarms, 1000)
    scope = {"path": "/", "query_string": b"", "extensions": {WRITE: lambda _text: True}}
    await interceptor.socket(app, scope, never, send)
    assert sent == [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1011, "reason": ""}]
