"""The emulator as one ASGI application: REST, the event bridge, and what is added to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from .access.gatekeeper import Gatekeeper
from .access.rate_limits import RateLimits
from .alerts import alerts_of
from .bridge.app import Bridge
from .bridge.channels import Channels
from .bridge.sockets import Sockets
from .callbacks.callbacks import Callbacks
from .controls import Controls
from .driver import Driver
from .faults.interceptor import Interceptor
from .faults.record import Record
from .faults.rules import Faults
from .options import Options
from .rest.app import Rest
from .state.alarms import Alarms
from .web import AsgiScope, Receive, Send

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import BaseRoute

    from .admin import Admin
    from .engine import Engine

__all__ = ["App", "create_app"]

_REST: Final = "/v1/Workspaces"
_BRIDGE: Final = "/v1/wschannels"
_ADMIN: Final = "/_trbridge"


class App:
    """An ASGI application. REST and the bridge are asked before the web framework, which takes the rest.

    Attributes:
        engine: The emulator's core.
        options: Its choices.
        channels: The open sockets.
        driver: What wakes the engine up; started by the server's lifespan, or by hand.
        callbacks: The calls to users' servers; likewise.
        faults: Rules about what goes wrong.
        record: What was said.
        alerts: What the debugger would warn about.
        alarms: What else waits for the engine's clock.
        plant: Fills an emulator that was reset.
    """

    def __init__(
        self, engine: Engine, options: Options, base_url: Callable[[], str], routes: Sequence[BaseRoute] = ()
    ) -> None:
        self.engine = engine
        self.options = options
        self.channels = Channels(engine, options, base_url)
        self.alarms = Alarms(engine)
        self.alerts = alerts_of(engine.store)
        self.record = Record(engine.now)
        self.faults = Faults(engine.random)
        self.driver = Driver(engine, self.channels, self.alarms)
        self.callbacks = Callbacks(engine, options, self.alerts, self.record, self.faults, self.alarms)
        self.plant: Callable[[], None] = lambda: None
        self._interceptor = Interceptor(self.record, self.faults, self.alarms, options.max_body)
        gatekeeper = Gatekeeper(engine, options)
        limits = RateLimits(enforced=options.rate_limits)
        self._rest = Rest(engine, options, limits)
        self._bridge = Bridge(engine, gatekeeper, options, limits)
        self._sockets = Sockets(engine, gatekeeper, self.channels, options)
        self._others = _starlette(routes) if routes else None

    def start(self) -> None:
        """Let time pass and callbacks be called, in the running loop."""
        self.driver.start()
        self.callbacks.start()

    async def stop(self) -> None:
        """End all that goes on by itself; nobody is left waiting."""
        self.driver.stop()
        self.faults.clear()
        self.alarms.close()
        await self.callbacks.aclose()
        self.channels.close()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request, one websocket or the lifespan."""
        kind = scope["type"]
        path: str = scope.get("path", "")
        if kind == "lifespan":
            await self._live(receive, send)
        elif kind == "http" and path.startswith(_BRIDGE):
            await self._interceptor.request("bridge", self._bridge, scope, receive, send)
        elif kind == "websocket" and (path.startswith(_BRIDGE) or self._others is None):
            await self._interceptor.socket(self._sockets, scope, receive, send)
        elif kind == "http" and path.startswith(_ADMIN):
            await self._admin(scope, receive, send)
        elif path.startswith(_REST) or self._others is None:
            await self._interceptor.request("rest", self._rest, scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """From the server's start to its stop."""
        await receive()
        self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    @cached_property
    def _admin(self) -> Admin:
        from .admin import Admin  # most emulators are never asked

        return Admin(Controls(self), self.options)


def _starlette(routes: Sequence[BaseRoute]) -> Starlette:
    from starlette.applications import Starlette  # most emulators have no routes but their own

    return Starlette(routes=list(routes))


def create_app(
    engine: Engine,
    options: Options | None = None,
    *,
    base_url: str | Callable[[], str] = "http://127.0.0.1/v1",
    routes: Sequence[BaseRoute] = (),
) -> App:
    """The application for an engine, to be served by any ASGI server with lifespan support.

    Args:
        engine: The emulator's core.
        options: Its choices.
        base_url: Base of URLs in websocket frames, with ``/v1``. Answers use the address they were asked at.
        routes: More routes, for paths that are neither REST's nor the bridge's.
    """
    return App(engine, options or Options(), base_url if callable(base_url) else lambda: base_url, routes)
