"""Trying again: what, when, with which token, and what the last error says."""

from __future__ import annotations

import httpx
import msgspec
import pytest
from loopback_bridge import TOKEN, FakeTime
from scripted_service import CREATE, DELETE, FETCH, GUARDED, TASK, UPDATE, URL, Service, Step, failure

from trbridge.errors import (
    NotFound,
    PreconditionFailed,
    RequestTimeout,
    ServerError,
    TooManyRequests,
    TransportError,
)
from trbridge.requester import HttpRequester, RetryInfo
from trbridge.wire import Request


async def test_a_failed_request_is_sent_again_with_the_newest_token() -> None:
    """Q1, Q8, Q9: v1 never retried, and would have sent the old token."""
    service, time = Service(500, httpx.ConnectError("refused"), 200), FakeTime()
    tokens, told = iter(["first", "second", "third"]), list[RetryInfo]()
    requester = HttpRequester(
        max_retries=3, transport=service.transport, random=lambda: 0.5, sleep=time.sleep, on_retry=told.append
    )
    await requester.send(Request("GET", f"{TASK}?Page=1"), channel_url=URL, token=lambda: next(tokens))
    await requester.aclose()
    assert [msgspec.json.decode(sent.content)["token"] for sent in service.requests] == ["first", "second", "third"]
    assert time.delays == pytest.approx([0.4, 0.8])
    assert [(info.attempt, info.max_retries, info.method, info.url) for info in told] == [
        (1, 3, "GET", TASK),
        (2, 3, "GET", TASK),
    ]
    assert [type(info.error) for info in told] == [ServerError, TransportError]
    assert [info.delay for info in told] == pytest.approx(time.delays)


async def test_by_default_nothing_is_sent_again() -> None:
    error = await failure(Service(500))
    assert error.attempts == 1
    assert "attempts" not in str(error)


async def test_the_last_error_says_how_often_it_was_tried() -> None:
    error = await failure(Service(500, 502, 503), max_retries=2)
    assert (error.status, error.attempts) == (503, 3)
    assert "HTTP 503, after 3 attempts" in str(error)


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("late"), TimeoutError(), httpx.ReadError("gone"), 504])
async def test_a_create_whose_answer_was_lost_is_not_sent_again(lost: Step) -> None:
    """F64: there might be two of it."""
    error = await failure(Service(lost), CREATE, max_retries=3)
    assert error.outcome_unknown
    assert "fetch" in (error.hint or "")


@pytest.mark.parametrize(
    ("unsent", "cls"),
    [
        (httpx.ConnectTimeout("late"), RequestTimeout),
        (httpx.PoolTimeout("busy"), RequestTimeout),
        (httpx.ConnectError("no"), TransportError),
        (httpx.ProxyError("407"), TransportError),
    ],
)
async def test_a_create_that_was_never_sent_is_sent_again(unsent: Exception, cls: type) -> None:
    assert bytes((await Service(unsent, 200).send(CREATE, max_retries=1)).payload) == b'{"sid": "WT"}'
    error = await failure(Service(unsent), CREATE)
    assert type(error) is cls
    assert not error.outcome_unknown


async def test_a_connection_that_breaks_before_the_body_leaves_nothing_in_doubt() -> None:
    """A pooled connection may be dead: the bridge has got headers at most."""

    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("gone")

    requester = HttpRequester(transport=Broken())
    with pytest.raises(TransportError) as caught:
        await requester.send(CREATE, channel_url=URL, token=lambda: TOKEN)
    await requester.aclose()
    assert not caught.value.outcome_unknown


async def test_an_update_is_sent_again_and_stays_unknown_if_it_never_gets_an_answer() -> None:
    """The last attempt failed for certain, but the first may have changed something."""
    await Service(httpx.ReadTimeout("late"), 200).send(UPDATE, max_retries=1)
    error = await failure(Service(httpx.ReadTimeout("late"), httpx.ConnectError("no")), UPDATE, max_retries=1)
    assert isinstance(error, TransportError)
    assert error.outcome_unknown
    assert "fetch" in (error.hint or "")


async def test_a_delete_that_finds_nothing_the_second_time_has_worked() -> None:
    reply = await Service(httpx.ReadTimeout("late"), 404).send(DELETE, max_retries=1)
    assert bytes(reply.payload) == b"null"


async def test_a_delete_that_finds_nothing_otherwise_has_not() -> None:
    assert isinstance(await failure(Service(404), DELETE, max_retries=1), NotFound)
    assert isinstance(await failure(Service(429, 404), DELETE, max_retries=1), NotFound)
    assert isinstance(await failure(Service(504, 404), FETCH, max_retries=1), NotFound)


async def test_a_412_after_a_lost_answer_may_be_our_own_doing() -> None:
    error = await failure(Service(504, 412), GUARDED, max_retries=1)
    assert isinstance(error, PreconditionFailed)
    assert error.outcome_unknown
    assert not (await failure(Service(412), GUARDED)).outcome_unknown


async def test_a_429_is_waited_for_as_long_as_it_says() -> None:
    """F63, for a create too: it was certainly not carried out."""
    time = FakeTime()
    busy = httpx.Response(429, headers={"Retry-After": "7"})
    await Service(busy, 200).send(CREATE, time, max_retries=1, random=lambda: 0.0)
    assert time.delays == [7.0]


async def test_a_429_as_a_date_is_read_with_the_given_now() -> None:
    time = FakeTime()
    busy = httpx.Response(429, headers={"Retry-After": "Thu, 01 Jan 1970 00:00:09 GMT"})
    await Service(busy, 200).send(FETCH, time, max_retries=1, random=lambda: 0.0, now=lambda: 5.0)
    assert time.delays == [4.0]
    error = await failure(Service(httpx.Response(429, headers={"Retry-After": "9"})))
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 9.0


async def test_a_hook_that_raises_ends_the_request() -> None:
    def stop(_: RetryInfo) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        await Service(500).send(max_retries=5, on_retry=stop)


async def test_a_token_that_cannot_be_had_ends_the_request() -> None:
    def none() -> str:
        raise LookupError("no token")

    requester = HttpRequester(max_retries=5, transport=Service().transport)
    with pytest.raises(LookupError):
        await requester.send(FETCH, channel_url=URL, token=none)
    await requester.aclose()
