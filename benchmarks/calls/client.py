"""One client, measured: ``python -m benchmarks.calls.client VARIANT PORT COUNT IN_FLIGHT``.

Each renames an activity, by a POST whose answer it reads, so many times, so many at once. Connections are open
before the clock runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..children import CLIENT_CORE, pin

_ACCOUNT, _WORKSPACE, _ACTIVITY = f"AC{1:032x}", f"WS{2:032x}", f"WA{4:032x}"
_SECRET = "0" * 32

Call = Callable[[], Awaitable[object]]
Ways = AbstractAsyncContextManager[Call]


def _body() -> bytes:
    # As the bridge wants it (wire-protocol 4.1), so that all send the same.
    url = f"https://taskrouter.twilio.com/v1/Workspaces/{_WORKSPACE}/Activities/{_ACTIVITY}"
    request = {"url": url, "method": "POST", "token": _token(), "params": {"FriendlyName": "Lunch"}}
    return json.dumps(request, separators=(",", ":")).encode()


def _token() -> str:
    from trbridge import WorkspaceCapability

    return WorkspaceCapability(_ACCOUNT, _SECRET, _WORKSPACE).allow_update_subresources().to_jwt()


def _channel(base: str) -> str:
    return f"{base}/v1/wschannels/{_ACCOUNT}/{_WORKSPACE}"


@contextlib.asynccontextmanager
async def httpx(base: str) -> AsyncIterator[Call]:
    """Stock httpx and ``json.loads``."""
    import httpx

    body, url, headers = _body(), _channel(base), {"Content-Type": "text/plain;charset=UTF-8"}
    async with httpx.AsyncClient() as client:

        async def call() -> object:
            response = await client.post(url, content=body, headers=headers)
            response.raise_for_status()
            return json.loads(response.content)

        yield call


@contextlib.asynccontextmanager
async def aiohttp(base: str) -> AsyncIterator[Call]:
    """Stock aiohttp."""
    import aiohttp

    body, url, headers = _body(), _channel(base), {"Content-Type": "text/plain;charset=UTF-8"}
    async with aiohttp.ClientSession() as session:

        async def call() -> object:
            async with session.post(url, data=body, headers=headers) as response:
                response.raise_for_status()
                return await response.json()

        yield call


@contextlib.asynccontextmanager
async def twilio_async(base: str) -> AsyncIterator[Call]:
    """twilio-python's asynchronous client, which is aiohttp underneath, straight to REST."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.rest import Client

    class Here(AsyncTwilioHttpClient):  # type: ignore[misc]
        async def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
            return await super().request(method, url.replace("https://taskrouter.twilio.com", base), *args, **options)

    transport = Here()
    activity = (
        Client(_ACCOUNT, _SECRET, http_client=transport).taskrouter.v1.workspaces(_WORKSPACE).activities(_ACTIVITY)
    )
    try:
        yield lambda: activity.update_async(friendly_name="Lunch")
    finally:
        await transport.close()


@contextlib.asynccontextmanager
async def twilio_sync(base: str) -> AsyncIterator[Call]:
    """twilio-python's plain client, which is requests underneath."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class Here(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
            return super().request(method, url.replace("https://taskrouter.twilio.com", base), *args, **options)

    activity = Client(_ACCOUNT, _SECRET, http_client=Here()).taskrouter.v1.workspaces(_WORKSPACE).activities(_ACTIVITY)

    async def call() -> object:
        return activity.update(friendly_name="Lunch")

    yield call


@contextlib.asynccontextmanager
async def _ours(base: str, pool: Any) -> AsyncIterator[Call]:
    from trbridge import Workspace

    workspace = Workspace(_token(), api_base_url=f"{base}/v1", event_bridge_base_url=base, http=pool)
    try:
        yield lambda: workspace.activities.update(_ACTIVITY, friendly_name="Lunch")
    finally:
        await workspace.aclose()
        if pool is not None:
            await pool.aclose()


def trbridge(base: str) -> Ways:
    """The whole client as it comes, without the extra ``fast``."""
    sys.modules["httptools"] = None  # type: ignore[assignment]  # as if it were not installed
    return _ours(base, None)


def trbridge_fast(base: str) -> Ways:
    """The whole client with the extra ``fast``."""
    return _ours(base, None)


def trbridge_on_httpx(base: str) -> Ways:
    """The whole client with httpx's own transport underneath."""
    import httpx

    from trbridge import HttpPool

    return _ours(base, HttpPool(transport=httpx.AsyncHTTPTransport()))


VARIANTS: dict[str, Callable[[str], Ways]] = {
    each.__name__: each
    for each in (httpx, aiohttp, twilio_async, twilio_sync, trbridge, trbridge_fast, trbridge_on_httpx)
}


async def _repeat(call: Call, count: int, in_flight: int) -> None:
    remaining = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in remaining:
            await call()

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))


async def main(variant: str, port: str, count: str, in_flight: str) -> None:
    """Measure one variant and print what was found."""
    total, at_once = int(count), int(in_flight)
    async with asyncio.timeout(90), VARIANTS[variant](f"http://127.0.0.1:{port}") as call:
        await _repeat(call, 2 * at_once, at_once)
        began = (time.perf_counter(), time.process_time())
        await _repeat(call, total, at_once)
        wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        print(json.dumps({"per_s": total / wall, "per_cpu_s": total / cpu, "cpu_ms": cpu / total * 1e3}))


if __name__ == "__main__":
    pin(CLIENT_CORE)
    asyncio.run(main(*sys.argv[1:]))
