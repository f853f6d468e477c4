"""What a test or a demonstration does with an emulator besides using it: time, faults, sockets, tokens, reset."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from .. import close_codes
from ..errors import NotReady
from .clock import Clock
from .passing import pass_time
from .state.indexes import WORKSPACES_OF
from .state.model import KINDS

if TYPE_CHECKING:
    from .alerts import Alerts
    from .app import App
    from .engine import Engine
    from .faults.record import Record
    from .faults.rules import Faults
    from .seeds.model import Seed

__all__ = ["Controls", "Kind"]

Kind = Literal["workspace", "worker", "taskqueue"]


class Controls:
    """The controls of an emulator; :class:`~trbridge.emulator.server.Emulator` has them all.

    Args:
        app: The ASGI application.

    Attributes:
        app: The ASGI application.
        engine: The core: state, transactions, time.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.engine: Engine = app.engine

    @property
    def account_sid(self) -> str:
        """The account that owns everything."""
        return self.engine.account_sid

    @property
    def auth_token(self) -> str:
        """The account's secret."""
        return self.engine.auth_token

    @property
    def clock(self) -> Clock:
        """Where time comes from."""
        return self.engine.clock

    @property
    def workspace_sid(self) -> str:
        """The workspace it began with: the account's oldest.

        Raises:
            NotReady: There is none.
        """
        workspace = self.engine.store.first(WORKSPACES_OF, self.account_sid)
        if workspace is None:
            raise NotReady("this emulator has no workspace", hint="create one over REST, or give it a name here")
        return workspace.sid

    @property
    def faults(self) -> Faults:
        """Rules about what goes wrong: ``emulator.faults.add("answer", status=503, times=2)``."""
        return self.app.faults

    @property
    def record(self) -> Record:
        """What was said to the emulator and by it, for tests to assert on."""
        return self.app.record

    @property
    def alerts(self) -> Alerts:
        """What the service's debugger would warn about."""
        return self.app.alerts

    async def advance(self, seconds: float) -> float:
        """Let time pass on a ManualClock, and everything happen that falls due on the way.

        Callbacks under way are waited for at each stop: they take none of the time that passes.

        Returns:
            The new time, epoch seconds.

        Raises:
            InvalidArgument: The clock is not a ManualClock, or the seconds are negative.
        """
        app = self.app
        return await pass_time(app.engine, app.driver, app.alarms, app.callbacks, seconds)

    async def settled(self) -> None:
        """Wait until no callback is waiting for its turn or for an answer."""
        await self.app.callbacks.settled()

    async def reset(self) -> None:
        """Forget everything and begin anew, as when it was started; time goes on, and so do SIDs.

        Fault rules, alerts and the record are cleared too. Sockets are closed, for their channels are gone.
        """
        self.faults.clear()
        with self.engine.transaction() as tx:
            for kind in reversed(KINDS.values()):
                for entity in list(tx.store.table(kind).values()):
                    tx.remove(entity)
        self.app.plant()
        await self.settled()
        self.alerts.clear()
        self.record.clear()

    def export(self) -> Seed:
        """What there is, as a seed: see :mod:`trbridge.emulator.seeds.seed`.

        Raises:
            InvalidArgument: Names are not unique, so that a seed could not refer to what is meant.
        """
        from .seeds.exporting import export

        return export(self.engine)

    def mint(self, kind: Kind = "workspace", sid: str | None = None, ttl: int = 3600, *, full: bool = True) -> str:
        """A capability token for this emulator, by its own clock.

        Args:
            kind: ``"workspace"``, ``"worker"`` or ``"taskqueue"``.
            sid: Its SID; may be left out for the workspace.
            ttl: Seconds it is good for.
            full: Allow everything below the resource (and, for a worker, activities and reservations), not
                only what a token allows by itself.
        """
        from .access.minting import mint

        return mint(self.engine, self.workspace_sid if sid is None else sid, kind, ttl, full=full)

    def mint_access(self, worker_sid: str, role: str = "worker", ttl: int = 3600) -> str:
        """An access token, as the second generation of Twilio's JavaScript clients wants, by this emulator's clock.

        Args:
            worker_sid: The worker it is for.
            role: ``"worker"``, ``"supervisor"`` or ``"admin"``.
            ttl: Seconds it is good for.

        Raises:
            InvalidArgument: There is no such role or worker, or the time is none.
        """
        from .access.minting import mint_access

        return mint_access(self.engine, worker_sid, role, ttl)

    async def cut_sockets(self, code: int | None = close_codes.SERVICE_RESTART, channel_sid: str | None = None) -> int:
        """Close websockets, as a service does that restarts.

        Args:
            code: Close code; None cuts the connections without a word, as a network does.
            channel_sid: Only those of this channel.

        Returns:
            How many there were.
        """
        sockets = list(self.app.channels) if channel_sid is None else self.app.channels.on(channel_sid)
        for one in sockets:
            one.close(close_codes.ABNORMAL if code is None else code)
            if code is None:
                one.abort()
        await asyncio.sleep(0)
        return len(sockets)

    async def sockets(self, number: int, channel_sid: str | None = None) -> None:
        """Wait until so many websockets are open, of one channel or of all.

        A client knows of its socket a moment before or after the emulator does.
        """
        await self.app.channels.until(number, channel_sid)

    def inject(self, channel_sid: str, text: str | Mapping[str, Any]) -> int:
        """Send a frame to every socket of a channel, whatever it says.

        Args:
            channel_sid: The workspace, worker or queue.
            text: The frame's text; a mapping is sent as JSON.

        Returns:
            How many sockets got it.
        """
        sockets = self.app.channels.on(channel_sid)
        for one in sockets:
            one.put(text if isinstance(text, str) else msgspec.json.encode(text).decode())
        return len(sockets)
