"""What of a log was seen, and what to ask for next. Pure: times are arguments.

The service shows its log newest first [I], in windows of whole seconds, and an event may show up some time after
the moment that it bears. So each window overlaps the one before, and what was seen is dropped by its SID.

Two clocks are about: ``ms`` is the service's, ``now`` ours, which only goes forward. They are never compared.
That an event of moment ``ms`` has come tells that the service's clock is past it; from there on ours is added,
a little slowed down. This is a lower bound of the service's time however wrong either clock is, and::

    horizon = lower bound - overlap

is the moment before which the log is complete, provided that no event shows up later than ``overlap`` seconds.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ..checkpoints import Position

__all__ = ["MOST_PAGES", "Ask", "Entry", "Window"]

MOST_PAGES: Final = 10
"""Pages that are read of a stretch that can be divided; beyond them it is."""
SMALL_PAGE: Final = 50
LARGE_PAGE: Final = 1000
"""The service's default and its most (rest-api 1.1)."""

_ENOUGH: Final = MOST_PAGES * LARGE_PAGE // 2
"""Events that a part of a divided stretch should have."""
_RATE: Final = 0.999
"""Our clock's rate in the lower bound: no clock is kept as badly as that (NTP corrects by 500 ppm at most)."""
_LATER_MS: Final = 1.0


class Entry(NamedTuple):
    """An event of the log.

    Attributes:
        ms: Its moment.
        sid: Its SID.
        event: The event.
        wanted: Whether it is of a type to be handed out; the others tell the time only.
    """

    ms: int
    sid: str
    event: Any = None
    wanted: bool = True


class _Waiting(NamedTuple):
    """An entry in the order of handing out: by moment, then as the service lists them."""

    ms: int
    number: int
    entry: Entry


class Ask(NamedTuple):
    """A stretch of the log to read.

    Attributes:
        start: From and including this second; None for the newest events there are, and all of the newest's moment.
        end: Up to and including this second; None for no end.
        most_pages: Pages to read at most; None for all.
        page_size: Events a page.
    """

    start: int | None
    end: int | None
    most_pages: int | None
    page_size: int

    def is_answered(self, entries: list[Entry], pages: int) -> bool:
        """Whether so many pages are enough."""
        if self.most_pages is None or pages < self.most_pages:
            return False
        return self.start is not None or not entries or entries[0].ms != entries[-1].ms


class Window:
    """The state of one follower.

    Args:
        position: Where an earlier one got to, if there was one.
        since_ms: Where to begin if there was none; None for now.
        overlap: Seconds after its moment within which an event may show up.
        settle: Seconds within which it shows up so often that an event is held back for as long, to be handed out
            in order. At most ``overlap``.
    """

    def __init__(
        self, position: Position | None = None, since_ms: int | None = None, *, overlap: float, settle: float
    ) -> None:
        self._overlap_ms = overlap * 1000
        self._settle_ms = settle * 1000
        self._floor = since_ms if position is None else position.before_ms
        self._done = {} if position is None else dict(position.done)
        self._waiting: list[_Waiting] = []
        self._count = 0
        self._latest = 0
        self._open: set[str] = set()
        self._current: Entry | None = None
        self._anchor: tuple[float, float] | None = None
        self._asked_at = -math.inf
        self._settled_ms = -math.inf
        self._span: int | None = None
        self._begun = False
        self._page_size = SMALL_PAGE

    # -- asking ------------------------------------------------------------------------------------

    def ask(self, now: float) -> Ask:
        """What to read now."""
        if self._floor is None:
            # The newest moment tells where the log ends. If it was empty, all that comes is new.
            return Ask(None, None, None if self._begun else 1, self._page_size)
        start, horizon = self._floor // 1000, self._horizon(now)
        if self._span is not None and horizon is not None:
            end = min(start + self._span, math.floor(horizon) // 1000)
            if end > start:
                return Ask(start, end, MOST_PAGES if end > start + 1 else None, LARGE_PAGE)
        divisible = horizon is None or start * 1000 + 1000 < horizon
        page_size = self._page_size if self._span is None else LARGE_PAGE
        return Ask(start, None, MOST_PAGES if divisible else None, page_size)

    def take(
        self, ask: Ask, entries: Iterable[Entry], *, asked_at: float, answered_at: float, more: bool = False
    ) -> None:
        """Take in an answer.

        Args:
            ask: What was asked for.
            entries: What came, in the order of the list. It decides between events of one moment, whose SIDs say
                nothing: a task is created, enters a workflow and a queue in one millisecond.
            asked_at: When the reading began.
            answered_at: When it was over.
            more: Whether there was more than ``ask.most_pages``.
        """
        read = list(entries)
        self._set_anchor(read, answered_at)
        if ask.start is None:
            self._begin(read)
        elif more:
            self._divide(ask, read)
            return
        else:
            self._add(read)
            self._advance(ask, asked_at, len(read))
        self._settle(ask, asked_at)
        self._asked_at = asked_at
        self._page_size = min(max(SMALL_PAGE, 2 * len(read)), LARGE_PAGE)

    def ask_at(self, every: float) -> float:
        """When to ask next, on our clock: each ``every`` seconds, or sooner if something waits to be in order."""
        if self._span is not None:
            return self._asked_at
        usual = self._asked_at + every
        if not self._waiting or self._anchor is None:
            return usual
        # When the latest that waits is settled, so that one more look serves all.
        ms, at = self._anchor
        due = at + (self._latest + self._settle_ms + _LATER_MS - ms) / (1000 * _RATE)
        return min(usual, max(due, self._asked_at + self._settle_ms / 1000))

    # -- handing out -------------------------------------------------------------------------------

    def next(self) -> Entry | None:
        """The next event to hand out, if it is its turn already; it is open until :meth:`finish`."""
        if self._current is None and self._waiting and self._waiting[0].ms <= self._settled_ms:
            self._current = heapq.heappop(self._waiting).entry
        return self._current

    def finish(self) -> bool:
        """The event that was handed out is done. Returns whether there was one."""
        entry, self._current = self._current, None
        if entry is None:
            return False
        self._open.discard(entry.sid)
        self._done[entry.sid] = entry.ms
        self._prune()
        return True

    def position(self, workspace_sid: str) -> Position | None:
        """What is done; None as long as nothing is known of the log."""
        before = self._before()
        if before is None:
            return None
        done = {sid: ms for sid, ms in self._done.items() if ms >= before}
        return Position(workspace_sid=workspace_sid, before_ms=before, done=done)

    @property
    def floor_ms(self) -> int | None:
        """The moment before which the log is complete and read; None as long as nothing is known."""
        return self._floor

    # -- within ------------------------------------------------------------------------------------

    def _set_anchor(self, entries: list[Entry], answered_at: float) -> None:
        newest = max((entry.ms for entry in entries), default=None)
        bound = self._bound(answered_at)
        if newest is not None and (bound is None or newest > bound):
            self._anchor = newest, answered_at

    def _bound(self, now: float) -> float | None:
        """What the service's clock shows at least."""
        if self._anchor is None:
            return None
        ms, at = self._anchor
        passed = (now - at) * 1000
        return ms + (passed * _RATE if passed > 0 else passed)

    def _horizon(self, now: float) -> float | None:
        bound = self._bound(now)
        return None if bound is None else bound - self._overlap_ms

    def _begin(self, entries: list[Entry]) -> None:
        if self._begun:
            if entries:
                self._floor = math.floor(min(entry.ms for entry in entries) - self._overlap_ms)
                self._add(entries)
        elif entries:
            self._floor = max(entry.ms for entry in entries)
            self._done = {entry.sid: entry.ms for entry in entries if entry.ms == self._floor}
        self._begun = True

    def _add(self, entries: list[Entry]) -> None:
        floor = self._floor or 0
        newest_first = not entries or entries[0].ms >= entries[-1].ms
        for entry in reversed(entries) if newest_first else entries:
            # What is older than the floor is there because seconds are whole.
            if entry.wanted and entry.ms >= floor and entry.sid not in self._open and entry.sid not in self._done:
                self._open.add(entry.sid)
                self._count += 1
                self._latest = max(self._latest, entry.ms)
                heapq.heappush(self._waiting, _Waiting(entry.ms, self._count, entry))

    def _advance(self, ask: Ask, asked_at: float, count: int) -> None:
        horizon = self._horizon(asked_at)
        if ask.end is not None:
            self._floor = max(self._floor or 0, ask.end * 1000)
            if count < _ENOUGH and self._span is not None:
                self._span *= 2
        else:
            self._span = None
            if horizon is not None:
                self._floor = max(self._floor or 0, math.floor(horizon))
        self._prune()

    def _divide(self, ask: Ask, entries: list[Entry]) -> None:
        """Choose a stretch that should have a bearable number of events."""
        moments = [entry.ms for entry in entries]
        newest, oldest = max(moments), min(moments)
        span = int((newest - oldest) / 1000 * _ENOUGH / len(moments))
        whole = (newest // 1000 if ask.end is None else ask.end) - (ask.start or 0)
        self._span = max(1, min(span, whole // 2))

    def _settle(self, ask: Ask, asked_at: float) -> None:
        """Note up to which moment nothing is missing any more, if events show up within ``settle`` seconds."""
        bound = self._bound(asked_at)
        if self._settle_ms <= 0:
            self._settled_ms = math.inf
        elif bound is not None:
            until = math.inf if ask.end is None else ask.end * 1000
            self._settled_ms = min(bound - self._settle_ms, until)

    def _before(self) -> int | None:
        if self._floor is None:
            return None
        unfinished = (self._current, *self._waiting[:1])
        return min(self._floor, *(each.ms for each in unfinished if each is not None), self._floor)

    def _prune(self) -> None:
        before = self._before()
        while self._done and before is not None:
            sid = next(iter(self._done))
            if self._done[sid] >= before:
                return
            del self._done[sid]
