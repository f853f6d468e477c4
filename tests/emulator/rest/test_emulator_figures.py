"""Statistics come framed: whose they are, and where they came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from outside import BASE, Outside
from outside_world import World

from trbridge.emulator.engine import Engine
from trbridge.emulator.rest.figures import MAX_QUEUES
from trbridge.emulator.rest.routes import ROUTES
from trbridge.emulator.state.model import Workspace

SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "rest-api.json").read_text())["schemas"]


@pytest.fixture
def world(engine: Engine, workspace: Workspace) -> World:
    return World(engine, workspace)


@pytest.fixture
def rest(world: World) -> Outside:
    return Outside(world.engine, world.workspace)


@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.verb == "statistics"], ids=lambda route: route.operation_id
)
def test_every_statistics_answer_has_exactly_the_published_fields(world: World, rest: Outside, route: Any) -> None:
    path = (
        route.path.replace("{WorkspaceSid}", world.workspace.sid)
        .replace("{TaskQueueSid}", world.queue.sid)
        .replace("{WorkflowSid}", world.workflow.sid)
        .replace("{WorkerSid}", world.worker.sid)
    )
    body = rest.get(path.removeprefix("/v1"))
    assert body.keys() == SCHEMAS[route.response]["fields"].keys()
    assert body["url"] == f"{BASE}{path.removeprefix('/v1')}"
    assert (body["account_sid"], body["workspace_sid"]) == (rest.engine.account_sid, world.workspace.sid)


def test_the_list_of_queues_is_paged_and_its_items_have_no_url(rest: Outside) -> None:
    rest.create("TaskQueues", FriendlyName="French")
    body = rest.get("TaskQueues/Statistics", PageSize="1", Minutes="30")
    assert body["meta"]["key"] == "task_queues_statistics"
    assert "Minutes=30" in body["meta"]["next_page_url"]
    (item,) = body["task_queues_statistics"]
    assert item.keys() == SCHEMAS["workspace.task_queue.task_queues_statistics"]["fields"].keys()
    second = rest.get(body["meta"]["next_page_url"])["task_queues_statistics"]
    assert second[0]["task_queue_sid"] != item["task_queue_sid"]
    named = rest.get("TaskQueues/Statistics", FriendlyName="French")["task_queues_statistics"]
    assert [one["task_queue_sid"] for one in named] == [second[0]["task_queue_sid"]]


@pytest.mark.parametrize("key", ["queueSids", "QueueSids"])
def test_many_queues_at_once_by_a_json_body(world: World, rest: Outside, key: str) -> None:
    foreign = "WQ" + "0" * 32
    answer = rest("POST", "TaskQueues/RealTimeStatistics", json={key: [world.queue.sid, foreign, world.queue.sid]})
    assert answer.status == 200
    assert answer.body is not None
    assert answer.body.keys() == SCHEMAS["workspace.task_queue.task_queue_bulk_real_time_statistics"]["fields"].keys()
    assert answer.body["task_queue_response_count"] == 2
    assert [one["task_queue_sid"] for one in answer.body["task_queue_data"]] == [world.queue.sid, foreign]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "Missing required parameter QueueSids"),
        ([], "Missing required parameter QueueSids"),
        ({"queueSids": []}, "Missing required parameter QueueSids"),
        ({"queueSids": "WQ"}, "Missing required parameter QueueSids"),
        ({"queueSids": ["WQ1"]}, "'WQ1' is not the SID of a task queue"),
        ({"queueSids": [7]}, "'7' is not the SID of a task queue"),
        ({"queueSids": ["WQ" + "0" * 32] * (MAX_QUEUES + 1)}, "51 queues are more than 50"),
    ],
)
def test_a_body_that_names_no_queues_is_refused(rest: Outside, body: Any, message: str) -> None:
    answer = rest("POST", "TaskQueues/RealTimeStatistics", json=body)
    assert (answer.status, answer.body and message in answer.body["message"]) == (400, True)


def test_figures_of_nobody_are_not_found(rest: Outside) -> None:
    rest.refused("GET", f"Workers/{'WK' + '0' * 32}/Statistics", 404)
    rest.refused("GET", "TaskQueues/CumulativeStatistics", 404)
