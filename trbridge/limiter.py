"""How fast requests may go: one queue per class of endpoint, so that nobody has to meet a 429 (F63).

Four endpoints have published limits; everything else goes at once until the service says otherwise, by
``X-Rate-Limit-*`` headers or by a 429. Pure: the caller passes ``now`` (any clock that only goes forward)
and does the waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, overload
from urllib.parse import parse_qsl

import msgspec

from .retry import MAX_WAIT
from .sids import is_sid
from .wire import Request

__all__ = ["PUBLISHED_RATES", "Limiter", "Rate", "Slot", "classify"]


class Rate(msgspec.Struct, frozen=True):
    """A speed limit.

    Attributes:
        limit: Requests per period.
        period: Seconds. A little over one by default: requests that left a full second apart may
            arrive closer together.
    """

    limit: int
    period: float = 1.1


_EXPRESSIONS: Final[Mapping[str, str]] = {
    "Tasks": "EvaluateTaskAttributes",
    "Workers": "TargetWorkersExpression",
    "TaskQueues": "EvaluateWorkerAttributes",
}
"""Lists that take an expression, and the parameter that holds it."""

_EXPRESSION_LISTS: Final = "expression lists"

PUBLISHED_RATES: Final[Mapping[str, Rate]] = {
    _EXPRESSION_LISTS: Rate(3),
    "POST TaskQueues/RealTimeStatistics": Rate(5),
}
"""Limits by class: reliability 1.4 and rest-api 4.6. The others belong to an account and are not published.

Whether the three expression lists have 3 requests a second each or together is not said: together is safe [I].
"""

_SLOWER: Final = frozenset({429, 503})
_MAX_CLASSES: Final = 256
_MAX_DIGITS: Final = 9


class Slot:
    """A place in the queue of a class.

    Attributes:
        at: When the request may go. It moves back if the service asks for a pause meanwhile.
    """

    __slots__ = ("at",)

    def __init__(self, at: float) -> None:
        self.at = at

    def delay(self, now: float) -> float:
        """Seconds still to wait; ask again after waiting."""
        return max(0.0, self.at - now)


class Limiter:
    """Hands out the moments at which requests may go.

    Within any ``period`` a class gets no more than ``limit`` of them, first come, first served. This is
    a token bucket whose tokens come back one by one, each a period after it was taken: it holds
    whichever way the service counts, by bucket, by sliding or by fixed seconds.

    Args:
        rates: Limits known beforehand, by class (see :func:`classify`).

    Example:
        >>> limiter = Limiter()
        >>> request = Request("GET", "https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers",
        ...                   {"TargetWorkersExpression": "1==1"})
        >>> [limiter.reserve(0.0, request).at for _ in range(4)]
        [0.0, 0.0, 0.0, 1.1]
    """

    __slots__ = ("_lanes", "_rates")

    def __init__(self, rates: Mapping[str, Rate] = PUBLISHED_RATES) -> None:
        self._rates = rates
        # The class unused for longest stands first and is forgotten first: URLs must not fill the memory. A class
        # of which nothing is known has no lane.
        self._lanes: dict[tuple[str, str], _Lane] = {}

    def reserve(self, now: float, request: Request) -> Slot:
        """The moment at which this request may go; it is taken from then on."""
        lane = self._lane(classify(request))
        return Slot(now) if lane is None else lane.reserve(now)

    def cancel(self, now: float, request: Request, slot: Slot) -> None:
        """Give a moment back that was not used; those behind it move up."""
        lane = self._lane(classify(request))
        if lane is not None:
            lane.cancel(now, slot)

    def learn(
        self,
        now: float,
        request: Request,
        status: int,
        headers: Mapping[str, str],
        retry_after: float | None = None,
    ) -> None:
        """Take in what an answer says about the limits of its class.

        ``X-Rate-Limit-Limit`` is read as requests per second, and believed if ``X-Rate-Limit-Remaining``
        shows that this request was counted; none remaining is a pause of one period. Both values are
        undocumented [I]. A 429 (or a 503 that names a time) stops the class for ``retry_after`` seconds,
        at most 60; without it for one period.
        """
        if status not in _SLOWER and "x-rate-limit-limit" not in headers:
            return
        limit, remaining = _count(headers.get("x-rate-limit-limit")), _count(headers.get("x-rate-limit-remaining"))
        counted = limit is not None and remaining is not None and remaining < limit
        lane = self._lane(classify(request), make=True)
        if limit is not None and counted:
            lane.rate = Rate(limit)
        if status == 429 or (status == 503 and retry_after is not None):
            lane.block(now, lane.period if retry_after is None else min(retry_after, MAX_WAIT))
        elif counted and remaining == 0:
            lane.block(now, lane.period)

    @overload
    def _lane(self, key: tuple[str, str], *, make: Literal[True]) -> _Lane: ...
    @overload
    def _lane(self, key: tuple[str, str]) -> _Lane | None: ...
    def _lane(self, key: tuple[str, str], *, make: bool = False) -> _Lane | None:
        lane = self._lanes.pop(key, None)
        if lane is None:
            rate = self._rates.get(key[1])
            if rate is None and not make:
                return None
            lane = _Lane(rate)
        self._lanes[key] = lane
        if len(self._lanes) > _MAX_CLASSES:
            del self._lanes[next(iter(self._lanes))]
        return lane


class _Lane:
    """One class: its rate, its pause, and the moments given out that still count."""

    __slots__ = ("_blocked_until", "_slots", "rate")

    def __init__(self, rate: Rate | None) -> None:
        self.rate = rate
        self._blocked_until = float("-inf")
        self._slots: list[Slot] = []  # few; an empty deque takes 700 bytes, for every class of every client

    @property
    def period(self) -> float:
        return self.rate.period if self.rate else Rate(1).period

    def reserve(self, now: float) -> Slot:
        self._forget(now)
        slot = Slot(self._earliest(now, len(self._slots)))
        if self.rate or slot.at > now:
            self._slots.append(slot)
        return slot

    def cancel(self, now: float, slot: Slot) -> None:
        if slot in self._slots:
            self._slots.remove(slot)
            self._rearrange(now)

    def block(self, now: float, seconds: float) -> None:
        self._blocked_until = max(self._blocked_until, now + seconds)
        self._rearrange(now)

    def _rearrange(self, now: float) -> None:
        # Who has gone has gone; who waits keeps the order.
        for index, slot in enumerate(self._slots):
            if slot.at > now:
                slot.at = self._earliest(now, index)

    def _earliest(self, now: float, index: int) -> float:
        """The moment for the slot at this index, given the ones before it."""
        at = max(now, self._blocked_until)
        if self.rate is None:
            return at
        if index:
            at = max(at, self._slots[index - 1].at)
        if index >= self.rate.limit:
            at = max(at, self._slots[index - self.rate.limit].at + self.rate.period)
        return at

    def _forget(self, now: float) -> None:
        over = 0
        while over < len(self._slots) and self._slots[over].at <= now - self.period:
            over += 1
        del self._slots[:over]


def classify(request: Request) -> tuple[str, str]:
    """The scope and the class of a request: the workspace, and what is asked of it.

    A class is the path under the workspace without SIDs; anything but a GET has its method in front. The
    lists that take an expression are one class of their own when they are given one.
    """
    path, _, query = request.url.partition("?")
    scope, _, rest = path.partition("/Workspaces/")
    segments = rest.strip("/").split("/")
    scope = f"{scope}/{segments[0]}"
    name = "/".join("{sid}" if is_sid(segment) else segment for segment in segments[1:])
    if request.method != "GET":
        return scope, f"{request.method} {name}"
    expression = _EXPRESSIONS.get(name)
    if expression and (expression in (request.params or ()) or expression in dict(parse_qsl(query))):
        return scope, _EXPRESSION_LISTS
    return scope, name


def _count(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
