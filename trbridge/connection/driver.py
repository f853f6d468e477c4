"""Drives one session over one websocket with one timer."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

from .. import close_codes
from ..errors import ClientClosed, InvalidArgument, TaskRouterError
from ..session import Effect, Session, State, effects
from ..under_way import UnderWay
from ..urls import without_query
from .clocks import sleepless_clock
from .dialling import default_dial, failure_of
from .interfaces import Dial, Socket
from .line import Line
from .timer import Timer

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["Connection"]

_logger = logging.getLogger("trbridge.connection")

_CLOCKS_DIFFER: Final = 30.0
"""Seconds by which the service's clock must differ from ours before it counts: less may be a slow answer."""


class Connection:
    """Carries out what a session asks for, and tells it what happens. Nothing starts before :meth:`start`.

    Made inside a running event loop, and used in its thread only.

    Args:
        session: The session; driven by nobody else.
        url: Makes the websocket's URL, with the token of that moment.
        on_effect: Takes every effect that is not the driver's own, in order. It may call back in.
        on_frame: Takes every message of the socket, heartbeats included. It is called while the loop reads the
            socket, so it must not block; there is no back-pressure.
        dial: Opens the websocket; default by way of ``websockets``.
        ssl: TLS settings for the default dial; default the system's certificates.
        wall: Seconds since 1970, which the ``exp`` of tokens is about.
        sleepless: A clock that runs on while the machine sleeps; default the system's, if it has one.
    """

    def __init__(
        self,
        session: Session,
        *,
        url: Callable[[], str],
        on_effect: Callable[[Effect], None],
        on_frame: Callable[[bytes], None],
        dial: Dial | None = None,
        ssl: SSLContext | None = None,
        wall: Callable[[], float] = time.time,
        sleepless: Callable[[], float] | None = None,
    ) -> None:
        self._session = session
        self._url = url
        self._on_effect = on_effect
        self._on_frame = on_frame
        self._dial = dial or default_dial(ssl)
        self._wall = wall
        self._loop = asyncio.get_running_loop()
        self._sleepless = sleepless or sleepless_clock(self._loop)
        self._process = os.getpid()
        self._pumping = False
        # What goes on for months is not part of whatever called reconnect(): no trace, no request's variables.
        self._context = contextvars.copy_context()
        self._timer = Timer(self._loop, self._wake, session.options.blocked_limit, self._context)
        self._wanted: int | None = None  # epoch of the attempt under way
        self._attempt: asyncio.Task[None] | None = None
        self._socket: Socket | None = None
        self._tasks = UnderWay()
        self._closing: list[Socket] = []
        self._is_held = False
        self._exp: float | None = None
        self._ahead = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state}>"

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._session.state

    # -- for the client ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect, or connect again after :meth:`disconnect` or a stop."""
        self._tell(self._session.connect, self._sleepless and self._sleepless())

    def reconnect(self) -> None:
        """Give up the socket, the attempt or the wait, and connect at once."""
        self._tell(self._session.reconnect)

    def notify_network_change(self) -> None:
        """The network is another one, says the system: connect at once, unless there is nothing to connect."""
        self._tell(self._session.network_changed)

    def disconnect(self) -> None:
        """Close the socket and rest until :meth:`start`."""
        self._tell(self._session.disconnect)

    def abandon(self, error: TaskRouterError) -> None:
        """The client cannot go on: close the socket and stop, for this reason."""
        self._tell(self._session.abandon, error)

    def hold(self, is_held: bool) -> None:
        """Read nothing more from the socket, nor from one that follows it; or go on (F47)."""
        self._is_held = is_held
        if self._socket is not None:
            self._socket.hold(is_held)
        self._tell(self._session.hold, is_held)

    def ready_succeeded(self, epoch: int) -> None:
        """The ready request of this epoch was answered."""
        self._tell(self._session.ready_succeeded, epoch)

    def ready_failed(self, epoch: int, error: TaskRouterError, retry_after: float | None = None) -> None:
        """The ready request of this epoch failed; it will be repeated if that may help."""
        self._tell(self._session.ready_failed, epoch, error, retry_after)

    def token_updated(self, exp: float | None) -> None:
        """There is a new token.

        Args:
            exp: When it runs out, in seconds since 1970, as in its claim; None if never.
        """
        self._exp = exp
        self._tell(self._session.token_updated, self._expires_at())

    def token_lifetime(self, seconds: float) -> None:
        """The service says how long the current token still lives (``token_lifetime`` of v2's ``init``, F57)."""
        self._tell(self._session.expiry_corrected, self._loop.time() + seconds)

    def refresh_failed(self, error: TaskRouterError) -> None:
        """The token provider failed."""
        self._tell(self._session.refresh_failed, error)

    async def aclose(self, code: int = close_codes.NORMAL) -> None:
        """Close for good; takes two seconds at most. Leaves no task, timer or socket behind, even if cancelled.

        Args:
            code: Close code for the service: 1000, or one of 3000 to 4999 (RFC 6455 section 7.4).

        Raises:
            InvalidArgument: A code that a client may not send.
        """
        if code != close_codes.NORMAL and not 3000 <= code <= 4999:
            raise InvalidArgument(f"close code {code} is not for clients: give 1000, or one of 3000 to 4999")
        self._tell(self._session.close, code)
        try:
            await self._settle()
        except asyncio.CancelledError:
            for socket in self._closing:
                socket.abort(code, "")
            # Now nothing waits for the network any more; this takes a few turns of the loop.
            await self._settle()
            raise

    async def _settle(self) -> None:
        while others := self._tasks.others():
            await asyncio.wait(others)

    # -- between session and client ------------------------------------------------------------------------------

    def _tell(self, happened: Callable[..., None], *args: Any) -> None:
        """Let the session know, and do what it asks for."""
        if os.getpid() != self._process:
            raise ClientClosed(
                "this client belongs to the process that was forked; its connection stays there",
                hint="make clients after the fork, in the process that uses them",
            )
        happened(self._loop.time(), *args)
        # A handler that calls back in only adds to what is being carried out: the order stays.
        if not self._pumping:
            self._pumping = True
            try:
                for effect in self._session.effects():
                    self._carry_out(effect)
            finally:
                self._pumping = False
                self._timer.set(self._session.deadline)

    def _carry_out(self, effect: Effect) -> None:
        own = _OWN.get(type(effect))
        if own is not None:
            own(self, effect)
            return
        try:
            self._on_effect(effect)
        except Exception:
            _logger.exception("the client failed to deal with %s", type(effect).__name__)

    def _wake(self, due: float) -> None:
        if os.getpid() == self._process:
            self._tell(self._wake_session, due)

    def _wake_session(self, now: float, due: float) -> None:
        # The loop fires timers a hair early; for the session it must be due (aioquic does the same).
        wall = self._sleepless and self._sleepless()
        if now - due <= self._session.options.blocked_limit:
            self._session.wake(max(now, due), wall)
        else:
            self._session.wake(now, wall, blocked_by=self._timer.blocked_by(due), is_news=self._timer.is_news(due))

    # -- the socket ----------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work, context=self._context.copy())
        self._tasks.note(task)
        return task

    def _start_attempt(self, effect: effects.Dial) -> None:
        self._wanted = effect.epoch
        self._attempt = self._spawn(self._open(effect))

    async def _open(self, effect: effects.Dial) -> None:
        try:
            url = self._url()
            _logger.debug("attempt %d to open %s", effect.attempt, without_query(url))
            socket = await self._dial(url)
        except Exception as error:  # noqa: BLE001  whatever was raised, it is told to the session
            failure = failure_of(error)
            _logger.debug("attempt failed: %s", failure.error)
            self._tell(self._session.failed, effect.epoch, failure)
            return
        if self._wanted == effect.epoch:
            self._opened(effect.epoch, socket)
        else:  # given up in the moment it succeeded
            self._spawn(socket.wait_released())
            socket.abort(close_codes.NORMAL, "")

    def _opened(self, epoch: int, socket: Socket) -> None:
        self._attempt, self._wanted, self._socket = None, None, socket
        _logger.debug("open")
        self._tell(self._session.opened, epoch)
        self._compare_clocks(socket.server_time)
        if self._socket is socket:
            socket.listen(Line(self._session.received, self._loop.time, self._on_frame, self._lost, epoch))
            if self._is_held:
                socket.hold(True)

    def _lost(self, epoch: int, code: int | None, reason: str) -> None:
        _logger.debug("lost: %s %s", code, reason)
        socket, self._socket = self._socket, None
        assert socket is not None  # noqa: S101 - one that was let go does not tell of its end
        self._spawn(socket.wait_released())
        self._tell(self._session.lost, epoch, code, reason)

    def _let_go(self, effect: effects.CloseSocket) -> None:
        attempt, self._attempt, self._wanted = self._attempt, None, None
        if attempt is not None:
            attempt.cancel()
        socket, self._socket = self._socket, None
        if socket is None:
            return
        self._spawn(socket.wait_released())
        if effect.final:
            self._closing.append(socket)
            closer = self._spawn(socket.close(effect.code, effect.reason))
            closer.add_done_callback(lambda _: self._closing.remove(socket))
        else:
            socket.abort(effect.code, effect.reason)

    def _ping(self, _: effects.Ping) -> None:
        if self._socket is not None:
            self._socket.ping()

    # -- clocks --------------------------------------------------------------------------------------------------

    def _expires_at(self) -> float | None:
        """The token's end on the loop's clock, by what the service's clock says (F57)."""
        return None if self._exp is None else self._loop.time() + self._exp - self._wall() - self._ahead

    def _compare_clocks(self, server_time: float | None) -> None:
        if server_time is None:
            return
        ahead = server_time - self._wall()
        ahead = ahead if abs(ahead) > _CLOCKS_DIFFER else 0.0
        if abs(ahead - self._ahead) > _CLOCKS_DIFFER:
            self._ahead = ahead
            _logger.debug("the service's clock is %+.0f s from ours", ahead)
            self._tell(self._session.expiry_corrected, self._expires_at())


_OWN: Final[Mapping[type[Effect], Callable[[Connection, Any], None]]] = {
    effects.Dial: Connection._start_attempt,
    effects.CloseSocket: Connection._let_go,
    effects.Ping: Connection._ping,
}
"""The effects that are not passed on."""
