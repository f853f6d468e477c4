"""All state: a table per kind, and the indexes over them. Changed only through a Transaction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar, cast

import msgspec

from .indexes import (
    BY_WORKSPACE,
    EVENTS_OF,
    INDEXES,
    OPEN_RESERVATIONS,
    RESERVATIONS_BY_STATUS,
    WORKER_CHANNELS_OF,
    Index,
    Ordinals,
)
from .model import (
    KINDS,
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

__all__ = ["Observer", "Store"]

E = TypeVar("E", bound=Entity)

Observer = Callable[[Any, Any], None]
"""Called with ``(old, new)`` on every change of a kind, undoing ones included; None stands for "not there"."""


class Store:
    """Everything the emulator knows, by SID, with indexes.

    Read it freely; change it through :class:`~trbridge.emulator.state.transaction.Transaction`. Each entity has an
    ordinal: a number that rises in order of creation, stays with it and is never given again. Lists are in
    that order, and an ordinal is a place to go on from even after its entity has gone.

    Example::

        store.workers["WK..."]                                # KeyError if it is not there
        store.get(Worker, "WK...")                            # None if it is not there
        store.select(RESERVATIONS_OF, task.sid)               # a list, safe to change the store while walking it
        store.count(TASKS_BY_STATUS, (queue.sid, "pending"))
        page = itertools.islice(store.each(BY_WORKSPACE[Worker], workspace.sid, after=ordinal), 50)
    """

    def __init__(self) -> None:
        self.workspaces: dict[str, Workspace] = {}
        self.activities: dict[str, Activity] = {}
        self.task_channels: dict[str, TaskChannel] = {}
        self.workers: dict[str, Worker] = {}
        self.worker_channels: dict[str, WorkerChannel] = {}
        self.task_queues: dict[str, TaskQueue] = {}
        self.workflows: dict[str, Workflow] = {}
        self.tasks: dict[str, Task] = {}
        self.reservations: dict[str, Reservation] = {}
        self.events: dict[str, EventRecord] = {}
        self._tables: dict[type[Entity], dict[str, Any]] = {
            Workspace: self.workspaces,
            Activity: self.activities,
            TaskChannel: self.task_channels,
            Worker: self.workers,
            WorkerChannel: self.worker_channels,
            TaskQueue: self.task_queues,
            Workflow: self.workflows,
            Task: self.tasks,
            Reservation: self.reservations,
            EventRecord: self.events,
        }
        self._ordinals: dict[str, int] = {}
        self._sids: dict[int, str] = {}
        self.next_ordinal = 1
        self._groups: dict[Index[Any], dict[Hashable, Ordinals]] = {}
        self._indexes: dict[type[Entity], list[Index[Any]]] = {kind: [] for kind in self._tables}
        self._observers: dict[type[Entity], list[Observer]] = {kind: [] for kind in self._tables}
        for index in INDEXES:
            self.add_index(index)

    # Reading

    def table(self, kind: type[E]) -> dict[str, E]:
        """The table of a kind, SID to entity, in order of creation."""
        return self._tables[kind]

    def get(self, kind: type[E], sid: str | None) -> E | None:
        """The entity with this SID if it is there and of this kind."""
        return None if sid is None else self.table(kind).get(sid)

    def select(self, index: Index[E], key: Hashable) -> list[E]:
        """The entities under a key, in order of creation. A list of its own: change the store while walking it."""
        return list(self.each(index, key))

    def each(
        self, index: Index[E], key: Hashable, *, after: int | None = None, before: int | None = None
    ) -> Iterator[E]:
        """Walk the entities under a key without copying; do not change the store meanwhile.

        Args:
            index: Which index.
            key: Which group.
            after: Only those with a greater ordinal, in order of creation.
            before: Only those with a smaller ordinal, newest first. Not together with ``after``.
        """
        group = self._groups[index].get(key)
        if group is None:
            return
        table, sids = self._tables[index.kind], self._sids
        walk = group.before(before) if before is not None else group if after is None else group.after(after)
        for ordinal in walk:
            yield table[sids[ordinal]]

    def newest(self, index: Index[E], key: Hashable) -> Iterator[E]:
        """Walk the entities under a key, newest first."""
        return self.each(index, key, before=self.next_ordinal)

    def count(self, index: Index[E], key: Hashable) -> int:
        """How many entities are under a key, without walking them."""
        group = self._groups[index].get(key)
        return 0 if group is None else len(group)

    def first(self, index: Index[E], key: Hashable) -> E | None:
        """The oldest entity under a key, or None."""
        group = self._groups[index].get(key)
        entity: E | None = None if group is None else self._tables[index.kind][self._sids[group.first()]]
        return entity

    def keys(self, index: Index[E]) -> list[Hashable]:
        """The keys of an index that have entities."""
        return list(self._groups[index])

    def ordinal(self, sid: str) -> int:
        """An entity's place in the order of creation. KeyError if there is none with this SID."""
        return self._ordinals[sid]

    def in_workspace(self, kind: type[E], workspace_sid: str) -> list[E]:
        """All of a kind in a workspace, in order of creation (not for events)."""
        return self.select(cast("Index[E]", BY_WORKSPACE[kind]), workspace_sid)

    def channel_load(self, worker_sid: str, task_channel_sid: str) -> int:
        """Reservations that take capacity: pending, accepted and wrapping ones (rest-api 3.4)."""
        return self.count(OPEN_RESERVATIONS, (worker_sid, task_channel_sid))

    def assigned_tasks(self, worker_sid: str, task_channel_sid: str) -> int:
        """REST's ``assigned_tasks`` of a worker channel: accepted reservations only (rest-api 3.4)."""
        return self.count(RESERVATIONS_BY_STATUS, (worker_sid, task_channel_sid, "accepted"))

    def worker_channel(self, worker_sid: str, task_channel_sid: str) -> WorkerChannel | None:
        """A worker's channel for a task channel."""
        return self.first(WORKER_CHANNELS_OF, (worker_sid, task_channel_sid))

    def events_between(self, key: Hashable, start: float, end: float) -> Iterator[EventRecord]:
        """Events about something with ``start <= event_date <= end``, oldest first, found without a scan.

        Args:
            key: A key of :data:`~trbridge.emulator.state.indexes.EVENTS_OF`: the SID of a workspace, task, worker,
                reservation, queue, workflow or task channel, or ``(workspace_sid, event_type)``.
            start: First moment, epoch seconds.
            end: Last moment, epoch seconds.
        """
        begin = self.first_event(key, lambda date: date >= start)
        if begin is None:
            return
        for event in self.each(EVENTS_OF, key, after=begin - 1):
            if event.event_date > end:
                return
            yield event

    def first_event(self, key: Hashable, is_late: Callable[[float], bool]) -> int | None:
        """The ordinal of the first event about something whose date is late enough, found without a scan.

        Args:
            key: A key of :data:`~trbridge.emulator.state.indexes.EVENTS_OF`.
            is_late: True from some moment on.
        """
        group = self._groups[EVENTS_OF].get(key)
        events, sids = self.events, self._sids
        return None if group is None else group.search(lambda ordinal: is_late(events[sids[ordinal]].event_date))

    # Changing: for the Transaction and the journal

    def change(self, kind: type[Entity], sid: str, new: Entity | None, ordinal: int | None = None) -> Entity | None:
        """Set, replace or (``new`` None) take out one entity, with its indexes; return what was there.

        Only a Transaction and the journal's ``load`` call this. ``ordinal`` brings back a former place.
        """
        table = self._tables[kind]
        old: Entity | None = table.get(sid)
        if old is None:
            ordinal = self.next_ordinal if ordinal is None else ordinal
            self.next_ordinal = max(self.next_ordinal, ordinal + 1)
            self._ordinals[sid], self._sids[ordinal] = ordinal, sid
        ordinal = self._ordinals[sid]
        if new is not None:
            table[sid] = new
        for index in self._indexes[kind]:
            before = () if old is None else index.keys(old)
            after = () if new is None else index.keys(new)
            if before != after:
                self._regroup(self._groups[index], ordinal, before, after)
        if new is None:
            table.pop(sid, None)
            del self._sids[self._ordinals.pop(sid)]
        for observer in self._observers[kind]:
            observer(old, new)
        return old

    def sort(self, kind: type[Entity]) -> None:
        """Put a table back into order of creation, after a removal in it was undone."""
        table = self._tables[kind]
        entities = sorted(table.items(), key=lambda item: self._ordinals[item[0]])
        table.clear()
        table.update(entities)

    def add_index(self, index: Index[E]) -> None:
        """Keep one more index, beginning with what is there."""
        self._groups[index] = {}
        self._indexes[index.kind].append(index)
        for sid, entity in self._tables[index.kind].items():
            self._regroup(self._groups[index], self._ordinals[sid], (), index.keys(entity))

    def observe(self, kind: type[E], observer: Callable[[E | None, E | None], None]) -> None:
        """Call ``observer(old, new)`` on every change of a kind, beginning with what is there.

        For what is derived from the entities and is to be right inside a transaction already, such as queue
        membership. A transaction that fails calls it again the other way round, so a derivation that
        follows each call is undone with it. The store already holds ``new`` when it is called.
        """
        self._observers[kind].append(observer)
        for entity in list(self.table(kind).values()):
            observer(None, entity)

    @staticmethod
    def _regroup(
        groups: dict[Hashable, Ordinals], ordinal: int, before: tuple[Hashable, ...], after: tuple[Hashable, ...]
    ) -> None:
        """Move an entity from the groups of some keys to those of others."""
        for key in before:
            if key not in after:
                group = groups[key]
                group.remove(ordinal)
                if not group:
                    del groups[key]
        for key in after:
            if key not in before:
                found = groups.get(key)
                if found is None:
                    found = groups[key] = Ordinals()
                found.add(ordinal)

    # Looking at it as a whole

    def snapshot(self) -> bytes:
        """All entities with their ordinals as JSON: two stores with the same snapshot hold the same."""
        rows = [
            (self._ordinals[sid], kind.kind, entity)
            for kind in KINDS.values()
            for sid, entity in self._tables[kind].items()
        ]
        return msgspec.json.encode([self.next_ordinal, rows])

    def groups(self, index: Index[E]) -> dict[Hashable, list[str]]:
        """An index as key to SIDs in order of creation, for looking at."""
        return {key: [self._sids[ordinal] for ordinal in group] for key, group in self._groups[index].items()}
