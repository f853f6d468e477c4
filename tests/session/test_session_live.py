"""A live connection: loss, silence, pings, closing (faults F13-F34)."""

from __future__ import annotations

import pytest
from session_bench import Bench, kinds

from trbridge import close_codes
from trbridge.errors import (
    ConnectionLost,
    Forbidden,
    ServerError,
    SlowConsumer,
    TokenRejected,
    TooManyRequests,
    TransportError,
    Unauthorized,
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


def test_f27_any_traffic_keeps_it_alive() -> None:
    bench = Bench()
    bench.up()
    bench.run(3600, each=bench.receive)
    assert bench.state() is State.READY
    assert bench.of(effects.CloseSocket) == []


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


def test_f34_a_blocked_loop_is_reported_once_and_not_taken_for_silence() -> None:
    bench = Bench()
    bench.up()
    for _ in range(2):
        bench.now += 70
        bench.session.wake(bench.now)
        bench.take()
        assert bench.state() is State.READY, "what came meanwhile is still in the kernel's buffer"
        bench.receive()
    (report,) = bench.of(effects.Report)
    assert isinstance(report.error, SlowConsumer)
    assert "50.0 s" in str(report.error)
    bench.run(700, each=bench.receive)
    bench.now += 30
    bench.session.wake(bench.now)
    bench.take()
    assert len(bench.of(effects.Report)) == 2, "a day later it is news again"


def test_f34_a_blocked_loop_over_a_dead_socket_finds_out_soon() -> None:
    bench = Bench()
    bench.up()
    bench.now += 70
    bench.session.wake(bench.now)
    bench.run(5)
    assert bench.state() is State.DISCONNECTED


# -- the ready request -------------------------------------------------------------------------------------------


def test_f15_a_failing_ready_request_is_reported_and_repeated() -> None:
    """v1 said nothing and did nothing (Q5)."""
    bench = Bench()
    bench.connect()
    bench.open()
    for status in (500, 503, 502):
        bench.fail_ready(ServerError("no", status=status))
        bench.wake()
    assert [request.attempt for request in bench.of(effects.RequestReady)] == [1, 2, 3, 4]
    assert [report.delay for report in bench.of(effects.Report)] == [0.5, 1.5, 3.5]
    assert kinds(bench.be_ready()) == ["Ready"]
    assert len(bench.of(effects.Dial)) == 1, "the socket was fine"


def test_a_ready_request_without_an_answer_is_repeated() -> None:
    bench = Bench()
    bench.connect()
    bench.open()
    bench.fail_ready(TransportError("reset"))
    bench.wake()
    assert len(bench.of(effects.RequestReady)) == 2
    bench.run(30, each=bench.receive)
    assert "not answered within 30 s" in str(bench.of(effects.Report)[-1].error)
    bench.run(2, each=bench.receive)
    assert len(bench.of(effects.RequestReady)) == 3


def test_the_answer_to_an_earlier_repetition_counts() -> None:
    bench = Bench()
    bench.connect()
    bench.open()
    bench.run(31, each=bench.receive)
    assert kinds(bench.be_ready()) == ["Ready"]
    assert bench.be_ready() == [], "and a second one does not"


def test_retry_after_holds_for_the_ready_request_too() -> None:
    bench = Bench(0.0)
    bench.connect()
    bench.open()
    error = TooManyRequests("slow down")
    error.retry_after = 9.0
    bench.fail_ready(error)
    assert bench.of(effects.Report)[0].delay == 9.0


def test_a_ready_request_without_a_policy_ends_it() -> None:
    bench = Bench()
    bench.connect()
    bench.open()
    assert kinds(bench.fail_ready(Forbidden("no policy"))) == ["CloseSocket", "Disconnected", "Stopped"]
    assert isinstance(bench.of(effects.Stopped)[0].error, Forbidden)
    assert bench.of(effects.CloseSocket)[0].final


def test_a_refused_token_is_renewed_for_the_ready_request() -> None:
    bench = Bench(can_refresh=True)
    bench.connect()
    bench.open()
    assert kinds(bench.fail_ready(Unauthorized("expired"))) == ["Report", "RefreshToken"]
    assert kinds(bench.do(bench.session.token_updated, None)) == ["RequestReady"]
    assert kinds(bench.fail_ready(Unauthorized("expired"))) == ["CloseSocket", "Disconnected", "Stopped"]
    assert isinstance(bench.of(effects.Stopped)[0].error, TokenRejected)


def test_a_ready_request_with_an_old_token_is_repeated_with_the_new_one() -> None:
    bench = Bench()
    bench.connect()
    bench.open()
    bench.do(bench.session.token_updated, None)
    assert kinds(bench.fail_ready(Unauthorized("expired"))) == ["RequestReady"]


def test_a_socket_lost_while_its_token_is_renewed_waits_for_the_token() -> None:
    """The refused token must not be used for another attempt, which would end the session."""
    bench = Bench(can_refresh=True)
    bench.connect()
    bench.open()
    bench.fail_ready(Unauthorized("expired"))
    bench.lose()
    bench.wake()
    assert bench.state() is State.REFRESHING
    assert len(bench.of(effects.RefreshToken)) == 1, "one call at a time (F55)"
    assert kinds(bench.do(bench.session.token_updated, None)) == ["Dial"]


def test_answers_for_a_dead_socket_are_ignored() -> None:
    bench = Bench()
    bench.up()
    bench.lose()
    bench.wake()
    bench.open()
    assert bench.do(bench.session.ready_succeeded, 1) == []
    assert bench.do(bench.session.ready_failed, 1, Forbidden("no")) == []
    assert bench.do(bench.session.lost, 1, 1000, "") == []
    assert bench.state() is State.CONNECTED


# -- the end -----------------------------------------------------------------------------------------------------


def test_close_is_the_end() -> None:
    bench = Bench(can_refresh=True, expires_at=2000.0)
    bench.up()
    assert kinds(bench.do(bench.session.close)) == ["CloseSocket", "Disconnected"]
    assert bench.of(effects.CloseSocket)[0].final
    assert not bench.of(effects.Disconnected)[0].will_retry
    assert bench.session.deadline is None
    bench.do(bench.session.reconnect)
    bench.connect()
    assert bench.do(bench.session.token_updated, None) == []
    assert bench.state() is State.CLOSED
    assert len(bench.of(effects.Dial)) == 1


def test_close_takes_a_code() -> None:
    bench = Bench()
    bench.up()
    bench.do(bench.session.close, 4321)
    assert bench.of(effects.CloseSocket)[0].code == 4321


def test_disconnect_rests_and_connect_goes_on() -> None:
    """v1.24's pair; and its token timer rests, too (reliability J8)."""
    bench = Bench(expires_at=1500.0)
    bench.up()
    bench.do(bench.session.disconnect)
    assert bench.state() is State.IDLE
    assert bench.session.deadline is None
    assert kinds(bench.connect()) == ["Dial"]


def test_closing_an_attempt_is_no_disconnect() -> None:
    bench = Bench()
    bench.connect()
    assert kinds(bench.do(bench.session.close)) == ["CloseSocket"]
