"""Attempts that fail over real sockets: one kind, one hint, and never the token (faults F01-F12, checks 14-17)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import pytest
from live_sockets import (
    TOKEN,
    RawServer,
    accepting,
    client_tls,
    ignore,
    live,
    server_tls,
    stay,
)
from websockets import exceptions

from trbridge.connection import failures, opening
from trbridge.errors import ConnectionFailed, TokenRejected
from trbridge.session import State, effects


def answering(*lines: bytes, body: bytes = b"") -> RawServer:
    """A server that answers the handshake with this."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await raw.head(reader)
        writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body]))
        await stay(raw, reader, writer)

    return RawServer(talk)


async def failed(raw: RawServer, **options: Any) -> ConnectionFailed:
    """The error of the first attempt."""
    async with raw.run() as address, live(address, **options) as client:
        await client.until(lambda: client.of(effects.Report) or client.of(effects.Stopped))
        reported: list[Any] = [*client.of(effects.Report), *client.of(effects.Stopped)]
        error: Any = reported[0].error
        cause = error.__cause__ if isinstance(error, TokenRejected) else error
        assert isinstance(cause, ConnectionFailed)
        assert cause.kind == "http"
        assert TOKEN not in f"{cause!r}{cause}{vars(cause)}{cause.hint}"
        return cause


@pytest.mark.parametrize(
    ("status", "hint", "stops"),
    [
        (b"400 Bad Request", "check the region, event_bridge_base_url", True),
        (b"401 Unauthorized", "signed with another account's key", True),
        (b"403 Forbidden", "policy that allows GET on ws://127.0.0.1:", True),
        (b"404 Not Found", "no such channel at ws://127.0.0.1:", True),
        (b"200 OK", "not a websocket server", False),
        (b"302 Found", "redirects are not followed", False),
        (b"500 Oops", None, False),
        (b"503 Busy", None, False),
        (b"599 Odd", None, False),
    ],
)
async def test_f05_to_f10_a_refusal_says_what_to_do(status: bytes, hint: str | None, stops: bool) -> None:
    raw = answering(b"HTTP/1.1 " + status)
    async with raw.run() as address, live(address, first_retry=9) as client:
        await client.until(lambda: client.of(effects.Report) or client.of(effects.Stopped))
        assert (client.connection.state is State.STOPPED) == stops
    error = await failed(answering(b"HTTP/1.1 " + status))
    assert error.status == int(status[:3])
    assert str(error.hint).startswith(str(hint)) if hint is None else hint in str(error.hint)
    if hint is not None and "ws://" in hint:
        assert "/v1/wschannels/AC1/WS1" in str(error.hint), "F07: the URL, without its query"
        assert "?" not in str(error.hint)


async def test_f06_the_services_own_words_are_told() -> None:
    body = b'{"code":20403,"message":"no policy for this\\nchannel","status":403}'
    error = await failed(answering(b"HTTP/1.1 403 Forbidden", body=body))
    assert error.code == 20403
    assert "no policy for this\\nchannel" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>" + b"x" * 500_000,
        b"[" * 4000,
        b"[1]",
        b'{"message": 7, "code": "x"}',
        b'{"message": "", "code": true}',
        b"\xff\xfe",
        b'{"message": "' + b"x" * 5000 + b'"}',
    ],
)
async def test_f10_a_body_that_tells_nothing_is_not_shown(body: bytes) -> None:
    error = await failed(answering(b"HTTP/1.1 502 Bad Gateway", body=body))
    assert "Bad Gateway" in str(error)
    assert error.code is None
    assert len(str(error)) < 500


async def test_a_body_that_repeats_the_token_is_redacted() -> None:
    body = b'{"message": "bad token ' + TOKEN.encode() + b'"}'
    error = await failed(answering(b"HTTP/1.1 401 Unauthorized", body=body))
    assert "bad token ***" in str(error)


@pytest.mark.parametrize(("header", "wait"), [(b"7", 7.0), (b"1000000000", 300.0), (b"-3", 0.0), (b"soon", 5.0)])
async def test_f08_retry_after(header: bytes, wait: float) -> None:
    raw = answering(b"HTTP/1.1 429 Slow Down", b"Retry-After: " + header, b"Retry-After: 9999")
    async with raw.run() as address, live(address) as client:
        assert (await client.see(effects.Report)).delay == wait


async def test_f11_check_16_a_redirect_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    target = RawServer(ignore)
    async with target.run() as elsewhere:
        for guard in (True, False):
            if not guard:
                # As if the library no longer asked: the second connection is refused before anything is sent.
                monkeypatch.delattr(opening._Connect, "process_redirect")
            raw = answering(b"HTTP/1.1 302 Found", b"Location: ws://" + elsewhere.encode() + b"/steal")
            async with raw.run() as address, live(address) as client:
                await client.see(effects.Report)
            assert raw.connections == 1
    assert target.heads == []


async def test_the_library_cannot_be_made_to_connect_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(opening._Connect, "process_redirect")
    target = RawServer(ignore)
    async with target.run() as elsewhere:
        raw = answering(b"HTTP/1.1 307 Temporary", b"Location: ws://" + elsewhere.encode() + b"/steal")
        async with raw.run() as address, live(address) as client:
            report = await client.see(effects.Report)
            assert isinstance(report.error, ConnectionFailed)
            assert report.error.kind == "http"
    assert target.heads == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 101 Switch", "reset"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "protocol"),
        (
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n",
            "protocol",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "protocol"),
        (b"HTTP/1.1 " + b"x" * 100_000 + b"\r\n\r\n", "protocol"),
    ],
)
async def test_answers_that_are_none(answer: bytes, kind: str) -> None:
    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await raw.head(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()

    raw = RawServer(talk)
    async with raw.run() as address, live(address) as client:
        report = await client.see(effects.Report)
        assert isinstance(report.error, ConnectionFailed)
        assert report.error.kind == kind
        assert address in str(report.error)
        assert TOKEN not in str(report.error)


async def test_f01_refused() -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*placeholder.getsockname())
        async with live(address) as client:
            report = await client.see(effects.Report)
            assert isinstance(report.error, ConnectionFailed)
            assert report.error.kind == "refused"
            assert isinstance(report.error.__cause__, ConnectionRefusedError)
            assert report.error.__cause__.__traceback__ is None, "its frames hold the URL"
            assert "is the emulator running?" in str(report.error.hint)


async def test_f02_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with live("nowhere.invalid") as client:
        report = await client.see(effects.Report)
        assert isinstance(report.error, ConnectionFailed)
        assert report.error.kind == "dns"
        monkeypatch.undo()
        raw = RawServer(_accept)
        async with raw.run() as address:
            client.url = f"ws://{address}/?token=x"
            await client.ready()


async def _accept(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(accepting(await raw.head(reader)))
    await stay(raw, reader, writer)


@pytest.mark.parametrize(
    ("certificate", "trusted"),
    [("localhost", "elsewhere"), ("elsewhere", "elsewhere"), ("expired", "expired")],
    ids=["self-signed", "wrong host", "expired"],
)
async def test_f03_check_14_a_bad_certificate_ends_it_before_the_token_was_sent(certificate: str, trusted: str) -> None:
    raw = RawServer(_accept)
    async with (
        raw.run(server_tls(certificate)) as address,
        live(address, ssl_context=client_tls(trusted)) as client,
    ):
        stopped = await client.see(effects.Stopped)
        assert isinstance(stopped.error, ConnectionFailed)
        assert stopped.error.kind == "tls"
        assert "ssl_context=" in str(stopped.error.hint)
        assert client.of(effects.Report) == [], "one attempt"
    assert raw.heads == []


async def test_a_server_without_tls_ends_it_too() -> None:
    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await stay(raw, reader, writer)

    async with RawServer(talk).run() as address, live(address, ssl_context=client_tls("localhost")) as client:
        stopped = await client.see(effects.Stopped)
        assert isinstance(stopped.error, ConnectionFailed)
        assert stopped.error.kind == "tls"


async def test_a_server_that_hangs_up_during_tls_is_tried_again() -> None:
    """It restarts; that says nothing about its certificate."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async with RawServer(talk).run() as address, live(address, ssl_context=client_tls("localhost")) as client:
        report = await client.see(effects.Report)
        assert isinstance(report.error, ConnectionFailed)
        assert report.error.kind == "reset"


URL = f"wss://user:pw@h/c?token={TOKEN}"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("x"), "timeout"),
        (ConnectionResetError(104, "x"), "reset"),
        (OSError(113, "No route to host"), "unreachable"),
        (OSError(5, "?"), "network"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "tls"),
        (exceptions.InvalidURI(URL, "isn't a valid URI"), "configuration"),
        (UnicodeError("label too long"), "configuration"),
        (ImportError("python-socks"), "configuration"),
        (ValueError(URL), "network"),
        (exceptions.NegotiationError("extension"), "protocol"),
    ],
)
def test_every_exception_has_a_kind_and_keeps_the_token(error: Exception, kind: str) -> None:
    failure = failures.describe(error, URL, 0.0)
    assert failure.kind == kind
    assert isinstance(failure.error, ConnectionFailed)
    assert failure.error.kind == kind
    assert "wss://h/c" in str(failure.error)
    for secret in (TOKEN, "pw@", "token="):
        assert secret not in f"{failure.error} {failure.error.hint} {vars(failure.error)}"
