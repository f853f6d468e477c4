"""What falls due when: one heap for all timers of the emulator, kept right from the changes.

There is no timer object per entity. When an entity changes, the moments it is due at are computed again; what
the heap holds of former ones is recognised as stale when it comes up.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from .indexes import EVENTS_OF
from .model import Entity, EventRecord, Reservation, Task
from .store import Store
from .transaction import Change, Transaction

__all__ = [
    "ASSIGNED_SECONDS",
    "ENDED_TASK_SECONDS",
    "EVENT_SECONDS",
    "TIMERS",
    "Deadlines",
    "Due",
    "Fire",
    "Timer",
    "prune_events",
]

ASSIGNED_SECONDS: Final = 86_400
"""How long a task may be assigned or wrapping before the system deletes it (rest-api 1.5, routing 3.2)."""

ENDED_TASK_SECONDS: Final = 300
"""How long a completed or canceled task can still be fetched (rest-api 1.5)."""

EVENT_SECONDS: Final = 30 * 86_400
"""How long events are kept (rest-api 1.5)."""

_PRUNE_SECONDS: Final = 3_600
"""Events are removed an hour's worth at a time, so that a busy log does not have a timer for each."""

Fire = Callable[[Transaction, Any], None]
"""Called in a transaction of its own with the entity that is due, as it is then."""


class Timer(NamedTuple):
    """A kind of deadline.

    Attributes:
        name: Such as ``"reservation.timeout"``.
        kind: Kind of entity that has it.
        due: When it is due for an entity, None for never. Looked at again whenever the entity changes.
    """

    name: str
    kind: type[Entity]
    due: Callable[[Store, Any], float | None]


def _reservation_timeout(_store: Store, reservation: Reservation) -> float | None:
    return reservation.deadline if reservation.reservation_status == "pending" else None


def _step(_store: Store, task: Task) -> float | None:
    # While a reservation is pending the step waits for its outcome (routing 2.2).
    return task.step_deadline if task.assignment_status == "pending" else None


def _clock(_store: Store, task: Task) -> float | None:
    return task.clock_deadline if task.assignment_status == "pending" else None


def _ttl(_store: Store, task: Task) -> float | None:
    return task.date_created + task.timeout if task.assignment_status in {"pending", "reserved"} else None


def _assigned(_store: Store, task: Task) -> float | None:
    if task.assigned_at is None or task.assignment_status not in {"assigned", "wrapping"}:
        return None
    return task.assigned_at + ASSIGNED_SECONDS


def _ended(_store: Store, task: Task) -> float | None:
    return None if task.ended_at is None else task.ended_at + ENDED_TASK_SECONDS


def _retention(store: Store, event: EventRecord) -> float | None:
    oldest = store.first(EVENTS_OF, event.workspace_sid)
    return event.event_date + EVENT_SECONDS + _PRUNE_SECONDS if oldest is event else None


TIMERS: Final = (
    Timer("reservation.timeout", Reservation, _reservation_timeout),
    Timer("task.step", Task, _step),
    Timer("task.clock", Task, _clock),
    Timer("task.ttl", Task, _ttl),
    Timer("task.assigned", Task, _assigned),
    Timer("task.ended", Task, _ended),
    Timer("event.retention", EventRecord, _retention),
)
"""All of them. What is due at the same moment goes in this order, then in order of creation."""


def prune_events(tx: Transaction, event: EventRecord) -> None:
    """Remove a workspace's events that are older than 30 days, and let the oldest one left be due in turn."""
    for old in list(tx.store.events_between(event.workspace_sid, 0.0, tx.now - EVENT_SECONDS)):
        tx.remove(old)
    oldest = tx.store.first(EVENTS_OF, event.workspace_sid)
    if oldest is not None:
        tx.put(oldest)


class Due(NamedTuple):
    """An entry of the heap; its fields are the order in which things happen."""

    when: float
    rank: int
    ordinal: int
    sid: str


class Deadlines:
    """The heap of deadlines.

    Args:
        store: Where the entities are.
        timers: The kinds of deadline. Those that nobody handles take no room.
    """

    def __init__(self, store: Store, timers: tuple[Timer, ...] = TIMERS) -> None:
        self._store = store
        self._timers = timers
        self._fires: dict[int, Fire] = {}
        self._by_kind: dict[type[Entity], list[int]] = {}
        self._heap: list[Due] = []
        self._dues: dict[tuple[int, str], Due] = {}
        self._taken: dict[tuple[int, str], float] = {}

    def handle(self, name: str, fire: Fire) -> None:
        """Say what happens when a timer is due; from now on it is watched, for what is there already too.

        Raises:
            KeyError: There is no such timer.
        """
        ranks = {timer.name: rank for rank, timer in enumerate(self._timers)}
        rank = ranks[name]
        timer = self._timers[rank]
        self._fires[rank] = fire
        if rank not in self._by_kind.setdefault(timer.kind, []):
            self._by_kind[timer.kind].append(rank)
            for entity in self._store.table(timer.kind).values():
                self._look(rank, entity)

    def follow(self, changes: Iterable[Change]) -> None:
        """Look again at what changed."""
        for change in changes:
            for rank in self._by_kind.get(change.kind, ()):
                if change.new is None:
                    self._dues.pop((rank, change.sid), None)
                    self._taken.pop((rank, change.sid), None)
                else:
                    self._look(rank, change.new)
        if len(self._heap) > 2 * len(self._dues) + 64:
            self._heap = [due for due in self._heap if self._valid(due)]
            heapq.heapify(self._heap)

    def next(self) -> float | None:
        """The next moment at which something is due, or None."""
        while self._heap and not self._valid(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0].when if self._heap else None

    def pop(self, limit: float) -> Due | None:
        """Take out what is due first, if that is not later than ``limit``."""
        when = self.next()
        if when is None or when > limit:
            return None
        due = heapq.heappop(self._heap)
        self._taken[due.rank, due.sid] = self._dues.pop((due.rank, due.sid)).when
        return due

    def push_back(self, due: Due) -> None:
        """Put back what was taken out and could not be done."""
        del self._taken[due.rank, due.sid]
        self._dues[due.rank, due.sid] = due
        heapq.heappush(self._heap, due)

    def fire(self, tx: Transaction, due: Due) -> None:
        """Do what is to be done now that this is due."""
        timer = self._timers[due.rank]
        self._fires[due.rank](tx, self._store.table(timer.kind)[due.sid])

    def name(self, due: Due) -> str:
        """The timer's name."""
        return self._timers[due.rank].name

    def __len__(self) -> int:
        return len(self._dues)

    def _valid(self, due: Due) -> bool:
        return self._dues.get((due.rank, due.sid)) == due

    def _look(self, rank: int, entity: Entity) -> None:
        when = self._timers[rank].due(self._store, entity)
        key = (rank, entity.sid)
        # One that was taken out comes up again only when its moment has become another, or a handler that
        # changes nothing about it would be called for ever.
        if when is not None and when == self._taken.get(key):
            return
        self._taken.pop(key, None)
        if when is None:
            self._dues.pop(key, None)
            return
        due = Due(when, rank, self._store.ordinal(entity.sid), entity.sid)
        if due != self._dues.get(key):
            self._dues[key] = due
            heapq.heappush(self._heap, due)
