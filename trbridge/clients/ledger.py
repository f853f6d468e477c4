"""What a worker's handlers were told of its reservations, and what there is to tell. Neither clock nor I/O is here.

A reservation only goes forward: pending, accepted, wrapping, over (routing 4.4). Whatever tells of one, a frame, a
list, an answer, is a sighting of it somewhere on that way. Three rules make an order and an "once" of sightings
that come late, twice or not at all:

* what is not further on than what was told is late or a duplicate (F43, F44);
* of one that was never told, first its creation is told, however far it is: a frame was lost, or it came, and
  perhaps went, while nobody listened (F45, F28). What it was in between is not made up;
* what was under way or over before the first comparison is noted, not told: it is an earlier life's. Until then
  a frame is told as it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

__all__ = ["Comparison", "Findings", "Ledger", "Sighting", "compare", "is_further", "is_over", "news"]

_WAY: Final[Mapping[str, int]] = {
    "pending": 0,
    "accepted": 1,
    "wrapping": 2,
    **dict.fromkeys(("rejected", "timeout", "canceled", "rescinded", "completed"), 3),
}
_BEGINNING: Final = "pending"
_END: Final = 3
_NOWHERE: Final = -1
"""Where a status is that we do not know: a service of tomorrow may have more. It tells nothing, and hides nothing."""

MOST_REMEMBERED: Final = 10_000
"""Reservations that are over, or were before the first comparison, and are remembered (F43, F50)."""


class Sighting(NamedTuple):
    """A reservation was seen with a status."""

    sid: str
    status: str


class Findings(NamedTuple):
    """What a comparison found.

    Attributes:
        news: What handlers have not heard of, in the order of the list.
        old: What began before the first comparison: to be noted.
    """

    news: list[Sighting]
    old: list[Sighting]


def is_over(status: str) -> bool:
    """Whether nothing follows this status (rest-api 5)."""
    return _WAY.get(status) == _END


def is_further(status: str, than: str | None) -> bool:
    """Whether a status is further on the way than another; than an unknown one any is."""
    return _WAY.get(status, _NOWHERE) > _WAY.get(than or "", _NOWHERE)


def news(told: str | None, noted: str | None, seen: str) -> tuple[str, ...]:
    """What to tell of a reservation when it is seen.

    Args:
        told: The status that was told last; None if none ever was.
        noted: The status it had at the first comparison, if it was there already.
        seen: The status it is seen with.

    Returns:
        Statuses to tell, in this order.
    """
    if seen not in _WAY:
        return ()
    if told is not None:
        return (seen,) if is_further(seen, told) else ()
    if noted is not None and seen != _BEGINNING:
        return (seen,) if is_further(seen, noted) else ()
    # With a noted one its creation came from the socket after all: it is no earlier life's.
    present = noted or seen
    return (_BEGINNING,) if present == _BEGINNING else (_BEGINNING, present)


def compare(told: Mapping[str, str], noted: Mapping[str, str], seen: Iterable[Sighting], *, first: bool) -> Findings:
    """Compare what handlers were told with what a list says, or a page of it.

    The list may be older than what was told meanwhile: what is not further on is no finding.

    Args:
        told: SIDs to the status that was told last.
        noted: SIDs to the status at the first comparison.
        seen: The list.
        first: It is the first comparison.
    """
    found = Findings([], [])
    for sighting in seen:
        sid, status = sighting
        known = sid in told or sid in noted
        if status not in _WAY:  # of tomorrow
            continue
        if first and not known and status != _BEGINNING:
            found.old.append(sighting)
        # That a noted one is pending is only said by a page that is older than the noting.
        elif news(told.get(sid), noted.get(sid), status) and not (sid in noted and status == _BEGINNING):
            found.news.append(sighting)
    return found


class Comparison:
    """One comparison, page by page; see :meth:`Ledger.begin`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._expected = set(ledger.open)

    def take(self, page: Iterable[Sighting]) -> list[Sighting]:
        """What is news on a page. It is told by :meth:`Ledger.hear`, which looks again: frames come meanwhile."""
        page = list(page)
        self._expected.difference_update(sid for sid, _ in page)
        return self._ledger._compare(page)

    def missing(self) -> list[str]:
        """SIDs that were open when it began, still are, and were on no page.

        A list that changes while it is read may leave one out; so each must be asked for before it is given up.
        """
        return [sid for sid in self._expected if sid in self._ledger.open]

    def end(self) -> list[str]:
        """There are no more pages, and they held all there is; what is missing."""
        self._ledger.compared = True
        return self.missing()


class Ledger:
    """Remembers what was told, and is asked before anything is.

    Attributes:
        compared: Whether there was a comparison since the client was made, or closed.
    """

    def __init__(self, most_remembered: int = MOST_REMEMBERED) -> None:
        self.compared = False
        self._most = most_remembered
        self._open: dict[str, str] = {}
        self._ended: OrderedDict[str, str] = OrderedDict()
        self._noted: OrderedDict[str, str] = OrderedDict()

    def told(self, sid: str) -> str | None:
        """The status that was told last."""
        return self._open.get(sid) or self._ended.get(sid)

    @property
    def open(self) -> Collection[str]:
        """SIDs of those that were told and whose end was not."""
        return self._open.keys()

    def is_news(self, sid: str, status: str) -> bool:
        """Whether there is anything to tell of a sighting."""
        return bool(self._news(sid, status))

    def hear(self, sid: str, status: str) -> tuple[str, ...]:
        """Take in a sighting; what is returned must be told now, in this order."""
        tell = self._news(sid, status)
        if not self.compared:  # it may be an earlier life's: then, as in v1, the event is all there is to tell
            tell = tell[-1:]
        if tell:
            self._tell(sid, tell[-1])
        return tell

    def _news(self, sid: str, status: str) -> tuple[str, ...]:
        told = self._open.get(sid)
        if told is not None:  # as of most: the first of the rules, in 0.75 x the time; it is asked twice an event
            return (status,) if _WAY.get(status, _NOWHERE) > _WAY[told] else ()
        return news(self._ended.get(sid), self._noted.get(sid), status)

    def adopt(self, sid: str, status: str) -> bool:
        """Take over one that is under way without telling of it; False if it is known, or its status is another."""
        wanted = _WAY[_BEGINNING] < _WAY.get(status, _NOWHERE) < _END and self.told(sid) is None
        if wanted and not (sid in self._noted and is_further(self._noted[sid], status)):
            self._tell(sid, status)
            return True
        return False

    def begin(self) -> Comparison:
        """Begin to compare; to be called before the list is asked for."""
        return Comparison(self)

    def _compare(self, page: list[Sighting]) -> list[Sighting]:
        told = {sid: status for sid, _ in page if (status := self.told(sid)) is not None}
        findings = compare(told, self._noted, page, first=not self.compared)
        for sid, status in findings.old:
            _remember(self._noted, sid, status, self._most)
        for sid, _ in page:  # the service still has it: others are forgotten first
            for remembered in (self._ended, self._noted):
                if sid in remembered:
                    remembered.move_to_end(sid)
        return findings.news

    def _tell(self, sid: str, status: str) -> None:
        if self._noted:
            self._noted.pop(sid, None)
        if _WAY[status] == _END:
            self._open.pop(sid, None)
            _remember(self._ended, sid, status, self._most)
        else:
            self._open[sid] = status


def _remember(those: OrderedDict[str, str], sid: str, status: str, most: int) -> None:
    those[sid] = status
    if len(those) > most:
        those.popitem(last=False)
