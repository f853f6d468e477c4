"""Compares a worker's reservations and channels with what the service says, and tells what was missed.

One list request for each, paged. What is news is decided by :mod:`.ledger` and :mod:`.drift`; here is what has to be
asked for: the list, the task of what is news, and what the list left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec.structs import force_setattr

from ..errors import Forbidden, NotFound
from ..events import RECONCILE
from ..resources.reservation_wait import settle
from .desk import Desk, event_of
from .drift import Watch
from .ledger import Comparison, Sighting

if TYPE_CHECKING:
    from ..resources.page import Page
    from ..resources.reservation import ReservationInstance
    from .worker import Worker

__all__ = ["CHANNEL_EVENTS", "Comparing"]

_log = logging.getLogger("trbridge.client")

CHANNEL_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "capacity.update": ("configured_capacity",),
    "channel.availability.update": ("available",),
}
"""How much of a channel is taken changes with every reservation, and is told by those."""

_PAGE_SIZE: Final = 200
_MOST_PAGES: Final = 25
"""A list that is longer is read no further: of the rest, what is pending is asked for, and what is known."""


class Comparing:
    """Compares for one worker's client.

    Args:
        worker: The client.
        desk: Its reservations.
    """

    def __init__(self, worker: Worker, desk: Desk) -> None:
        self._worker = worker
        self._desk = desk
        self.channels = Watch(CHANNEL_EVENTS)
        self._may_see_channels = True

    async def deliver_pending(self) -> bool:
        """Tell what is pending, by the one request that v1 sends at every ready (wire-protocol 3.2).

        And what became of those that are open and not pending. Returns True if any is pending.
        """
        comparison = self._desk.ledger.begin()
        pending = False
        async for page in _following(await self._worker.reservations.fetch(reservation_status="pending")):
            await self._take(comparison, page)
            pending = pending or len(page) > 0
        await self._tell([], [Sighting(sid, "") for sid in comparison.missing()])
        return pending

    async def compare_reservations(self) -> None:
        """Tell what handlers have not heard of, even if it is over by now."""
        comparison = self._desk.ledger.begin()
        async for page in self._pages():
            await self._take(comparison, page)
        await self._tell([], [Sighting(sid, "") for sid in comparison.end()])

    async def _take(self, comparison: Comparison, page: Page[ReservationInstance]) -> None:
        # What was read is told before the next page is asked for, which may fail.
        await self._tell(page, comparison.take(Sighting(each.sid, each.reservation_status or "") for each in page))

    async def _pages(self) -> AsyncIterator[Page[ReservationInstance]]:
        page = await self._worker.reservations.fetch(page_size=_PAGE_SIZE)
        for _ in range(_MOST_PAGES):
            yield page
            if not page.has_next:
                return
            page = await page.next()
        page = await self._worker.reservations.fetch(reservation_status="pending", page_size=_PAGE_SIZE)
        async for rest in _following(page):
            yield rest

    async def _tell(self, page: Iterable[ReservationInstance], news: list[Sighting]) -> None:
        listed = {each.sid: each for each in page}
        complete = await asyncio.gather(*(self._complete(sid, listed.get(sid)) for sid, _ in news))
        for reservation in filter(None, complete):
            # Frames came meanwhile: what they told is no news any more.
            if (name := event_of(reservation)) is not None:
                self._desk.tell(name, reservation, origin=RECONCILE)

    async def _complete(self, sid: str, listed: ReservationInstance | None) -> ReservationInstance | None:
        """The reservation with its task: the one on the desk, read again, if it is there; else that of the list."""
        if listed is not None and sid not in self._desk.open:
            await self._desk.fetch_task(listed)
        known = self._desk.open.get(sid)
        if known is None:
            return listed
        await self._read_again(known)
        if self._desk.ledger.is_news(sid, known.reservation_status or "pending"):
            await self._desk.fetch_task(known)
        return known

    async def _read_again(self, reservation: ReservationInstance) -> None:
        try:
            await reservation.fetch()
        except NotFound:
            # Its task was deleted, or forgotten after its end, and the reservation with it: pending ones are
            # canceled, others completed by that (routing 3.2).
            was_pending = reservation.reservation_status == "pending"
            force_setattr(reservation, "reservation_status", "canceled" if was_pending else "completed")
            settle(reservation)

    async def compare_channels(self) -> None:
        """Tell what handlers have not heard of the worker's channels; what nobody listens to is not asked for."""
        if not self._may_see_channels or not any(map(self._worker.emitter.wanted, CHANNEL_EVENTS)):
            return
        try:
            async for channel in await self._worker.channels.fetch():
                self._worker.tell_drift(self.channels, channel)
        except Forbidden as error:  # the least token of a worker; what it may not see it cannot miss
            self._may_see_channels = False
            _log.debug("channels are not compared: %s", error)


async def _following(page: Page[ReservationInstance]) -> AsyncIterator[Page[ReservationInstance]]:
    """A page, and all after it."""
    yield page
    while page.has_next:
        page = await page.next()
        yield page
