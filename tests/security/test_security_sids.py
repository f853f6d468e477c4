"""No SID argument gets anything but a SID into a URL, and none is sent (check 19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge import (
    InvalidArgument,
    TaskQueueCapability,
    TaskRouterError,
    Worker,
    WorkerCapability,
    Workspace,
    WorkspaceCapability,
)
from trbridge.sids import is_sid
from trbridge.urls import channel_url, websocket_url
from trbridge.wire import Reply, Request

SECRET = "0123456789abcdef" * 2
AC, WS, WK, WQ, WA, WT = (prefix + "1" * 32 for prefix in ("AC", "WS", "WK", "WQ", "WA", "WT"))

BAD: list[Any] = [
    "../../WS" + "2" * 32,
    "%2e%2e%2f",
    "WA..",
    "..",
    "WA" + "1" * 31 + " ",
    " WA" + "1" * 32,
    "WA" + "1" * 32 + "\r\nX: y",
    "WA" + "1" * 32 + "\n",
    "WA" + "1" * 31 + "\0",
    "XX" + "1" * 32,
    "wa" + "1" * 32,
    "WA" + "1" * 33,
    "WA" + "1" * 31,
    "WA" + "\u0661" * 32,  # digits, but Arabic ones
    "WA" + "\uff11" * 32,
    "WA" + "g" * 32,
    "WA" + "1" * 32 + "/Workers",
    "WA" + "1" * 32 + "?x=y",
    "WA" + "1" * 32 + "#",
    "",
    "undefined",
    "null",
    b"WA" + b"1" * 32,
    5,
    object(),
]
"""What is no SID of any kind. Capital digits are one: the service itself has been seen to write them either way."""


class Listener:
    """Clients whose requests go nowhere, and are noted."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.workspace = Workspace(WorkspaceCapability(AC, SECRET, WS).to_jwt())
        self.worker = Worker(WorkerCapability(AC, SECRET, WS, WK).to_jwt())
        for client in (self.workspace, self.worker):
            client._context.send = self.send

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        return Reply()


def calls(clients: Listener) -> dict[str, Callable[[Any], object]]:
    """Everything that takes a SID, by a name."""
    workspace, worker = clients.workspace, clients.worker
    token = WorkerCapability(AC, SECRET, WS, WK).to_jwt()
    found: dict[str, Callable[[Any], object]] = {
        "workspace_sid of a builder": lambda sid: WorkspaceCapability(AC, SECRET, sid),
        "account_sid of a builder": lambda sid: WorkspaceCapability(sid, SECRET, WS),
        "worker_sid of a builder": lambda sid: WorkerCapability(AC, SECRET, WS, sid),
        "taskqueue_sid of a builder": lambda sid: TaskQueueCapability(AC, SECRET, WS, sid),
        "another channel": lambda sid: WorkspaceCapability(AC, SECRET, WS).allow_web_sockets(sid or "x"),
        "the channel's URL": lambda sid: channel_url("https://example.com", AC, sid),
        "the account's URL": lambda sid: channel_url("https://example.com", sid, WS),
        "the socket's URL": lambda sid: websocket_url("https://example.com/x", "token", disconnect_activity_sid=sid),
        "connect_activity_sid": lambda sid: Worker(token, connect_activity_sid=sid),
        "disconnect_activity_sid": lambda sid: Worker(token, disconnect_activity_sid=sid),
        "update_task": lambda sid: worker.update_task(sid, {"Priority": 1}),
        "complete_task": worker.complete_task,
        "a worker's channel": worker.channels.fetch,
        "a worker's reservation": worker.reservations.fetch,
    }
    for name in ("activities", "workflows", "taskqueues", "workers", "tasks", "task_channels", "events"):
        resources: Any = getattr(workspace, name)
        for verb in ("fetch", "update", "delete"):
            method = getattr(resources, verb, None)
            if method is not None:
                extra = ({"FriendlyName": "x"},) if verb == "update" else ()
                found[f"{name}.{verb}"] = lambda sid, method=method, extra=extra: method(sid, *extra)  # type: ignore[misc]
    return found


def names_of() -> list[str]:
    return list(calls(Listener()))


# A channel's unique name stands for its SID (rest-api 3.4, 3.5): letters and digits, nothing that ends a path.
_NAMED = {"task_channels.fetch", "task_channels.update", "task_channels.delete", "a worker's channel"}


@pytest.mark.parametrize("name", names_of())
async def test_what_is_no_sid_is_refused_before_anything_is_sent(name: str) -> None:
    """And the refusal is a typed one, that shows no more than the beginning of what was given."""
    clients = Listener()
    call = calls(clients)[name]
    for bad in BAD:
        if name in _NAMED and isinstance(bad, str) and bad.isascii() and bad.isidentifier():
            continue
        with pytest.raises(InvalidArgument) as caught:
            call(bad)
        assert len(str(caught.value)) < 400
        assert "\n" not in str(caught.value)
    assert clients.asked == []


@pytest.mark.parametrize("name", names_of())
async def test_a_sid_of_another_kind_is_refused(name: str) -> None:
    clients = Listener()
    with pytest.raises(InvalidArgument):
        calls(clients)[name]("SK" + "1" * 32)
    assert clients.asked == []


@given(st.text(max_size=40).filter(lambda text: not is_sid(text)))
async def test_no_other_text_gets_into_a_url(text: str) -> None:
    """Whatever it is: a URL that is asked for has only what was checked in it."""
    clients = Listener()
    for call in calls(clients).values():
        try:
            outcome = call(text)
        except TaskRouterError:
            continue
        if hasattr(outcome, "cancel"):
            outcome.cancel()
    for request in clients.asked:
        path = request.url.removeprefix("https://taskrouter.twilio.com/v1/")
        assert all(part.isascii() and part.isidentifier() for part in path.split("/")), request.url
