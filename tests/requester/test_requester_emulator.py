"""Against the emulator: its limits are never met, its refusals say what to do."""

from __future__ import annotations

import pytest
from loopback_bridge import FakeTime

from trbridge import WorkspaceCapability
from trbridge.emulator import Emulator
from trbridge.errors import BadRequest, Forbidden, NotFound, PreconditionFailed, RequestError, TooManyRequests
from trbridge.requester import HttpRequester
from trbridge.urls import channel_url
from trbridge.wire import Reply, Request, encode_params


class Desk:
    """A requester for the emulator's workspace; both sides have the same time."""

    def __init__(self, emulator: Emulator, *, limiter: bool = True) -> None:
        self.emulator, self.time = emulator, FakeTime()
        self.workspace_url = f"{emulator.api_base_url}/Workspaces/{emulator.workspace_sid}"
        self.channel = channel_url(emulator.event_bridge_base_url, emulator.account_sid, emulator.workspace_sid)
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        self.token = capability.allow_fetch_subresources().allow_update_subresources().to_jwt(now=emulator.clock.now())
        self.requester = HttpRequester(clock=self.time.clock, sleep=self.sleep, limiter=limiter)

    async def sleep(self, seconds: float) -> None:
        await self.time.sleep(seconds)
        await self.emulator.advance(seconds)

    async def send(self, method: str, path: str, if_match: str | None = None, **params: object) -> Reply:
        request = Request(method, f"{self.workspace_url}/{path}", encode_params(None, params), if_match=if_match)
        return await self.requester.send(request, channel_url=self.channel, token=lambda: self.token)

    async def failure(self, method: str, path: str, if_match: str | None = None, **params: object) -> RequestError:
        with pytest.raises(RequestError) as caught:
            await self.send(method, path, if_match, **params)
        return caught.value


LISTS = [
    ("Workers", {"target_workers_expression": "1==1"}),
    ("Tasks", {"evaluate_task_attributes": "a == 1"}),
    ("TaskQueues", {"evaluate_worker_attributes": "{}"}),
]


async def test_thirty_expression_lists_finish_without_a_429() -> None:
    """F63, with the service counting for itself, and no retry allowed."""
    async with Emulator(clock="manual") as emulator:
        desk = Desk(emulator)
        for number in range(30):
            name, params = LISTS[number % 3]
            await desk.send("GET", name, **params)
        await desk.requester.aclose()
    assert desk.time.seconds == pytest.approx(9 * 1.1)


async def test_without_the_limiter_the_fourth_is_refused() -> None:
    async with Emulator(clock="manual") as emulator:
        desk = Desk(emulator, limiter=False)
        for name, params in LISTS:
            await desk.send("GET", name, **params)
        error = await desk.failure("GET", "Workers", **LISTS[0][1])
        await desk.requester.aclose()
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 1.0


async def test_what_the_emulator_refuses_comes_with_its_words_and_a_hint() -> None:
    async with Emulator(clock="manual") as emulator:
        desk = Desk(emulator)
        missing = await desk.failure("GET", f"Tasks/WT{'0' * 32}")
        wrong = await desk.failure("POST", "Activities")
        forbidden = await desk.failure("DELETE", f"Activities/WA{'0' * 32}")
        await desk.requester.aclose()
    assert isinstance(missing, NotFound)
    assert "five minutes" in (missing.hint or "")
    assert isinstance(wrong, BadRequest)
    assert wrong.code == 20001
    assert isinstance(forbidden, Forbidden)
    assert "allow_delete_subresources()" in (forbidden.hint or "")


async def test_an_old_version_changes_nothing() -> None:
    """The ETag of one answer is the If-Match of the next (rest-api 1.3)."""
    async with Emulator(clock="manual") as emulator:
        desk = Desk(emulator)
        workers = await desk.send("POST", "Workers", friendly_name="Alice")
        path = "Workers/" + bytes(workers.payload).decode().partition('"sid":"')[2][:34]
        version = (await desk.send("GET", path)).etag
        assert version is not None
        await desk.send("POST", path, version, attributes={"a": 1})
        error = await desk.failure("POST", path, version, attributes={"a": 2})
        await desk.requester.aclose()
    assert isinstance(error, PreconditionFailed)
    assert not error.outcome_unknown
