"""Real sockets: frames in any dress, ends of any kind, servers that misbehave (faults F18-F37, check 23)."""

from __future__ import annotations

import asyncio
import gc
import time

import pytest
from live_sockets import RawServer, accepting, client_tls, frame, ignore, live, server, server_tls, stay
from websockets.asyncio.server import ServerConnection

from trbridge.connection import opening, websocket
from trbridge.session import State, effects


@pytest.fixture(params=["override", "recv"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to the frames: through ``process_event``, and through ``recv()`` where there is none."""
    name: str = request.param
    if name == "recv":
        monkeypatch.delattr(websocket.Wire, "process_event")
        monkeypatch.setattr(websocket, "_CAN_OVERRIDE", False)
    return name


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "deploy"), (1011, "\u00fc"), (4001, "x"), (4999, "y")])
async def test_q28_code_and_reason_reach_the_user(path: str, code: int, reason: str) -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send("first")
        await connection.close(code, reason)

    async with server(handler) as address, live(address, first_retry=9) as client:
        lost = await client.see(effects.Disconnected)
        assert (lost.code, lost.reason) == (code, reason)
        assert client.frames[:1] == [b"first"], "what came before the end is delivered"


async def test_a_close_without_a_code_is_1005(path: str) -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)) + frame(b"", 8))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        assert (await client.see(effects.Disconnected)).code == 1005
        await client.ready(2)


async def test_a_reason_from_outside_is_fit_for_a_log() -> None:
    """Check 28: what would forge a log line is escaped."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)) + frame(b"\x0f\xa0a\r\n\x1b[31mb\xe2\x80\xae", 8))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        lost = await client.see(effects.Disconnected)
        assert lost.reason == "a\\r\\n\\x1b[31mb\\u202e"


async def test_f19_a_reset_is_1006_and_it_connects_again(path: str) -> None:
    async def handler(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with server(handler) as address, live(address) as client:
        assert (await client.see(effects.Disconnected)).code == 1006
        await client.ready(2)


async def test_the_server_need_not_hang_up_after_its_close_frame(path: str) -> None:
    """RFC 6455 wants it to, section 7.1.1; waiting for it would delay the next attempt."""
    echoes: list[bytes] = []

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)) + frame(b"\x03\xe9", 8))
        echoes.append(await reader.read())

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        assert (await client.see(effects.Disconnected)).code == 1001
        await raw.gone.wait()
        assert echoes[0][:2] == b"\x88\x82", "the close frame was answered, masked"


async def test_f18_f27_silence_is_broken_by_a_pong(path: str) -> None:
    """The server sends nothing of itself, but answers pings; that is life."""
    pings = asyncio.Event()
    count = 0

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        writer.write(accepting(await raw.head(reader)))
        while (await reader.readexactly(6))[:2] == b"\x89\x80":
            count += 1
            writer.write(frame(b"", 10))
            if count == 12:
                pings.set()

    raw = RawServer(talk)
    async with raw.run() as address, live(address, ping_interval=0.02, silence_limit=0.2) as client:
        await client.ready()
        async with asyncio.timeout(10):
            await pings.wait()
        assert client.of(effects.Disconnected) == []


async def test_f18_a_black_hole_is_left_and_the_next_attempt_does_not_wait_for_it(path: str) -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address, silence_limit=0.05) as client:
        lost = await client.see(effects.Disconnected)
        assert lost.code == 1006
        await client.ready(2)
        await raw.gone.wait()


async def test_f04_a_handshake_that_hangs_is_given_up() -> None:
    raw = RawServer(ignore)
    async with raw.run() as address, live(address, attempt_timeout=0.05) as client:
        report = await client.see(effects.Report)
        assert "no websocket within 0.05 s" in str(report.error)
        async with asyncio.timeout(10):
            await raw.gone.wait()


async def test_f04_a_tls_handshake_that_hangs_is_given_up() -> None:
    raw = RawServer(ignore)
    tls = client_tls("localhost")
    async with raw.run() as address, live(address, ssl_context=tls, attempt_timeout=0.05) as client:
        await client.see(effects.Report)
        async with asyncio.timeout(10):
            await raw.gone.wait()


async def test_reconnect_leaves_the_old_socket_at_once_with_a_close_frame(path: str) -> None:
    codes: list[int | None] = []
    closed = asyncio.Event()

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()
        codes.append(connection.close_code)
        closed.set()

    async with server(handler) as address, live(address) as client:
        await client.ready()
        client.connection.reconnect()
        await client.ready(2)
        async with asyncio.timeout(10):
            await closed.wait()
        assert codes == [1000]


async def test_closing_is_a_handshake(path: str) -> None:
    codes: list[tuple[int | None, str | None]] = []
    closed = asyncio.Event()

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()
        codes.append((connection.close_code, connection.close_reason))
        closed.set()

    async with server(handler) as address:
        async with live(address) as client:
            await client.ready()
            await client.connection.aclose(4242)
            assert client.connection.state is State.CLOSED
        async with asyncio.timeout(10):
            await closed.wait()
    assert codes == [(4242, "")]


async def test_f29_a_close_that_nobody_answers_is_bounded(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "CLOSE_TIMEOUT", 0.05)

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.ready()
        async with asyncio.timeout(5):
            await client.connection.aclose()
        await raw.gone.wait()


async def test_events_while_we_are_closing_do_not_break_the_handshake_off() -> None:
    answered = asyncio.Event()

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        await reader.readexactly(8)
        for _ in range(2):
            writer.write(frame(b"still something") + frame(b"", 9))
            assert (await reader.readexactly(6))[:2] == b"\x8a\x80", "a pong: it was read"
        writer.write(frame(b"\x03\xe8", 8))
        await stay(raw, reader, writer)
        answered.set()

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.ready()
        await client.connection.aclose()
        assert client.frames == []
        async with asyncio.timeout(10):
            await answered.wait()


async def test_wss_with_a_certificate_of_ones_own() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send("over TLS")
        await connection.wait_closed()

    async with (
        server(handler, ssl=server_tls("localhost")) as address,
        live(address, ssl_context=client_tls("localhost")) as client,
    ):
        await client.until(lambda: client.frames)
        client.connection.reconnect()
        await client.ready(2)


async def test_the_default_certificates_are_loaded_once() -> None:
    assert opening._default_ssl() is opening._default_ssl()


async def test_the_date_of_the_handshake_is_the_services_clock() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with server(handler) as address:
        socket = await opening.dial(f"ws://{address}/?token=x")
        assert socket.server_time == pytest.approx(time.time(), abs=5)
        await socket.close(1000, "")
        await socket.wait_released()
        socket.ping()
        socket.abort(1000, "")


@pytest.mark.parametrize("date", [b"", b"Date: soon\r\n", b"Date: Mon, 99 Jan 2024 00:00:00 GMT\r\n", b"Date:\r\n"])
async def test_a_date_that_is_none_is_none(date: bytes) -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)).replace(b"Upgrade: w", date + b"Upgrade: w"))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address:
        socket = await opening.dial(f"ws://{address}/?token=x")
        assert socket.server_time is None
        socket.abort(1000, "")
        await socket.wait_released()


async def test_f50_a_thousand_reconnects_leave_nothing() -> None:
    """Kept small here: sixty; the numbers must be flat, not small."""

    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with server(handler) as address, live(address) as client:
        counts = []
        for number in range(1, 61):
            await client.ready(number)
            client.connection.reconnect()
            if number % 20 == 0:
                await client.ready(number + 1)
                gc.collect()
                counts.append(sum(type(thing) is websocket.WebSocket for thing in gc.get_objects()))
        assert counts[0] == counts[-1] <= 3
        assert len(client.connection._tasks) <= 2
