"""A client's context whose bridge is a list: it records requests and gives the answers it was told."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import msgspec

from trbridge.completion import Operations
from trbridge.resources.context import Context
from trbridge.wire import Reply, Request

API = "https://taskrouter.twilio.com/v1"


def sid(prefix: str, number: int = 1) -> str:
    return f"{prefix}{number:032x}"


AC, WS, WK, WT, WR = sid("AC"), sid("WS"), sid("WK"), sid("WT"), sid("WR")
WA, WQ, WW, WC, TC, EV = sid("WA"), sid("WQ"), sid("WW"), sid("WC"), sid("TC"), sid("EV")
W = f"{API}/Workspaces/{WS}"


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


class Bridge:
    """The other side.

    Args:
        worker_sid: Whose client it is, if a worker's.
        api_base_url: The REST base that the client was given.
    """

    def __init__(self, worker_sid: str | None = None, api_base_url: str = API) -> None:
        self.requests: list[Request] = []
        self.reported: list[BaseException] = []
        self._answers: deque[Reply | Exception] = deque()
        self.operations = Operations(self.reported.append)
        self.context = Context(self.send, self.operations, api_base_url, WS, worker_sid)

    async def send(self, request: Request, /) -> Reply:
        self.requests.append(request)
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answer(self, payload: Any, etag: str | None = None) -> None:
        self._answers.append(Reply(payload if isinstance(payload, msgspec.Raw) else raw(payload), etag=etag))

    def fail(self, error: Exception) -> None:
        self._answers.append(error)

    async def settle(self) -> None:
        """Wait until nothing is under way any more, callbacks included."""
        async with asyncio.timeout(10):
            while running := [*self.operations._running]:
                await asyncio.wait(running)

    @property
    def last(self) -> Request:
        return self.requests[-1]

    @property
    def sent(self) -> list[tuple[str, str, dict[str, str | list[str]] | None]]:
        return [(request.method, request.url.removeprefix(W), request.params) for request in self.requests]


def activity(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "sid": sid("WA", number),
        "account_sid": AC,
        "workspace_sid": WS,
        "friendly_name": "Idle",
        "available": True,
        "date_created": "2030-01-01T00:00:00Z",
        "date_updated": "2030-01-01T00:00:00Z",
        "url": f"{W}/Activities/{sid('WA', number)}",
        "links": {"workspace": W},
        **changes,
    }


def worker(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "sid": sid("WK", number),
        "account_sid": AC,
        "workspace_sid": WS,
        "friendly_name": "Alice",
        "activity_sid": WA,
        "activity_name": "Idle",
        "available": True,
        "attributes": '{"languages":["en"]}',
        "date_created": "2030-01-01T00:00:00Z",
        "date_updated": "2030-01-02T09:00:00Z",
        "date_status_changed": "2030-01-02T09:00:00Z",
        "url": f"{W}/Workers/{sid('WK', number)}",
        "links": {},
        **changes,
    }


def task(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "sid": sid("WT", number),
        "account_sid": AC,
        "workspace_sid": WS,
        "workflow_sid": WW,
        "workflow_friendly_name": "Default",
        "task_queue_sid": WQ,
        "task_queue_friendly_name": "English",
        "task_channel_sid": TC,
        "task_channel_unique_name": "default",
        "attributes": '{"type":"support"}',
        "addons": "{}",
        "assignment_status": "pending",
        "priority": 0,
        "reason": None,
        "age": 12,
        "timeout": 86400,
        "ignore_capacity": False,
        "routing_target": None,
        "date_created": "2030-01-02T09:00:00Z",
        "date_updated": "2030-01-02T09:00:05Z",
        "task_queue_entered_date": "2030-01-02T09:00:00Z",
        "virtual_start_time": "2030-01-02T09:00:00Z",
        "url": f"{W}/Tasks/{sid('WT', number)}",
        "links": {},
        **changes,
    }


def reservation(status: str = "pending", **changes: Any) -> dict[str, Any]:
    return {
        "sid": WR,
        "account_sid": AC,
        "workspace_sid": WS,
        "task_sid": WT,
        "worker_sid": WK,
        "worker_name": "Alice",
        "reservation_status": status,
        "date_created": "2030-01-02T09:00:05Z",
        "date_updated": "2030-01-02T09:00:05Z",
        "url": f"{W}/Tasks/{WT}/Reservations/{WR}",
        "links": {},
        **changes,
    }


def mashup(**changes: Any) -> dict[str, Any]:
    """The payload of a reservation event on a v1 socket (wire-protocol 7.3): the task, with one SID more."""
    return {
        "sid": WT,
        "reservation_sid": WR,
        "account_sid": AC,
        "workspace_sid": WS,
        "workflow_sid": WW,
        "workflow_name": "Default",
        "queue_sid": WQ,
        "queue_name": "English",
        "task_channel_sid": TC,
        "task_channel_unique_name": "default",
        "attributes": '{"type":"support"}',
        "addons": "{}",
        "assignment_status": "reserved",
        "priority": 3,
        "reason": None,
        "timeout": 86400,
        "age": 0,
        "counter": 0,
        "date_created": 1893575400,
        "date_updated": 1893575405,
        **changes,
    }


def nested(status: str = "pending", **changes: Any) -> dict[str, Any]:
    """The payload of a reservation event on a v2 socket (wire-protocol 7.4): a reservation with its task."""
    inner = {name: value for name, value in mashup(version=2).items() if name not in ("reservation_sid", "counter")}
    return {
        "sid": WR,
        "account_sid": AC,
        "workspace_sid": WS,
        "worker_sid": WK,
        "worker_name": "Alice",
        "worker_previous_activity_sid": WA,
        "reservation_status": status,
        "reservation_timeout": 120,
        "date_created": 1893575405,
        "date_updated": 1893575405,
        "version": 0,
        "task": inner,
        **changes,
    }


def page(key: str, items: list[Any], **meta: Any) -> dict[str, Any]:
    return {
        key: items,
        "meta": {
            "key": key,
            "page": 0,
            "page_size": 50,
            "url": f"{W}/X?PageSize=50&Page=0",
            "first_page_url": f"{W}/X?PageSize=50&Page=0",
            "next_page_url": None,
            "previous_page_url": None,
            **meta,
        },
    }
