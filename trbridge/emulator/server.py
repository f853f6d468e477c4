"""The emulator in a running event loop: ``async with Emulator() as emulator``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import Sequence
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from ..errors import ClientClosed, InvalidArgument, NotReady
from ..sids import DEMO_ACCOUNT_SID
from ..tokens import check_auth_token
from .app import create_app
from .clock import Clock, ManualClock
from .controls import Controls
from .engine import Engine
from .listener import Listener, check_address
from .operations import workspaces
from .options import choose
from .real_account import check_made_up
from .routing import routing
from .state.indexes import WORKSPACES_OF
from .state.journal import open_journal

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from .seeds.model import Seed

__all__ = ["DEMO_ACCOUNT_SID", "Emulator"]

_PATIENCE: Final = 1.0
"""Seconds that sockets get to hear why they end."""


class Emulator(Controls):
    """TaskRouter in a box, served on this machine for as long as the ``async with`` lasts.

    It begins with one workspace, ``Demo``, with a queue and a workflow (template ``FIFO``), unless ``data``
    brings others.

    Args:
        clock: Where time comes from; the machine's when left out. With a
            :class:`~trbridge.emulator.clock.ManualClock` time stands still until :meth:`advance`;
            ``"manual"`` is one that begins now.
        random_seed: Makes SIDs (and the made-up auth token) the same on every run.
        seed: File (YAML or JSON), or :class:`~trbridge.emulator.seeds.seed.Seed`, with workspaces to begin with, in
            place of ``Demo``, if there are none yet.
        data: File that keeps everything across restarts; None keeps it in memory only.
        host: Address to listen on; ``localhost`` is 127.0.0.1 and, where the machine has it, ::1.
        port: Port to listen on; 0 takes a free one.
        account_sid: Account that owns everything; ``data``'s, else a fixed demo account, when left out.
        auth_token: Its secret, at least 32 characters; made up when left out.
        workspace: Name of the workspace it begins with; None for none.
        real_account: Needed for an ``account_sid`` and ``auth_token`` that look like a real account's.
        allow_remote: Needed for a ``host`` that other machines can reach; credentials travel unencrypted.
        routes: More Starlette routes.
        **options: See :class:`~trbridge.emulator.options.Options`: ``rate_limits``, ``workspace_events``,
            ``close_on_expiry``, ``origins`` and so on.

    Attributes:
        engine: The core: state, transactions, time.
        app: The ASGI application.
        account_sid: The account.
        auth_token: Its secret.

    Raises:
        InvalidArgument: The address is not this machine's without ``allow_remote``, or an argument is wrong.
        JournalError: ``data`` cannot be used.

    Example::

        async with Emulator() as emulator:
            token = emulator.mint("workspace")
            async with Workspace(token, api_base_url=emulator.api_base_url,
                                 event_bridge_base_url=emulator.event_bridge_base_url) as workspace:
                ...
    """

    def __init__(
        self,
        *,
        clock: Clock | Literal["manual"] | None = None,
        random_seed: int | None = None,
        seed: Seed | str | os.PathLike[str] | None = None,
        data: str | os.PathLike[str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        account_sid: str | None = None,
        auth_token: str | None = None,
        workspace: str | None = "Demo",
        real_account: bool = False,
        allow_remote: bool = False,
        routes: Sequence[BaseRoute] = (),
        **options: Any,
    ) -> None:
        check_address(host, allow_remote=allow_remote)
        check_made_up(account_sid, auth_token, allowed=real_account)
        if auth_token is not None:
            check_auth_token(auth_token)
        elif random_seed is None:
            auth_token = secrets.token_hex(16)
        self._host = host
        self._port = port
        self._workspace_name = workspace
        self._seed = _read_seed(seed) if isinstance(seed, (str, os.PathLike)) else seed
        self._seed_name = f"{os.fspath(seed)}: " if isinstance(seed, (str, os.PathLike)) else ""
        self._listener: Listener | None = None
        self._state: Literal["new", "running", "closed"] = "new"
        chosen = choose({"allow_remote": allow_remote, **options})
        journal = open_journal(data)
        try:
            engine = Engine(
                clock=ManualClock(time.time()) if clock == "manual" else clock,
                random=None if random_seed is None else Random(random_seed),  # noqa: S311 SIDs are no secrets
                journal=journal,
                # A file knows whose it is, so an unnamed account is made up once and kept there.
                account_sid=account_sid or (None if data else DEMO_ACCOUNT_SID),
                auth_token=auth_token,
            )
            routing.install(engine, max_assignments=chosen.max_assignments)
        except BaseException:
            journal.close()
            raise
        super().__init__(create_app(engine, chosen, base_url=lambda: self.api_base_url, routes=routes))
        self.app.plant = self._plant

    @property
    def event_bridge_base_url(self) -> str:
        """Base URL of the event bridge, without ``/v1``, as the clients want it.

        Raises:
            NotReady: The emulator is not running yet.
        """
        if self._listener is None:
            raise NotReady("the emulator is not running", hint="use it inside `async with emulator:`")
        # The address, which nobody has to look up; localhost is served on both.
        host = "127.0.0.1" if self._host == "localhost" else f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._listener.port}"

    @property
    def api_base_url(self) -> str:
        """Base URL of the REST API, with ``/v1``, as the clients want it.

        Raises:
            NotReady: The emulator is not running yet.
        """
        return f"{self.event_bridge_base_url}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point clients, and programs that start clients, at this emulator.

        Without a workspace ``TWILIO_WORKSPACE_SID`` is missing.

        Raises:
            NotReady: The emulator is not running yet.
        """
        workspace = self.engine.store.first(WORKSPACES_OF, self.account_sid)
        return {
            "TRBRIDGE_API_BASE_URL": self.api_base_url,
            "TRBRIDGE_EVENT_BRIDGE_BASE_URL": self.event_bridge_base_url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            **({} if workspace is None else {"TWILIO_WORKSPACE_SID": workspace.sid}),
        }

    async def start(self) -> None:
        """Listen. ``async with`` does it for you.

        Raises:
            InvalidArgument: The address cannot be listened on.
            ClientClosed: It was stopped before; make a new one.
        """
        if self._state != "new":
            raise ClientClosed(f"this emulator is {self._state} already; make another one")
        self._listener = Listener(self.app, self._host, self._port, self.app.options.max_connections)
        self._state = "running"
        if not self.engine.store.workspaces:
            self._plant()
        await self._listener.start()
        self.app.start()

    def _plant(self) -> None:
        """What a new emulator contains."""
        if self._seed is not None:
            from .seeds.applying import apply

            try:
                apply(self.engine, self._seed)
            except InvalidArgument as error:  # of several files it is to be known which
                raise InvalidArgument(f"{self._seed_name}{error.message}", hint=error.hint) from error
        elif self._workspace_name is not None:
            with self.engine.transaction() as tx:
                workspaces.create(tx, self.account_sid, {"friendly_name": self._workspace_name, "template": "FIFO"})

    async def aclose(self) -> None:
        """Stop: sockets are closed with 1001, the port and the file are given back. May be called twice."""
        if self._state == "closed":
            return
        self._state = "closed"
        await self.app.stop()
        if self._listener is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self.app.channels.until(0)
            await self._listener.stop()
        self.engine.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        where = f" on {self.event_bridge_base_url}" if self._listener is not None else ""
        return f"<Emulator of {self.account_sid}{where}, {self._state}>"  # the secret stays out of it


def _read_seed(path: str | os.PathLike[str]) -> Seed:
    from .seeds.seed import read  # most emulators have none

    return read(path)
