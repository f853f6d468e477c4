"""The emulator's heart: transactions on the store, written down, told about, and what falls due in time.

It knows nothing of routing, sockets or HTTP. Those register themselves: settle hooks that run inside each
transaction, handlers for deadlines, subscribers that are told afterwards.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from random import Random
from typing import NamedTuple

from ..errors import InvalidArgument
from ..sids import SidFactory, check_sid
from .clock import Clock, ManualClock, SystemClock
from .state.deadlines import Deadlines, Due, Fire, prune_events
from .state.event_data import Subject
from .state.journal import Journal, NullJournal
from .state.model import EventRecord
from .state.store import Store
from .state.transaction import Change, Running, Transaction

__all__ = ["Committed", "Engine"]

_log = logging.getLogger("trbridge.emulator.engine")


class Committed(NamedTuple):
    """A transaction that happened, as its subscribers are told.

    Attributes:
        now: Its moment.
        events: Events recorded, in order.
        changes: One change per entity (events among them), first old to last new.
        subjects: Event SID to the resources the event is about, as they were when it was emitted.
    """

    now: float
    events: tuple[EventRecord, ...]
    changes: tuple[Change, ...]
    subjects: Mapping[str, Subject]


class Engine:
    """Everything that is not I/O. One thread at a time; nothing in it waits.

    Args:
        clock: Where time comes from; the machine's when left out.
        random: Where SIDs come from. A seeded one makes the same SIDs again, on an empty journal.
        journal: Where changes are written; nowhere when left out. What is in it is loaded here, and the engine
            closes it.
        account_sid: The account that owns everything; the journal's, else a new one, when left out.
        auth_token: Its secret, for the server that checks credentials; made up when left out, the same one
            again for the same seed. Never written anywhere.

    Attributes:
        store: All state, for reading.
        clock: The clock. Ask the engine for the time instead: :meth:`now` never goes back.
        random: For whoever needs chance.
        account_sid: The account.
        auth_token: The secret.
        settle_hooks: Called in order with each transaction before it is written, to let follow what must
            follow: routing. They may change more; what they raise undoes the transaction.
        on_deadline_changed: Called with :meth:`next_deadline` when it has become another, for whoever wakes
            the engine up.

    Raises:
        InvalidArgument: The account SID is none, or the journal belongs to another account.
        JournalError: The journal cannot be read.

    Example::

        engine = Engine(clock=ManualClock(), random=Random(1))
        with engine.transaction() as tx:
            workspaces.create(tx, engine.account_sid, {"friendly_name": "Support"})
        engine.advance(120)
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        journal: Journal | None = None,
        account_sid: str | None = None,
        auth_token: str | None = None,
    ) -> None:
        self.clock: Clock = SystemClock() if clock is None else clock
        self.random = Random() if random is None else random  # noqa: S311 SIDs are names, not secrets
        self.journal: Journal = NullJournal() if journal is None else journal
        self.store = Store()
        self.settle_hooks: list[Callable[[Transaction], None]] = []
        self.on_deadline_changed: Callable[[float | None], None] | None = None
        self._deadlines = Deadlines(self.store)
        self._announced: float | None = None
        self._subscribers: list[Callable[[Committed], None]] = []
        self._outbox: deque[Committed] = deque()
        self._telling = False
        self._current: Transaction | None = None
        try:
            self._load(account_sid)
        except BaseException:
            self.journal.close()
            raise
        drawn = f"{self.random.getrandbits(128):032x}"
        self.auth_token = drawn if auth_token is None else auth_token
        self.on_due("event.retention", prune_events)

    def now(self) -> float:
        """The time, epoch seconds. It never goes back, whatever the clock does: events stay in order."""
        return max(self._last, self.clock.now() + self._offset)

    # Changing

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Change the store as a whole: ``with engine.transaction() as tx:``.

        On leaving, settle hooks run, the journal is written and subscribers are told. If anything up to the
        writing raises, all is as it was before, and nobody hears of it.

        Raises:
            RuntimeError: One is under way. Do not wait (``await``) inside a transaction.
            JournalError: The changes could not be written, so they did not happen.
        """
        return Running(self._begin, self._commit, self._undo, self.now())

    def subscribe(self, callback: Callable[[Committed], None]) -> Callable[[], None]:
        """Be told of every transaction, in order, after it is written. Returns what ends it.

        A callback may open transactions; others hear of those after they have heard of this one. What it
        raises is logged and stops nothing: the change has happened.
        """
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    # Time

    def on_due(self, name: str, fire: Fire) -> None:
        """Register what happens when a timer of :data:`~trbridge.emulator.state.deadlines.TIMERS` is due.

        Args:
            name: Such as ``"reservation.timeout"``.
            fire: Called with a transaction at the due moment and the entity.
        """
        self._deadlines.handle(name, fire)
        self._announce_deadline()

    def next_deadline(self) -> float | None:
        """When something is due next, epoch seconds of :meth:`now`; None if nothing is."""
        return self._deadlines.next()

    def fire_due(self, now: float | None = None) -> int:
        """Let everything happen that is due by now, in due order; return how much that was.

        Each is a transaction of its own, at its own moment if the engine has not been past that. One that
        raises is logged and stays due; the others go on, then the first error is raised. Wait a little
        before trying again.

        Args:
            now: Up to and including this moment; :meth:`now` when left out.
        """
        limit = self.now() if now is None else now
        fired, failed = 0, list[tuple[Due, Exception]]()
        while (due := self._deadlines.pop(limit)) is not None:
            try:
                self._fire(due)
                fired += 1
            except Exception as error:  # noqa: BLE001 whatever it is, the others are due all the same
                _log.exception("%s of %s failed", self._deadlines.name(due), due.sid)
                failed.append((due, error))
        for due, _ in failed:
            self._deadlines.push_back(due)
        self._announce_deadline()
        if failed:
            raise failed[0][1]
        return fired

    def advance(self, seconds: float) -> float:
        """Let time pass on a ManualClock, stopping at each deadline on the way; return the new time.

        Raises:
            InvalidArgument: The clock is not a ManualClock, or the seconds are negative.
        """
        clock = self.clock
        if not isinstance(clock, ManualClock):
            raise InvalidArgument("only an emulator with a ManualClock can be advanced; this one runs by itself")
        if not 0 <= seconds < float("inf"):
            raise InvalidArgument(f"time advances by 0 or more seconds, not {seconds!r}")
        target = self.now() + seconds
        while (when := self.next_deadline()) is not None and when <= target:
            clock.advance_to(when - self._offset)
            self.fire_due(when)
        clock.advance_to(target - self._offset)
        return self.now()

    def close(self) -> None:
        """Give the journal's file back. The engine is not to be changed any more."""
        self.journal.close()

    def __repr__(self) -> str:
        return f"Engine({self.account_sid}, {self.clock!r})"  # the secret stays out of it

    # Within

    def _load(self, account_sid: str | None) -> None:
        drawn = SidFactory(self.random)("AC")
        restored = self.journal.load(self.store)
        owner = restored.account_sid
        wanted = check_sid(account_sid or owner or drawn, "AC", name="account_sid")
        if owner not in {None, wanted}:
            raise InvalidArgument(f"the journal belongs to account {owner}, not {wanted}")
        self.account_sid = wanted
        self.journal.begin(wanted)
        # A later run with the same seed must not make the SIDs of an earlier one again.
        self._new_sid = SidFactory(Random(f"{self.random.getrandbits(128):032x}/{restored.runs}"))  # noqa: S311 names
        # Time goes on from the last change, also where a ManualClock begins anew. What fell due while nobody
        # was there happens now, not in the past.
        begin = self.clock.now()
        self._offset = max(0.0, (restored.now or begin) - begin)
        self._last = begin + self._offset

    def _begin(self, now: float) -> Transaction:
        if self._current is not None:
            raise RuntimeError("a transaction is under way already; finish it first, and never await inside one")
        self._last = max(self._last, now)
        tx = self._current = Transaction(self.store, self._last, self._new_sid)
        return tx

    def _commit(self, tx: Transaction) -> None:
        try:
            for hook in self.settle_hooks:
                hook(tx)
            changes = tx.changes()
            if changes:
                self.journal.write(changes, tx.now, self.store.next_ordinal)
            tx.close()
        except BaseException:
            tx.rollback()
            raise
        finally:
            self._current = None
        if changes:
            self._deadlines.follow(changes)
            self._outbox.append(Committed(tx.now, tuple(tx.events), tuple(changes), tx.subjects))
            self._tell()

    def _undo(self, tx: Transaction) -> None:
        try:
            tx.rollback()
        finally:
            self._current = None

    def _fire(self, due: Due) -> None:
        with Running(self._begin, self._commit, self._undo, due.when) as tx:
            self._deadlines.fire(tx, due)

    def _tell(self) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            self._announce_deadline()
            while self._outbox:
                committed = self._outbox.popleft()
                for callback in tuple(self._subscribers):
                    self._tell_one(callback, committed)
        finally:
            self._telling = False

    def _tell_one(self, callback: Callable[[Committed], None], committed: Committed) -> None:
        try:
            callback(committed)
        except Exception:  # noqa: BLE001 whoever asked for the change must not suffer for who hears of it
            _log.exception("a subscriber failed; the change it was told of has happened all the same")

    def _announce_deadline(self) -> None:
        when = self._deadlines.next()
        if when != self._announced:
            self._announced = when
            if self.on_deadline_changed is not None:
                self.on_deadline_changed(when)
