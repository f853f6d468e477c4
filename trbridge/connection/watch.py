"""A thread that sees when an event loop does not come round, and where it stands meanwhile (F34).

From inside the loop that cannot be told: when it comes round again, whoever blocked it is gone. One thread watches
all loops of the process, as long as there is a connection with something scheduled.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import weakref
from math import inf
from typing import Final

from .places import Place, place_of

__all__ = ["WATCH", "LoopWatch", "Watched"]

_logger = logging.getLogger("trbridge.connection")

_HUNG: Final = 6.0
"""So many times the limit, and the loop may never come round again: that is logged while it stands."""


class Watched:
    """One timer of a loop.

    Args:
        loop: The loop.
        limit: Seconds by which the timer may be late.

    Attributes:
        due: When it should fire, on the loop's clock; None if it is not set.
    """

    __slots__ = ("__weakref__", "due", "limit", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: float) -> None:
        self.loop = loop
        self.limit = limit
        self.due: float | None = None


class _Loop:
    """What is known of one loop. It keeps nothing alive: a loop may end without closing its clients."""

    __slots__ = ("caught", "caught_at", "hung", "loop", "reported_at", "thread", "timers")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = weakref.ref(loop)
        self.timers: weakref.WeakSet[Watched] = weakref.WeakSet()
        self.thread = 0
        self.caught: Place | None = None
        self.caught_at = -inf
        self.reported_at = -inf
        self.hung = False


class LoopWatch:
    """Looks at loops now and then, from a thread of its own."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._loops: dict[int, _Loop] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    # -- from the loop's thread ------------------------------------------------------------------------------------

    def begin(self, timer: Watched) -> None:
        """Watch this timer from now on; in the thread of its loop."""
        with self._changed:
            loop = self._known(timer)
            if loop is None:
                loop = self._loops[id(timer.loop)] = _Loop(timer.loop)
            loop.timers.add(timer)
            loop.thread = threading.get_ident()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="trbridge-loop-watch", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def end(self, timer: Watched) -> None:
        """Watch it no longer. Without any other the thread is over when this returns."""
        thread = None
        with self._changed:
            loop = self._known(timer)
            if loop is not None:
                loop.timers.discard(timer)
                if not loop.timers:
                    del self._loops[id(timer.loop)]
            if not self._loops:
                thread, self._thread = self._thread, None
                self._changed.notify_all()
        if thread is not None:
            thread.join(1.0)

    def blocked_at(self, timer: Watched, due: float) -> Place | None:
        """Where the loop stood while this timer should have fired; None if that was not seen."""
        loop = self._known(timer)
        return loop.caught if loop is not None and loop.caught_at >= due else None

    def is_news(self, timer: Watched, due: float, now: float) -> bool:
        """Whether nobody has asked this yet about the time since then: many timers of a loop are late at once."""
        loop = self._known(timer)
        if loop is None or loop.reported_at < due:
            if loop is not None:
                loop.reported_at = now
            return True
        return False

    def _known(self, timer: Watched) -> _Loop | None:
        known = self._loops.get(id(timer.loop))
        return known if known is not None and known.loop() is timer.loop else None

    # -- from the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._is_over():
                    return
                self._changed.wait(self._interval())
                if self._is_over():
                    return
            self.look()

    def _is_over(self) -> bool:
        return self._thread is not threading.current_thread()

    def _interval(self) -> float:
        shortest = min((timer.limit for loop in self._loops.values() for timer in loop.timers), default=1.0)
        return min(shortest / 2, threading.TIMEOUT_MAX)

    def look(self) -> None:
        """See whether a loop is late, and where it stands."""
        with self._changed:
            watched = [(known.loop(), known, list(known.timers)) for known in self._loops.values()]
            self._loops = {id(loop): known for loop, known, _ in watched if loop is not None and not loop.is_closed()}
            if not self._loops:
                self._thread = None  # ends, though nobody has told it to
        for loop, known, timers in watched:
            if loop is None or loop.is_closed():
                continue
            now = loop.time()
            late, limit = max(
                ((now - timer.due, timer.limit) for timer in timers if timer.due is not None), default=_NO
            )
            if late <= limit / 2 or not loop.is_running():
                known.hung = False
            elif known.caught_at < now - late:
                self._catch(known, now)
            elif late > _HUNG * limit and known.caught is not None and not known.hung:
                known.hung = True
                _complain(late, known.caught)

    def _catch(self, known: _Loop, now: float) -> None:
        frame = sys._current_frames().get(known.thread)
        known.caught = None if frame is None else place_of(frame)
        known.caught_at = now

    def forget(self) -> None:
        """In a forked child there is no such thread, and whoever held the lock is not there either."""
        self._begin()


_NO: Final = (0.0, 1.0)


def _complain(late: float, place: Place) -> None:
    stack = "\n".join(f"  {line}" for line in place.stack)
    _logger.error(
        "the event loop has been blocked for %.0f s by %s, and still is: nothing is read or sent meanwhile\n%s",
        late,
        place.handler,
        stack,
    )


WATCH: Final = LoopWatch()
"""That of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WATCH.forget)
