"""Between a client and its connection: the ready request, the token's renewal, frames, events.

A frame that arrives between the opening of the socket and the moment the client is up to date waits
(F46): a handler for an event never runs before the one for ``ready``, and one that is registered right
after ``connect()`` misses nothing.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

from .. import close_codes
from ..connection import Connection
from ..errors import ClientClosed, DecodeError, NotReady, TaskRouterError, TokenError
from ..events import CLIENT_EVENTS, Disconnected, StateChange
from ..session import Session, SessionOptions, State, effects
from ..session.states import AT_REST
from ..under_way import UnderWay
from ..wire import Request, decode_event
from .backlog import Backlog
from .promises import settle

if TYPE_CHECKING:
    import ssl

    from .base import Client

__all__ = ["Link"]

_log = logging.getLogger("trbridge.client")

_MOST_HELD_FRAMES = 10_000
"""Frames kept until the client is up to date; more than a worker's channel brings in a day."""


class Link:
    """Connects one client, and keeps it connected.

    Args:
        client: The client; told of everything through its own methods.
        options: Timing of the connection.
        ssl_context: For the websocket; the system's by default.
        wall: Seconds since 1970.

    Attributes:
        held: Frames that wait for the client to be up to date.
        is_comparing: A comparison is under way on a socket that has stayed (F28).
    """

    def __init__(
        self,
        client: Client,
        options: SessionOptions,
        ssl_context: ssl.SSLContext | None,
        wall: Callable[[], float],
    ) -> None:
        self._client = client
        self._stats = client._stats
        self._options = options
        self._ssl = ssl_context
        self._wall = wall
        self._context = contextvars.Context()
        self._session: Session | None = None
        self._connection: Connection | None = None
        self._tasks = UnderWay()
        self.held: Backlog[bytes] = Backlog(client.emitter, _MOST_HELD_FRAMES, "frames wait for the client to be ready")
        self._holding = True
        self.is_comparing = False
        self._awaiting_ready = 0
        self._ready: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] | None = None
        self._reason: TaskRouterError | None = None

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._session.state if self._session is not None else State.IDLE

    # -- what the client asks for ------------------------------------------------------------------

    async def connect(self) -> None:
        """Start if need be, and wait until ready."""
        if self.state in AT_REST:
            await self._shut()
            self._client._detached(self._start)
        self._awaiting_ready += 1
        try:
            if self._ready is not None:
                await asyncio.shield(self._ready)
        finally:
            self._awaiting_ready -= 1
            if self.state is State.READY and self._holding:
                # Only after the caller's next step, in which it registers its handlers.
                asyncio.get_running_loop().call_soon(self._release)

    async def ended(self) -> None:
        """Wait until closed; raises the reason if the client gave up."""
        if self._reason is not None:
            raise self._reason
        if self.state in AT_REST:
            return
        if self._ended is None:  # most clients are waited for by nobody
            self._ended = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._ended)

    async def aclose(self) -> None:
        """Disconnect, and end what the link itself has under way."""
        await self._shut()
        settle(self._ready, ClientClosed("the client was closed before it was ready"))
        settle(self._ended)

    def reconnect(self) -> None:
        """Connect again at once."""
        if self._connection is None:
            raise NotReady("there is no connection yet; connect() first")
        self._connection.reconnect()

    def notify_network_change(self) -> None:
        """Connect again at once, if there is anything to connect."""
        if self._connection is not None:
            self._client._requester.distrust_connections()
            self._connection.notify_network_change()

    def token_updated(self) -> None:
        """The client's token is a new one."""
        if self._connection is not None:
            self._connection.token_updated(self._client.token_expires_at)

    # -- starting and stopping ---------------------------------------------------------------------

    def _start(self) -> None:
        client = self._client
        self._context = contextvars.copy_context()
        self._promise()
        self._session = Session(random=random.random, options=self._options, can_refresh=client.can_refresh_token)
        self._connection = Connection(
            self._session,
            url=client.websocket_url,
            on_effect=self._on_effect,
            on_frame=self._on_frame,
            dial=client._dial(self._ssl),
            wall=self._wall,
        )
        self._connection.token_updated(client.token_expires_at)
        self._connection.start()
        self._client._brake.apply()

    def _promise(self) -> None:
        self._ready = asyncio.get_running_loop().create_future()
        self._ended = self._reason = None

    async def _shut(self) -> None:
        connection, self._connection = self._connection, None
        self._holding = True
        self.held.clear()
        try:
            if connection is not None:
                await connection.aclose()
        finally:
            while pending := self._tasks.others():
                for task in pending:
                    task.cancel()
                await asyncio.wait(pending)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.note(task)

    # -- what the session asks for -----------------------------------------------------------------

    def _on_effect(self, effect: effects.Effect) -> None:
        handler = _HANDLERS.get(type(effect))
        if handler is not None:
            handler(self, effect)

    def _publish(self, name: str, *args: Any) -> None:
        self._client.emitter.publish(name, *args, origin="client")

    def _on_connected(self, _: effects.Connected) -> None:
        self._stats.connects += 1
        self._publish("connected")

    def _on_report(self, effect: effects.Report) -> None:
        self._stats.failures += 1
        self._client.emitter.report(effect.error)

    def _on_request_ready(self, effect: effects.RequestReady) -> None:
        self._spawn(self._request_ready(effect.epoch))

    async def _request_ready(self, epoch: int) -> None:
        connection = self._connection
        try:
            reply = await self._client.send(Request("GET", self._client.ready_url, event_type="ready"))
            if connection is self._connection:
                self._client.absorb_ready(reply)
        except TaskRouterError as error:
            if connection is not None:
                connection.ready_failed(epoch, error)
        else:
            if connection is not None:
                connection.ready_succeeded(epoch)

    def _on_ready(self, _: effects.Ready) -> None:
        settle(self._ready)
        self._ready = None
        self._client.on_ready()
        if not self._awaiting_ready:
            self._release()

    def _release(self) -> None:
        if self._holding and self.state is State.READY:
            self._spawn(self._catch_up(self._connection))

    async def _catch_up(self, connection: Connection | None) -> None:
        await self._client.catch_up()
        if connection is not self._connection or self.state is not State.READY:
            return  # lost meanwhile: the next ready catches up again
        self._holding = False
        for frame in self.held.take_all():
            self._receive(frame)

    async def _compare(self) -> None:
        if self._holding or self.is_comparing:
            return  # the last one is not over yet
        self.is_comparing = True
        try:
            await self._client.compare()
            self._stats.comparisons += 1
        finally:
            self.is_comparing = False

    def _on_disconnected(self, effect: effects.Disconnected) -> None:
        self._holding = True
        self._stats.drops += effect.error is not None
        if effect.code in (None, close_codes.ABNORMAL):
            self._client._requester.distrust_connections()
        if self._ready is None or self._ready.done():
            self._ready = asyncio.get_running_loop().create_future()
        retry_in = effect.delay if effect.will_retry else None
        _log.info("%r: disconnected: %s; %s", self._client, effect.message, effect.plan)
        disconnected = Disconnected(message=effect.message, code=effect.code, reason=effect.reason, retry_in=retry_in)
        self._publish("disconnected", disconnected)

    def _on_state(self, effect: effects.StateChanged) -> None:
        _log.debug("%r: %s -> %s", self._client, effect.old, effect.new)
        if effect.old is State.STOPPED and effect.new not in AT_REST:
            self._promise()  # a new token woke it: whoever runs or connects from now on waits anew
        self._publish("state", StateChange(old=effect.old, new=effect.new))

    def _on_stopped(self, effect: effects.Stopped) -> None:
        settle(self._ready, effect.error)
        settle(self._ended, effect.error)
        self._reason = effect.error
        self._client.emitter.report(effect.error)

    async def _refresh(self) -> None:
        connection = self._connection
        try:
            await self._client.refresh_token()
        except TokenError as error:
            if connection is not None:
                connection.refresh_failed(error)

    # -- frames ------------------------------------------------------------------------------------

    def _on_frame(self, frame: bytes) -> None:
        self._stats.frames += 1
        if not self._holding:
            self._receive(frame)
        elif not frame.isspace():
            self.held.keep(frame)

    def _receive(self, frame: bytes) -> None:
        try:
            event = decode_event(frame)
            if event is None:
                return
            name = event.event_type
            if not name:
                self._stats.unreadable += 1
                _log.debug("a frame without event_type was dropped")
                return
            self._client.receive(f"server.{name}" if name in CLIENT_EVENTS else name, event.payload)
        except DecodeError as error:
            self._stats.unreadable += 1
            self._client.emitter.report(error)


_HANDLERS: Final[Mapping[type[effects.Effect], Callable[[Link, Any], None]]] = {
    effects.RequestReady: Link._on_request_ready,
    effects.Connected: Link._on_connected,
    effects.Ready: Link._on_ready,
    effects.Compare: lambda link, _: link._spawn(link._compare()),
    effects.Disconnected: Link._on_disconnected,
    effects.TokenExpired: lambda link, _: link._publish("token.expired"),
    effects.RefreshToken: lambda link, _: link._spawn(link._refresh()),
    effects.Report: Link._on_report,
    effects.StateChanged: Link._on_state,
    effects.Stopped: Link._on_stopped,
}
"""What the session asks for, and who does it."""
