"""Real sockets: frames in any dress, ends of any kind, servers that misbehave (faults F18-F37, check 23)."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest
from live_sockets import RawServer, accepting, client_tls, frame, ignore, live, server, server_tls, stay
from websockets.asyncio.server import ServerConnection

from trbridge.connection import opening, websocket
from trbridge.session import Effect, State, effects


@pytest.fixture(params=["override", "recv"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to the frames: through ``process_event``, and through ``recv()`` where there is none."""
    name: str = request.param
    if name == "recv":
        monkeypatch.delattr(websocket.Wire, "process_event")
        monkeypatch.setattr(websocket, "_CAN_OVERRIDE", False)
    return name


async def test_messages_arrive_as_bytes_in_order(path: str) -> None:
    sent = [b'{"event_type":"x"}', b"\n", "\u00e4\u20ac".encode(), b"\xff\xfe", b"x" * 70_000, b"", b"end"]

    async def handler(connection: ServerConnection) -> None:
        for data in sent:
            await connection.send(data, text=data != b"\xff\xfe")
        await connection.wait_closed()

    async with server(handler) as address, live(address) as client:
        await client.until(lambda: client.frames[-1:] == [b"end"])
        assert client.frames == sent
        assert all(type(data) is bytes for data in client.frames)


async def test_the_request_is_the_originals_and_offers_no_compression() -> None:
    asked: list[Any] = []

    async def handler(connection: ServerConnection) -> None:
        asked.append(connection.request)
        await connection.wait_closed()

    async with server(handler) as address, live(address) as client:
        await client.ready()
        assert asked[0].path == client.url.partition(address)[2]
        assert "Sec-WebSocket-Extensions" not in asked[0].headers
        assert asked[0].headers["User-Agent"].startswith("trbridge/")


async def test_f32_fragments_are_put_together_with_pings_in_between(path: str) -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        writer.write(frame(b"one ", fin=False) + frame(b"", 9) + frame(b"mes", 0, fin=False) + frame(b"", 0, fin=False))
        writer.write(frame(b"sage", 0) + frame(b"another"))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.until(lambda: len(client.frames) == 2)
        assert client.frames == [b"one message", b"another"]


async def test_f32_bytes_that_come_one_by_one() -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await raw.head(reader)
        for byte in accepting(head) + frame(b"slow") + frame(b"x" * 200, fin=False) + frame(b"y", 0):
            writer.write(bytes([byte]))
            await writer.drain()
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.until(lambda: len(client.frames) == 2)
        assert client.frames == [b"slow", b"x" * 200 + b"y"]


async def test_frames_in_one_packet_with_the_handshake_come_after_connected(path: str) -> None:
    order: list[str] = []

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)) + frame(b"1") + frame(b"2") + frame(b"\x03\xe8bye", 8))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        client.connection._on_frame = lambda data: order.append(data.decode())
        note = client.connection._on_effect

        def record(effect: Effect) -> None:
            order.append(type(effect).__name__)
            note(effect)

        client.connection._on_effect = record
        lost = await client.see(effects.Disconnected)
        assert (lost.code, lost.reason) == (1000, "bye")
        assert order[order.index("Connected") : order.index("Disconnected")] == [
            "Connected",
            "StateChanged",
            "Ready",
            "1",
            "2",
        ]


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


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x83\x00", 1002),  # a reserved opcode
        (frame(b"", 0), 1002),  # the continuation of nothing
        (frame(b"x" * (1024 * 1024 + 1)), 1009),
        (b"\x82\x7f" + (64 * 1024 * 1024).to_bytes(8, "big"), 1009),
        (frame(b"x" * 700_000, fin=False) + frame(b"x" * 700_000, 0), 1009),
        (b"\xc1\x01x", 1002),  # compressed, which was not offered
    ],
)
async def test_f35_f36_check_23_a_server_that_breaks_the_rules_is_left(path: str, data: bytes, code: int) -> None:
    """We fail the connection, say why, and do not wait for the server to agree."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await raw.head(reader)
        writer.write(accepting(head) + (data if raw.connections == 1 else b""))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        lost = await client.see(effects.Disconnected)
        assert lost.code == code
        await client.ready(2)
        assert client.frames == []


async def test_check_23_ten_thousand_empty_fragments_take_no_room() -> None:

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        writer.write(frame(b"a", fin=False) + frame(b"", 0, fin=False) * 10_000 + frame(b"b", 0))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.until(lambda: client.frames)
        assert client.frames == [b"ab"]


async def test_f37_invalid_utf8_is_the_clients_to_judge() -> None:
    """The frame is delivered as it is; the reader of events reports it, and the session lives."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)) + frame(b"\xff") + frame(b"next"))
        await stay(raw, reader, writer)

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        await client.until(lambda: len(client.frames) == 2)
        assert client.frames == [b"\xff", b"next"]


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


async def test_frames_after_a_handler_gave_up_the_socket_are_nobodys(path: str) -> None:
    async def handler(connection: ServerConnection) -> None:
        connection.protocol.send_text(b"give up")
        connection.protocol.send_text(b"too late")
        connection.send_data()
        await connection.wait_closed()

    async with server(handler) as address, live(address) as client:
        take = client.connection._on_frame

        def give_up(data: bytes) -> None:
            take(data)
            if len(client.frames) == 1:
                client.connection.reconnect()

        client.connection._on_frame = give_up
        await client.ready(2)
        assert client.frames[:1] == [b"give up"]
        assert b"too late" not in client.frames[:1]


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
