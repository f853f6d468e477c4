"""The event bridge's websocket: who may open it, what it carries, what happens when it ends (wire-protocol 3)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from ...errors import ApiError, BadRequest, ServerError
from ..access.gatekeeper import Bearer, Gatekeeper
from ..operations import workers
from ..options import Options
from ..rest.answer import Dialect, error_answer
from ..rest.parameters import shown
from ..state.model import Activity, Worker
from ..web import AsgiScope, Receive, Send, check_host, check_origin, headers_of, parse_form
from .app import channel_of
from .channels import Channels, Socket, frame

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["ABORT", "CHANNEL", "WRITE", "Sockets"]

ABORT: Final = "trbridge.abort"
"""Our own ASGI extension: a function that cuts the connection. The emulator's server offers it."""

WRITE: Final = "trbridge.write"
"""Another: a function that writes a text frame without waiting, and returns False if it would have to wait."""

CHANNEL: Final = "trbridge.channel"
"""Where the scope says, once a socket is let in, whose channel it is."""

_FOREVER: Final = 30 * 86_400_000

_log = logging.getLogger("trbridge.emulator.sockets")
_encode: Final = msgspec.json.Encoder().encode


class Sockets:
    """Serves the websocket of ``/v1/wschannels/{AC}/{channel}``.

    Args:
        engine: The emulator's core.
        gatekeeper: Knows whom to let in.
        channels: The open sockets.
        options: The emulator's choices.
    """

    def __init__(self, engine: Engine, gatekeeper: Gatekeeper, channels: Channels, options: Options) -> None:
        self._engine = engine
        self._gatekeeper = gatekeeper
        self._channels = channels
        self._options = options

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end."""
        query = scope["query_string"]
        # The token is in it. From here on nobody can log it, the server included (security check 1).
        scope["query_string"] = b""
        await receive()
        try:
            ask = _Ask(parse_form(query))
            socket = self._admit(scope, ask)
            scope[CHANNEL] = socket.channel_sid
        except ApiError as error:
            await _refuse(scope, send, error)
            return
        await send({"type": "websocket.accept"})
        self._channels.add(socket, close_others=ask.close_others)
        await self._serve(socket, receive, send, ask.disconnect_activity_sid or self._offline(socket, ask))

    def _admit(self, scope: AsgiScope, ask: _Ask) -> Socket:
        headers = headers_of(scope)
        options = self._options
        check_host(headers, allow_remote=options.allow_remote)
        # "null" is a page from a file, or of anywhere; it brings a token, which no browser sends by itself.
        check_origin(headers, (*options.origins, "null"), allow_remote=options.allow_remote)
        if len(self._channels) >= options.max_sockets:
            raise ServerError("The emulator has as many websockets as it takes.", status=503, code=20503)
        bearer = self._gatekeeper.check(ask.token, channel_of(scope), "GET")
        self._check_activity(bearer.channel_sid, ask.disconnect_activity_sid)
        socket = Socket(bearer.channel_sid, ask.dialect, bearer.expires_at, options.max_unsent)
        if ask.dialect == "v2":
            socket.put(self._init(bearer))
        extensions = scope.get("extensions", {})
        socket.abort = extensions.get(ABORT, socket.abort)
        socket.write = extensions.get(WRITE, socket.write)
        return socket

    def _init(self, bearer: Bearer) -> str:
        """The second generation's first frame: who it is, and how many milliseconds its token is good for."""
        lifetime = _FOREVER if bearer.expires_at is None else int((bearer.expires_at - self._engine.now()) * 1000)
        payload = {
            "account_sid": bearer.account_sid,
            "workspace_sid": bearer.workspace_sid,
            "channel_id": bearer.channel_sid,
            "token_lifetime": lifetime,
        }
        return frame("init", payload)

    def _offline(self, socket: Socket, ask: _Ask) -> str | None:
        """Where ``setWorkerOfflineIfDisconnected=true`` moves a worker; without it, nothing happens [I]."""
        worker = self._engine.store.get(Worker, socket.channel_sid)
        if worker is None or not ask.set_offline:
            return None
        return self._engine.store.workspaces[worker.workspace_sid].timeout_activity_sid

    def _check_activity(self, channel_sid: str, activity_sid: str | None) -> None:
        """An activity to move to later that is not there now is a mistake worth telling at once [I]."""
        if activity_sid is None:
            return
        worker = self._engine.store.get(Worker, channel_sid)
        activity = self._engine.store.get(Activity, activity_sid)
        if worker is None or activity is None or activity.workspace_sid != worker.workspace_sid:
            raise BadRequest(f"Invalid disconnectActivitySid. There is no activity '{shown(activity_sid)}' here.")

    async def _serve(self, socket: Socket, receive: Receive, send: Send, leave_to: str | None) -> None:
        writer = asyncio.create_task(_write(socket, send))
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass  # the clients never send anything (wire-protocol 0.4)
        finally:
            last = self._channels.remove(socket)
            writer.cancel()
            await asyncio.wait([writer])
            # Not when the worker is still there on another socket: one that replaced this, for one [I].
            if last and leave_to is not None:
                self._leave(socket.channel_sid, leave_to)

    def _leave(self, worker_sid: str, activity_sid: str) -> None:
        """Move the worker, now that its socket has gone (``disconnectActivitySid``, wire-protocol 2.5)."""
        worker = self._engine.store.get(Worker, worker_sid)
        if worker is None or worker.activity_sid == activity_sid:
            return
        try:
            with self._engine.transaction() as tx:
                workers.update(tx, worker, {"activity_sid": activity_sid})
        except ApiError as error:
            _log.warning("worker %s could not be moved to its disconnect activity: %s", worker_sid, error)


class _Ask:
    """What the query of the websocket's URL says (wire-protocol 2.5)."""

    def __init__(self, query: dict[str, list[str]]) -> None:
        def last(name: str) -> str | None:
            values = query.get(name)
            return values[-1] if values and values[-1] else None

        self.token = last("token") or ""
        self.close_others = last("closeExistingSessions") == "true"
        self.disconnect_activity_sid = last("disconnectActivitySid")
        self.set_offline = last("setWorkerOfflineIfDisconnected") == "true"
        self.dialect: Dialect = "v2" if last("clientVersion") or last("serverVersion") else "v1"


async def _write(socket: Socket, send: Send) -> None:
    try:
        while (text := await socket.next()) is not None:
            await send({"type": "websocket.send", "text": text})
        code, reason = socket.closing or (1000, "")
        await send({"type": "websocket.close", "code": code, "reason": reason})
    except OSError:
        pass  # the client has gone (ASGI 2.4); the reader hears of it too


async def _refuse(scope: AsgiScope, send: Send, error: ApiError) -> None:
    """Answer the handshake with an HTTP status and REST's error body [I]."""
    answer = error_answer(error)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:100]})
        return
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": _encode(answer.body)})
