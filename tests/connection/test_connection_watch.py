"""A loop that does not come round is seen from outside, with the line that holds it up (fault F34).

Blocking is real here: a thread runs a loop whose handler waits for the test's word. Only what is late is invented.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fake_sockets import Harness

from trbridge.connection.places import place_of
from trbridge.connection.watch import WATCH, LoopWatch, Watched
from trbridge.errors import SlowConsumer
from trbridge.events import Emitter
from trbridge.session import effects

_LIMIT = 1e6
"""So large that the watching thread itself does not look during a test."""


class Blocked:
    """A loop in a thread, where a handler blocks until it is let go.

    Attributes:
        watch: Watches it.
        timer: A timer of it.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.watch = LoopWatch()
        self.timer = Watched(self.loop, _LIMIT)
        self._inside, self._go_on = threading.Event(), threading.Event()

    def handler(self) -> None:
        self._inside.set()
        assert self._go_on.wait(10)

    async def coroutine_handler(self) -> None:
        await asyncio.sleep(0)
        self.handler()

    async def idle(self) -> None:
        self.loop.call_soon(self._inside.set)
        await asyncio.to_thread(self._go_on.wait, 10)

    async def main(self, handler: Callable[[], Any]) -> None:
        self.watch.begin(self.timer)
        emitter = Emitter()
        emitter.on("x", handler)
        emitter.publish("x")
        await emitter.aclose(drain=10.0)

    @contextmanager
    def by(self, handler: Callable[[], Any], late: float) -> Iterator[float]:
        """Block the loop; its timer is so late. Gives when the timer was due."""
        thread = threading.Thread(target=self.loop.run_until_complete, args=(self.main(handler),))
        thread.start()
        try:
            assert self._inside.wait(10)
            self.timer.due = self.loop.time() - late
            yield self.timer.due
        finally:
            self._go_on.set()
            thread.join(10)
            self.loop.close()
            self.watch.end(self.timer)


@pytest.mark.parametrize("kind", ["handler", "coroutine_handler"])
def test_f34_the_handler_is_named_with_its_line(kind: str) -> None:
    """Ours and the library's frames before it are nobody's business; what it has called is said, too."""
    blocked = Blocked()
    handler = getattr(blocked, kind)
    with blocked.by(handler, late=0.6 * _LIMIT) as due:
        blocked.watch.look()
        place = blocked.watch.blocked_at(blocked.timer, due)
    first, last = handler.__code__.co_firstlineno, handler.__code__.co_firstlineno + 3
    assert place is not None
    where, _, line = place.handler.rpartition(":")
    assert where == f"Blocked.{kind}() at {__file__}"
    assert first < int(line) <= last
    assert f", in Condition.wait() at {threading.__file__}:" in str(place)


def test_f34_a_loop_that_waits_for_something_to_do_is_not_blocked() -> None:
    """Late all the same, it was the machine that did not give it a processor: nobody is to blame."""
    blocked = Blocked()
    with blocked.by(blocked.idle, late=0.6 * _LIMIT) as due:
        blocked.watch.look()
        assert blocked.watch.blocked_at(blocked.timer, due) is None


def test_f34_one_that_is_in_time_is_left_alone() -> None:
    """Looking at a stack costs something, so it is done where there is a reason."""
    blocked = Blocked()
    with blocked.by(blocked.handler, late=0.4 * _LIMIT) as due:
        blocked.watch.look()
        assert blocked.watch.blocked_at(blocked.timer, due) is None


def test_f34_a_loop_that_hangs_is_logged_while_it_does(caplog: pytest.LogCaptureFixture) -> None:
    """It may never come round to report anything. Once, with the whole way into what does not return."""
    blocked = Blocked()
    with blocked.by(blocked.handler, late=7 * _LIMIT):
        for _ in range(3):
            blocked.watch.look()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert f"by Blocked.handler() at {__file__}:" in record.getMessage()
    assert "and still is" in record.getMessage()
    assert "\n  Condition.wait() at " in record.getMessage()
    assert "_go_on" not in record.getMessage(), "no line of source: there may be a secret in it"


def test_f34_many_late_timers_are_one_piece_of_news() -> None:
    """Two hundred clients on a loop: one of them tells."""
    blocked = Blocked()
    other = Watched(blocked.loop, _LIMIT)
    with blocked.by(blocked.handler, late=0.6 * _LIMIT) as due:
        blocked.watch.begin(other)
        now = blocked.loop.time()
        assert blocked.watch.is_news(blocked.timer, due, now)
        assert not blocked.watch.is_news(other, due + 1.0, now)
        assert blocked.watch.is_news(other, now + 1.0, now + 10.0), "the next time is another"
        blocked.watch.end(other)


def test_f34_a_place_in_nobodys_code_is_where_it_is() -> None:
    """Our own code must not block either; if it does, the line helps us."""
    place = place_of(sys._getframe())
    assert place is not None
    assert place.handler.startswith(f"test_f34_a_place_in_nobodys_code_is_where_it_is() at {__file__}")


def watching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "trbridge-loop-watch"]


async def test_the_thread_is_there_while_a_connection_is_and_no_longer() -> None:
    """One for all of them; nothing is left behind."""
    assert watching() == []
    one, two = Harness(), Harness()
    await one.up()
    await two.up()
    assert len(watching()) == 1
    await one.connection.aclose()
    assert len(watching()) == 1
    await two.connection.aclose()
    assert watching() == []


def test_a_loop_that_ended_without_closing_its_clients_is_forgotten() -> None:
    """Nor is its thread's next user blamed for anything."""
    timer = Watched(asyncio.new_event_loop(), _LIMIT)
    timer.due = 0.0
    WATCH.begin(timer)
    timer.loop.close()
    WATCH.look()
    assert WATCH._loops == {}
    WATCH.end(timer)
    for thread in watching():  # it sees that it is not wanted any more when it looks
        with WATCH._changed:
            WATCH._changed.notify_all()
        thread.join(10)
    assert watching() == []


def test_a_loop_that_nobody_has_any_more_is_not_kept() -> None:
    """Nor are its sockets, which it holds."""
    watch, timer = LoopWatch(), Watched(asyncio.new_event_loop(), _LIMIT)
    watch.begin(timer)
    timer.loop.close()
    kept = weakref.ref(timer.loop)
    del timer
    gc.collect()
    assert kept() is None
    watch.look()
    assert watch._loops == {}


async def test_f34_a_handler_that_blocks_is_reported_with_its_line() -> None:
    """All of it, with real time: the loop stands still until that is seen, some hundredths of a second."""
    harness = Harness(blocked_limit=0.02, sleep_check=0.001)
    reported = asyncio.Event()
    harness.react = lambda effect: reported.set() if isinstance(effect, effects.Report) else None

    def block() -> None:
        timer = harness.connection._timer._watched
        began = timer.due
        assert began is not None
        for _ in range(10_000):
            if WATCH.blocked_at(timer, began) is not None and harness.loop.time() - began > 0.02:
                break
            time.sleep(0.001)

    await harness.up()
    harness.loop.call_soon(block)
    async with asyncio.timeout(10):
        await reported.wait()
    (report,) = harness.of(effects.Report)
    assert isinstance(report.error, SlowConsumer)
    assert report.error.place is not None
    assert f"block() at {__file__}:" in report.error.place
    assert str(report.error.place) in str(report.error)
    await harness.connection.aclose()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_watch_of_its_own() -> None:
    """The parent's thread is not in the child, and its lock may be held for ever."""
    program = """
import asyncio, os, sys
from trbridge.connection.watch import WATCH, Watched
timer = Watched(asyncio.new_event_loop(), 1e6)
WATCH.begin(timer)
with WATCH._changed:
    pid = os.fork()
    if not pid:
        other = Watched(asyncio.new_event_loop(), 1e6)
        WATCH.begin(other)
        WATCH.end(other)
        os._exit(7)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=30).returncode == 7
