"""A server to be measured: ``python -m benchmarks.serving.server VARIANT [DATA]``.

Each has something to read and something to change at ``PATH``, a websocket that is told of the change, and tells
at ``/cpu`` how much processor time it has used. It prints where, and serves until killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..children import SERVER_CORE, pin

_ACCOUNT, _WORKSPACE, _ACTIVITY = f"AC{1:032x}", f"WS{2:032x}", f"WA{4:032x}"
_BASE = f"http://127.0.0.1/v1/Workspaces/{_WORKSPACE}"
ANSWER: Final = {
    "sid": _ACTIVITY,
    "account_sid": _ACCOUNT,
    "workspace_sid": _WORKSPACE,
    "friendly_name": "Lunch",
    "available": False,
    "date_created": "2030-01-01T00:00:00Z",
    "date_updated": "2030-01-02T09:00:00Z",
    "url": f"{_BASE}/Activities/{_ACTIVITY}",
    "links": {"workspace": _BASE},
}
"""An activity, as the emulator shows it."""

_EVENT: Final = json.dumps({"event_type": "worker.attributes.update", "payload": {"text": "x" * 1_200}})


async def _cpu(_request: Request) -> Response:
    return PlainTextResponse(repr(time.process_time()))


_CPU: Final = Route("/cpu", _cpu)


class Nothing:
    """A Starlette application that does nothing: a handler each, and a loop that sends to everybody."""

    def __init__(self) -> None:
        self._sockets: set[WebSocket] = set()

    def routes(self) -> list[BaseRoute]:
        """What it serves."""
        return [
            _CPU,
            Route("/thing", self.read, methods=["GET"]),
            Route("/thing", self.change, methods=["POST"]),
            Route("/tell", self.tell, methods=["POST"]),
            WebSocketRoute("/socket", self.socket),
        ]

    async def read(self, _request: Request) -> Response:
        """Answer."""
        return JSONResponse(ANSWER)

    async def change(self, request: Request) -> Response:
        """Read the body and answer."""
        await request.body()
        return JSONResponse(ANSWER)

    async def tell(self, request: Request) -> Response:
        """Read the body, send the event to everybody, and answer."""
        await request.body()
        for socket in list(self._sockets):
            await socket.send_text(_EVENT)
        return JSONResponse(ANSWER)

    async def socket(self, socket: WebSocket) -> None:
        """Stay until the client goes."""
        await socket.accept()
        self._sockets.add(socket)
        try:
            await socket.receive_text()
        except WebSocketDisconnect:
            self._sockets.discard(socket)


async def _plain(scope: Any, receive: Any, send: Any) -> None:
    """ASGI without a framework."""
    if scope["path"] == "/cpu":
        body = repr(time.process_time()).encode()
    else:
        if scope["method"] == "POST":
            await receive()
        body = json.dumps(ANSWER).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _serve(app: Any) -> None:
    """Uvicorn as it comes, on asyncio's own loop like the emulator, and without its log."""
    import uvicorn

    from trbridge.emulator.listener import _bind

    listening = _bind("127.0.0.1", 0)
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    _tell({"base": base, "path": "/thing", "tell": "/tell", "socket": "/socket", "headers": {}})
    await server.serve(sockets=[listening])


async def starlette(_data: str | None) -> None:
    """The framework."""
    from starlette.applications import Starlette

    await _serve(Starlette(routes=Nothing().routes()))


async def plain(_data: str | None) -> None:
    """What is below it."""
    await _serve(_plain)


async def trbridge(data: str | None) -> None:
    """The emulator: an activity to read and rename, a worker whose sockets hear of new attributes."""
    from base64 import b64encode

    from trbridge.emulator import Emulator
    from trbridge.emulator.operations import workers
    from trbridge.emulator.state.model import Activity, Workspace

    async with Emulator(routes=[_CPU], data=data) as box:
        store = box.engine.store
        activity = store.in_workspace(Activity, box.workspace_sid)[0]
        with box.engine.transaction() as tx:
            worker = workers.create(tx, store.table(Workspace)[box.workspace_sid], {"friendly_name": "Alice"})
        here = f"/v1/Workspaces/{box.workspace_sid}"
        credentials = b64encode(f"{box.account_sid}:{box.auth_token}".encode()).decode()
        token = box.mint("worker", worker.sid)
        _tell(
            {
                "base": box.event_bridge_base_url,
                "path": f"{here}/Activities/{activity.sid}",
                "tell": f"{here}/Workers/{worker.sid}",
                "socket": f"/v1/wschannels/{box.account_sid}/{worker.sid}?token={token}",
                "headers": {"Authorization": f"Basic {credentials}"},
            }
        )
        await asyncio.Event().wait()


def _tell(facts: dict[str, Any]) -> None:
    print(json.dumps(facts), flush=True)


VARIANTS: dict[str, Callable[[str | None], Coroutine[Any, Any, None]]] = {
    each.__name__: each for each in (starlette, plain, trbridge)
}

if __name__ == "__main__":
    pin(SERVER_CORE)
    asyncio.run(VARIANTS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else None))
