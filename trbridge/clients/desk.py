"""A worker's desk: the reservations on it, and the events that change them (wire-protocol 6.2, 6.3).

Nothing is fetched for an event whose payload has it all (Q59). Where something is missing it is fetched
once, and what comes meanwhile waits its turn (Q60). What was pending before, and what happened while nobody
listened, is found out by :mod:`.comparing`; what is news is decided by :mod:`.ledger`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from ..errors import DecodeError, NotFound, TaskRouterError
from ..events import CLIENT_EVENTS, RECONCILE
from ..resources.instance import merge
from ..resources.registry import materialize_event
from ..resources.reservation import ReservationInstance
from ..resources.reservation_event import as_reservation, read_event, reservation_sid_of
from ..resources.reservation_wait import OVER, follow
from ..resources.task import TaskInstance
from .backlog import Backlog
from .freshness import Freshness, is_older
from .ledger import Ledger, is_further, is_over

if TYPE_CHECKING:
    from ..resources.context import Context
    from .worker import Worker

__all__ = ["Desk", "event_of", "is_complete"]

_STATUSES: Final[Mapping[str, str]] = {
    "reservation.created": "pending",
    "reservation.wrapup": "wrapping",
    **{f"reservation.{status}": status for status in ("accepted", *OVER)},
}
"""Events that tell of a status; any other is passed on as it is."""
_EVENTS: Final = {status: event for event, status in _STATUSES.items()}

_MOST_WAITING: Final = 10_000
"""Events that may wait for something to be fetched; as many as may wait for ``ready``."""


_MOST_NAMES: Final = 256
"""Names of events whose way is remembered; a server might make up more than TaskRouter has."""


_log = logging.getLogger("trbridge.client")


class _Way(NamedTuple):
    """Where an event goes, and under which name: found out once for each name."""

    receive: Callable[[str, msgspec.Raw], None]
    name: str


def event_of(reservation: ReservationInstance) -> str | None:
    """The event that tells of the status it has."""
    return _EVENTS.get(reservation.reservation_status or "")


def is_complete(reservation: ReservationInstance) -> bool:
    """Whether its task is known, not only its task's SID."""
    return reservation._is_complete


class Desk:
    """The reservations of one worker client.

    Attributes:
        open: Those that were delivered and are not over, by SID.
        ledger: What was told.
        waiting: Events that wait for a task to be read.
        on_cleared: Called when the last of them is over.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.open: dict[str, ReservationInstance] = {}
        self.on_cleared: Callable[[], None] = lambda: None
        # So that an event of a task finds its reservations, however many there are.
        self._by_task: dict[str | None, dict[str, ReservationInstance]] = {}
        self.ledger = Ledger()
        self._freshness = Freshness()
        self.waiting: Backlog[tuple[str, msgspec.Raw]] = Backlog(
            worker.emitter, _MOST_WAITING, "events wait for a task to be read"
        )
        self._fetching: asyncio.Future[None] | None = None
        self._ways: dict[str, _Way] = {}

    @property
    def _context(self) -> Context:
        return self._worker._context

    # -- what the socket brings --------------------------------------------------------------------

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Take in an event, and publish it under v1's name."""
        if self._fetching is None:
            self._deliver(name, payload)
        else:
            self.waiting.keep((name, payload))

    async def idle(self) -> None:
        """Wait until nothing waits for a fetch."""
        while self._fetching is not None:
            await asyncio.shield(self._fetching)

    def _deliver(self, name: str, payload: msgspec.Raw) -> None:
        way = self._ways.get(name) or self._find_way(name)
        way.receive(way.name, payload)

    def _find_way(self, name: str) -> _Way:
        receivers = {"reservation": self._on_reservation, "task": self._on_task, "worker": self._on_worker}
        # v1 takes it for the reservation's event (wire-protocol 6.2).
        short = name.removeprefix("worker.") if name.startswith("worker.reservation.") else name
        way = _Way(receivers.get(short.partition(".")[0], self._on_other), short)
        if len(self._ways) < _MOST_NAMES:
            self._ways[name] = way
        return way

    def _on_other(self, name: str, payload: msgspec.Raw) -> None:
        if self._worker.emitter.wanted(name):
            self._worker.emitter.publish(name, materialize_event(name, payload, self._context))

    def _on_reservation(self, name: str, payload: msgspec.Raw) -> None:
        context = self._worker._context
        read = read_event(payload, context)
        if read is None:  # reservation.failed brings a task (Q66)
            self._worker.emitter.publish(name, materialize_event(name, payload, context))
            return
        sid = reservation_sid_of(read)
        status = _STATUSES.get(name)
        if status is not None and not self.ledger.is_news(sid, status):
            self._worker._stats.duplicates += 1
            return
        reservation = self.open.get(sid)
        if reservation is None:
            reservation = as_reservation(read, payload, context, name)
        # Our own request may have been answered before its event came: the state does not go back (F44).
        elif status is None or not is_further(reservation.reservation_status or status, status):
            reservation._hear(read, payload, name)
        if reservation._is_complete:
            self.tell(name, reservation)
        else:
            self._fetching = asyncio.get_running_loop().create_future()
            self._context.start(self._complete(name, reservation), self._completed)

    def _on_worker(self, name: str, payload: msgspec.Raw) -> None:
        worker, value = self._worker, materialize_event(name, payload, self._context)
        fresh = self._freshness.is_news(name, value)
        short = name.removeprefix("worker.")
        late = False
        if fresh and getattr(value, "sid", None) == worker.resource.sid:
            late = is_older(value, worker.resource)
            value = worker.resource if late else merge(worker.resource, payload, read=value)
        if not fresh or not worker.is_untold(short, value, late=late):
            worker._stats.duplicates += 1
            return
        # Cut short, a name of the service's must not pass for one of the client's own (Q32).
        worker.emitter.publish(name if short in CLIENT_EVENTS else short, value)

    def _on_task(self, name: str, payload: msgspec.Raw) -> None:
        value: Any = materialize_event(name, payload, self._context)
        if not self._freshness.is_news(name, value):
            self._worker._stats.duplicates += 1
            return
        if isinstance(value, TaskInstance):
            for reservation in self._by_task.get(value.sid, {}).values():
                if reservation.task is not None:
                    value = merge(reservation.task, payload)
        self._worker.emitter.publish(name, value)

    # -- what is told, once and in order -----------------------------------------------------------

    def tell(self, name: str, reservation: ReservationInstance, *, origin: str = "socket") -> None:
        """Publish what an event says of a reservation, as far as it is news; its creation first."""
        status = _STATUSES.get(name)
        if status is None:
            self._worker.emitter.publish(name, reservation, origin=origin)
            return
        for each in self.ledger.hear(reservation.sid, status):
            self._keep(reservation, each)
            # The frame of a creation that was not told was lost: this is found out, not heard.
            how = origin if each == status else RECONCILE
            if how == RECONCILE:
                self._worker.found_out()
            self._worker.emitter.publish(_EVENTS[each], reservation, origin=how)
        if not self.open:
            self.on_cleared()

    def adopt(self, reservation: ReservationInstance) -> ReservationInstance:
        """The reservation as it lies on the desk; one that is not over is put there, so that events reach it."""
        known = self.open.get(reservation.sid)
        if known is not None:
            return known
        status = reservation.reservation_status or ""
        if status in _EVENTS and self.ledger.adopt(reservation.sid, status):
            self._keep(reservation, status)
        return reservation

    def _keep(self, reservation: ReservationInstance, status: str) -> None:
        sid = reservation.sid
        if not is_over(status):
            if self.open.get(sid) is not reservation or sid not in self._by_task.get(reservation.task_sid, ()):
                self.open[sid] = reservation
                self._by_task.setdefault(reservation.task_sid, {})[sid] = reservation
                follow(reservation)
            return
        self.open.pop(sid, None)
        of_task = self._by_task.get(reservation.task_sid, {})
        of_task.pop(sid, None)
        if not of_task:
            self._by_task.pop(reservation.task_sid, None)

    # -- what must be fetched ----------------------------------------------------------------------

    async def fetch_task(self, reservation: ReservationInstance) -> None:
        """Fetch what is missing; a failure is reported, and the task stays a reference."""
        try:
            if reservation.task is None:
                await reservation.fetch()
            if reservation.task is not None:
                await reservation.task.fetch()
        except NotFound:
            pass  # it was deleted; its end is on the way
        except TaskRouterError as error:
            self._worker.emitter.report(error)

    async def _complete(self, name: str, reservation: ReservationInstance) -> None:
        await self.fetch_task(reservation)
        self.tell(name, reservation)

    def _completed(self, error: TaskRouterError | None, _: None) -> None:
        fetching, self._fetching = self._fetching, None
        if error is not None:  # the client was closed
            self.waiting.clear()
        try:
            while self.waiting and self._fetching is None:
                self._deliver_waiting(*self.waiting.take())
        finally:
            if fetching is not None:
                fetching.set_result(None)

    def _deliver_waiting(self, name: str, payload: msgspec.Raw) -> None:
        try:
            self._deliver(name, payload)
        except DecodeError as error:
            self._worker.emitter.report(error)
        except Exception:  # noqa: BLE001 - as in connection.line: those behind it must not stay here for ever
            _log.exception("%r failed to deal with %s", self._worker, name)
