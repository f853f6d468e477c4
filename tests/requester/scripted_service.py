"""A transport that answers from a list, and requests to send it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from loopback_bridge import BASE, PATH, TOKEN, FakeTime

from trbridge.errors import RequestError
from trbridge.requester import HttpRequester
from trbridge.wire import Reply, Request

URL = f"https://event-bridge.twilio.com{PATH}"
TASK = f"{BASE}/Tasks/WT{'2' * 32}"
FETCH = Request("GET", TASK)
CREATE = Request("POST", f"{BASE}/Tasks", {"WorkflowSid": "WW"})
UPDATE = Request("POST", TASK, {"Priority": "3"})
DELETE = Request("DELETE", TASK)
GUARDED = Request("POST", TASK, {"AssignmentStatus": "completed"}, if_match="3")
DONE = b'{"event_type": null, "payload": {"sid": "WT"}}'

Step = int | httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Service:
    """A transport that answers from a list and keeps what it was asked."""

    def __init__(self, *steps: Step) -> None:
        self.steps = deque(steps)
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.popleft()
        if isinstance(step, Exception):
            raise step
        if isinstance(step, int):
            return httpx.Response(step, content=DONE if step == 200 else b"")
        return step if isinstance(step, httpx.Response) else step(request)

    async def send(self, request: Request = FETCH, time: FakeTime | None = None, **options: Any) -> Reply:
        time = time or FakeTime()
        options = {"random": lambda: 0.5, "clock": time.clock, "sleep": time.sleep, **options}
        requester = HttpRequester(transport=self.transport, **options)
        try:
            return await requester.send(request, channel_url=URL, token=lambda: TOKEN)
        finally:
            await requester.aclose()


async def failure(service: Service, request: Request = FETCH, **options: Any) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await service.send(request, **options)
    assert not service.steps, "every answer was asked for"
    return caught.value
