"""A service whose log shows events late, in pages that move while they are read, by a clock that is not ours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from trbridge.checkpoints import Position
from trbridge.following import Ask, Entry, Window

WS = "WS" + "1" * 32
START = 1_893_456_000.0
"""2030-01-01, by the service's clock."""


class Happening(NamedTuple):
    """An event: when it happens and when it shows up, in seconds from the start, and to which resource."""

    at: float
    late: float
    resource: int
    number: int

    @property
    def ms(self) -> int:
        return int((START + self.at) * 1000)

    @property
    def sid(self) -> str:
        return f"EV{(self.number * 7919) % 1000:032x}"  # in no order


class _Row(NamedTuple):
    ms: int
    number: int
    shows: float
    one: Happening


@dataclass
class Service:
    """The service, and the clock of whoever asks it.

    Attributes:
        log: All that will ever happen.
        skew: What our clock shows at the start.
        rate: How fast it goes.
        latency: Seconds that a page takes.
        passed: Seconds since the start.
    """

    log: list[Happening]
    skew: float = 0.0
    rate: float = 1.0
    latency: float = 0.0
    passed: float = 0.0
    asked: list[Ask] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        rows = [_Row(one.ms, one.number, one.at + one.late, one) for one in self.log]
        self._rows = sorted(rows, reverse=True)

    def our_clock(self) -> float:
        return self.skew + self.passed * self.rate

    def visible(self, ask: Ask) -> list[Happening]:
        """What the list holds now, newest first."""
        start = 0 if ask.start is None else ask.start * 1000
        end = math.inf if ask.end is None else ask.end * 1000
        return [row.one for row in self._rows if row.shows <= self.passed and start <= row.ms <= end]

    def read(self, ask: Ask) -> tuple[list[Entry], bool]:
        """Page by page, by number: what comes meanwhile moves the rows."""
        self.asked.append(ask)
        read: list[Entry] = []
        page = 0
        while True:
            rows = self.visible(ask)
            read += [Entry(one.ms, one.sid, one) for one in rows[page * ask.page_size : (page + 1) * ask.page_size]]
            page += 1
            self.passed += self.latency
            more = len(rows) > page * ask.page_size
            if not more or ask.is_answered(read, page):
                return read, more


class Consumer:
    """Follows a service's log, and may lose its memory at any moment.

    Attributes:
        got: What it was given, in order.
        again: What it was given although its checkpoint said that it was done.
    """

    def __init__(self, service: Service, since: float | None, overlap: float, settle: float) -> None:
        self.service = service
        self.got: list[Happening] = []
        self.again: list[Happening] = []
        self._options = {"overlap": overlap, "settle": settle}
        self._since_ms = None if since is None else int((START + since) * 1000)
        self._saved: Position | None = None
        self._kept: set[str] = set()
        self._open: str | None = None
        self.window = self._make()

    def _make(self) -> Window:
        return Window(self._saved, self._since_ms, **self._options)

    def crash(self) -> None:
        """Go on with what was kept, if there is anything: of a log that was always empty there is not."""
        if self._saved is None and self._since_ms is None:
            return
        text = None if self._saved is None else self._saved.encode()
        self._saved = None if text is None else Position.decode(text)
        self.window = self._make()
        self._open = None

    def poll(self) -> None:
        """Look at the log once."""
        asked_at = self.service.our_clock()
        ask = self.window.ask(asked_at)
        entries, more = self.service.read(ask)
        self.window.take(ask, entries, asked_at=asked_at, answered_at=self.service.our_clock(), more=more)
        if self._saved is None:
            self._saved = self.window.position(WS)

    def consume(self, most: int, *, finish_last: bool = True) -> bool:
        """Take so many events, as an iterator's user: each is done when the next is asked for. Whether none is left."""
        if self._open is not None:
            self.finish(self._open)
        for number in range(most):
            entry = self.window.next()
            if entry is None:
                return True
            if entry.sid in self._kept:
                self.again.append(entry.event)
            self.got.append(entry.event)
            self._open = entry.sid
            if finish_last or number < most - 1:
                self.finish(entry.sid)
        return False

    def finish(self, sid: str) -> None:
        self.window.finish()
        self._saved = self.window.position(WS)
        self._kept.add(sid)
        self._open = None

    def to_the_end(self, seconds: float) -> None:
        """Look often enough for all that has happened to show up and to be handed out."""
        for _ in range(400):
            self.poll()
            self.consume(10_000)
            due = self.window.ask_at(5.0) - self.service.our_clock()
            self.service.passed += max(0.0, due) + 0.001
            if self.service.passed > seconds:
                self.poll()
                self.consume(10_000)
                return
