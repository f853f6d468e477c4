"""Real sockets: what a network does, and what it must never get to see."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import traceback
from pathlib import Path

import httpx
import pytest
from loopback_bridge import BASE, PATH, TOKEN, Act, Bridge, FakeTime, answer, plain_server, raw, reset, silence

import trbridge
from trbridge.errors import ApiError, RequestError, TransportError
from trbridge.requester import HttpPool, HttpRequester
from trbridge.wire import Reply, Request

FETCH = Request("GET", f"{BASE}/Tasks")
CREATE = Request("POST", f"{BASE}/Tasks", {"WorkflowSid": "WW", "Attributes": '{"name": "Zoë"}'})
PACKAGE = Path(trbridge.__file__).parent
CERTIFICATE = Path(__file__).parent.parent / "data" / "loopback.pem"
HTTP = b"HTTP/1.1 200 OK\r\n"


async def send(
    url: str, request: Request = FETCH, requester: HttpRequester | None = None, *, max_retries: int = 0
) -> Reply:
    time = FakeTime()
    requester = requester or HttpRequester(sleep=time.sleep, clock=time.clock, max_retries=max_retries)
    try:
        async with asyncio.timeout(10):
            return await requester.send(request, channel_url=url, token=lambda: TOKEN)
    finally:
        await requester.aclose()


async def failure(url: str, request: Request = FETCH, requester: HttpRequester | None = None) -> TransportError:
    with pytest.raises(TransportError) as caught:
        await send(url, request, requester)
    return caught.value


async def test_requests_share_a_connection_and_arrive_whole() -> None:
    bridge = Bridge(answer(ETag='"3"'))
    requester = HttpRequester()
    async with bridge.serve() as url:
        for _ in range(3):
            reply = await requester.send(CREATE, channel_url=url, token=lambda: TOKEN)
        await requester.aclose()
    assert (bytes(reply.payload), reply.etag) == (b'{"sid": "WT"}', '"3"')
    assert bridge.connections == 1
    posted = bridge.posted[-1]
    assert posted.head.startswith(f"POST {PATH} HTTP/1.1\r\n")
    assert "transfer-encoding" not in posted.head.lower()
    assert posted.body == {"url": CREATE.url, "method": "POST", "params": CREATE.params, "token": TOKEN}


async def test_gzip_arrives_inflated() -> None:
    packed = gzip.compress(b'{"payload": "%s"}' % (b"x" * 300_000))
    async with Bridge(answer(body=packed, Content_Encoding="gzip")).serve() as url:
        assert len(bytes((await send(url)).payload)) == 300_002


async def test_a_refused_connection_says_so() -> None:
    async with Bridge(answer()).serve() as url:
        pass
    error = await failure(url, CREATE)
    assert (error.kind, error.outcome_unknown) == ("refused", False)
    assert "refused" in error.message
    assert "emulator" in (error.hint or "")
    assert isinstance(error.__cause__, ConnectionRefusedError)


async def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """F02."""

    async def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    error = await failure(f"http://event-bridge.invalid{PATH}", CREATE, HttpRequester(pool=HttpPool(trust_env=False)))
    assert (error.kind, error.outcome_unknown) == ("dns", False)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (reset, "reset"),
        (raw(b"", hang_up=True), "reset"),
        (raw(HTTP + b'Content-Length: 100\r\n\r\n{"payload"', hang_up=True), "reset"),
        (raw(HTTP + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", hang_up=True), "reset"),
        (raw(f"SSH-2.0 {TOKEN}\r\n\r\n".encode(), hang_up=True), "protocol"),
        (raw(HTTP + b"Content-Length: many\r\n\r\n", hang_up=True), "protocol"),
    ],
)
async def test_an_answer_that_breaks_off_leaves_a_change_in_doubt(act: Act, kind: str) -> None:
    """F66; and whatever the other side says, it is not repeated to the user."""
    async with Bridge(act).serve() as url:
        error = await failure(url, CREATE)
        assert (error.kind, error.outcome_unknown) == (kind, True)
        assert TOKEN not in "".join(traceback.format_exception(error))
        assert error.__context__ is None, "httpx's error holds frames that hold the token"
        assert (await failure(url, FETCH)).outcome_unknown is False


async def test_after_a_broken_connection_a_new_one_is_used() -> None:
    bridge = Bridge(reset, answer(503), answer())
    async with bridge.serve() as url:
        await send(url, FETCH, max_retries=2)
    assert len(bridge.posted) == 3
    assert bridge.connections == 2


async def test_cancelling_leaves_nothing_behind() -> None:
    """No task, and no connection that somebody else's answer could come in on."""
    bridge, before = Bridge(silence), asyncio.all_tasks()
    requester = HttpRequester()
    async with bridge.serve() as url, asyncio.timeout(10):
        sending = asyncio.ensure_future(requester.send(CREATE, channel_url=url, token=lambda: TOKEN))
        await bridge.arrived.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await bridge.left.wait()
        await requester.aclose()
    assert asyncio.all_tasks() == before


async def test_closing_hangs_up() -> None:
    bridge = Bridge(answer())
    requester = HttpRequester()
    async with bridge.serve() as url, asyncio.timeout(10):
        await requester.send(FETCH, channel_url=url, token=lambda: TOKEN)
        assert not bridge.left.is_set()
        await requester.aclose()
        await bridge.left.wait()


# -- TLS ------------------------------------------------------------------------------------------


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


async def test_a_certificate_nobody_vouches_for_is_refused_once_and_gets_no_token() -> None:
    """Check 14."""
    bridge = Bridge(answer())
    async with bridge.serve(server_tls()) as url:
        error = await failure(url, FETCH, HttpRequester(max_retries=5))
    assert (error.kind, error.attempts, error.outcome_unknown) == ("tls", 1, False)
    assert "self-signed certificate" in error.message
    assert "ssl_context" in (error.hint or "")
    assert bridge.posted == []


async def test_a_certificate_for_another_host_is_refused() -> None:
    bridge = Bridge(answer())
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with bridge.serve(server_tls()) as url:
        error = await failure(url.replace("127.0.0.1", "localhost"), FETCH, HttpRequester(ssl_context=trusting))
    assert error.kind == "tls"
    assert "localhost" in error.message
    assert bridge.posted == []


async def test_ones_own_authority_is_given_as_a_context() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with Bridge(answer()).serve(server_tls()) as url:
        reply = await send(url, FETCH, HttpRequester(ssl_context=trusting))
    assert bytes(reply.payload) == b'{"sid": "WT"}'


async def test_https_to_a_server_without_tls_is_refused() -> None:
    async with plain_server(b"") as port:
        assert (await failure(f"https://127.0.0.1:{port}{PATH}")).kind == "tls"


# -- proxies --------------------------------------------------------------------------------------


async def test_loopback_is_never_asked_for_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 17: the emulator's traffic stays on this machine."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with Bridge(answer()).serve() as url, HttpPool() as pool:
        await send(url, FETCH, HttpRequester(pool=pool))


async def test_other_hosts_are_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Bridge(answer())
    async with proxy.serve():
        monkeypatch.setenv("HTTP_PROXY", f"http://user:word@127.0.0.1:{proxy.port}")
        async with HttpPool() as pool:
            await send(f"http://event-bridge.invalid{PATH}", FETCH, HttpRequester(pool=pool))
    assert proxy.posted[0].head.startswith(f"POST http://event-bridge.invalid{PATH} HTTP/1.1\r\n")


async def test_a_proxy_that_says_no_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """F12: nothing went through it, so nothing is in doubt."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with plain_server(b"\r\n\r\n", "407 Proxy Authentication Required") as port, HttpPool() as pool:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        error = await failure(f"https://event-bridge.invalid{PATH}", CREATE, HttpRequester(pool=pool))
    assert (error.kind, error.outcome_unknown) == ("proxy", False)
    assert "HTTPS_PROXY" in (error.hint or "")


# -- secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", [None, httpx.AsyncHTTPTransport()], ids=["ours", "httpx"])
async def test_no_log_at_any_level_holds_the_token_or_a_parameter(
    caplog: pytest.LogCaptureFixture, transport: httpx.AsyncBaseTransport | None
) -> None:
    """Check 1, with httpx and asyncio at DEBUG."""
    caplog.set_level(logging.DEBUG)
    time = FakeTime()
    requester = HttpRequester(transport=transport, max_retries=3, sleep=time.sleep, clock=time.clock)
    secret = Request("GET", f"{BASE}/Workers?TargetWorkersExpression=name%3D%3DZelda", {"FriendlyName": "Xanthippe"})
    acts = [reset, answer(500), answer(429, Retry_After="0"), answer()]
    bridge = Bridge(*acts)
    async with bridge.serve() as url:
        await send(url, secret, requester)
    assert len([record for record in caplog.records if record.name == "trbridge.requester"]) == 3
    assert (transport is not None) == any(record.name.startswith("httpcore") for record in caplog.records)
    for part in (TOKEN, *TOKEN.split("."), TOKEN[:20], "Xanthippe", "Zelda"):
        assert part not in caplog.text


@pytest.mark.parametrize("status", [400, 502])
async def test_a_server_that_repeats_the_token_does_not_get_it_printed(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Checks 1 and 2: not in message, details, reason and traceback; nor in httpx's log, which has the status line."""
    caplog.set_level(logging.DEBUG)
    body = b'{"message": "bad token %s", "details": {"token": "%s"}}' % ((TOKEN.encode(),) * 2)
    for act in (answer(status, body), answer(status, b"", f"Bad {TOKEN}")):
        async with Bridge(act).serve() as url:
            with pytest.raises(ApiError) as caught:
                await send(url)
        error: RequestError = caught.value
        assert "***" in error.message
        for text in (str(error), repr(error), str(vars(error)), "".join(_locals_of(error))):
            assert TOKEN not in text
    assert TOKEN not in caplog.text


def _locals_of(error: BaseException) -> list[str]:
    """What a traceback with local variables would show of our frames."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in shown.stack if frame.filename.startswith(str(PACKAGE))]
    assert ours
    return [line for frame in ours for line in (frame.locals or {}).values()]
