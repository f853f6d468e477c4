"""Many connections in one process: ``python -m benchmarks.connections.client VARIANT PORT COUNT [TLS_PORT]``.

With a TLS_PORT behind it, over TLS. Connects them, sixty-four at a time; counts the memory of the process when they
idle; has the server drop them all, and takes the time until all are back, without any wait in between.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import ssl
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..children import CERTIFICATE, CLIENT_CORE, pin

_ACCOUNT, _WORKSPACE = f"AC{1:032x}", f"WS{2:032x}"
_SECRET = "0" * 32
_AT_ONCE = 64

_PATIENCE = 60.0
"""Seconds for a handshake: on a busy machine a thousand at once take longer than the ten that are the default."""


class Crowd:
    """The connections of one variant.

    Args:
        base: Where the server is.
        count: How many.
        tls: Trusts the server; None without TLS.
    """

    def __init__(self, base: str, count: int, tls: ssl.SSLContext | None) -> None:
        self.base = base
        self.tls = tls
        self.count = count
        self.back = 0
        self.all_back = asyncio.Event()
        self.kept: list[Any] = []
        self.path = f"/v1/wschannels/{_ACCOUNT}/{_WORKSPACE}"

    @property
    def websocket_url(self) -> str:
        """For those who connect by themselves; as long as a real one."""
        return f"{self.base.replace('http', 'ws')}{self.path}?token={_token()}"

    def returned(self) -> None:
        """One has come back after the drop."""
        self.back += 1
        if self.back == self.count:
            self.all_back.set()


def _token() -> str:
    from trbridge import WorkspaceCapability

    return WorkspaceCapability(_ACCOUNT, _SECRET, _WORKSPACE).allow_fetch_subresources().to_jwt()


def bare(crowd: Crowd) -> Callable[[], Awaitable[None]]:
    """``websockets`` as it comes; a lost connection is opened again at once."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    url = crowd.websocket_url

    async def keep(websocket: Any) -> None:
        while True:
            try:
                await websocket.recv()
            except ConnectionClosed:
                websocket = await connect(url, ssl=crowd.tls, open_timeout=_PATIENCE)
                crowd.returned()

    async def one() -> None:
        crowd.kept.append(asyncio.create_task(keep(await connect(url, ssl=crowd.tls, open_timeout=_PATIENCE))))

    return one


def bare_ready(crowd: Crowd) -> Callable[[], Awaitable[None]]:
    """The same, and the ready request by httpx: what a client of the bridge has to do."""
    import httpx
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed

    url, http = crowd.websocket_url, httpx.AsyncClient(timeout=None)
    target = f"https://taskrouter.twilio.com/v1/Workspaces/{_WORKSPACE}/"
    body = json.dumps({"url": target, "method": "GET", "event_type": "ready", "token": _token()}).encode()

    # With all two thousand in line, httpx's pool takes minutes: it looks at each of them for each of them.
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def ready() -> None:
        async with at_once:
            response = await http.post(crowd.base + crowd.path, content=body)
        json.loads(response.content)

    async def keep(websocket: Any) -> None:
        while True:
            try:
                await websocket.recv()
            except ConnectionClosed:
                websocket = await connect(url, ssl=crowd.tls, open_timeout=_PATIENCE)
                await ready()
                crowd.returned()

    async def one() -> None:
        websocket = await connect(url, ssl=crowd.tls, open_timeout=_PATIENCE)
        await ready()
        crowd.kept.append(asyncio.create_task(keep(websocket)))

    return one


def connection(crowd: Crowd) -> Callable[[], Awaitable[None]]:
    """The connection of trbridge: the socket with its clocks and its way back, without a client above it."""
    from trbridge.connection import Connection
    from trbridge.session import Session, SessionOptions, effects

    url = crowd.websocket_url
    options = SessionOptions(first_retry=1e-6)

    async def one() -> None:
        up = asyncio.get_running_loop().create_future()

        def on_effect(effect: Any) -> None:
            if isinstance(effect, effects.RequestReady):
                kept.ready_succeeded(effect.epoch)
                crowd.returned() if up.done() else up.set_result(None)

        session = Session(random=random.random, options=options)
        kept = Connection(session, url=lambda: url, on_effect=on_effect, on_frame=lambda _: None)
        crowd.kept.append(kept)
        kept.start()
        await up

    return one


def trbridge(crowd: Crowd) -> Callable[[], Awaitable[None]]:
    """The whole client."""
    from trbridge import HttpPool, Workspace
    from trbridge.session import SessionOptions

    token = _token()
    http = HttpPool(ssl_context=crowd.tls) if crowd.tls else None
    options = SessionOptions(first_retry=1e-6)
    bases: dict[str, Any] = {"api_base_url": f"{crowd.base}/v1", "event_bridge_base_url": crowd.base}

    async def one() -> None:
        client = Workspace(token, session=options, ssl_context=crowd.tls, http=http, **bases)
        await client.connect()
        client.on("ready", lambda _: crowd.returned())
        crowd.kept.append(client)

    return one


def trbridge_small(crowd: Crowd) -> Callable[[], Awaitable[None]]:
    """The whole client, its user having asked for smaller buffers."""
    from trbridge import small_tls_buffers

    small_tls_buffers()
    return trbridge(crowd)


VARIANTS: dict[str, Callable[[Crowd], Callable[[], Awaitable[None]]]] = {
    each.__name__: each for each in (bare, bare_ready, connection, trbridge, trbridge_small)
}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


async def _connect(one: Callable[[], Awaitable[None]], count: int) -> None:
    remaining = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in remaining:
            await one()

    await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))


async def main(variant: str, port: str, count: str, tls_port: str = "") -> None:
    """Measure one variant and print what was found; ends without closing anything."""
    tls = ssl.create_default_context(cafile=str(CERTIFICATE)) if tls_port else None
    crowd = Crowd(f"https://127.0.0.1:{tls_port}" if tls_port else f"http://127.0.0.1:{port}", int(count), tls)
    one = VARIANTS[variant](crowd)
    # What is imported and made once counts for nobody.
    await one()
    gc.collect()
    before, began = _resident(), (time.perf_counter(), time.process_time())
    await _connect(one, crowd.count - 1)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    gc.collect()
    found = {
        "kib_each": (_resident() - before) / 1024 / (crowd.count - 1),
        "per_s": (crowd.count - 1) / wall,
        "per_cpu_s": (crowd.count - 1) / cpu,
    }
    began = (time.perf_counter(), time.process_time())
    await asyncio.to_thread(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/drop").read())
    async with asyncio.timeout(120):
        await crowd.all_back.wait()
    found["back_s"] = time.perf_counter() - began[0]
    found["back_cpu_s"] = time.process_time() - began[1]
    print(json.dumps(found), flush=True)
    os._exit(0)  # two thousand goodbyes are not measured


if __name__ == "__main__":
    pin(CLIENT_CORE)
    logging.disable(logging.WARNING)  # each drop is worth a line, but not two thousand
    asyncio.run(main(*sys.argv[1:]))
