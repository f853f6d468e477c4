"""Paths find their operations."""

import pytest

from trbridge.emulator.rest.route import Route
from trbridge.emulator.rest.router import Router, not_found
from trbridge.emulator.rest.routes import ROUTES
from trbridge.errors import MethodNotAllowed, NotFound

WS = "WS" + "0" * 32
router = Router()


def at(path: str) -> list[str]:
    return path.split("/")[1:]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_every_operation_is_found_by_its_own_path(route: Route) -> None:
    found, values = router.find(route.method, at(route.path.replace("{", "").replace("}", "")))
    assert found is route
    assert values == {one.name: one.name for one in route.parameters if one.where == "path"}


def test_statistics_are_no_worker() -> None:
    assert router.find("GET", at(f"/v1/Workspaces/{WS}/Workers/Statistics"))[0].operation_id == "FetchWorkerStatistics"


def test_head_is_get_without_its_body() -> None:
    assert router.find("HEAD", at("/v1/Workspaces"))[0].operation_id == "ListWorkspace"


@pytest.mark.parametrize(
    "path", ["/", "", "/v1", "/v2/Workspaces", "/v1/Workspaces/x/y/z", f"/v1/Workspaces/{WS}/Nothing", "/v1/workspaces"]
)
def test_a_path_that_no_operation_has_is_not_found(path: str) -> None:
    with pytest.raises(NotFound) as caught:
        router.find("GET", at(path))
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_a_method_that_the_path_does_not_take_is_refused_with_those_it_takes() -> None:
    """GET on the bulk statistics is built by the original client and not offered by the service (rest-api 4.1)."""
    with pytest.raises(MethodNotAllowed, match="POST is") as caught:
        router.find("GET", at(f"/v1/Workspaces/{WS}/TaskQueues/RealTimeStatistics"))
    assert (caught.value.status, caught.value.code) == (405, 20004)
    with pytest.raises(MethodNotAllowed):
        router.find("DELETE", at("/v1/Workspaces"))


def test_the_methods_of_a_path_are_known() -> None:
    assert router.methods(at("/v1/Workspaces")) == ("GET", "POST")
    assert router.methods(at(f"/v1/Workspaces/{WS}")) == ("GET", "POST", "DELETE")
    assert router.methods(at("/nothing")) == ()


def test_a_missing_resource_is_named_without_the_version() -> None:
    assert not_found(at("/v1/Workspaces/WSx")).message == "The requested resource /Workspaces/WSx was not found"
