"""Whatever happens, in whatever order: one socket, no surprise, always a way on."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trbridge.errors import Forbidden, ServerError, TaskRouterError, TokenProviderError, Unauthorized, WrongIdentity
from trbridge.session import TRANSITIONS, Effect, Failure, Session, State, effects
from trbridge.session.states import AT_REST, OPEN

AGES = st.sampled_from([0, 0, 0, 1, 5])
"""How many attempts ago the socket was that an input speaks of; mostly the current one."""
KINDS = st.sampled_from(
    [("refused", None), ("dns", None), ("tls", None), ("http", 401), ("http", 403), ("http", 429), ("http", 503)]
)
CODES = st.sampled_from([None, 1000, 1001, 1006, 1008, 1011, 1013, 4001, 4002, 4004, 4999])
EXPIRIES = st.sampled_from([None, -1e9, -1.0, 0.0, 3.0, 30.0, 3600.0, 1e12, float("nan"), float("inf")])
ERRORS = st.sampled_from([TokenProviderError("down"), WrongIdentity("other"), ServerError("x"), TaskRouterError("?")])
ANSWERS = st.sampled_from([Unauthorized("no"), Forbidden("no"), ServerError("no"), TaskRouterError("no")])


class SessionMachine(RuleBasedStateMachine):
    """Plays driver, client and fate; checks each effect against a small model of the world."""

    @initialize(
        can_refresh=st.booleans(),
        life=EXPIRIES,
        chance=st.sampled_from([0.0, 0.5, 0.999]),
        wall=st.booleans(),
        now=st.sampled_from([1000.0, 1000.1]) | st.floats(0.0, 1e9),
    )
    def begin(self, can_refresh: bool, life: float | None, chance: float, wall: bool, now: float) -> None:
        self.now, self.drift, self.with_wall = now, 5e8, wall
        self.can_refresh = can_refresh
        expires_at = None if life is None else self.now + life
        self.session = Session(random=lambda: chance, expires_at=expires_at, can_refresh=can_refresh)
        self.state = State.IDLE
        self.socket: int | None = None  # epoch of the attempt or socket that exists
        self.connected: set[int] = set()
        self.ready: set[int] = set()
        self.announced = False
        self.told = False
        self.asked: float | None = None
        self.ended = self.may_start = False

    # -- the world -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        for effect in self.session.effects():
            self.carry_out(effect)

    def carry_out(self, effect: Effect) -> None:
        assert not self.ended or isinstance(effect, (effects.CloseSocket, effects.Disconnected, effects.StateChanged))
        match effect:
            case effects.Dial(epoch=epoch):
                assert self.socket is None, "two sockets"
                self.socket = epoch
            case effects.CloseSocket(epoch=epoch):
                assert self.socket == epoch
                self.socket = None
            case effects.Ping(epoch=epoch) | effects.RequestReady(epoch=epoch):
                assert self.socket == epoch
                assert self.session.state in OPEN
            case effects.Connected(epoch=epoch):
                assert epoch == self.socket
                assert epoch not in self.connected
                self.connected.add(epoch)
                self.announced = True
            case effects.Ready(epoch=epoch):
                assert epoch == self.socket
                assert epoch in self.connected - self.ready, "ready before connected, or twice"
                self.ready.add(epoch)
            case effects.Disconnected():
                assert self.announced, "disconnected without having been connected, or twice"
                self.announced = False
            case _:
                self.note(effect)

    def note(self, effect: Effect) -> None:
        match effect:
            case effects.TokenExpired():
                assert not self.told, "a token was told of twice"
                self.told = True
            case effects.RefreshToken():
                assert self.can_refresh
                patience = self.session.options.refresh_timeout
                assert self.asked is None or self.now - self.asked >= patience, "asked twice at the same time (F55)"
                self.asked = self.now
            case effects.StateChanged(old=old, new=new):
                assert old is self.state
                assert any(new in targets for targets in TRANSITIONS[old].values())
                assert old is not State.STOPPED or self.may_start or new in AT_REST
                self.state = new
                if new in AT_REST:
                    self.asked = None
            case effects.Report(delay=delay) if delay is not None:
                assert delay >= 0.0

    @invariant()
    def the_session_knows_what_comes_next(self) -> None:
        assert self.state is self.session.state
        assert self.announced == (self.state in OPEN)
        assert (self.socket is not None) == (self.state in OPEN | {State.CONNECTING})
        deadline = self.session.deadline
        assert (deadline is None) == (self.state in AT_REST)
        assert deadline is None or self.session._token.deadline is None or deadline <= self.session._token.deadline

    # -- what may happen -----------------------------------------------------------------------------------------

    def wall(self) -> float | None:
        return self.now + self.drift if self.with_wall else None

    @rule()
    def connect(self) -> None:
        self.may_start = True
        self.session.connect(self.now, self.wall())
        self.settle()
        self.may_start = False

    @rule(hint=st.booleans())
    def reconnect(self, hint: bool) -> None:
        self.may_start = not hint
        (self.session.network_changed if hint else self.session.reconnect)(self.now)
        self.settle()
        self.may_start = False

    @rule(age=AGES)
    def open(self, age: int) -> None:
        self.session.opened(self.now, self.session.epoch - age)
        self.settle()

    @rule()
    def go_up(self) -> None:
        """The way fate alone seldom finds."""
        self.connect()
        self.open(0)
        self.answer(0)

    @rule(age=AGES, how=KINDS, retry_after=st.none() | st.floats())
    def fail(self, age: int, how: tuple[str, int | None], retry_after: float | None) -> None:
        epoch = self.session.epoch - age
        if self.state is State.CONNECTING and epoch == self.socket:
            self.socket = None
        self.session.failed(self.now, epoch, Failure(how[0], TaskRouterError("no"), how[1], retry_after))
        self.settle()

    @rule(age=AGES, code=CODES)
    def lose(self, age: int, code: int | None) -> None:
        epoch = self.session.epoch - age
        if self.state in OPEN and epoch == self.socket:
            self.socket = None
        self.session.lost(self.now, epoch, code, "")
        self.settle()

    @rule()
    def receive(self) -> None:
        self.session.received(self.now)

    @rule(age=AGES)
    def answer(self, age: int) -> None:
        self.session.ready_succeeded(self.now, self.session.epoch - age)
        self.settle()

    @rule(age=AGES, error=ANSWERS)
    def refuse(self, age: int, error: TaskRouterError) -> None:
        self.session.ready_failed(self.now, self.session.epoch - age, error)
        self.settle()

    @rule(life=EXPIRIES)
    def update_token(self, life: float | None) -> None:
        if self.state is not State.CLOSED:
            self.told, self.asked = False, None
        self.may_start = True
        self.session.token_updated(self.now, None if life is None else self.now + life)
        self.settle()
        self.may_start = False

    @rule(life=EXPIRIES)
    def correct_expiry(self, life: float | None) -> None:
        self.session.expiry_corrected(self.now, None if life is None else self.now + life)
        self.settle()

    @rule(error=ERRORS)
    def fail_refresh(self, error: TaskRouterError) -> None:
        self.asked = None
        self.session.refresh_failed(self.now, error)
        self.settle()

    @rule(close=st.sampled_from([False, False, False, True]))
    def end(self, close: bool) -> None:
        (self.session.close if close else self.session.disconnect)(self.now)
        self.ended = self.ended or close
        self.settle()

    @rule()
    def abandon(self) -> None:
        self.session.abandon(self.now, TaskRouterError("a handler must not miss anything, and would"))
        self.settle()
        assert self.state in AT_REST

    @rule(is_held=st.booleans())
    def hold(self, is_held: bool) -> None:
        self.session.hold(self.now, is_held)

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 61.0, 4000.0]))
    def sleep(self, seconds: float) -> None:
        self.drift += seconds

    @rule(seconds=st.sampled_from([0.5, 5.0, 20.0, 100.0]))
    def block(self, seconds: float) -> None:
        """The loop is blocked: nobody looks at the deadline until later."""
        self.now += seconds
        self.session.wake(self.now, self.wall())
        self.settle()

    @rule(times=st.integers(1, 12))
    def wake(self, times: int) -> None:
        """Let deadlines come. Time moves on: a session that wants to be woken at once for ever would hang a loop."""
        before = self.now
        for _ in range(times):
            deadline = self.session.deadline
            if deadline is None:
                return
            assert deadline >= self.now, "a deadline in the past"
            self.now = deadline
            self.session.wake(self.now, self.wall())
            self.settle()
        assert times < 12 or self.now > before

    @rule()
    def catch_up(self) -> None:
        self.wake(12)


SessionMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_whatever_happens = SessionMachine.TestCase


def test_a_provider_that_is_overdue_when_the_machine_wakes_up_is_told_at_once() -> None:
    """Found by the machine above: no deadline stays in the past."""
    session = Session(random=lambda: 0.0, expires_at=0.0, can_refresh=True)
    session.connect(1000.0, 5000.0)
    session.wake(1100.0, 5110.0)
    assert session.state is State.REFRESHING
    assert session.deadline is not None
    assert session.deadline >= 1100.0
