"""Attempts, waits, and what each failure means (faults F01-F12, F17)."""

from __future__ import annotations

from collections import Counter

import pytest
from session_bench import Bench, failure, kinds

from trbridge.errors import ConnectionFailed, TokenRejected
from trbridge.session import Effect, State, effects


def test_the_order_on_open_is_the_originals() -> None:
    """The ready request is on its way before ``connected`` (wire-protocol 3.2)."""
    bench = Bench()
    assert kinds(bench.connect()) == ["Dial"]
    assert kinds(bench.open()) == ["RequestReady", "Connected"]
    assert kinds(bench.be_ready()) == ["Ready"]
    assert bench.states() == [State.CONNECTING, State.CONNECTED, State.READY]
    assert bench.state() == "ready"


def test_nothing_happens_before_connect() -> None:
    bench = Bench(expires_at=0.0, can_refresh=True)
    assert bench.session.deadline is None
    bench.session.wake(bench.now)
    assert bench.take() == []
    assert bench.state() is State.IDLE
    assert bench.session.epoch == 0


def test_f01_a_refusing_server_sees_at_most_30_attempts_in_ten_minutes() -> None:
    for seed in range(200):
        bench = Bench(seed=seed)
        _refuse_all(bench)
        bench.connect()
        bench.run(600)
        assert 20 <= len(bench.of(effects.Dial)) <= 30
        assert set(bench.states()) == {State.CONNECTING, State.DISCONNECTED}
        assert bench.of(effects.Disconnected) == [], "nothing was connected, so nothing was lost (Q28)"
        assert len(bench.of(effects.Report)) == len(bench.of(effects.Dial)), "every failed attempt is reported"


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999999])
def test_waits_are_v1s_with_full_jitter(chance: float) -> None:
    """min(30, 2^k - 1), drawn anew each time; the longest one never falls below 20 (F01)."""
    bench = Bench(chance)
    bench.connect()
    delays = []
    for _ in range(7):
        (report,) = [effect for effect in bench.fail() if isinstance(effect, effects.Report)]
        delays.append(report.delay)
        bench.run(report.delay or 0.0)
    limits = [1, 3, 7, 15, 30, 30, 30]
    assert delays == pytest.approx([limit * chance for limit in limits[:4]] + [20 + 10 * chance] * 3)


def test_f04_an_attempt_that_hangs_is_given_up_after_ten_seconds() -> None:
    bench = Bench()
    bench.connect()
    found = bench.wake()
    assert bench.now == 1010.0
    assert kinds(found) == ["CloseSocket", "Report"]
    report = bench.of(effects.Report)[0]
    assert isinstance(report.error, ConnectionFailed)
    assert report.error.kind == "timeout"
    assert bench.state() is State.DISCONNECTED


def test_what_a_given_up_attempt_still_brings_is_ignored() -> None:
    bench = Bench()
    bench.connect()
    bench.wake()
    assert bench.open() == []
    bench.wake()
    assert bench.session.epoch == 2
    assert bench.do(bench.session.opened, 1) == []
    assert bench.fail(kind="tls") != [], "the second attempt's own failure counts"
    assert bench.state() is State.STOPPED


@pytest.mark.parametrize("kind", ["dns", "refused", "unreachable", "reset", "network", "protocol", "proxy", "unheard"])
def test_trouble_that_passes_is_retried(kind: str) -> None:
    bench = Bench()
    bench.connect()
    bench.fail(kind)
    assert bench.state() is State.DISCONNECTED


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("tls", None),
        ("configuration", None),
        ("http", 403),
        ("http", 400),
        ("http", 404),
        ("http", 418),
        ("proxy", 407),
    ],
)
def test_f03_f06_f07_trouble_that_stays_ends_it_after_one_attempt(kind: str, status: int | None) -> None:
    bench = Bench()
    bench.connect()
    found = bench.fail(kind, status)
    assert kinds(found) == ["Stopped"]
    assert len(bench.of(effects.Dial)) == 1
    assert bench.session.deadline is None
    stopped = bench.of(effects.Stopped)[0]
    assert stopped.error.status == status


@pytest.mark.parametrize("status", [200, 204, 302, 307, 408, 425, 429, 500, 502, 503, 504, 599])
def test_f09_f10_f11_answers_that_may_change_are_retried(status: int) -> None:
    bench = Bench()
    bench.connect()
    bench.fail("http", status)
    assert bench.state() is State.DISCONNECTED


def test_f05_a_refused_token_is_renewed_once_then_it_is_over() -> None:
    bench = Bench(can_refresh=True)
    bench.connect()
    assert kinds(bench.fail("http", 401)) == ["Report", "RefreshToken"]
    assert bench.state() is State.REFRESHING
    assert kinds(bench.do(bench.session.token_updated, None)) == ["Dial"]
    assert kinds(bench.fail("http", 401)) == ["Stopped"]
    assert len(bench.of(effects.RefreshToken)) == 1
    assert len(bench.of(effects.Dial)) == 2
    error = bench.of(effects.Stopped)[0].error
    assert isinstance(error, TokenRejected)
    assert error.status == 401
    assert isinstance(error.__cause__, ConnectionFailed)
    assert "provider" in str(error.hint)


def test_without_a_provider_a_refused_token_ends_it_at_once() -> None:
    """F56: a program with a revoked token must not hang for ever."""
    bench = Bench()
    bench.connect()
    bench.fail("http", 401)
    error = bench.of(effects.Stopped)[0].error
    assert isinstance(error, TokenRejected)
    assert "update_token" in str(error.hint)


def test_a_token_given_after_the_refusal_starts_again() -> None:
    """v1 went on with whatever ``updateToken`` gave it; so a stop for want of a token is not the last word."""
    bench = Bench()
    bench.connect()
    bench.fail("http", 401)
    assert kinds(bench.do(bench.session.token_updated, None)) == ["Dial"]
    assert kinds(bench.open()) == ["RequestReady", "Connected"]


def test_a_token_does_not_help_where_the_token_was_not_the_trouble() -> None:
    bench = Bench()
    bench.connect()
    bench.fail("tls")
    assert bench.do(bench.session.token_updated, None) == []
    assert bench.state() is State.STOPPED


def test_a_refused_token_that_has_a_successor_already_is_not_renewed() -> None:
    bench = Bench(can_refresh=True)
    bench.connect()
    bench.do(bench.session.token_updated, None)
    assert kinds(bench.fail("http", 401)) == ["Report", "Dial"]
    assert bench.of(effects.RefreshToken) == []


@pytest.mark.parametrize(
    ("asked", "wait"), [(0.0, 0.0), (7.0, 7.0), (1e9, 300.0), (-5.0, 0.0), (float("inf"), 300.0), (float("nan"), 5.0)]
)
def test_f08_retry_after_is_kept_and_clamped(asked: float, wait: float) -> None:
    """The next attempt is in [n, n + jitter]; nonsense counts as none."""
    for chance in (0.0, 0.999):
        bench = Bench(chance)
        bench.connect()
        bench.fail("http", 429, asked)
        bench.wake()
        assert wait <= bench.now - 1000.0 <= wait + 1.0
        assert bench.state() is State.CONNECTING


def test_patience_without_a_number_is_five_seconds_more() -> None:
    bench = Bench(0.0)
    bench.connect()
    bench.fail("http", 429)
    bench.wake()
    assert bench.now == 1005.0


def test_the_table_can_be_changed() -> None:
    bench = Bench(outcomes={"http 403": "retry", "http 5xx": "stop"})
    bench.connect()
    bench.fail("http", 403)
    assert bench.state() is State.DISCONNECTED
    bench.wake()
    bench.fail("http", 502)
    assert bench.state() is State.STOPPED


def test_connect_starts_again_after_a_stop() -> None:
    bench = Bench()
    bench.connect()
    bench.fail()
    bench.wake()
    bench.fail("tls")
    assert kinds(bench.connect()) == ["Dial"]
    assert bench.of(effects.Dial)[-1].attempt == 1, "without a past"


def test_f17_a_fleet_can_be_told_to_spread() -> None:
    """500 clients lose the service at once and it stays away for 30 s: no second has a tenth of the attempts."""
    attempts: Counter[int] = Counter()
    for seed in range(500):
        bench = Bench(seed=seed, first_retry=30.0)
        bench.up()
        bench.run(100, each=bench.receive)
        lost_at = bench.now
        _refuse_all(bench)
        bench.lose(1012)
        bench.run(30)
        attempts.update(int(moment + 1000 - lost_at) for moment in bench.times(effects.Dial)[1:])
    assert max(attempts.values()) < 0.1 * attempts.total()


def test_f17_without_being_told_they_meet_once_and_spread_afterwards() -> None:
    """F19 and F21 want the first attempt within half a second; the waits after it spread the fleet."""
    attempts: Counter[int] = Counter()
    for seed in range(500):
        bench = Bench(seed=seed)
        bench.up()
        lost_at = bench.now
        _refuse_all(bench)
        bench.lose(1012)
        bench.run(30)
        attempts.update(int(moment + 1000 - lost_at) for moment in bench.times(effects.Dial)[2:])
    assert max(attempts.values()) < 0.2 * attempts.total()


def _refuse_all(bench: Bench) -> None:
    def refuse(effect: Effect) -> None:
        if isinstance(effect, effects.Dial):
            bench.session.failed(bench.now, effect.epoch, failure())

    bench.answer = refuse


def test_attempts_are_counted_for_the_log() -> None:
    bench = Bench(0.0)
    bench.connect()
    for _ in range(3):
        bench.fail()
        bench.wake()
    assert [(dial.epoch, dial.attempt) for dial in bench.of(effects.Dial)] == [(1, 1), (2, 2), (3, 3), (4, 4)]
