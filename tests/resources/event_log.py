"""A bridge that serves the list of events, and time that passes when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fake_bridge import AC, EV, WS, WT, Bridge, W, page, raw, sid

from trbridge.checkpoints import Position
from trbridge.following import Follower
from trbridge.resources.event import EventInstance, EventList
from trbridge.wire import Reply, Request

BEGIN = 1_893_456_000.0
"""2030-01-01T00:00:00Z."""
START = datetime.fromtimestamp(BEGIN, UTC)


def event(number: int, at: float, kind: str = "task.created", **changes: Any) -> dict[str, Any]:
    """An entry of the log, so many seconds after the beginning."""
    moment = BEGIN + at
    return {
        "sid": sid("EV", number),
        "account_sid": AC,
        "workspace_sid": WS,
        "event_type": kind,
        "event_date": datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "event_date_ms": round(moment * 1000),
        "event_data": {"task_sid": WT},
        "resource_type": "task",
        "resource_sid": WT,
        "url": f"{W}/Events/{EV}",
        **changes,
    }


class LogBridge(Bridge):
    """Serves what happened up to now.

    Attributes:
        seconds: The time, from the beginning.
        log: What happens, at any time.
        slept: How long each sleep was.
        on_sleep: Called with each sleep's end.
    """

    def __init__(self, *log: dict[str, Any], seconds: float = 0.0) -> None:
        super().__init__()
        self.log = list(log)
        self.seconds = seconds
        self.slept: list[float] = []
        self.failures: list[Exception] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self.events = EventList(self.context)

    def clock(self) -> float:
        return self.seconds + 77.0

    def now(self) -> float:
        return BEGIN + self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        self.on_sleep()

    async def send(self, request: Request, /) -> Reply:
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        parts = urlsplit(request.url)
        params = dict(parse_qsl(parts.query)) | {name: str(value) for name, value in (request.params or {}).items()}
        rows = self._matching(params)
        size, number = int(params["PageSize"]), int(params.get("Page", 0))
        following = None
        if len(rows) > (number + 1) * size:
            query = "&".join(f"{name}={value}" for name, value in (params | {"Page": str(number + 1)}).items())
            following = f"{W}/Events?{query}"
        items = rows[number * size : (number + 1) * size]
        return Reply(raw(page("events", items, page=number, page_size=size, next_page_url=following)))

    def _matching(self, params: dict[str, str]) -> list[dict[str, Any]]:
        start, end = _ms(params.get("StartDate")) or 0, _ms(params.get("EndDate")) or 2**60
        happened = [one for one in self.log if (one["event_date_ms"] or 0) <= self.now() * 1000]
        rows = [one for one in happened if one["event_date_ms"] is None or start <= one["event_date_ms"] <= end + 999]
        rows = [one for one in rows if one["event_type"] == params.get("EventType", one["event_type"])]
        return sorted(rows, key=lambda one: one["event_date_ms"] or 0, reverse=True)


def _ms(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp() * 1000)


class Kept:
    """A checkpoint in memory; plain functions, as a user may have them.

    Attributes:
        saved: All positions, in order.
    """

    def __init__(self, position: Position | None = None) -> None:
        self.saved = [] if position is None else [position]

    def load(self) -> Position | None:
        return self.saved[-1] if self.saved else None

    def save(self, position: Position) -> None:
        self.saved.append(position)


def follow(bridge: LogBridge, **options: Any) -> Follower:
    """As ``bridge.events.follow(...)``, in the bridge's time."""
    return Follower(
        bridge.events, clock=bridge.clock, now=bridge.now, sleep=bridge.sleep, random=lambda: 0.5, **options
    )


async def take(follower: Follower, number: int) -> list[int]:
    """The numbers of so many events."""
    return [number_of(await anext(follower)) for _ in range(number)]


def number_of(one: EventInstance) -> int:
    """The number it was made with."""
    return int(one.sid.replace("EV", "0x"), 0)
