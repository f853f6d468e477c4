"""A change of the store that happens as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec

from .events import Subject, make_event
from .model import VERSIONED, Entity, EventRecord
from .store import Store

__all__ = ["Change", "Running", "Transaction"]

E = TypeVar("E", bound=Entity)


class Change(NamedTuple):
    """One entity before and after.

    Attributes:
        old: As it was; None if it is new.
        new: As it is; None if it was removed.
        ordinal: Its place in the order of creation.
    """

    old: Any
    new: Any
    ordinal: int

    @property
    def entity(self) -> Entity:
        """What it is, or was if it has gone."""
        entity: Entity = self.old if self.new is None else self.new
        return entity

    @property
    def kind(self) -> type[Entity]:
        """The entity's class."""
        return type(self.old if self.new is None else self.new)

    @property
    def sid(self) -> str:
        """The entity's SID."""
        sid: str = (self.old if self.new is None else self.new).sid
        return sid


class Transaction:
    """Changes to the store, made at one moment; :meth:`rollback` takes all of them back.

    You get one from :meth:`Engine.transaction <trbridge.emulator.engine.Engine.transaction>`, which also
    rolls back when something raises. Changes show in ``tx.store`` at once.

    Attributes:
        store: The store, with the changes made so far.
        now: The moment, epoch seconds. Everything in the transaction happens then.
        new_sid: Makes a SID for a prefix: ``tx.new_sid("WK")``.
        log: Every change so far in order, undone by nobody. Walk it by index to see what is new.
        events: The events emitted so far, in order.
        subjects: Event SID to what the event is about, as it was at that moment.

    Example::

        with engine.transaction() as tx:
            worker = tx.update(worker, activity_sid=activity.sid, date_status_changed=tx.now)
            tx.emit("worker.activity.update", worker)
    """

    def __init__(self, store: Store, now: float, new_sid: Callable[[str], str]) -> None:
        self.store = store
        self.now = now
        self.new_sid = new_sid
        self.log: list[Change] = []
        self.events: list[EventRecord] = []
        self.subjects: dict[str, Subject] = {}
        self._first_ordinal = store.next_ordinal
        self._open = True

    def create(self, kind: type[E], workspace_sid: str, **fields: Any) -> E:
        """Make an entity with a new SID and the dates of now, and put it."""
        sid = self.new_sid(kind.prefix)
        return self.put(
            kind(sid=sid, workspace_sid=workspace_sid or sid, date_created=self.now, date_updated=self.now, **fields)
        )

    def put(self, entity: E) -> E:
        """Add an entity, or replace the one with its SID by it as it is; return it."""
        self._change(type(entity), entity.sid, entity)
        return entity

    def update(self, entity: E, **fields: Any) -> E:
        """Set fields of an entity, with ``date_updated`` and (where it has one) the next ``version``.

        The fields are set on what the store holds now, so that a copy read earlier loses no change made
        since. Returns the new entity: go on with that.

        Raises:
            KeyError: The store does not have it.
        """
        current = self.store.table(type(entity))[entity.sid]
        fields.setdefault("date_updated", self.now)
        if isinstance(current, VERSIONED):
            fields.setdefault("version", current.version + 1)
        return self.put(msgspec.structs.replace(current, **fields))

    def touch(self, entity: E) -> E:
        """Bump ``date_updated`` and ``version`` only: something that counts as the entity's has changed."""
        return self.update(entity)

    def remove(self, entity: Entity) -> None:
        """Take an entity out of the store. What refers to it is the caller's business.

        Raises:
            KeyError: The store does not have it.
        """
        self._change(type(entity), self.store.table(type(entity))[entity.sid].sid, None)

    def emit(
        self, event_type: str, resource: Entity, *others: Entity, description: str | None = None, **data: object
    ) -> EventRecord:
        """Record an event (routing 7).

        The data follows from the resource: for a reservation that is also its task, worker, queue, workflow
        and channel, as the store has them now. So emit after the change, and before removing what the event
        tells about, or hand that over in ``others``.

        Args:
            event_type: Such as ``"reservation.accepted"``.
            resource: What it is first about: ``resource_type`` and ``resource_sid``.
            others: More resources to tell about.
            description: In words; made up from the rest when left out.
            **data: More ``event_data``; any scalar, None is left out.
        """
        event, subject = make_event(
            self.store,
            self.new_sid(EventRecord.prefix),
            self.now,
            event_type,
            resource,
            others,
            description=description,
            data=data,
        )
        self.put(event)
        self.events.append(event)
        self.subjects[event.sid] = subject
        return event

    def changes(self) -> list[Change]:
        """The log with one change per entity, from the first old to the last new, in order of first change.

        What was made and removed in the same transaction is left out.
        """
        merged: dict[str, Change] = {}
        for change in self.log:
            sid = change.sid
            earlier = merged.get(sid)
            merged[sid] = change if earlier is None else change._replace(old=earlier.old)
        return [change for change in merged.values() if not (change.old is None and change.new is None)]

    def rollback(self) -> None:
        """Take back every change, event and index entry, so that the store is what it was; and close."""
        resort: set[type[Entity]] = set()
        for change in reversed(self.log):
            self.store.change(change.kind, change.sid, change.old, change.ordinal)
            if change.new is None:
                resort.add(change.kind)
        for kind in resort:
            self.store.sort(kind)
        self.store.next_ordinal = self._first_ordinal
        self.close()

    def close(self) -> None:
        """No more changes: a transaction kept beyond its end would change the store unseen."""
        self._open = False

    def _change(self, kind: type[Entity], sid: str, new: Entity | None) -> None:
        if not self._open:
            raise RuntimeError("this transaction is over; take a new one for every change")
        if new is None:
            ordinal = self.store.ordinal(sid)
            old = self.store.change(kind, sid, None)
        else:
            old = self.store.change(kind, sid, new)
            ordinal = self.store.ordinal(sid)
        self.log.append(Change(old, new, ordinal))


class Running:
    """A transaction under way, for ``with``.

    A class of its own: with contextlib's generator a small change takes 5 % longer.
    """

    __slots__ = ("_begin", "_commit", "_now", "_tx", "_undo")

    def __init__(
        self,
        begin: Callable[[float], Transaction],
        commit: Callable[[Transaction], None],
        undo: Callable[[Transaction], None],
        now: float,
    ) -> None:
        self._begin, self._commit, self._undo, self._now = begin, commit, undo, now

    def __enter__(self) -> Transaction:
        self._tx = self._begin(self._now)
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._commit(self._tx)
        else:
            self._undo(self._tx)
