"""Proxies over real sockets (fault F12, check 17)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from live_sockets import (
    TOKEN,
    RawServer,
    accepting,
    ignore,
    live,
    stay,
)

from trbridge.connection import opening
from trbridge.errors import ConnectionFailed
from trbridge.session import effects


async def _accept(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(accepting(await raw.head(reader)))
    await stay(raw, reader, writer)


async def test_check_17_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, raw = RawServer(ignore), RawServer(_accept)
    async with proxy.run() as address_of_proxy, raw.run() as address:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://{address_of_proxy}")
        async with live(address) as client:
            await client.ready()
    assert proxy.connections == 0


def proxy_answering(answer: bytes) -> RawServer:
    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await raw.head(reader)
        writer.write(answer)
        if answer.startswith(b"HTTP/1.1 200"):
            await _accept(raw, reader, writer)
        else:
            await stay(raw, reader, writer)

    return RawServer(talk)


needs_proxies = pytest.mark.skipif(not opening._HAS_PROXIES, reason="websockets 14 has no proxies")


@needs_proxies
async def test_check_17_a_proxys_password_stays_with_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = proxy_answering(b"HTTP/1.1 200 OK\r\n\r\n")
    async with proxy.run() as address:
        monkeypatch.setenv("ws_proxy", f"http://user:secret@{address}")
        async with live("bridge.invalid") as client:
            await client.ready()
    connect, upgrade = proxy.heads
    assert b"Proxy-Authorization: Basic" in connect
    assert TOKEN.encode() not in connect
    assert b"Proxy-Authorization" not in upgrade
    assert TOKEN.encode() in upgrade


@needs_proxies
@pytest.mark.parametrize(
    ("answer", "status", "stops"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", 407, True),
        (b"HTTP/1.1 503 Restarting\r\nContent-Length: 0\r\n\r\n", 503, False),
        (b"nonsense\r\n\r\n", None, False),
    ],
)
async def test_f12_a_proxy_in_trouble(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, status: int | None, stops: bool
) -> None:
    async with proxy_answering(answer).run() as address:
        monkeypatch.setenv("ws_proxy", f"http://user:secret@{address}")
        async with live("bridge.invalid", first_retry=9) as client:
            await client.until(lambda: client.of(effects.Report) or client.of(effects.Stopped))
            told: Any = client.of(effects.Stopped)[0] if stops else client.of(effects.Report)[0]
            assert told.error.kind == "proxy"
            assert told.error.status == status
            assert "secret" not in f"{told.error}{told.error.hint}"


@needs_proxies
@pytest.mark.parametrize("proxy", ["gopher://user:secret@127.0.0.1:1", "socks5://user:secret@127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_ends_it(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ws_proxy", proxy)
    async with live("bridge.invalid") as client:
        error = (await client.see(effects.Stopped)).error
        assert isinstance(error, ConnectionFailed)
        assert error.kind == "configuration"
        assert "secret" not in str(error)
