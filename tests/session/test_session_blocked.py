"""A loop that was blocked, and a socket that is not read: neither is silence (faults F34, F47)."""

from __future__ import annotations

from session_bench import Bench

from trbridge.errors import SlowConsumer
from trbridge.session import State, effects


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


def test_f34_who_blocked_it_is_said_once_for_each_place() -> None:
    """Two handlers that block are two things to mend; what another session has told is not told again."""
    bench = Bench()
    bench.up()
    for place, is_news in [("a() at x.py:1", True), ("a() at x.py:1", True), ("b() at x.py:9", True), (None, False)]:
        bench.now += 70
        bench.session.wake(bench.now, blocked_by=place, is_news=is_news)
        bench.take()
        bench.receive()
    errors = [report.error for report in bench.of(effects.Report)]
    assert [error.place for error in errors if isinstance(error, SlowConsumer)] == ["a() at x.py:1", "b() at x.py:9"]
    assert "blocked for 50.0 s by a() at x.py:1. Hint: await slow work" in str(errors[0])
    assert bench.state() is State.READY


def test_f34_a_blocked_loop_over_a_dead_socket_finds_out_soon() -> None:
    bench = Bench()
    bench.up()
    bench.now += 70
    bench.session.wake(bench.now)
    bench.run(5)
    assert bench.state() is State.DISCONNECTED


def test_f47_while_nothing_is_read_silence_says_nothing() -> None:
    """Pings still go out, so that a NAT's entry lives; when it is read again, silence counts from then."""
    bench = Bench()
    bench.up()
    bench.session.hold(bench.now, True)
    bench.run(300)
    assert bench.state() is State.READY
    assert len(bench.of(effects.Ping)) == 15
    bench.session.hold(bench.now, False)
    bench.run(59)
    assert bench.of(effects.Disconnected) == []
    bench.run(2)
    (lost,) = bench.of(effects.Disconnected)
    assert "nothing came for 60 s" in lost.message
