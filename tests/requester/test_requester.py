"""One attempt: what goes out, and what comes back."""

from __future__ import annotations

import copy
import math
from typing import Any

import httpx
import msgspec
import pytest
from loopback_bridge import BASE, TOKEN
from scripted_service import DELETE, DONE, FETCH, GUARDED, TASK, UPDATE, URL, Service, failure

from trbridge.errors import (
    ApiError,
    DecodeError,
    InvalidArgument,
    NotFound,
    ServerError,
)
from trbridge.requester import HttpRequester
from trbridge.requester.posting import Body
from trbridge.wire import Request


async def test_a_request_is_posted_to_the_channel_as_v1_did() -> None:
    """wire-protocol 4.1: the content type of a browser's string, the JSON with the token, nothing else."""
    service = Service(httpx.Response(200, content=DONE, headers={"ETag": '"7"'}))
    reply = await service.send(UPDATE)
    (sent,) = service.requests
    assert (sent.method, str(sent.url)) == ("POST", URL)
    assert sent.headers["content-type"] == "text/plain;charset=UTF-8"
    assert sent.headers["accept-encoding"] == "gzip", "what else is there cannot be inflated within a limit"
    assert sent.headers["user-agent"].startswith("trbridge/")
    assert int(sent.headers["content-length"]) == len(sent.content)
    assert not {"cookie", "authorization", "if-match", "transfer-encoding"} & set(sent.headers)
    assert msgspec.json.decode(sent.content) == {
        "url": TASK,
        "method": "POST",
        "params": {"Priority": "3"},
        "token": TOKEN,
    }
    assert (bytes(reply.payload), reply.etag) == (b'{"sid": "WT"}', '"7"')


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_any_2xx_is_a_success(status: int) -> None:
    """Q3; and a 204 without a body is an answer too (Q7)."""
    reply = await Service(httpx.Response(status)).send(DELETE)
    assert bytes(reply.payload) == b"null"


async def test_the_version_goes_into_if_match() -> None:
    service = Service(200)
    await service.send(GUARDED)
    assert service.requests[0].headers["if-match"] == "3"


@pytest.mark.parametrize("version", ["", "  ", "3\r\nX-Evil: 1", "3\n", "3\x00", "\u00e9", "\x7f", "\u202e"])
async def test_a_version_that_is_no_header_value_is_refused_before_anything_is_sent(version: str) -> None:
    """Check 20."""
    service = Service()
    with pytest.raises(InvalidArgument, match="if_match") as caught:
        await service.send(Request("POST", TASK, {}, if_match=version))
    assert str(caught.value).isprintable()
    assert not service.requests


async def test_half_a_character_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="surrogate"):
        await Service().send(Request("POST", TASK, {"FriendlyName": "\ud800"}))


@pytest.mark.parametrize("url", ["", "ftp://x/", "http://[::1/", "/v1/wschannels", "http://\ud800/"])
async def test_a_channel_url_that_is_none_is_refused(url: str) -> None:
    requester = HttpRequester()
    with pytest.raises(InvalidArgument, match="not a place"):
        await requester.send(FETCH, channel_url=url, token=lambda: TOKEN)
    await requester.aclose()


async def test_redirects_are_not_followed() -> None:
    """Check 16: the token would go along."""
    error = await failure(Service(httpx.Response(307, headers={"Location": "https://elsewhere.example/"})))
    assert type(error) is ApiError
    assert error.status == 307
    assert "redirect" in (error.hint or "")


async def test_no_cookie_is_kept() -> None:
    """Clients of different accounts share connections."""
    service = Service(httpx.Response(200, content=DONE, headers={"Set-Cookie": "a=b; Path=/"}), 200)
    requester = HttpRequester(transport=service.transport)
    for _ in range(2):
        await requester.send(FETCH, channel_url=URL, token=lambda: TOKEN)
    await requester.aclose()
    assert "cookie" not in service.requests[1].headers


@pytest.mark.parametrize(
    "options",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": math.inf},
        {"timeout": math.nan},
        {"timeout": "5"},
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        HttpRequester(**options)


# -- failures -------------------------------------------------------------------------------------


async def test_twilios_error_becomes_ours_with_a_hint() -> None:
    body = {"code": 20403, "message": "Forbidden", "more_info": "https://www.twilio.com/docs/errors/20403"}
    error = await failure(Service(httpx.Response(403, json=body)), Request("POST", f"{BASE}/Activities"))
    assert (error.status, error.code, error.message) == (403, 20403, "Forbidden")
    assert "allow_update_subresources()" in (error.hint or "")


async def test_the_answer_to_a_delete_that_nobody_can_read_leaves_it_done() -> None:
    error = await failure(Service(httpx.Response(200, content=b"<html>")), DELETE)
    assert isinstance(error, DecodeError)
    assert error.outcome_unknown
    assert not (await failure(Service(httpx.Response(200, content=b"<html>")))).outcome_unknown


async def test_an_answer_larger_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 22."""
    monkeypatch.setattr("trbridge.requester.exchange.MAX_ANSWER", 1024)
    fits = httpx.Response(200, content=b'{"payload": "%s"}' % (b"x" * 1009))
    await Service(fits).send()
    for content, headers in (
        (b'{"payload": "%s"}' % (b"x" * 1010), {}),
        (gzip_of(bytes(100_000)), {"Content-Encoding": "gzip"}),
    ):
        error = await failure(Service(httpx.Response(200, content=content, headers=headers)))
        assert isinstance(error, DecodeError)
        assert "larger than" in error.message


def test_a_body_is_neither_copied_nor_pickled() -> None:
    """Check 1: it holds the token."""
    with pytest.raises(TypeError, match="holds a token"):
        copy.copy(Body(Request("GET", "https://x.invalid"), "token"))


def gzip_of(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data)


async def test_gzip_is_undone() -> None:
    packed = httpx.Response(200, stream=httpx.ByteStream(gzip_of(DONE)), headers={"Content-Encoding": "gzip"})
    assert bytes((await Service(packed).send()).payload) == b'{"sid": "WT"}'


@pytest.mark.parametrize(("coding", "word"), [("br", "not asked for"), ("gzip", "is not")])
async def test_a_success_in_an_unknown_wrapping_is_a_decode_error(coding: str, word: str) -> None:
    packed = httpx.Response(200, stream=httpx.ByteStream(b"{}"), headers={"Content-Encoding": coding})
    assert word in (await failure(Service(packed))).message


async def test_a_failure_in_an_unknown_wrapping_is_still_that_failure() -> None:
    packed = httpx.Response(404, stream=httpx.ByteStream(b"{}"), headers={"Content-Encoding": "br"})
    error = await failure(Service(packed))
    assert (type(error), error.message) == (NotFound, "Not Found")


async def test_of_an_endless_failure_only_the_beginning_is_read() -> None:
    """A server in trouble may send for ever."""
    chunks = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            nonlocal chunks
            while True:
                chunks += 1
                yield bytes(16 * 1024)

    error = await failure(Service(httpx.Response(502, stream=Endless())))
    assert isinstance(error, ServerError)
    assert chunks == 5
