"""Speed and time: never faster than allowed, never longer than asked, over at once when closed."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

import httpx
import pytest
from loopback_bridge import BASE, PATH, TOKEN, FakeTime

from trbridge.errors import ClientClosed, InvalidArgument, RequestTimeout, TooManyRequests
from trbridge.limiter import Limiter
from trbridge.requester import HttpPool, HttpRequester
from trbridge.wire import Reply, Request

URL = f"https://event-bridge.twilio.com{PATH}"
FETCH = Request("GET", f"{BASE}/Tasks")
CREATE = Request("POST", f"{BASE}/Tasks", {"WorkflowSid": "WW"})
EXPRESSION = Request("GET", f"{BASE}/Workers", {"TargetWorkersExpression": "1==1"})
DONE = b'{"payload": {}}'


def send(requester: HttpRequester, request: Request = FETCH) -> asyncio.Task[Reply]:
    return asyncio.ensure_future(requester.send(request, channel_url=URL, token=lambda: TOKEN))


class ThreePerSecond:
    """A service that counts the calls of any second, and says no to the fourth."""

    def __init__(self, time: FakeTime) -> None:
        self.time, self.calls, self.refused = time, deque[float](), 0
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, _: httpx.Request) -> httpx.Response:
        now = self.time.seconds
        while self.calls and self.calls[0] <= now - 1:
            self.calls.popleft()
        if len(self.calls) >= 3:
            self.refused += 1
            return httpx.Response(429, headers={"Retry-After": "1"})
        self.calls.append(now)
        return httpx.Response(200, content=DONE)


class Silence:
    """A transport that takes the request and never answers."""

    def __init__(self, taken: Callable[[], None] = lambda: None) -> None:
        self.arrived = asyncio.Event()
        self.taken = taken
        self.transport = httpx.MockTransport(self._handle)

    async def _handle(self, _: httpx.Request) -> httpx.Response:
        self.arrived.set()
        self.taken()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


def jump(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Move the running loop's clock: what is due by then happens next."""
    loop = asyncio.get_running_loop()
    before = loop.time
    monkeypatch.setattr(loop, "time", lambda: before() + seconds)


# -- the limiter ----------------------------------------------------------------------------------


async def test_a_hundred_expression_lists_never_meet_a_429() -> None:
    """F63, one after the other, without a single retry."""
    time = FakeTime()
    service = ThreePerSecond(time)
    requester = HttpRequester(transport=service.transport, clock=time.clock, sleep=time.sleep)
    for _ in range(100):
        await send(requester, EXPRESSION)
    await requester.aclose()
    assert service.refused == 0
    assert time.seconds == pytest.approx(33 * 1.1)


async def test_without_the_limiter_they_do() -> None:
    time = FakeTime()
    service = ThreePerSecond(time)
    requester = HttpRequester(transport=service.transport, limiter=False, clock=time.clock, sleep=time.sleep)
    for _ in range(3):
        await send(requester, EXPRESSION)
    with pytest.raises(TooManyRequests):
        await send(requester, EXPRESSION)
    await requester.aclose()
    assert time.delays == []


async def test_clients_of_one_account_can_share_a_limiter() -> None:
    time = FakeTime()
    service, limiter = ThreePerSecond(time), Limiter()
    requesters = [
        HttpRequester(transport=service.transport, limiter=limiter, clock=time.clock, sleep=time.sleep)
        for _ in range(2)
    ]
    for requester in requesters * 6:
        await send(requester, EXPRESSION)
    for requester in requesters:
        await requester.aclose()
    assert service.refused == 0


async def test_a_429_holds_back_the_others_of_its_class() -> None:
    """They would only meet the next one; other classes go on."""
    time = FakeTime()
    answers = deque([httpx.Response(429, headers={"Retry-After": "5"})])
    transport = httpx.MockTransport(lambda _: answers.popleft() if answers else httpx.Response(200, content=DONE))
    requester = HttpRequester(transport=transport, clock=time.clock, sleep=time.sleep)
    with pytest.raises(TooManyRequests):
        await send(requester, FETCH)
    await send(requester, CREATE)
    assert time.delays == []
    await send(requester, FETCH)
    assert time.delays == [5.0]
    await requester.aclose()


async def test_who_is_cancelled_while_waiting_gives_the_place_back() -> None:
    time, asleep = FakeTime(), asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    limiter = Limiter()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=DONE))
    requester = HttpRequester(transport=transport, limiter=limiter, clock=time.clock, sleep=sleep)
    for _ in range(3):
        await send(requester, EXPRESSION)
    waiting = send(requester, EXPRESSION)
    await asleep.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await requester.aclose()
    assert [limiter.reserve(0.0, EXPRESSION).at for _ in range(3)] == [1.1] * 3


async def test_a_sleep_that_takes_no_time_does_not_hang() -> None:
    """Loops are bounded, whatever is injected."""
    naps = 0

    async def sleep(_: float) -> None:
        nonlocal naps
        naps += 1

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=DONE))
    requester = HttpRequester(transport=transport, clock=lambda: 0.0, sleep=sleep)
    for _ in range(4):
        await send(requester, EXPRESSION)
    await requester.aclose()
    assert naps == 1000


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("request_", "unknown"), [(FETCH, False), (CREATE, True)])
async def test_an_attempt_has_a_time_limit(monkeypatch: pytest.MonkeyPatch, request_: Request, unknown: bool) -> None:
    """v1 never called back after its five seconds (Q1)."""
    service = Silence(taken=lambda: jump(monkeypatch, 15.0))
    requester = HttpRequester(transport=service.transport)
    with pytest.raises(RequestTimeout, match=r"did not answer within 15 s") as caught:
        await send(requester, request_)
    assert caught.value.outcome_unknown is unknown
    await requester.aclose()


async def test_bytes_that_trickle_in_do_not_extend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 22: a slow-loris body has no more time than any other."""

    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> object:  # type: ignore[override]
            while True:
                jump(monkeypatch, 1.0)
                await asyncio.sleep(0)
                yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Trickle()))
    requester = HttpRequester(transport=transport, timeout=5)
    with pytest.raises(RequestTimeout):
        await send(requester, CREATE)
    await requester.aclose()


async def test_a_connection_that_takes_too_long_leaves_nothing_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body was never asked for, so nothing can have been done."""

    class Connecting(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            jump(monkeypatch, 15.0)
            await asyncio.Event().wait()
            raise AssertionError

    requester = HttpRequester(transport=Connecting())
    with pytest.raises(RequestTimeout, match="nothing was sent") as caught:
        await send(requester, CREATE)
    assert not caught.value.outcome_unknown
    await requester.aclose()


# -- the end --------------------------------------------------------------------------------------


async def test_closing_ends_what_is_under_way_at_once() -> None:
    service = Silence()
    requester = HttpRequester(transport=service.transport)
    sent = send(requester)
    await service.arrived.wait()
    await requester.aclose()
    assert sent.done(), "closing waits until nothing is left"
    with pytest.raises(ClientClosed, match="closed while"):
        await sent


async def test_closing_ends_a_wait_for_the_next_attempt() -> None:
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    requester = HttpRequester(transport=httpx.MockTransport(lambda _: httpx.Response(500)), max_retries=1, sleep=sleep)
    sent = send(requester)
    await asleep.wait()
    await requester.aclose()
    with pytest.raises(ClientClosed):
        await sent


async def test_closing_in_the_moment_a_time_limit_is_over_is_a_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is over already and cannot be moved; that must not raise anything strange."""
    requester: HttpRequester | None = None
    closing: list[asyncio.Task[None]] = []

    class Stubborn(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            jump(monkeypatch, 15.0)
            try:
                await asyncio.Event().wait()
            finally:
                assert requester is not None
                closing.append(asyncio.create_task(requester.aclose()))
                await asyncio.sleep(0)
            raise AssertionError

    requester = HttpRequester(transport=Stubborn())
    with pytest.raises(ClientClosed):
        await send(requester)
    await closing[0]


async def test_a_closed_requester_can_be_used_again() -> None:
    """A client may connect again after it was closed."""
    requester = HttpRequester(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=DONE)))
    for _ in range(2):
        await send(requester)
        await requester.aclose()
        await requester.aclose()


def test_a_pool_decides_about_its_own_transport_and_certificates() -> None:
    """Two answers to one question are refused, the same answer twice is not."""
    context = ssl.create_default_context()
    with pytest.raises(InvalidArgument, match="HttpPool"):
        HttpRequester(pool=HttpPool(), ssl_context=context)
    with pytest.raises(InvalidArgument, match="HttpPool"):
        HttpRequester(pool=HttpPool(), transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    HttpRequester(pool=HttpPool(ssl_context=context), ssl_context=context)
