"""What can happen to a session; the theory of operation is in the package's docstring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from .. import close_codes
from ..errors import (
    ConnectionFailed,
    RequestTimeout,
    SlowConsumer,
    TaskRouterError,
    TokenError,
    TokenProviderError,
)
from . import effects
from .core import SessionCore, lost_error
from .effects import Effect
from .options import SessionOptions
from .outcomes import Failure, Verdict, classify
from .states import AT_REST, OPEN, Input, State

__all__ = ["Session"]

_BLOCKED_AGAIN: Final = 600.0
"""Seconds between two reports of a blocked loop."""


class Session(SessionCore):
    """One client's connection, as a state machine without I/O.

    Args:
        random: Gives numbers in [0, 1), for the jitter.
        options: The times to keep.
        expires_at: When the first token runs out, on the axis of ``now``; None if never.
        can_refresh: There is a token provider; ``RefreshToken`` is only asked for if so.
    """

    def __init__(
        self,
        *,
        random: Callable[[], float],
        options: SessionOptions | None = None,
        expires_at: float | None = None,
        can_refresh: bool = False,
    ) -> None:
        super().__init__(random, options or SessionOptions(), can_refresh)
        self._token.corrected(0.0, expires_at)
        self._blocked_again_at: float | None = None
        self._blocked_by: str | None = None

    @property
    def options(self) -> SessionOptions:
        """The times it keeps."""
        return self._options

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._state

    @property
    def epoch(self) -> int:
        """Number of the latest attempt; 0 before the first."""
        return self._epoch

    @property
    def deadline(self) -> float | None:
        """When to call :meth:`wake`; None if nothing is scheduled."""
        if self._state in AT_REST:
            return None
        moments = (
            self._retry_at,
            self._attempt_by,
            self._ready.deadline,
            self._token.deadline,
            self._liveness.deadline,
            self._compare_at,
            # Standing by, there is nothing to hurry for after a sleep.
            None if self._state is State.STANDBY else self._watch.deadline,
        )
        return min((moment for moment in moments if moment is not None), default=None)

    def effects(self) -> Iterator[Effect]:
        """Take out what is to be done, in order; also what inputs add meanwhile."""
        while self._effects:
            yield self._effects.pop(0)

    # -- the user ------------------------------------------------------------------------------------------------

    def connect(self, now: float, wall: float | None = None) -> None:
        """Start, or start again after :meth:`disconnect` or a stop.

        Args:
            now: The time.
            wall: Time on a clock that runs on while the machine sleeps; None if there is none.
        """
        if self._accepts(Input.CONNECT):
            self._token.slept(now, self._watch.check(now, wall))
            self._start(now)

    def reconnect(self, now: float) -> None:
        """Give up the socket, the attempt or the wait, and try at once (Ably RTN20)."""
        if self._accepts(Input.RECONNECT):
            self._again(now, "reconnecting on request")

    def network_changed(self, now: float) -> None:
        """As :meth:`reconnect`, unless there is nothing to connect or the session stands by (F33)."""
        if self._accepts(Input.NETWORK_CHANGED):
            self._again(now, "the network changed")

    def disconnect(self, now: float) -> None:
        """Close the socket and rest; :meth:`connect` starts again (v1.24's ``disconnect``)."""
        if self._accepts(Input.DISCONNECT):
            self._end(now, State.IDLE)

    def close(self, now: float, code: int = close_codes.NORMAL) -> None:
        """Close the socket and end for good."""
        if self._accepts(Input.CLOSE):
            self._end(now, State.CLOSED, code)

    def abandon(self, now: float, error: TaskRouterError) -> None:
        """The client cannot go on: stop, for this reason."""
        if self._accepts(Input.ABANDON):
            self._give_up(now, error)

    # -- the socket ----------------------------------------------------------------------------------------------

    def opened(self, now: float, epoch: int) -> None:
        """The socket is open."""
        if epoch == self._epoch and self._accepts(Input.OPENED):
            self._open(now)

    def received(self, now: float) -> None:
        """Something came from the socket, whatever it was. Changes no state and arms no timer."""
        self._liveness.last_traffic = now

    def hold(self, now: float, is_held: bool) -> None:
        """Nothing is read from the socket from now on, or everything again. Changes no state."""
        self._liveness.is_held = is_held
        self._liveness.last_traffic = now

    def failed(self, now: float, epoch: int, failure: Failure) -> None:
        """The attempt failed."""
        if epoch == self._epoch and self._accepts(Input.FAILED):
            verdict = classify(self._options.verdicts, failure.kind, failure.status)
            self._attempt_over(now, failure, verdict)

    def lost(self, now: float, epoch: int, code: int | None = None, reason: str = "") -> None:
        """The socket is gone.

        Args:
            now: The time.
            epoch: Which socket.
            code: Close code; None if there was no close frame.
            reason: The server's words.
        """
        if epoch == self._epoch and self._accepts(Input.LOST):
            code = close_codes.ABNORMAL if code is None else code
            self._socket_over(now, lost_error(code, reason), classify(self._options.verdicts, "close", code))

    # -- the ready request ---------------------------------------------------------------------------------------

    def ready_succeeded(self, now: float, epoch: int) -> None:
        """The ready request was answered."""
        if epoch == self._epoch and self._accepts(Input.READY_SUCCEEDED):
            self._ready.finish()
            self._schedule_comparison(now, soon=True)
            self._go(State.READY)
            self._emit(effects.Ready(epoch))

    def ready_failed(self, now: float, epoch: int, error: TaskRouterError, retry_after: float | None = None) -> None:
        """The ready request failed.

        Args:
            now: The time.
            epoch: Which socket it was for.
            error: Why; its ``status`` decides what it means.
            retry_after: Seconds the service asked to wait; default the error's own.
        """
        if epoch == self._epoch and self._accepts(Input.READY_FAILED):
            if retry_after is None:
                retry_after = getattr(error, "retry_after", None)
            self._ready_over(now, error, classify(self._options.verdicts, "ready", error.status), retry_after)

    # -- the token -----------------------------------------------------------------------------------------------

    def token_updated(self, now: float, expires_at: float | None) -> None:
        """There is a new token, asked for or not.

        Args:
            now: The time.
            expires_at: When it runs out, on the axis of ``now``; None if never.
        """
        if not self._accepts(Input.TOKEN_UPDATED):
            return
        self._token.renewed(now, expires_at)
        if self._state is State.REFRESHING:
            # Even if it is over by our clock: ours may be wrong, and the service decides (F57).
            self._dial(now, refresh=False)
        elif self._ready.waits_for_token:
            self._ready.send(now, self._epoch, self._token.version)
        elif self._state is State.STOPPED and self._resumable:
            self._start(now)

    def expiry_corrected(self, now: float, expires_at: float | None) -> None:
        """The current token runs out at another time than thought: the service's clock differs from ours (F57)."""
        self._token.corrected(now, expires_at)

    def refresh_failed(self, now: float, error: TaskRouterError) -> None:
        """The token provider failed.

        A :class:`~trbridge.errors.TokenProviderError` is tried again; any other token error, such as a token for
        another channel, ends a session that cannot go on without a new one (F54).
        """
        if self._token.pending and self._accepts(Input.REFRESH_FAILED):
            needed = self._state is State.REFRESHING or self._ready.waits_for_token
            if needed and isinstance(error, TokenError) and not isinstance(error, TokenProviderError):
                self._give_up(now, error)
            else:
                self._emit(effects.Report(error, self._token.failed(now)))

    # -- time ----------------------------------------------------------------------------------------------------

    def wake(
        self, now: float, wall: float | None = None, *, blocked_by: str | None = None, is_news: bool = True
    ) -> None:
        """Do what is due; call it at :attr:`deadline`, or at any time.

        Args:
            now: The time.
            wall: Time on a clock that runs on while the machine sleeps; None if there is none.
            blocked_by: If this comes too late: who kept the loop meanwhile, in words; None if that is not known.
            is_news: Another session has not told of that already.
        """
        due = self.deadline
        if due is None or not self._accepts(Input.WAKE):
            return
        slept = self._watch.check(now, wall)
        if slept:
            self._token.slept(now, slept)
            if self._state is not State.STANDBY:
                self._again(now, f"the machine slept for {slept:.0f} s")
            self._fire_token(now)  # what was asked before may be overdue, too
            return
        if now - due > self._options.blocked_limit:
            self._blocked(now, now - due, blocked_by, is_news)
        self._fire(now)

    def _fire(self, now: float) -> None:
        self._fire_token(now)
        if self._state in OPEN:
            self._fire_open(now)
        elif self._attempt_by is not None and now >= self._attempt_by:
            self._let_go(now, close_codes.NORMAL, "")
            failed = ConnectionFailed(f"no websocket within {self._options.attempt_timeout:g} s")
            failed.kind = "timeout"
            self._attempt_over(now, Failure("timeout", failed), classify(self._options.verdicts, "timeout"))
        elif self._retry_at is not None and now >= self._retry_at:
            self._dial(now)

    def _fire_token(self, now: float) -> None:
        if self._token.fire(now):
            error = TokenProviderError(f"the token provider did not answer within {self._options.refresh_timeout:g} s")
            self._emit(effects.Report(error, self._token.failed(now)))

    def _fire_open(self, now: float) -> None:
        if self._liveness.is_silent(now):
            message = f"nothing came for {self._options.silence_limit:g} s, not even a heartbeat"
            self._let_go(now, close_codes.NORMAL, "silence")
            self._socket_over(now, lost_error(close_codes.ABNORMAL, "", message), Verdict.RETRY)
            return
        if self._liveness.ping_due(now):
            self._emit(effects.Ping(self._epoch))
        if self._ready.repeat_due(now):
            self._ready.send(now, self._epoch, self._token.version)
        elif self._ready.overdue(now):
            timeout = RequestTimeout(f"the ready request was not answered within {self._options.ready_timeout:g} s")
            self._ready_over(now, timeout, Verdict.RETRY)
        if self._compare_at is not None and now >= self._compare_at:
            self._schedule_comparison(now)
            self._emit(effects.Compare(self._epoch))

    def _blocked(self, now: float, late: float, place: str | None, is_news: bool) -> None:
        """We were woken too late: somebody kept the loop from us (F34)."""
        self._liveness.forgive(now)
        again = self._blocked_again_at is None or now >= self._blocked_again_at or place != self._blocked_by
        if not is_news or not again:
            return
        self._blocked_again_at, self._blocked_by = now + _BLOCKED_AGAIN, place
        who = f" by {place}" if place else ": a handler did not return"
        search = "" if place else "; PYTHONASYNCIODEBUG=1 names the handler"
        error = SlowConsumer(
            f"the event loop was blocked for {late:.1f} s{who}",
            hint=f"await slow work, or move it to asyncio.to_thread(){search}",
        )
        error.place = place
        self._emit(effects.Report(error))
