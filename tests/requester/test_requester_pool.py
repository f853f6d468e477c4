"""The pool: shared by clients, separate for event loops, closed with its last user, and made late."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref

import httpx
import pytest
from loopback_bridge import BASE, TOKEN, Bridge, answer

from trbridge.requester import HttpPool, HttpRequester
from trbridge.requester.pool import SHARED, Connections
from trbridge.wire import Request

FETCH = Request("GET", f"{BASE}/Tasks")


async def send(requester: HttpRequester, url: str) -> None:
    async with asyncio.timeout(10):
        await requester.send(FETCH, channel_url=url, token=lambda: TOKEN)


async def test_clients_share_the_loops_connections_until_the_last_one_leaves() -> None:
    bridge = Bridge(answer())
    first, second = HttpRequester(), HttpRequester()
    async with bridge.serve() as url:
        await send(first, url)
        await send(second, url)
        assert bridge.connections == 1
        await first.aclose()
        await send(second, url)
        assert bridge.connections == 1, "somebody still uses them"
        await second.aclose()
        await bridge.left.wait()
        await send(first, url)
        assert bridge.connections == 2
        await first.aclose()
    assert not SHARED._open


async def test_a_client_that_was_forgotten_does_not_hold_the_others_connections() -> None:
    bridge = Bridge(answer())
    forgotten, kept = HttpRequester(), HttpRequester()
    async with bridge.serve() as url:
        await send(forgotten, url)
        await send(kept, url)
        gone = weakref.ref(forgotten)
        del forgotten
        gc.collect()
        assert gone() is None
        await kept.aclose()
        await bridge.left.wait()


async def test_leaving_without_having_come_changes_nothing() -> None:
    bridge = Bridge(answer())
    user, stranger = HttpRequester(), HttpRequester()
    async with bridge.serve() as url:
        await send(user, url)
        await stranger.aclose()
        await send(user, url)
        await user.aclose()
    assert bridge.connections == 1


async def test_ones_own_pool_stays_open_until_it_is_closed() -> None:
    bridge = Bridge(answer())
    async with bridge.serve() as url:
        async with HttpPool() as pool:
            for _ in range(2):
                requester = HttpRequester(pool=pool)
                await send(requester, url)
                await requester.aclose()
            assert bridge.connections == 1
            assert not bridge.left.is_set()
        await bridge.left.wait()
        await pool.aclose()


async def test_connections_are_bounded_and_the_rest_waits() -> None:
    bridge = Bridge(answer())
    async with bridge.serve() as url, HttpPool(max_connections=2) as pool:
        requester = HttpRequester(pool=pool)
        await asyncio.gather(*(send(requester, url) for _ in range(20)))
        await requester.aclose()
    assert bridge.connections <= 2
    assert len(bridge.posted) == 20


def test_one_requester_serves_one_event_loop_after_the_other() -> None:
    """And no socket is left open: a ResourceWarning would fail this."""
    requester = HttpRequester()

    async def work() -> int:
        bridge = Bridge(answer())
        async with bridge.serve() as url:
            await send(requester, url)
            await requester.aclose()
        return bridge.connections

    assert [asyncio.run(work()) for _ in range(3)] == [1, 1, 1]
    gc.collect()


def test_event_loops_at_the_same_time_have_their_own_connections() -> None:
    """One process, several loops in threads, one pool."""
    pool, ready = HttpPool(), threading.Barrier(3, timeout=10)
    connections: list[int] = []

    async def work() -> None:
        bridge, requester = Bridge(answer()), HttpRequester(pool=pool)
        async with bridge.serve() as url:
            for _ in range(5):
                ready.wait()
                await send(requester, url)
            await requester.aclose()
            await pool.aclose()
        connections.append(bridge.connections)

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert connections == [1, 1, 1]
    assert not pool._open


def test_a_loop_that_ended_without_closing_is_forgotten() -> None:
    """Its connections cannot be closed any more; they must not be used nor kept."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"{}"))
    pool, user = HttpPool(transport=transport), object.__new__(HttpRequester)

    async def open_one() -> Connections:
        return pool.connections(user)

    first = asyncio.run(open_one())
    second = asyncio.run(open_one())
    assert first is not second
    assert len(pool._open) == 1


def test_importing_does_not_import_httpx() -> None:
    """It is imported with the first request: it is half of what an import would cost (perf 2)."""
    code = "import sys, trbridge, trbridge.requester; print([m for m in sys.modules if m.startswith('http')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "['http']", "the standard library's, for status phrases"


def test_making_things_needs_no_event_loop() -> None:
    """Nothing starts in a constructor."""
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    HttpRequester(pool=HttpPool())


async def test_f18_what_is_idle_is_dropped_when_connections_cannot_be_trusted() -> None:
    """The next request opens a new one; one that is being used goes on, and a loop without any is left alone."""
    bridge = Bridge(answer())
    requester = HttpRequester()
    requester.distrust_connections()
    async with bridge.serve() as url:
        await send(requester, url)
        requester.distrust_connections()
        await send(requester, url)
        assert bridge.connections == 2
        await send(requester, url)
        assert bridge.connections == 2
        await requester.aclose()


async def test_a_transport_of_ones_own_keeps_its_connections_to_itself() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    requester = HttpRequester(transport=transport)
    await send(requester, "https://event-bridge.example/v1/wschannels/AC/WK")
    requester.distrust_connections()
    await requester.aclose()
