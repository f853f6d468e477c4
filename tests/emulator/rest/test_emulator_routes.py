"""The table of routes holds exactly the published operations."""

import json
from pathlib import Path
from typing import Any

import pytest

from trbridge.emulator.rest.parameters import Parameter
from trbridge.emulator.rest.route import Route
from trbridge.emulator.rest.routes import ROUTES

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "rest-api.json").read_text())
OPERATIONS: dict[str, dict[str, Any]] = {one["operationId"]: one for one in PUBLISHED["operations"]}
BY_ID = {route.operation_id: route for route in ROUTES}


def published(parameter: dict[str, Any]) -> Parameter:
    """The published description of a parameter, as ours."""
    pattern = parameter.get("pattern", "")
    kind = parameter["type"]
    if parameter.get("format") in ("date-time", "uri", "http-method"):
        kind = parameter["format"]
    return Parameter(
        name=parameter["name"],
        where=parameter["in"],
        type=kind,
        required=parameter["required"],
        sid=pattern[1:3] if pattern else None,
        choices=tuple(parameter.get("enum", parameter.get("items", {}).get("enum", ()))),
        minimum=parameter.get("min"),
        maximum=parameter.get("max"),
    )


def test_nothing_is_missing_and_nothing_is_there_twice_or_on_top() -> None:
    assert len(ROUTES) == len(BY_ID) == 61
    assert set(BY_ID) == set(OPERATIONS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_a_row_says_what_the_published_description_says(route: Route) -> None:
    operation = OPERATIONS[route.operation_id]
    assert (route.method, route.path, route.status) == (operation["method"], operation["path"], operation["status"])
    listed = operation.get("response_list")
    assert route.response == (listed["item"] if listed else operation.get("response"))
    assert route.list_key == (listed["key"] if listed else None)
    assert route.etag == operation.get("etag", False)
    assert route.json_body == (operation.get("body") == "application/json")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_an_operation_takes_exactly_the_published_parameters(route: Route) -> None:
    ours = {one.name: one for one in route.parameters}
    assert len(ours) == len(route.parameters)
    assert ours == {one["name"]: published(one) for one in OPERATIONS[route.operation_id]["params"]}


def test_forms_belong_to_post_and_queries_to_get() -> None:
    """A parameter in the wrong place would never be read."""
    for route in ROUTES:
        for parameter in route.parameters:
            assert parameter.where in ({"GET": "query", "POST": "form"}.get(route.method), "path", "header")


def test_a_route_reads_its_own_parameters() -> None:
    route = BY_ID["CreateActivity"]
    assert route.read_form({"FriendlyName": ["Lunch"], "Available": ["true"]}) == {
        "friendly_name": "Lunch",
        "available": True,
    }
    assert BY_ID["ListActivity"].read_query({"PageSize": ["5"]}) == {"page_size": 5}
