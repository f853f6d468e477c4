"""Registering and unregistering, on every client, in v1's words and as decorators."""

from __future__ import annotations

from typing import Any

import pytest

from trbridge import Worker, WorkerCapability, Workspace, WorkspaceCapability

ACCOUNT, SECRET, WS, WK = "AC" + "1" * 32, "0" * 32, "WS" + "1" * 32, "WK" + "1" * 32


@pytest.fixture(params=["worker", "workspace"])
def client(request: pytest.FixtureRequest) -> Any:
    """One that is not connected: handlers may be registered before."""
    if request.param == "worker":
        return Worker(WorkerCapability(ACCOUNT, SECRET, WS, WK).to_jwt())
    return Workspace(WorkspaceCapability(ACCOUNT, SECRET, WS).to_jwt())


def tell(client: Any, *payloads: object) -> None:
    for payload in payloads:
        client.emitter.publish("some.event", payload)


@pytest.mark.parametrize("word", ["on", "add_listener"])
@pytest.mark.parametrize("form", ["direct", "decorator"])
def test_each_event_until_it_is_removed(client: Any, word: str, form: str) -> None:
    """v1's `on` and `addListener` are one; the handler is given back, so it can be a decorator."""
    heard: list[object] = []

    def handler(payload: object) -> None:
        heard.append(payload)

    register = getattr(client, word)
    given = register("some.event", handler) if form == "direct" else register("some.event")(handler)
    assert given is handler
    assert client.listeners("some.event") == [handler]
    tell(client, 1, 2)
    client.remove_listener("some.event", handler)
    client.remove_listener("some.event", handler)  # as in Node, nobody minds
    tell(client, 3)
    assert heard == [1, 2]
    assert client.listeners("some.event") == []


def test_once_is_once(client: Any) -> None:
    """The second event finds nobody."""
    heard: list[object] = []
    client.once("some.event", heard.append)
    tell(client, 1, 2)
    assert heard == [1]


def test_all_of_one_name_or_all(client: Any) -> None:
    """`removeAllListeners([event])`."""
    heard: list[object] = []
    client.on("some.event", heard.append)
    client.on("other.event", lambda _: None)
    client.remove_all_listeners("some.event")
    tell(client, 1)
    assert (heard, len(client.listeners("other.event"))) == ([], 1)
    client.remove_all_listeners()
    assert client.listeners("other.event") == []
