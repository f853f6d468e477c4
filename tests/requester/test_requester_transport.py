"""Connections of our own under httpx: reused, bounded, in turn, closed when they should be."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from loopback_bridge import PATH, Act, Bridge, answer, raw, silence

from trbridge.requester.network import AsyncioBackend
from trbridge.requester.speaking import Exchange
from trbridge.requester.transport import Transport
from trbridge.requester.with_h11 import H11Exchange
from trbridge.requester.with_httptools import HttptoolsExchange


@pytest.fixture(autouse=True, params=[H11Exchange, HttptoolsExchange])
def speaks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Exchange]:
    """Which library speaks HTTP in this test."""
    exchange: type[Exchange] = request.param
    monkeypatch.setattr("trbridge.requester.transport.default_exchange", lambda: exchange)
    return exchange


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """A client over the transport."""

    def __init__(self, most: int = 10) -> None:
        self.clock = Clock()
        self.backend = AsyncioBackend()
        context = ssl.create_default_context()
        self.transport = Transport(
            self.backend, ssl_context=context, max_connections=most, idle_seconds=30, clock=self.clock
        )
        self.client = httpx.AsyncClient(transport=self.transport, timeout=None)  # noqa: S113

    async def post(self, url: str, content: bytes = b"{}") -> httpx.Response:
        async with asyncio.timeout(10):
            return await self.client.post(url, content=content)

    @property
    def open(self) -> int:
        return len(self.backend._open)


@asynccontextmanager
async def rigged(*acts: Act, most: int = 10) -> AsyncIterator[tuple[Rig, Bridge, str]]:
    bridge, rig = Bridge(*(acts or (answer(),))), Rig(most)
    async with bridge.serve() as url:
        try:
            yield rig, bridge, url
        finally:
            await rig.client.aclose()
            assert rig.open == 0
            assert rig.transport._count == 0


async def test_one_connection_serves_one_request_after_another() -> None:
    """Reused as long as it is open and not idle for too long."""
    async with rigged() as (rig, bridge, url):
        for _ in range(3):
            assert (await rig.post(url)).status_code == 200
        assert (bridge.connections, rig.open) == (1, 1)
        rig.clock.now += 29
        await rig.post(url)
        rig.clock.now += 30
        await rig.post(url)
        assert (bridge.connections, rig.open) == (2, 1)


async def test_the_head_and_the_body_go_out_together() -> None:
    """What the bridge reads is a plain HTTP/1.1 POST."""
    async with rigged() as (rig, bridge, url):
        await rig.post(url, b'{"a": 1}')
    (posted,) = bridge.posted
    assert posted.head.startswith(f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1".replace("host", "Host"))
    assert posted.body == {"a": 1}


async def test_requests_at_the_same_time_have_connections_of_their_own_up_to_the_limit() -> None:
    """The others wait their turn, and take over what is given back."""
    async with rigged(most=3) as (rig, bridge, url):
        answers = await asyncio.gather(*(rig.post(url) for _ in range(12)))
        assert {each.status_code for each in answers} == {200}
        assert (bridge.connections, rig.open) == (3, 3)


async def test_whoever_waits_goes_first() -> None:
    """A newcomer does not take the connection that another was woken up for."""
    async with rigged(most=1) as (rig, _, url):
        order: list[int] = []

        async def ask(number: int) -> None:
            await rig.post(url)
            order.append(number)
            if number == 0:
                later.append(asyncio.ensure_future(ask(9)))

        later: list[asyncio.Future[None]] = []
        await asyncio.gather(*(ask(number) for number in range(4)))
        await asyncio.gather(*later)
    assert order == [0, 1, 2, 3, 9]


@pytest.mark.parametrize("when", ["in the queue", "when its turn came", "under way"])
async def test_one_that_is_cancelled_leaves_its_place_to_the_next(when: str) -> None:
    """No place is lost, however often it happens."""
    async with rigged(silence if when == "under way" else answer(), answer(), most=1) as (rig, bridge, url):
        for _ in range(3):
            first = asyncio.ensure_future(rig.post(url))
            second = asyncio.ensure_future(rig.post(url))
            for _ in range(3):
                await asyncio.sleep(0)
            if when == "under way":
                await bridge.arrived.wait()
                first.cancel()
                await asyncio.wait({first})
            else:
                if when == "when its turn came":
                    second.add_done_callback(lambda _: None)
                    await first
                second.cancel()
                await asyncio.wait({first, second})
            bridge.acts = [answer()]
            assert (await rig.post(url)).status_code == 200
            await asyncio.wait({first, second})
        assert rig.open == 1


async def test_one_that_is_cancelled_in_the_turn_in_which_it_is_woken_wakes_the_next() -> None:
    """Its place would be lost, and whoever waits behind it would wait for ever."""
    async with rigged(most=1) as (rig, bridge, url):
        first = await rig.client.send(rig.client.build_request("POST", url, content=b"{}"), stream=True)
        second, third = (asyncio.ensure_future(rig.post(url)) for _ in range(2))
        while len(rig.transport._waiting) < 2:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0)
        await first.aread()
        second.cancel()
        assert (await third).status_code == 200
        assert second.cancelled()
        assert (bridge.connections, rig.open) == (1, 1)


async def test_an_idle_connection_that_the_server_closed_is_not_used() -> None:
    """It is noticed before anything is sent, so nothing is in doubt."""
    async with rigged(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", hang_up=True)) as (rig, bridge, url):
        await rig.post(url)
        await bridge.left.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        assert (await rig.post(url)).status_code == 200
        assert bridge.connections == 2


async def test_an_idle_connection_on_which_something_came_is_not_used() -> None:
    """Some servers say 408 before they hang up: it is not the answer to the next request."""
    timed_out = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"
    writers: list[asyncio.StreamWriter] = []

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer()(reader, writer)
        writers.append(writer)

    async with rigged(act) as (rig, bridge, url):
        await rig.post(url)
        (stream,) = rig.backend._open
        writers[0].write(timed_out)
        async with asyncio.timeout(10):
            while stream.is_quiet:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
        assert (await rig.post(url)).status_code == 200
        assert (bridge.connections, rig.open) == (2, 1)


async def test_an_idle_connection_that_the_server_closed_gives_up_its_socket() -> None:
    """At once, not with the next request, which may never come."""
    gone = asyncio.Event()

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer()(reader, writer)
        writer.write_eof()
        assert await reader.read() == b""
        gone.set()

    async with rigged(act) as (rig, _, url), asyncio.timeout(10):
        await rig.post(url)
        await gone.wait()


async def test_what_comes_with_an_answer_is_not_the_next_ones() -> None:
    """Two answers in one packet: the second belongs to nobody."""
    both = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    async with rigged(raw(both)) as (rig, bridge, url):
        assert [(await rig.post(url)).status_code for _ in range(2)] == [200, 200]
        assert (bridge.connections, rig.open) == (2, 0)


async def test_a_body_that_is_not_asynchronous_is_refused() -> None:
    """Nothing of it is sent."""
    async with rigged() as (rig, bridge, url):
        request = httpx.Request("POST", url, content=iter([b"x"]))
        with pytest.raises(RuntimeError, match="asynchronous"):
            await rig.transport.handle_async_request(request)
        assert bridge.posted == []


async def test_what_the_pool_lost_is_closed_with_it() -> None:
    """A connection that httpcore forgot, as it can one whose request was cancelled twice."""
    bridge, backend = Bridge(answer()), AsyncioBackend()
    async with bridge.serve(), asyncio.timeout(10):
        stream = await backend.connect_tcp("127.0.0.1", bridge.port)
        backend.abort()
        assert not stream.is_quiet
        await bridge.left.wait()
        assert backend._open == set()


async def test_a_place_is_made_by_closing_what_is_idle_elsewhere() -> None:
    """The limit is for all places together; the one idle longest goes."""
    other = Bridge(answer())
    async with rigged(most=1) as (rig, bridge, url), other.serve() as elsewhere:
        for _ in range(2):
            await rig.post(url)
            await rig.post(elsewhere)
        assert (bridge.connections, other.connections, rig.open) == (2, 2, 1)


BODIES = {
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "after an early hint": b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
    "to the end": b"HTTP/1.0 200 OK\r\n\r\nabcde",
    "and closes": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde",
}


@pytest.mark.parametrize("form", BODIES)
async def test_forms_of_answers(form: str) -> None:
    """Whatever HTTP/1.1 allows; a connection is kept only if both sides are through with the exchange."""
    async with rigged(raw(BODIES[form], hang_up=form in {"to the end", "and closes"})) as (rig, _, url):
        response = await rig.post(url)
        assert (response.status_code, response.content) == (200, b"abcde")
        assert rig.open == (0 if form in {"to the end", "and closes"} else 1)


BAD = {
    "nothing at all": (b"", "disconnected"),
    "half a head": (b"HTTP/1.1 200 OK\r\nConte", "disconnected"),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "closed connection"),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "illegal"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "too long"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_answer(what: str) -> None:
    """An error of httpx says so, and the connection is gone."""
    data, words = BAD[what]
    async with rigged(raw(data, hang_up=True)) as (rig, _, url):
        with pytest.raises(httpx.RemoteProtocolError, match=words):
            await rig.post(url)
        assert rig.open == 0


async def test_what_cannot_be_sent_is_refused() -> None:
    """Before a connection carries it; and one of the wrong kind is not opened."""
    async with rigged() as (rig, _, url):
        with pytest.raises(httpx.LocalProtocolError):
            await rig.client.post(url, headers={b"X": b"a\r\nY: b"}, content=b"")
        with pytest.raises(httpx.UnsupportedProtocol):
            await rig.client.post("ftp://127.0.0.1/", content=b"")
    with pytest.raises(httpx.ConnectError):
        await Rig().post("http://127.0.0.1:9/")


async def test_an_answer_that_is_not_read_to_the_end_costs_its_connection() -> None:
    """What is left of it would be taken for the next answer."""
    async with rigged(answer(200, b"x" * 1_000_000)) as (rig, bridge, url):
        for _ in range(2):
            async with rig.client.stream("POST", url, content=b"{}") as response:
                await anext(response.aiter_raw())
        assert (bridge.connections, rig.open) == (2, 0)
