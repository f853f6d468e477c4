"""What a client shows of itself: every name that v1's ready event brings, and every name of v1's classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from recording import load
from translation import snake_case

import trbridge
from trbridge.resources.registry import INSTANCES

CLIENTS = {"workspace": trbridge.Workspace, "worker": trbridge.Worker, "taskqueue": trbridge.TaskQueue}
CLASSES = {cls.__name__.removesuffix("Instance"): cls for cls in INSTANCES.values()}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_shows_what_it_is(client: str) -> None:
    """v1's client has its entity's properties after an update; here it has them from ready on (Q55)."""
    ready = load()[f"{client}.connect.default"].steps[0]["events_emitted"][1]["args"][0]
    missing = [name for name in ready["properties"] if not hasattr(CLIENTS[client], snake_case(name))]
    assert missing == []


@pytest.mark.parametrize("client", ["workspace", "taskqueue"])
def test_a_client_has_v1s_methods(client: str) -> None:
    """The public ones; those with an underscore, and the emitter's own inner ones, are nobody's business."""
    methods = _surface(client)["methods"]
    public = [name for name in methods if not name.startswith("_") and name not in _OF_THE_EMITTER]
    assert [name for name in public if not hasattr(CLIENTS[client], snake_case(name))] == []


_OF_THE_EMITTER = {
    "addListener",  # on() is the same
    "emit",  # client.emitter.emit()
    "setMaxListeners",  # there is no limit
}


def _surface(client: str) -> dict[str, Any]:
    surface: dict[str, Any] = load()[f"{client}.client.surface"].steps[0]["inspect"]
    return surface


@pytest.mark.parametrize(
    "kind", ["Activity", "Reservation", "Task", "TaskQueue", "Worker", "WorkerChannel", "Workflow"]
)
def test_a_resource_has_v1s_names(kind: str) -> None:
    """All properties and methods that v1 was seen to put on one, but for the token's and those of made-up payloads."""
    steps = [step for name, each in load().items() if not name.startswith("payload.") for step in each.steps]
    names = {name for step in steps for found, name in _names(step) if found == kind} - {"updateToken"}
    assert [name for name in sorted(names) if not hasattr(CLASSES[kind], snake_case(name))] == []


def _names(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name in (*value.get("properties", ()), *value.get("methods", ()), *value.get("links", ())):
            if "$entity" in value:
                yield value["$entity"], name
        for each in value.values():
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
