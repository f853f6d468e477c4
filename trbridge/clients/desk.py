"""A worker's desk: the reservations on it, and the events that change them (wire-protocol 6.2, 6.3).

Nothing is fetched for an event: the payload has it all (Q59). Only reservations that were pending before
the client connected come from a list, and their tasks are fetched once, in order, before any event that
came meanwhile is looked at (Q60).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import TaskRouterError
from ..resources.instance import merge
from ..resources.page import Page
from ..resources.registry import materialize
from ..resources.reservation import ReservationInstance, reservation_from_event
from ..resources.task import TaskInstance
from ..resources.worker_channel import WorkerChannelInstance

if TYPE_CHECKING:
    from .worker import Worker

__all__ = ["Desk"]

_STAGES: Final = {"created": 0, "accepted": 1, "wrapup": 2}
"""A reservation only goes forward (routing 4.4); every other event is its end. One that is not further on
than what was told already is a duplicate or late (F43, F44)."""
_END: Final = 3
_MOST_REMEMBERED: Final = 10_000
"""Ended reservations that are remembered, so that a late duplicate is recognised (F43)."""


class Desk:
    """The reservations of one worker client.

    Attributes:
        open: Those that were delivered and are not over, by SID.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.open: dict[str, ReservationInstance] = {}
        self._told: dict[str, int] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._receivers: dict[str, Callable[[str, msgspec.Raw], None]] = {
            "reservation": self._on_reservation,
            "worker": self._on_worker,
            "task": self._on_task,
        }

    # -- what was pending before -------------------------------------------------------------------

    async def catch_up(self) -> int:
        """Deliver the pending reservations that were not delivered yet; returns how many are pending."""
        pending = [each async for each in await self._page({"ReservationStatus": "pending"})]
        fresh = [each for each in pending if each.sid not in self.open and each.sid not in self._ended]
        await self._fetch_tasks(fresh)
        for reservation in fresh:
            self.open[reservation.sid], self._told[reservation.sid] = reservation, _STAGES["created"]
            self._worker.emitter.publish("reservation.created", reservation)
        return len(pending)

    async def fetch(self, params: Mapping[str, Any] | None, filters: Mapping[str, Any]) -> Page[ReservationInstance]:
        """A page of reservations with their tasks."""
        page = await self._page(params, filters)
        await self._fetch_tasks(page.data)
        return page

    async def _page(
        self, params: Mapping[str, Any] | None, filters: Mapping[str, Any] | None = None
    ) -> Page[ReservationInstance]:
        reservations = self._worker.reservations
        filters = filters or {}
        return await (reservations.fetch(**filters) if params is None else reservations.fetch(params, **filters))

    async def _fetch_tasks(self, reservations: list[ReservationInstance]) -> None:
        """Fetch each reservation's task; one that cannot be fetched is reported and stays a reference."""
        tasks = [each.task for each in reservations if each.task is not None]
        for failure in await asyncio.gather(*(task.fetch() for task in tasks), return_exceptions=True):
            if isinstance(failure, TaskRouterError):
                self._worker.emitter.report(failure)
            elif isinstance(failure, BaseException):
                raise failure

    # -- what the socket brings --------------------------------------------------------------------

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Take in an event, and publish it under v1's name."""
        receiver = self._receivers.get(name.partition(".")[0])
        if receiver is not None:
            receiver(name, payload)
        elif self._worker.emitter.wanted(name):
            self._worker.emitter.publish(name, materialize(payload, self._worker._context))

    def _on_reservation(self, name: str, payload: msgspec.Raw) -> None:
        reservation = reservation_from_event(payload, self._worker._context, name)
        if reservation is None:  # reservation.failed brings a task (Q66)
            self._worker.emitter.publish(name, materialize(payload, self._worker._context))
            return
        sid, stage = reservation.sid, _STAGES.get(name.removeprefix("reservation."), _END)
        if sid in self._ended or stage <= self._told.get(sid, -1):
            return
        known = self.open.get(sid)
        if known is not None:
            reservation = merge(known, payload, event=name)
        self.open[sid], self._told[sid] = reservation, stage
        if stage == _END:
            self._end(sid)
        self._worker.emitter.publish(name, reservation)

    def _end(self, sid: str) -> None:
        del self.open[sid], self._told[sid]
        self._ended[sid] = None
        if len(self._ended) > _MOST_REMEMBERED:
            self._ended.popitem(last=False)

    def _on_worker(self, name: str, payload: msgspec.Raw) -> None:
        short = name.removeprefix("worker.")
        value: Any = materialize(payload, self._worker._context)
        if isinstance(value, WorkerChannelInstance):
            self._worker.emitter.publish(short, value)
            return
        if getattr(value, "sid", None) == self._worker.resource.sid:
            value = merge(self._worker.resource, payload)
        self._worker.emitter.publish(short, value)

    def _on_task(self, name: str, payload: msgspec.Raw) -> None:
        value: Any = materialize(payload, self._worker._context)
        if isinstance(value, TaskInstance):
            for reservation in self.open.values():
                if reservation.task is not None and reservation.task.sid == value.sid:
                    value = merge(reservation.task, payload)
        self._worker.emitter.publish(name, value)
