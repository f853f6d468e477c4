"""The token's life: early renewal, expiry, sleep, clocks that differ (faults F51-F59)."""

from __future__ import annotations

import pytest
from session_bench import Bench, kinds

from trbridge.errors import TokenProviderError, WrongIdentity
from trbridge.session import State, effects


def test_v1_without_a_provider_token_expired_comes_five_seconds_before() -> None:
    bench = Bench(expires_at=4600.0)
    bench.up()
    bench.run(4000, each=bench.receive)
    assert bench.times(effects.TokenExpired) == [3595.0], "once (wire-protocol 3.7)"
    assert bench.state() is State.READY, "the open socket does not mind"


def test_q37_a_missing_expiry_never_fires() -> None:
    bench = Bench(expires_at=None)
    bench.up()
    bench.run(100_000, each=bench.receive)
    assert bench.of(effects.TokenExpired) == []


@pytest.mark.parametrize("expires_at", [-1e30, 0.0, 999.0, 1000.0, 1004.9])
def test_q37_an_expiry_in_the_past_fires_at_once(expires_at: float) -> None:
    bench = Bench(expires_at=expires_at)
    bench.up()
    bench.wake()
    assert bench.times(effects.TokenExpired) == [0.0]


@pytest.mark.parametrize("days", [25, 365, 1e9, 1e300])
def test_q37_f57_a_far_expiry_does_not_overflow(days: float) -> None:
    """The original's timer fired at once beyond 24.8 days."""
    bench = Bench(expires_at=1000.0 + days * 86400)
    bench.up()
    bench.run(86400, each=bench.receive)
    assert bench.of(effects.TokenExpired) == []


@pytest.mark.parametrize("odd", [float("inf"), float("nan"), float("-inf")])
def test_an_expiry_that_is_no_number_counts_as_none(odd: float) -> None:
    bench = Bench(expires_at=odd)
    bench.up()
    bench.run(100, each=bench.receive)
    assert bench.of(effects.TokenExpired) == []


def test_each_token_is_told_of_once() -> None:
    bench = Bench(expires_at=1100.0)
    bench.up()
    bench.run(200, each=bench.receive)
    bench.do(bench.session.token_updated, bench.now + 100)
    bench.run(200, each=bench.receive)
    assert bench.times(effects.TokenExpired) == [95.0, 295.0]


@pytest.mark.parametrize(("chance", "at"), [(0.0, 3540.0), (0.999999, 3510.0)])
def test_f51_a_provider_is_asked_a_minute_early(chance: float, at: float) -> None:
    """With jitter, so that a fleet does not ask in one second."""
    bench = Bench(chance, can_refresh=True, expires_at=4600.0, refresh_timeout=90.0)
    bench.up()
    bench.run(3559, each=bench.receive)
    assert bench.times(effects.RefreshToken) == pytest.approx([at], abs=0.01)
    assert bench.of(effects.RefreshToken)[0].reason == "early"
    bench.do(bench.session.token_updated, bench.now + 3600)
    bench.run(3000, each=bench.receive)
    assert bench.of(effects.TokenExpired) == [], "it was renewed in time"


@pytest.mark.parametrize("life", [2.0, 7.0, 20.0, 60.0])
def test_short_lived_tokens_are_renewed_before_they_are_told_of(life: float) -> None:
    """v2 re-used the old token's lifetime and stopped (reliability J9)."""
    bench = Bench(can_refresh=True, expires_at=1000.0 + life)
    bench.up()
    for _ in range(20):
        bench.receive()
        for effect in bench.wake():
            if isinstance(effect, effects.RefreshToken):
                bench.do(bench.session.token_updated, bench.now + life)
    assert bench.of(effects.TokenExpired) == []


def test_f53_a_failing_provider_is_asked_again_while_the_socket_stays() -> None:
    bench = Bench(can_refresh=True, expires_at=1600.0)

    def fail(effect: object) -> None:
        if isinstance(effect, effects.RefreshToken):
            bench.session.refresh_failed(bench.now, TokenProviderError("down"))

    bench.answer = fail
    bench.up()
    bench.run(595, each=bench.receive)
    asked = bench.times(effects.RefreshToken)
    assert 4 <= len(asked) <= 8
    assert [effect.attempt for effect in bench.of(effects.RefreshToken)] == list(range(1, len(asked) + 1))
    assert len(bench.of(effects.Report)) == len(asked)
    assert bench.times(effects.TokenExpired) == [595.0]
    assert bench.state() is State.READY
    bench.run(1000, each=bench.receive)
    assert bench.state() is State.READY, "expiry does not close the socket"


def test_f53_a_provider_that_hangs_has_failed() -> None:
    bench = Bench(can_refresh=True, expires_at=1600.0)
    bench.up()
    bench.run(585, each=bench.receive)
    assert len(bench.of(effects.RefreshToken)) >= 2
    assert "did not answer within 30 s" in str(bench.of(effects.Report)[0].error)
    bench.do(bench.session.token_updated, 5000.0)
    bench.run(600, each=bench.receive)
    assert bench.of(effects.TokenExpired) == [], "a late answer is welcome"


def test_f52_an_expired_token_is_renewed_before_the_attempt() -> None:
    bench = Bench(can_refresh=True, expires_at=1000.0)
    assert kinds(bench.connect()) == ["RefreshToken"]
    assert bench.state() is State.REFRESHING
    assert bench.of(effects.RefreshToken)[0].reason == "expired"
    assert kinds(bench.do(bench.session.token_updated, 5000.0)) == ["Dial"]


def test_f57_a_new_token_that_is_over_by_our_clock_is_tried_all_the_same() -> None:
    bench = Bench(can_refresh=True, expires_at=900.0)
    bench.connect()
    assert kinds(bench.do(bench.session.token_updated, 950.0)) == ["Dial"]
    bench.open()
    bench.be_ready()
    bench.run(60, each=bench.receive)
    assert len(bench.of(effects.RefreshToken)) <= 4, "but such a provider is not asked in a tight loop"


def test_f57_the_services_clock_corrects_ours() -> None:
    bench = Bench(expires_at=1000.0 + 7200)
    bench.up()
    bench.do(bench.session.expiry_corrected, 1000.0 + 3600)
    bench.run(7200, each=bench.receive)
    assert bench.times(effects.TokenExpired) == [3595.0]


def test_f53_refreshing_goes_on_until_a_token_comes() -> None:
    bench = Bench(can_refresh=True, expires_at=1000.0)
    bench.connect()
    bench.wake()
    bench.do(bench.session.refresh_failed, TokenProviderError("down"))
    assert bench.state() is State.REFRESHING
    bench.wake()
    assert len(bench.of(effects.RefreshToken)) == 2
    bench.do(bench.session.refresh_failed, TokenProviderError("down"))
    assert kinds(bench.do(bench.session.reconnect)) == ["RefreshToken"], "reconnect() cuts this wait short, too"
    assert bench.do(bench.session.reconnect) == [], "one call at a time (F55)"


def test_f54_a_token_for_another_channel_ends_a_session_that_needs_one() -> None:
    bench = Bench(can_refresh=True, expires_at=1000.0)
    bench.connect()
    bench.do(bench.session.refresh_failed, WrongIdentity("another worker's"))
    assert bench.state() is State.STOPPED
    assert bench.of(effects.Dial) == []
    assert isinstance(bench.of(effects.Stopped)[0].error, WrongIdentity)


def test_f54_but_not_one_that_still_has_a_good_one() -> None:
    bench = Bench(can_refresh=True, expires_at=4600.0)
    bench.up()
    bench.run(3545, each=bench.receive)
    assert kinds(bench.do(bench.session.refresh_failed, WrongIdentity("another worker's"))) == ["Report"]
    assert bench.state() is State.READY


def test_a_failure_nobody_waits_for_is_ignored() -> None:
    bench = Bench(can_refresh=True, expires_at=4600.0)
    bench.up()
    assert bench.do(bench.session.refresh_failed, TokenProviderError("late")) == []


def test_f58_after_a_sleep_it_reconnects_at_once_with_a_new_token() -> None:
    bench = Bench(can_refresh=True, expires_at=4600.0, wall=True)
    bench.up()
    bench.run(30, each=bench.receive)
    bench.sleep(8 * 3600)
    woke = bench.now
    found = bench.run(4.0)
    assert bench.now - woke <= 5.0
    assert kinds(found) == ["CloseSocket", "Disconnected", "RefreshToken", "TokenExpired"]
    assert bench.of(effects.Disconnected)[0].message == "the machine slept for 28800 s"
    assert kinds(bench.do(bench.session.token_updated, bench.now + 3600)) == ["Dial"]


def test_f58_a_wait_is_cut_short_by_waking_up() -> None:
    bench = Bench(wall=True)
    bench.connect()
    for _ in range(6):
        bench.fail()
        while bench.state() is State.DISCONNECTED:
            bench.wake()
    bench.fail()
    bench.sleep(3600)
    bench.run(4.0)
    assert bench.state() is State.CONNECTING


def test_f58_while_a_token_is_fetched_the_provider_is_asked_again() -> None:
    bench = Bench(can_refresh=True, expires_at=900.0, wall=True)
    bench.connect()
    bench.do(bench.session.refresh_failed, TokenProviderError("no network"))
    bench.sleep(3600)
    bench.wake()
    bench.run(4.0)
    assert len(bench.of(effects.RefreshToken)) >= 2


def test_f26_waking_up_does_not_take_a_channel_back() -> None:
    bench = Bench(wall=True)
    bench.up()
    bench.lose(4001)
    bench.sleep(3600)
    bench.run(599)
    assert bench.state() is State.STANDBY
    bench.sleep(3600)
    bench.wake()
    assert bench.state() is State.STANDBY, "found at the deadline, and looked at again after it"
    bench.wake()
    assert bench.state() is State.CONNECTING


def test_standing_by_for_long_is_not_mistaken_for_a_blocked_loop() -> None:
    bench = Bench(wall=True)
    bench.up()
    bench.lose(4001)
    bench.run(500)
    bench.do(bench.session.reconnect)
    bench.wake()
    assert bench.of(effects.Report) == []


def test_f59_a_wall_clock_set_back_and_small_steps_mean_nothing() -> None:
    bench = Bench(wall=True)
    bench.up()
    for step in (-86400.0, 2.0, -1.0, 4.9):
        bench.sleep(step)
        bench.run(30, each=bench.receive)
    assert bench.state() is State.READY
    assert bench.of(effects.CloseSocket) == []


def test_a_sleep_while_disconnected_on_request_shortens_the_tokens_life() -> None:
    bench = Bench(expires_at=4600.0, wall=True)
    bench.up()
    bench.run(10, each=bench.receive)
    bench.do(bench.session.disconnect)
    bench.sleep(3000)
    bench.connect()
    bench.open()
    bench.run(600, each=bench.receive)
    assert bench.times(effects.TokenExpired) == [595.0]


def test_a_driver_that_loses_its_second_clock_goes_on_without() -> None:
    bench = Bench(wall=True)
    bench.up()
    bench.with_wall = False
    bench.run(100, each=bench.receive)
    assert bench.state() is State.READY
