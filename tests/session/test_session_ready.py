"""The ready request, and the end of a session (faults F13 to F16, quirk Q5)."""

from __future__ import annotations

from session_bench import Bench, kinds

from trbridge.errors import (
    Forbidden,
    ServerError,
    TokenRejected,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from trbridge.session import State, effects


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
