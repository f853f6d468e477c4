"""One application, for any ASGI server."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from random import Random
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from trbridge.emulator.app import App, create_app
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


def app_of(*routes: Route) -> App:
    return create_app(Engine(clock=ManualClock(), random=Random(1)), routes=routes)  # noqa: S311  SIDs are no secrets


def client_of(app: App) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def test_rest_and_bridge_are_where_the_service_has_them() -> None:
    async with client_of(app_of()) as http:
        assert (await http.get("/v1/Workspaces")).status_code == 401
        assert (await http.post("/v1/wschannels/AC/WS", content=b"")).json()["status"] == 404
        assert (await http.get(f"/v1/wschannels/AC{'0' * 32}/WS{'0' * 32}")).json()["status"] == 400
        assert (await http.request("OPTIONS", "/v1/wschannels")).headers["access-control-allow-origin"] == "*"
        assert (await http.get("/elsewhere")).json()["code"] == 20003


async def test_other_routes_can_be_added() -> None:
    async with client_of(app_of(Route("/admin/hello", hello))) as http:
        assert (await http.get("/admin/hello")).text == "hello"
        assert (await http.get("/elsewhere")).status_code == 404
        assert (await http.get("/v1/Workspaces")).status_code == 401


async def test_a_server_with_lifespan_starts_and_stops_what_wakes_the_engine() -> None:
    app = app_of()
    incoming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    serving = asyncio.create_task(app({"type": "lifespan", "state": {}}, incoming.get, sent.put))
    incoming.put_nowait({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    assert app.driver._loop is not None
    incoming.put_nowait({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await serving
    assert app.driver._loop is None
