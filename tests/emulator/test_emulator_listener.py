"""The server underneath: writing without tasks, clients that do not read, and stopping whoever is stuck."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket

import pytest

from trbridge.emulator import Emulator, listener
from trbridge.emulator.bridge.websocket_protocol import frame
from trbridge.emulator.listener import Listener, _redact
from trbridge.emulator.web import AsgiScope, Receive, Send
from trbridge.errors import InvalidArgument


async def handshake(emulator: Emulator) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A websocket of the workspace that reads only what it is told to."""
    host, port = emulator.event_bridge_base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    path = f"/v1/wschannels/{emulator.account_sid}/{emulator.workspace_sid}?token={emulator.mint()}"
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        await emulator.sockets(1)
    return reader, writer


async def test_who_never_reads_is_dropped() -> None:
    """Memory has an end, and so has patience (security check 27)."""
    async with Emulator(max_unsent=5) as emulator:
        _, writer = await handshake(emulator)
        for _ in range(50):
            if not emulator.inject(emulator.workspace_sid, "x" * 1_000_000):
                break
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await emulator.sockets(0)
        writer.close()


async def test_who_reads_slowly_gets_everything_in_order() -> None:
    async with Emulator() as emulator:
        reader, writer = await handshake(emulator)
        texts = [f"{number}:".ljust(200_000, "x") for number in range(20)]
        for text in texts:
            emulator.inject(emulator.workspace_sid, text)
        async with asyncio.timeout(10):
            assert await reader.readexactly(3) == b"\x81\x01\n", "the heartbeat"
            for text in texts:
                assert await reader.readexactly(len(text) + 10) == frame(text)
        writer.close()


async def test_stopping_does_not_wait_for_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trbridge.emulator.listener._PATIENCE", 0.0)
    monkeypatch.setattr("trbridge.emulator.server._PATIENCE", 0.0)
    async with Emulator() as emulator:
        reader, writer = await handshake(emulator)
        for _ in range(20):
            emulator.inject(emulator.workspace_sid, "x" * 1_000_000)
    async with asyncio.timeout(10):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(30_000_000)
    writer.close()


async def test_an_application_that_hangs_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trbridge.emulator.listener._PATIENCE", 0.0)
    started, ended = asyncio.Event(), asyncio.Event()

    async def hang(_scope: AsgiScope, _receive: Receive, _send: Send) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    listener = Listener(hang, "127.0.0.1", 0, 10)
    await listener.start()
    _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(10):
        await started.wait()
        await listener.stop()
        await ended.wait()
    logging.getLogger("uvicorn.error").setLevel(logging.NOTSET)
    writer.close()


_UPGRADE = b"Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.mark.parametrize("turns", [2, 5, 20])
@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.1\r\n%b\r\n", b"POST / HTTP/1.1\r\n%bContent-Length: 5\r\n\r\nabcde"]
)
async def test_a_handshake_that_was_refused_is_no_obstacle_to_stopping(request_: bytes, turns: int) -> None:
    """It has its answer, or will never have one; uvicorn would say another, and fail."""
    async with asyncio.timeout(10):
        async with Emulator() as emulator:
            port = int(emulator.event_bridge_base_url.rpartition(":")[2])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_ % _UPGRADE)
            for _ in range(turns):
                await asyncio.sleep(0)
        writer.transport.abort()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)


def test_a_servers_frames_are_the_same_for_all() -> None:
    """Not masked, so they are made once (RFC 6455 section 5.1)."""
    assert frame("hé") == b"\x81\x03h\xc3\xa9"
    assert frame("x" * 300) is frame("x" * 300)


def test_a_logged_address_shows_no_token() -> None:
    record = logging.LogRecord("uvicorn.error", 10, "", 0, '%s "GET /x?token=%s&a=1"', ("b", "eyJ.x.y"), None)
    assert _redact(record)
    assert record.getMessage() == 'b "GET /x?token=***&a=1"'
    plain = logging.LogRecord("uvicorn.error", 10, "", 0, "hello %s", ("you",), None)
    assert _redact(plain)
    assert plain.args == ("you",)


def test_of_two_that_begin_at_the_same_moment_the_second_is_refused() -> None:
    """By a word about the port, not by a traceback when it has half begun."""

    async def app(_scope: AsgiScope, _receive: Receive, _send: Send) -> None: ...

    first = Listener(app, "127.0.0.1", 0, 10)
    with pytest.raises(InvalidArgument, match=rf"cannot listen on 127\.0\.0\.1, port {first.port}: "):
        Listener(app, "127.0.0.1", first.port, 10)
    for listening in first._sockets:
        listening.close()


async def test_who_was_refused_had_an_answer_and_the_log_has_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Uvicorn looks for a handshake only; a terminal full of its errors would hide a real one."""
    async with Emulator() as emulator:
        host, port = emulator.event_bridge_base_url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /v1/wschannels/{emulator.account_sid}/{emulator.workspace_sid}?token=x HTTP/1.1\r\nHost: {host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
            await reader.read()
        writer.close()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_a_machine_without_ipv6_is_served_by_one_address(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = listener._bind

    def bind(host: str, port: int) -> socket.socket:
        if host == "::1":
            raise InvalidArgument("no") from OSError(number, "no")
        return real(host, port)

    monkeypatch.setattr(listener, "_bind", bind)
    found = listener._bind_both(0)
    assert [each.getsockname()[0] for each in found] == ["127.0.0.1"]
    for each in found:
        each.close()


def test_a_free_port_is_free_on_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another is tried, a few times, if it was somebody's on one of them."""
    real, asked = listener._bind, []

    def bind(host: str, port: int) -> socket.socket:
        asked.append((host, port == 0))
        if host == "::1":
            if len(asked) < 4:
                raise InvalidArgument("taken") from OSError(errno.EADDRINUSE, "taken")
            return real("127.0.0.1", 0)  # this machine may have no ::1
        return real(host, port)

    monkeypatch.setattr(listener, "_bind", bind)
    found = listener._bind_both(0)
    assert asked == [("127.0.0.1", True), ("::1", False)] * 2
    for each in found:
        each.close()
    monkeypatch.setattr(listener, "_bind", lambda host, port: bind(host, port) if host != "::1" else taken())
    with pytest.raises(InvalidArgument, match="taken"):
        listener._bind_both(0)


def taken() -> socket.socket:
    raise InvalidArgument("taken") from OSError(errno.EADDRINUSE, "taken")
