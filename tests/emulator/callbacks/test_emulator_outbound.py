"""Whom the emulator may call, and that it calls the address it has checked (security check 32)."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from webhook import Webhook, raw

from trbridge.emulator.callbacks.forms import signature
from trbridge.emulator.callbacks.outbound import CallbackFailed, post_form, without_credentials


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    async with Webhook(lambda _: raw(200, "hello", "Text/Plain")) as webhook:
        yield webhook


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name resolve to these; returns the names that were asked for."""
    asked: list[str] = []

    async def getaddrinfo(host: str, port: int, **_: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return asked


async def test_a_form_goes_out_and_the_answer_comes_back(hook: Webhook) -> None:
    url = f"http://user%40:p%3Aw@127.0.0.1:{hook.port}/pfad/ä?x=1&y=a+b%20c#frag"
    reply = await post_form(url, {"Name": "Zoé & Co", "Empty": ""}, {"X-Twilio-Signature": "abc="})
    assert reply == (200, "text/plain", b"hello")
    (asked,) = hook.asked
    assert asked.path == "/pfad/%C3%A4?x=1&y=a+b%20c"
    assert asked.form == {"Name": "Zoé & Co", "Empty": ""}
    assert asked.headers["host"] == f"127.0.0.1:{hook.port}"
    assert asked.headers["authorization"] == "Basic dXNlckA6cDp3"
    assert asked.headers["x-twilio-signature"] == "abc="


async def test_an_answer_without_a_length_ends_with_the_connection(hook: Webhook) -> None:
    hook.answer = lambda _: b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
    assert (await post_form(hook.url(), {}, {})).body == b"until the end"


async def test_an_interim_answer_is_not_the_answer(hook: Webhook) -> None:
    hook.answer = lambda _: b"HTTP/1.1 100 Continue\r\n\r\n" + raw(204, content_type=None)
    assert (await post_form(hook.url(), {}, {})).status == 204


async def test_a_chunked_answer(hook: Webhook) -> None:
    hook.answer = lambda _: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert (await post_form(hook.url(), {}, {})).body == b"abcde"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://nobody.invalid/"])
async def test_nobody_there(url: str) -> None:
    with pytest.raises(CallbackFailed) as caught:
        await post_form(url, {}, {}, hosts=("*",))
    assert caught.value.code == 11205


@pytest.mark.parametrize("address", ["93.184.216.34", "10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1"])
async def test_other_hosts_need_leave_whatever_their_name(
    monkeypatch: pytest.MonkeyPatch, hook: Webhook, address: str
) -> None:
    """127.0.0.1.nip.io is a name that somebody else answers for: the address decides."""
    asked = resolves_to(monkeypatch, address)
    with pytest.raises(CallbackFailed, match="is not this machine") as caught:
        await post_form("http://localhost.example/", {}, {})
    assert caught.value.hint == "allow it with callback_hosts=('localhost.example',)"
    assert asked == ["localhost.example"]


NOBODYS = (
    *("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1%eth0", "::", "224.0.0.1"),
    *("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254"),
    *("64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::127.0.0.1", "2002:7f00:1::"),
)


@pytest.mark.parametrize("address", NOBODYS)
async def test_metadata_and_nobodys_addresses_are_refused_even_with_leave(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolves_to(monkeypatch, address)
    with pytest.raises(CallbackFailed, match="is not this machine"):
        await post_form("http://hooks.example/", {}, {}, hosts=("*", "hooks.example"))


@pytest.mark.parametrize(
    ("hosts", "target"),
    [((), "127.0.0.1"), (("hooks.example",), "198.51.100.7"), (("*",), "198.51.100.7"), ((), "::ffff:127.0.0.1")],
)
async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...], target: str
) -> None:
    resolves_to(monkeypatch, "169.254.169.254", target)
    connected: list[tuple[Any, ...]] = []

    async def open_connection(*place: Any, **_: Any) -> Any:
        connected.append(place)
        raise ConnectionRefusedError("no")

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    with pytest.raises(CallbackFailed, match="cannot be reached: no"):
        await post_form("http://hooks.example:81/", {}, {}, hosts=hosts)
    assert connected == [(target, 81)]


async def test_a_connection_that_breaks_off() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        linger = struct.pack("ii", 1, 0)  # closing resets the connection
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    server = await asyncio.start_server(reset, "127.0.0.1", 0)
    async with server:
        with pytest.raises(CallbackFailed, match="broke off") as caught:
            await post_form(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, {})
    assert caught.value.code == 11205


async def test_https_checks_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    pem = Path(__file__).parents[2] / "data" / "loopback.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CallbackFailed, match="certificate") as caught:
            await post_form(f"https://127.0.0.1:{port}/", {}, {})
    assert caught.value.code == 11205


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a/b?c=d", "http://a/b?c=d"),
        ("https://user:secret@host:8443/x", "https://host:8443/x"),
        ("http://u@[::1]:80/#frag", "http://[::1]:80/"),
    ],
)
def test_credentials_are_never_shown_nor_signed(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


def test_the_signature_is_the_one_of_the_documentation() -> None:
    """Values of the published example of request validation, whose token is 12345."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
