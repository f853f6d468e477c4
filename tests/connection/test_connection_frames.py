"""Frames in any dress, over real sockets (faults F32 to F37, check 23)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from live_sockets import RawServer, accepting, frame, live, server, stay
from websockets.asyncio.server import ServerConnection

from trbridge.connection import websocket
from trbridge.session import Effect, effects


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


async def test_frames_after_a_handler_gave_up_the_socket_are_nobodys(path: str) -> None:
    met: list[ServerConnection] = []

    async def handler(connection: ServerConnection) -> None:
        met.append(connection)
        if len(met) == 1:
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
        assert client.frames == [b"give up"]
