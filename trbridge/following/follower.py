"""Reads a log to its end and goes on from there, for as long as it is asked for the next event."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random as _random
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from ..checkpoints import Checkpoint, Position
from ..errors import DecodeError, InvalidArgument, RequestError, Unauthorized
from ..retry import MAX_WAIT, backoff, is_transient
from .arguments import moment, moment_of, read_since, read_types, second
from .window import Ask, Entry, Window

if TYPE_CHECKING:
    from ..resources.event import EventInstance
    from ..resources.page import Page

__all__ = ["HISTORY", "Follower", "Log"]

_log = logging.getLogger("trbridge.following")

HISTORY: Final = timedelta(days=30)
"""How long the service keeps events (rest-api 3.10)."""

_WHOLE_LOG: Final = str(int(HISTORY.total_seconds()) // 60)
_MARGIN: Final = timedelta(minutes=5)
"""The service's clock may differ from ours, and its oldest events go while they are read."""
_MOST_REFUSALS: Final = 5
"""Attempts with a token that is refused, which may be renewed meanwhile, or with answers that make no sense."""
_MOST_PAGES: Final = 100_000
"""A log with more pages goes in circles, as any list (:mod:`trbridge.resources.page`)."""


class Log(Protocol):
    """Where events are read: :class:`~trbridge.resources.event.EventList`."""

    @property
    def workspace_sid(self) -> str:
        """Whose log it is."""
        ...

    def fetch(self, params: dict[str, str], /) -> Awaitable[Page[EventInstance]]:
        """The first page of those that match."""
        ...


class Follower:
    """The events of a workspace's log, one after the other, and then each as it comes.

    Made by :meth:`EventList.follow <trbridge.resources.event.EventList.follow>`, which explains it.

    Args:
        log: The log.
        since: Where to begin if there is no position yet: a moment, or how long ago; None for now.
        types: Types of events; all if empty.
        checkpoint: Keeps the position.
        every: Seconds between two looks at the log.
        settle: Seconds that an event is held back so that an earlier one may still come before it.
        overlap: Seconds after its moment within which an event may show up.
        allow_gap: Go on where the log begins, if the position is older than that.
        report: Told of each failed attempt; the log is if left out.
        clock: Seconds that only go forward.
        now: Seconds since 1970.
        sleep: Waits.
        random: Chance for the back-off: numbers in [0, 1).

    Raises:
        InvalidArgument: A value is out of range.
    """

    def __init__(
        self,
        log: Log,
        *,
        since: datetime | timedelta | None = None,
        types: str | Iterable[str] = (),
        checkpoint: Checkpoint | None = None,
        every: float = 5.0,
        settle: float = 1.0,
        overlap: float = 60.0,
        allow_gap: bool = False,
        report: Callable[[RequestError], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if not 0 < every <= 86_400 or not 0 <= settle <= overlap <= 3_600:
            raise InvalidArgument("follow() wants every > 0 and 0 <= settle <= overlap <= 3600, all in seconds")
        self._log = log
        self._types = read_types(types)
        self._since = None if since is None else read_since(since, now())
        self._checkpoint = checkpoint
        self._every, self._settle, self._overlap = every, settle, overlap
        self._allow_gap = allow_gap
        self._report = report
        self._clock, self._now, self._sleep, self._random = clock, now, sleep, random
        self._window: Window | None = None
        self._unsaved = False
        self._busy = False
        if checkpoint is None and self._since is not None:
            self._begin_at(self._since)

    def __repr__(self) -> str:
        return f"<Follower of {self._log.workspace_sid}>"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EventInstance:
        """The next event; asking for it says that the one before is done.

        Raises:
            RequestError: The log cannot be read, and trying again would not help.
            CheckpointError: The position cannot be kept. Asking again goes on.
        """
        if self._busy:
            raise InvalidArgument("this follower is being asked already; it serves one consumer")
        self._busy = True
        try:
            await self._finish()
            event: EventInstance = await self._next()
            return event
        finally:
            self._busy = False

    async def done(self) -> None:
        """Say that the event handed out last is done, without asking for the next: for who stops here.

        Raises:
            CheckpointError: The position cannot be kept.
        """
        await self._finish()

    # -- position ----------------------------------------------------------------------------------

    async def _finish(self) -> None:
        if self._window is not None and self._window.finish():
            self._unsaved = True
        if self._unsaved:
            await self._save()

    async def _save(self) -> None:
        position = None if self._window is None else self._window.position(self._log.workspace_sid)
        if self._checkpoint is not None and position is not None:
            outcome = self._checkpoint.save(position)
            if inspect.isawaitable(outcome):
                await outcome
        self._unsaved = False

    async def _open(self) -> Window:
        if self._window is None:
            position = await self._load()
            begin = self._since if position is None else moment(position.before_ms)
            begin = None if begin is None else self._begin_at(begin)
            if position is not None and begin is not None and begin > moment(position.before_ms):
                position = None
            self._window = Window(
                position,
                None if begin is None else int(begin.timestamp() * 1000),
                overlap=self._overlap,
                settle=self._settle,
            )
        return self._window

    async def _load(self) -> Position | None:
        if self._checkpoint is None:
            return None
        loaded = self._checkpoint.load()
        position: Position | None = await loaded if inspect.isawaitable(loaded) else loaded
        if position is not None and position.workspace_sid != self._log.workspace_sid:
            raise InvalidArgument(
                f"the checkpoint is one of {position.workspace_sid}, not of {self._log.workspace_sid}",
                hint="give each workspace a checkpoint of its own",
            )
        return position

    def _begin_at(self, moment: datetime) -> datetime:
        """The moment, if the log still goes back to it; else where the log begins, if that will do."""
        oldest = datetime.fromtimestamp(self._now(), UTC) - HISTORY
        if moment >= oldest:
            return moment
        if not self._allow_gap:
            raise InvalidArgument(
                f"the log goes back {HISTORY.days} days, to {oldest:%Y-%m-%d %H:%M} UTC, not to "
                f"{moment:%Y-%m-%d %H:%M}; what happened in between is gone",
                hint="allow_gap=True goes on from where the log begins",
            )
        _log.warning("events between %s and %s are gone: the log keeps 30 days", moment.isoformat(), oldest.isoformat())
        return oldest + _MARGIN

    # -- reading -----------------------------------------------------------------------------------

    async def _next(self) -> Any:
        window = await self._open()
        while (entry := window.next()) is None:
            await self._wait_until(window.ask_at(self._every))
            await self._look(window)
        return entry.event

    async def _wait_until(self, moment: float) -> None:
        seconds = moment - self._clock()
        if seconds > 0:
            await self._sleep(seconds)

    async def _look(self, window: Window) -> None:
        asked_at = self._clock()
        ask = window.ask(asked_at)
        knew = window.floor_ms
        entries, more = await self._read_patiently(ask, knew)
        window.take(ask, entries, asked_at=asked_at, answered_at=self._clock(), more=more)
        if knew is None and window.floor_ms is not None:
            await self._save()  # "now" was then, whatever becomes of the first event

    async def _read_patiently(self, ask: Ask, floor: int | None) -> tuple[list[Entry], bool]:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._read(ask, floor)
            except RequestError as error:
                limited = isinstance(error, (Unauthorized, DecodeError))
                if attempt >= _MOST_REFUSALS if limited else not is_transient(error):
                    raise
                failure = error
            delay = self._delay(failure, attempt)
            if self._report is not None:
                self._report(failure)
            else:
                _log.warning("the log could not be read, next attempt in %.1f s: %s", delay, failure)
            await self._sleep(delay)

    def _delay(self, failure: RequestError, attempt: int) -> float:
        after: float | None = getattr(failure, "retry_after", None)
        # A whole interval at least, when the service is in trouble, and not all clients in one moment.
        return (self._every if after is None else min(after, MAX_WAIT)) + backoff(attempt, self._random)

    async def _read(self, ask: Ask, floor: int | None) -> tuple[list[Entry], bool]:
        page = await self._log.fetch(self._params(ask))
        entries, pages = [self._entry(event, floor) for event in page.data], 1
        while page.has_next and not ask.is_answered(entries, pages):
            if pages == _MOST_PAGES:
                raise DecodeError(f"the log does not end after {pages} pages")
            page, pages = await page.next(), pages + 1
            entries += [self._entry(event, floor) for event in page.data]
        if page.has_next and not entries:
            raise DecodeError(f"there is no event on {pages} pages of the log, and more of them")
        return entries, page.has_next

    def _entry(self, event: EventInstance, floor: int | None) -> Entry:
        wanted = not self._types or event.event_type in self._types
        return Entry(moment_of(event, floor), event.sid, event if wanted else None, wanted)

    def _params(self, ask: Ask) -> dict[str, str]:
        params = {"PageSize": str(ask.page_size)}
        if ask.start is None:
            params["Minutes"] = _WHOLE_LOG
        else:
            params["StartDate"] = second(ask.start)
        if ask.end is not None:
            params["EndDate"] = second(ask.end)
        if len(self._types) == 1:
            params["EventType"] = next(iter(self._types))
        return params
