"""What all live clients have in common: connecting, events, the token, and ending."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from ..client_stats import ClientStats
from ..completion import Operations
from ..credentials import Credentials, TokenProvider
from ..errors import ClientClosed, NotReady
from ..events import Emitter
from ..handler_limits import HandlerLimits
from ..requester import HttpPool, HttpRequester, RetryInfo
from ..resources.context import Context
from ..resources.instance import InstanceResource
from ..resources.registry import materialize_event
from ..session import SessionOptions, State
from ..urls import Bases, channel_url, websocket_url
from ..wire import Reply, Request
from .brake import ConnectionBrake
from .debug import print_debug_log
from .link import Link
from .observed import Observed

if TYPE_CHECKING:
    import ssl

    from ..claims import UnverifiedClaims
    from ..telemetry import Telemetry

__all__ = ["Client"]


class Client(Observed):
    """Base of :class:`~trbridge.Workspace`, :class:`~trbridge.Worker` and :class:`~trbridge.TaskQueue`.

    Nothing starts in the constructor: ``async with`` connects, and so does :meth:`connect`.

    Args:
        token: A capability token, or a function (sync or async) that returns a fresh one whenever one is
            needed. With a function the client renews its token by itself, before it expires.
        debug: Print what happens on stderr. Off by default (v1: on), and with ``"false"``, as in v1.
        region: Twilio region of the event bridge, such as ``"ie1"``.
        max_retries: How often a failed request is repeated where that is safe. Default 0, as in v1;
            None is 0.
        api_base_url: Base of the REST API, with ``/v1``; default Twilio's, or ``TRBRIDGE_API_BASE_URL``.
        event_bridge_base_url: Base of the event bridge, without ``/v1``; default Twilio's, or
            ``TRBRIDGE_EVENT_BRIDGE_BASE_URL``.
        timeout: Seconds until a request without answer fails. Default 15.
        allow_insecure: Let plain ``http`` addresses be used that are not this machine's.
        http: A pool of HTTP connections to share with other clients; the event loop's by default.
        ssl_context: For a private certificate authority; the system's by default.
        on_retry: Called before each repetition of a request.
        handlers: How much each coroutine handler may have under way; default 1,000 events at once and 10,000 that
            wait, without a time limit.
        telemetry: Where spans and metrics go; default OpenTelemetry's providers of the process, if it uses that.
        session: Timing of the connection: silence limit, back-off, heartbeat.
        wall: Seconds since 1970, which a token's end is about; for tests that make days pass.

    Raises:
        InvalidToken: The token is malformed or lacks a claim. Before anything is sent.
        WrongTokenKind: It is a v2 access token, or one for another kind of client.
        InvalidArgument: A URL or the region is not usable.
    """

    def __init__(
        self,
        token: str | TokenProvider,
        debug: bool | str = False,
        region: str | None = None,
        max_retries: int | None = 0,
        api_base_url: str | None = None,
        event_bridge_base_url: str | None = None,
        *,
        timeout: float = 15.0,
        allow_insecure: bool = False,
        http: HttpPool | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_retry: Callable[[RetryInfo], None] | None = None,
        handlers: HandlerLimits | None = None,
        telemetry: Telemetry | None = None,
        session: SessionOptions | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if debug and debug != "false":  # Q69
            print_debug_log()
        self._bases = Bases.resolve(api_base_url, event_bridge_base_url, region=region, allow_insecure=allow_insecure)
        self._credentials = Credentials(token, self.kind)
        self._stats = ClientStats()
        self.emitter = Emitter(handlers, self._stats, whose=self)
        self._operations = Operations(self.emitter.report_handler)
        self._on_retry = on_retry
        self._telemetry = telemetry
        self._wall = wall
        self._requester = HttpRequester(
            max_retries=max_retries or 0,
            timeout=timeout,
            pool=http,
            ssl_context=ssl_context,
            now=wall,
            on_retry=self._retrying,
        )
        self._known: InstanceResource | None = None
        self._context_or_none: Context | None = None
        self._link = Link(self, session or SessionOptions(), ssl_context, wall)
        self._brake = self.emitter.brake = ConnectionBrake(self._link)
        if self._credentials.has_token:
            self._adopt(self._credentials.claims)

    def __repr__(self) -> str:
        sid = self._credentials.claims.channel_sid if self._credentials.has_token else "without a token yet"
        return f"<{type(self).__name__} {sid} {self.state}>"

    # -- connecting and ending ---------------------------------------------------------------------

    async def connect(self) -> Self:
        """Connect and wait until the client is ready.

        Keeps trying while the service cannot be reached; each failure is an ``error`` event. Bound it
        with ``asyncio.timeout`` if you need to. Calling it on a connected client waits for ``ready``.

        Raises:
            TokenError: The token was refused for good.
            ConnectionFailed: The service cannot be this client's: wrong address, bad certificate.
        """
        await self._ensure_token()
        self._begin_telemetry()
        await self._link.connect()
        return self

    async def aclose(self, *, drain: float = 5.0) -> None:
        """Disconnect and end everything this client has under way. ``connect()`` works again after it.

        Args:
            drain: Seconds that running handlers get to finish before they are cancelled.
        """
        try:
            await self._link.aclose()
            await self.emitter.aclose(drain)
        finally:
            await self._operations.aclose()
            self._end_telemetry()
            await self._credentials.aclose()
            await self._requester.aclose()

    async def run(self) -> None:
        """Stay until :meth:`aclose` is called.

        Raises:
            TaskRouterError: Why the client gave up, if it did: it never hangs silently.
        """
        if self.state in {State.IDLE, State.CLOSED}:
            await self.connect()
        await self._link.ended()

    async def __aenter__(self) -> Self:
        try:
            return await self.connect()
        except BaseException:
            await self.aclose(drain=0)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def reconnect(self) -> None:
        """Give up the current connection, if any, and connect at once, without waiting for a back-off."""
        self._link.reconnect()

    def notify_network_change(self) -> None:
        """Tell the client that the machine's network is another one: it connects at once (F33).

        Call it where the system says so: NetworkManager, a VPN going up, a modem. An open connection is
        replaced, a wait is cut short; a client that is not connected, stands by or has given up stays so.
        """
        self._link.notify_network_change()

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._link.state

    # -- the token ---------------------------------------------------------------------------------

    def update_token(self, token: str) -> None:
        """Use a new token from now on, everywhere: in all resources handed out, too (Q8, Q9).

        The open connection stays; the next one uses the new token.

        Raises:
            InvalidToken: It cannot be read. The old one stays in use.
            WrongIdentity: It is for another channel (Q11). The old one stays in use.
        """
        self._credentials.update(token)
        self._adopt(self._credentials.claims)
        self._link.token_updated()

    async def _ensure_token(self) -> None:
        self._credentials.reopen()
        if not self._credentials.has_token:
            await self.refresh_token()
        self._adopt(self._credentials.claims)

    def _adopt(self, claims: UnverifiedClaims) -> None:
        if self._context_or_none is None:
            self._bases.check_account(claims.account_sid)
            worker_sid = claims.worker_sid if self.kind == "worker" else None
            self._context_or_none = Context(
                self.send, self._operations, self._bases.api, claims.workspace_sid, worker_sid, self.update_token
            )
            self._known = self._make_resource(self._context_or_none, claims)

    def _make_resource(self, context: Context, claims: UnverifiedClaims) -> InstanceResource:
        raise NotImplementedError

    @property
    def _context(self) -> Context:
        if self._context_or_none is None:
            raise NotReady("the token provider was not asked yet; connect() first")
        return self._context_or_none

    @property
    def channel_url(self) -> str:
        """Where requests are posted; with ``ws`` and a token, where events come from (wire-protocol 2.2)."""
        claims = self._credentials.claims
        return channel_url(self._bases.event_bridge, claims.account_sid, claims.channel_sid)

    async def send(self, request: Request) -> Reply:
        """Send a request of your own; :mod:`trbridge.wire` has its form.

        Raises:
            RequestError: It was refused, or not answered.
            ClientClosed: The client was closed, and not connected again.
        """
        if self.state is State.CLOSED:  # its connections would be open for ever
            raise ClientClosed("the client is closed; connect() it again first")
        if self._tracing is None:
            return await self._post(request)
        with self._tracing.request(request):
            return await self._post(request)

    async def _post(self, request: Request) -> Reply:
        return await self._requester.send(
            request, channel_url=self.channel_url, token=lambda: self._credentials.current
        )

    # -- for the link ------------------------------------------------------------------------------

    @property
    def ready_url(self) -> str:
        """REST URL of what this client is; read at every connect."""
        raise NotImplementedError

    def absorb_ready(self, reply: Reply) -> None:
        """Take over the properties that the ready request brought."""
        raise NotImplementedError

    def on_ready(self) -> None:
        """Publish ``ready``."""
        self.emitter.publish("ready", self, origin="client")

    async def catch_up(self) -> None:
        """Bring the client up to date after ``ready``; what the socket brings meanwhile waits."""

    async def compare(self) -> None:
        """On a socket that stays, compare what the client holds with the service (F28)."""

    def found_out(self) -> None:
        """Count something that a comparison has found, and the socket had not brought."""
        self._stats.reconciled += 1
        self._stats.drift_repaired += self._link.is_comparing

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Publish an event of the socket; its payload is decoded if anybody wants it."""
        if self.emitter.wanted(name):
            self.emitter.publish(name, materialize_event(name, payload, self._context))

    def websocket_url(self) -> str:
        """The URL that opens the socket; holds the token, so never log it."""
        return websocket_url(self.channel_url, self._credentials.current)

    @property
    def can_refresh_token(self) -> bool:
        """Whether there is a provider to ask."""
        return self._credentials.can_refresh

    @property
    def token_expires_at(self) -> float | None:
        """When the token ends, in seconds since the epoch."""
        return self._credentials.expires_at

    async def refresh_token(self) -> None:
        """Ask the provider for a new token and use it.

        Raises:
            TokenError: There is no provider, or what it gave cannot be used; the old token stays.
        """
        await self._credentials.refresh(self._wall())
        self._stats.refreshes += 1
        self._adopt(self._credentials.claims)
        self._link.token_updated()
