"""What a session does about what happens to it: every change of state is here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from .. import close_codes
from ..errors import ConnectionLost, TaskRouterError, TokenError, TokenRejected
from . import effects
from .backoff import Backoff
from .effects import Effect
from .liveness import Liveness, SleepWatch
from .options import SessionOptions
from .outcomes import Failure, Verdict
from .ready import ReadyRequest
from .states import AT_REST, OPEN, TRANSITIONS, Input, State, Targets
from .token_clock import EARLY, EXPIRED, REJECTED, TokenClock

__all__ = ["SessionCore", "lost_error"]

_SOON: Final = 75.0
"""Seconds from ``ready`` to the first comparison: the service forgets what is over after five minutes (rest-api 2),
and what was there before the first one cannot be told from what came since."""


class _Plan(msgspec.Struct, frozen=True):
    """What comes after a socket or an attempt.

    Attributes:
        state: Where to go; CONNECTING means at once.
        error: Why.
        delay: Seconds to wait, where a wait follows.
    """

    state: State
    error: TaskRouterError
    delay: float | None = None


class SessionCore:
    """The state, and the ways it changes. :class:`~trbridge.session.Session` adds what can happen."""

    def __init__(self, random: Callable[[], float], options: SessionOptions, can_refresh: bool) -> None:
        self._options = options
        self._effects: list[Effect] = []
        self._emit = self._effects.append
        self._state = State.IDLE
        self._allowed: Targets = frozenset()
        self._epoch = 0
        self._token = TokenClock(random, options, can_refresh, self._emit)
        self._ready = ReadyRequest(random, options, self._emit)
        self._backoff = Backoff(random, options)
        self._liveness = Liveness(options)
        self._watch = SleepWatch(options.sleep_check)
        self._dialled_with = -1
        self._refreshed = False
        self._resumable = False
        self._opened_at: float | None = None
        self._attempt_by: float | None = None
        self._retry_at: float | None = None
        self._random = random
        self._compare_at: float | None = None

    def _accepts(self, happened: Input) -> bool:
        """Look the input up in the table; False if it means nothing in this state."""
        allowed = TRANSITIONS[self._state].get(happened)
        if allowed is None:
            return False
        self._allowed = allowed
        return True

    def _go(self, state: State) -> None:
        if state is self._state:
            return
        if state not in self._allowed:
            raise RuntimeError(f"the table of transitions does not lead from {self._state} to {state}")
        old, self._state = self._state, state
        self._emit(effects.StateChanged(old, state))

    # -- towards a socket ----------------------------------------------------------------------------------------

    def _start(self, now: float) -> None:
        """Begin without a past."""
        self._backoff.reset()
        self._refreshed = self._resumable = False
        self._token.start(now)
        self._dial(now)

    def _dial(self, now: float, *, refresh: bool = True) -> None:
        self._retry_at = None
        self._watch.postpone(now)
        if refresh and self._token.must_refresh(now):
            self._go(State.REFRESHING)
            self._token.ask(now, EXPIRED if self._token.reason == EARLY else self._token.reason)
            return
        self._epoch += 1
        self._dialled_with = self._token.version
        self._attempt_by = now + self._options.attempt_timeout
        self._go(State.CONNECTING)
        self._emit(effects.Dial(self._epoch, self._backoff.failures + 1))

    def _again(self, now: float, why: str) -> None:
        """Drop what there is and try at once."""
        if self._state is State.REFRESHING:
            self._token.ask(now, self._token.reason)
        elif self._state in AT_REST:
            self._start(now)
        else:
            was_open = self._let_go(now, close_codes.NORMAL, why)
            if was_open:
                self._emit(effects.Disconnected(None, "", why, will_retry=True, delay=0.0))
            self._dial(now)

    def _open(self, now: float) -> None:
        self._attempt_by = None
        self._opened_at = now
        self._liveness.opened(now)
        self._ready.begin()
        self._go(State.CONNECTED)
        self._ready.send(now, self._epoch, self._token.version)
        self._emit(effects.Connected(self._epoch))

    def _schedule_comparison(self, now: float, *, soon: bool = False) -> None:
        every = self._options.compare_every
        if soon and every is not None:
            every = min(every, _SOON)
        self._compare_at = None if every is None else now + every * (1 - self._random() / 10)

    # -- after a socket ------------------------------------------------------------------------------------------

    def _attempt_over(self, now: float, failure: Failure, verdict: Verdict) -> None:
        self._attempt_by = None
        plan = self._plan(verdict, failure.error, was_open=False, retry_after=failure.retry_after)
        if plan.state is not State.STOPPED:
            self._emit(effects.Report(plan.error, plan.delay))
        self._follow(now, plan)

    def _socket_over(self, now: float, error: ConnectionLost, verdict: Verdict) -> None:
        self._leave(now)
        plan = self._plan(verdict, error, was_open=True)
        will_retry = plan.state is not State.STOPPED
        self._emit(effects.Disconnected(error.code, error.reason, error.message, will_retry, plan.delay, error))
        self._follow(now, plan)

    def _ready_over(
        self, now: float, error: TaskRouterError, verdict: Verdict, retry_after: float | None = None
    ) -> None:
        if verdict is Verdict.REFRESH and self._ready.token_version != self._token.version:
            self._ready.send(now, self._epoch, self._token.version)
        elif verdict is Verdict.REFRESH and self._may_refresh():
            self._refreshed = True
            self._ready.wait_for_token()
            self._emit(effects.Report(error))
            self._token.ask(now, REJECTED)
        elif verdict in (Verdict.RETRY, Verdict.RETRY_LATER):
            patient = verdict is Verdict.RETRY_LATER
            self._emit(effects.Report(error, self._ready.repeat(now, patient=patient, retry_after=retry_after)))
        else:
            self._give_up(now, self._rejected(error) if verdict is Verdict.REFRESH else error)

    def _plan(
        self, verdict: Verdict, error: TaskRouterError, *, was_open: bool, retry_after: float | None = None
    ) -> _Plan:
        match verdict:
            case Verdict.STOP:
                return _Plan(State.STOPPED, error)
            case Verdict.STAND_BY:
                return _Plan(State.STANDBY, error, self._options.standby)
            case Verdict.REFRESH if self._dialled_with != self._token.version:
                return _Plan(State.CONNECTING, error, 0.0)
            case Verdict.REFRESH if self._may_refresh():
                return _Plan(State.REFRESHING, error)
            case Verdict.REFRESH:
                return _Plan(State.STOPPED, self._rejected(error))
        patient = verdict is Verdict.RETRY_LATER
        delay = self._backoff.next_delay(was_open=was_open, patient=patient, retry_after=retry_after)
        return _Plan(State.DISCONNECTED, error, delay)

    def _follow(self, now: float, plan: _Plan) -> None:
        match plan.state:
            case State.STOPPED:
                self._stop(plan.error)
            case State.REFRESHING:
                self._refreshed = True
                self._go(State.REFRESHING)
                self._token.ask(now, REJECTED)
            case State.CONNECTING:
                self._dial(now)
            case _:
                self._retry_at = now + (plan.delay or 0.0)
                self._go(plan.state)

    def _may_refresh(self) -> bool:
        return self._token.can_refresh and not self._refreshed

    def _rejected(self, error: TaskRouterError) -> TokenRejected:
        hint = (
            "the token that the provider gave after that was refused as well: check how it makes them"
            if self._token.can_refresh
            else "call update_token(new) to go on, or give the client a token provider"
        )
        rejected = TokenRejected(
            f"the service does not take the token: {error.message}", status=error.status, code=error.code, hint=hint
        )
        rejected.__cause__ = error
        return rejected

    # -- towards rest --------------------------------------------------------------------------------------------

    def _let_go(self, now: float, code: int, reason: str, *, final: bool = False) -> bool:
        """Close the socket or end the attempt, if there is one. Returns True if it was open."""
        was_open = self._state in OPEN
        if was_open or self._state is State.CONNECTING:
            self._emit(effects.CloseSocket(self._epoch, code, reason, final))
        self._leave(now)
        return was_open

    def _leave(self, now: float) -> None:
        """Forget the socket. If it was a good one, forget the trouble before it, too (F25)."""
        if self._opened_at is not None and now - self._opened_at >= self._options.stable_after:
            self._backoff.reset()
            self._refreshed = False
        self._opened_at = self._attempt_by = self._retry_at = self._compare_at = None
        self._liveness.closed()
        self._ready.finish()

    def _give_up(self, now: float, error: TaskRouterError) -> None:
        if self._let_go(now, close_codes.NORMAL, "", final=True):
            self._emit(effects.Disconnected(None, "", error.message, will_retry=False, delay=None))
        self._stop(error)

    def _stop(self, error: TaskRouterError) -> None:
        self._token.stop()
        self._resumable = isinstance(error, TokenError)
        self._go(State.STOPPED)
        self._emit(effects.Stopped(error))

    def _end(self, now: float, state: State, code: int = close_codes.NORMAL) -> None:
        was_open = self._let_go(now, code, "", final=True)
        self._token.stop()
        if was_open:
            self._emit(effects.Disconnected(code, "", "closed by this client", will_retry=False, delay=None))
        self._go(state)


def lost_error(code: int, reason: str, message: str | None = None) -> ConnectionLost:
    """The error for a socket that ended.

    Args:
        code: Close code.
        reason: The server's words.
        message: Ours; default what the code means.
    """
    message = message or close_codes.MEANINGS.get(code, "the server closed the connection")
    # The emulator gives the meaning as the reason; once is enough.
    words = f"{message}: {reason}" if reason and reason != message else message
    error = ConnectionLost(words, code=code, hint=_HINTS.get(code))
    error.reason = reason
    return error


_HINTS = {
    close_codes.SUPERSEDED: "only one client of a channel can use close_existing_sessions; reconnect() takes over",
    close_codes.TOO_BIG: "a message of the service is larger than this client accepts",
    close_codes.TOKEN_EXPIRED: "give the client a token provider, or call update_token(new) at token.expired",
}
