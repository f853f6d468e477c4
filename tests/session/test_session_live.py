"""A live connection: loss, silence, pings, closing (faults F13-F33)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_bench import Bench, kinds

from trbridge import close_codes
from trbridge.errors import (
    ConnectionLost,
    TokenRejected,
)
from trbridge.session import Effect, State, effects


@pytest.mark.parametrize("code", [None, 1000, 1001, 1002, 1005, 1006, 1011, 1012, 4999])
@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_f19_f20_f21_the_first_attempt_after_a_loss_is_within_half_a_second(code: int | None, chance: float) -> None:
    bench = Bench(chance)
    bench.up()
    bench.lose(code)
    bench.wake()
    assert 0.0 <= bench.now - 1000.0 <= 0.5
    assert bench.state() is State.CONNECTING


def test_disconnected_says_what_happened_once() -> None:
    """v1 lost code and reason, and repeated the event for every failed attempt (Q28)."""
    bench = Bench()
    bench.up()
    bench.lose(1011, "deploying")
    for _ in range(3):
        bench.wake()
        bench.fail()
    (lost,) = bench.of(effects.Disconnected)
    assert (lost.code, lost.reason, lost.will_retry, lost.delay) == (1011, "deploying", True, 0.25)
    assert isinstance(lost.error, ConnectionLost)
    assert lost.error.reason == "deploying"
    assert "server error" in lost.message


def test_a_reason_that_says_what_the_code_says_is_not_said_twice() -> None:
    bench = Bench()
    bench.up()
    bench.lose(1012, close_codes.MEANINGS[1012])
    assert bench.of(effects.Disconnected)[0].message == "the service restarts"


def test_f22_waits_grow_when_the_server_keeps_failing() -> None:
    bench = Bench(0.5)
    delays = []
    bench.connect()
    for _ in range(5):
        bench.open()
        bench.lose(1011)
        delays.append(bench.of(effects.Disconnected)[-1].delay)
        bench.wake()
    assert delays == [0.25, 1.5, 3.5, 7.5, 25.0]


def test_f22_try_again_later_waits_longer() -> None:
    bench = Bench(0.0)
    bench.up()
    bench.lose(1013)
    assert bench.of(effects.Disconnected)[0].delay == 5.0


def test_f25_a_server_that_accepts_and_closes_sees_at_most_15_connections_in_a_minute() -> None:
    """The wait starts again only after a stable minute; ``websockets`` alone makes 3,554 in 3 s (reliability W1)."""
    for seed in range(100):
        bench = Bench(seed=seed)

        def flap(effect: Effect, bench: Bench = bench) -> None:
            if isinstance(effect, effects.Dial):
                bench.session.opened(bench.now, effect.epoch)
                bench.session.lost(bench.now, effect.epoch, 1011)

        bench.answer = flap
        bench.connect()
        bench.run(60)
        assert len(bench.of(effects.Connected)) <= 15


def test_a_stable_minute_forgets_the_trouble_before_it() -> None:
    bench = Bench()
    bench.connect()
    for _ in range(4):
        bench.fail()
        bench.wake()
    bench.open()
    bench.run(60, each=bench.receive)
    bench.lose()
    assert bench.of(effects.Disconnected)[0].delay == 0.25


def test_a_minute_less_a_moment_does_not() -> None:
    bench = Bench()
    bench.connect()
    bench.fail()
    bench.wake()
    bench.open()
    bench.run(59.9, each=bench.receive)
    bench.lose()
    assert bench.of(effects.Disconnected)[0].delay == 1.5


def test_f23_a_policy_violation_means_the_token() -> None:
    bench = Bench(can_refresh=True)
    bench.up()
    assert kinds(bench.lose(1008, "token revoked")) == ["Disconnected", "RefreshToken"]
    bench.do(bench.session.token_updated, None)
    bench.open()
    bench.be_ready()
    assert kinds(bench.lose(1008, "token revoked")) == ["Disconnected", "Stopped"]
    error = bench.of(effects.Stopped)[0].error
    assert isinstance(error, TokenRejected)
    assert error.code == 1008
    assert not bench.of(effects.Disconnected)[-1].will_retry


def test_after_a_stable_minute_a_refused_token_is_renewed_again() -> None:
    bench = Bench(can_refresh=True)
    bench.up()
    for _ in range(3):
        bench.lose(close_codes.TOKEN_EXPIRED)
        bench.do(bench.session.token_updated, None)
        bench.open()
        bench.be_ready()
        bench.run(61, each=bench.receive)
    assert len(bench.of(effects.RefreshToken)) == 3
    assert bench.state() is State.READY


def test_f26_a_superseded_session_stands_by() -> None:
    """Two clients that close each other's sessions would fight for ever."""
    bench = Bench()
    bench.up()
    bench.lose(close_codes.SUPERSEDED, "another session")
    assert bench.state() is State.STANDBY
    (lost,) = bench.of(effects.Disconnected)
    assert lost.will_retry
    assert lost.delay == 600.0
    bench.do(bench.session.network_changed)
    bench.run(599)
    assert len(bench.of(effects.Dial)) == 1
    bench.run(2)
    assert len(bench.of(effects.Dial)) == 2


def test_f26_the_user_may_take_the_channel_back() -> None:
    bench = Bench()
    bench.up()
    bench.lose(close_codes.SUPERSEDED)
    assert kinds(bench.do(bench.session.reconnect)) == ["Dial"]


def test_f26_or_end_it() -> None:
    bench = Bench(outcomes={"close 4001": "stop"})
    bench.up()
    bench.lose(close_codes.SUPERSEDED)
    assert isinstance(bench.of(effects.Stopped)[0].error, ConnectionLost)


def test_f18_q25_silence_closes_the_socket_first() -> None:
    """v1 only called its handler, kept the socket and later had two (Q25)."""
    bench = Bench()
    bench.up()
    found = bench.run(60)
    assert kinds(found) == ["Ping", "Ping", "CloseSocket", "Disconnected"]
    assert bench.now == 1060.0
    assert "nothing came for 60 s" in bench.of(effects.Disconnected)[0].message
    assert bench.of(effects.Disconnected)[0].code == 1006
    assert bench.lose(1000) == [], "what the old socket still brings is ignored"
    assert bench.state() is State.DISCONNECTED


def test_f18_silence_is_found_to_the_second() -> None:
    """v1 took up to 120 s (Q26)."""
    bench = Bench()
    bench.up()
    bench.run(33.3)
    bench.receive()
    bench.run(59.9)
    assert bench.state() is State.READY
    bench.run(0.2)
    assert bench.state() is State.DISCONNECTED


@given(st.floats(900.0, 1100.0), st.floats(1.0, 300.0))
def test_f18_silence_is_due_at_its_own_deadline(moment: float, limit: float) -> None:
    """To the last bit: a deadline at which nothing happens is one for ever where time is virtual."""
    bench = Bench(silence_limit=limit, ping_interval=1e6, compare_every=None)
    bench.up()
    bench.now = max(moment, bench.now)
    bench.receive()
    deadline = bench.session.deadline
    assert deadline is not None
    bench.now = deadline
    bench.session.wake(deadline)
    assert bench.state() is State.DISCONNECTED


def test_f27_any_traffic_keeps_it_alive() -> None:
    bench = Bench()
    bench.up()
    bench.run(3600, each=bench.receive)
    assert bench.state() is State.READY
    assert bench.of(effects.CloseSocket) == []


def test_f28_a_comparison_is_due_at_every_interval_while_the_socket_stays() -> None:
    """A tenth early at most; counted anew from each ready, the first one sooner; never without a socket."""
    bench = Bench(0.5, compare_every=100.0)
    bench.up()
    bench.run(300, each=bench.receive)
    assert bench.times(effects.Compare) == [71.25, 166.25, 261.25]
    bench.lose(1012)
    bench.wake()
    bench.open()
    bench.run(25, each=bench.receive)
    bench.be_ready()
    bench.run(95, each=bench.receive)
    assert bench.times(effects.Compare)[3] - bench.times(effects.Ready)[1] == 71.25


def test_f28_no_comparison_if_none_is_wanted() -> None:
    bench = Bench(compare_every=None)
    bench.up()
    bench.run(1000, each=bench.receive)
    assert bench.times(effects.Compare) == []


def test_f30_a_ping_goes_out_every_twenty_seconds() -> None:
    bench = Bench()
    bench.up()
    bench.run(100, each=bench.receive)
    assert bench.times(effects.Ping) == [20.0, 40.0, 60.0, 80.0, 100.0]


def test_f33_a_changed_network_reconnects_at_once() -> None:
    bench = Bench()
    bench.up()
    found = bench.do(bench.session.network_changed)
    assert kinds(found) == ["CloseSocket", "Disconnected", "Dial"]
    assert bench.of(effects.Disconnected)[0].delay == 0.0


def test_reconnect_restarts_a_hanging_attempt_and_cuts_a_wait_short() -> None:
    bench = Bench()
    bench.connect()
    assert kinds(bench.do(bench.session.reconnect)) == ["CloseSocket", "Dial"]
    bench.fail()
    assert kinds(bench.do(bench.session.reconnect)) == ["Dial"]
    assert bench.of(effects.Dial)[-1].attempt == 2, "the trouble so far is not forgotten"


def test_reconnect_starts_an_idle_session() -> None:
    bench = Bench()
    assert kinds(bench.do(bench.session.reconnect)) == ["Dial"]
