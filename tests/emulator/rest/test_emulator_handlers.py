"""Every verb does what it says, for every kind of resource that needs no routing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from outside import BASE, Outside

from trbridge.emulator.engine import Engine
from trbridge.emulator.state.model import Workspace


@pytest.fixture
def rest(engine: Engine, workspace: Workspace) -> Outside:
    return Outside(engine, workspace)


def configuration(queue: str) -> str:
    return json.dumps({"task_routing": {"filters": [], "default_filter": {"queue": queue}}})


@pytest.mark.parametrize(
    ("collection", "create", "update"),
    [
        ("Activities", {"FriendlyName": "Lunch", "Available": "true"}, {"FriendlyName": "Long lunch"}),
        ("Workers", {"FriendlyName": "Alice", "Attributes": '{"a":1}'}, {"Attributes": '{"a":2}'}),
        ("TaskQueues", {"FriendlyName": "English", "TargetWorkers": "a == 1"}, {"MaxReservedWorkers": "20"}),
        ("TaskChannels", {"FriendlyName": "Mail", "UniqueName": "mail"}, {"ChannelOptimizedRouting": "true"}),
    ],
)
def test_create_fetch_update_list_delete(
    rest: Outside, collection: str, create: dict[str, Any], update: dict[str, Any]
) -> None:
    made = rest.create(collection, **create)
    path = f"{collection}/{made['sid']}"
    assert made["url"] == f"{BASE}/Workspaces/{rest.workspace.sid}/{path}"
    assert rest.get(path) == made
    rest.engine.advance(60)
    changed = rest.update(path, **update)
    differing = {name for name in made if made[name] != changed[name]}
    assert (
        {"date_updated"}
        < differing
        <= {"date_updated", *(name for name in made if name.replace("_", "") in {one.lower() for one in update})}
    )
    listed = rest.get(collection)
    assert changed in listed[listed["meta"]["key"]]
    rest.delete(path)
    rest.refused("GET", path, 404)
    rest.refused("DELETE", path, 404)


def test_workspaces_too(rest: Outside) -> None:
    made = rest.create("/Workspaces", FriendlyName="Second", Template="FIFO")
    path = f"/Workspaces/{made['sid']}"
    assert rest.update(path, FriendlyName="Two")["friendly_name"] == "Two"
    assert len(rest.get("/Workspaces")["workspaces"]) == 2
    assert [one["friendly_name"] for one in rest.get("/Workspaces", FriendlyName="Two")["workspaces"]] == ["Two"]
    assert rest.get(f"{path}/TaskQueues")["task_queues"][0]["friendly_name"] == "Sample Queue"
    rest.delete(path)
    rest.refused("GET", path, 404)


def test_workflows_too(rest: Outside) -> None:
    queue = rest.create("TaskQueues", FriendlyName="English")["sid"]
    made = rest.create("Workflows", FriendlyName="Main", Configuration=configuration(queue))
    path = f"Workflows/{made['sid']}"
    assert rest.update(path, TaskReservationTimeout="30")["task_reservation_timeout"] == 30
    assert rest.get("Workflows", FriendlyName="Main")["workflows"][0]["sid"] == made["sid"]


def test_worker_channels_change_capacity_and_the_workers_version(rest: Outside) -> None:
    worker = rest.create("Workers", FriendlyName="Alice")["sid"]
    before = rest("GET", f"Workers/{worker}").headers["ETag"]
    changed = rest.update(f"Workers/{worker}/Channels/voice", Capacity="3", Available="false")
    assert (changed["configured_capacity"], changed["available"]) == (3, False)
    assert rest("GET", f"Workers/{worker}").headers["ETag"] != before
    assert "ETag" not in rest("GET", f"Workers/{worker}/Channels/voice").headers
    assert len(rest.get(f"Workers/{worker}/Channels")["channels"]) == 5


def test_an_old_version_changes_nothing(rest: Outside) -> None:
    """412, and the worker is as it was (rest-api 1.3)."""
    answer = rest("POST", "Workers", {"FriendlyName": "Alice"})
    assert answer.body is not None
    path, tag = f"Workers/{answer.body['sid']}", answer.headers["ETag"]
    assert tag == '"0"'
    assert rest("POST", path, {"FriendlyName": "Bob"}, tag).status == 200
    refused = rest("POST", path, {"FriendlyName": "Carol"}, tag)
    assert (refused.status, refused.body and refused.body["code"]) == (412, 20412)
    assert rest("DELETE", path, if_match="0").status == 412
    assert rest.get(path)["friendly_name"] == "Bob"
    assert rest("DELETE", path, if_match="*").status == 204


def test_a_lists_tag_is_another_as_soon_as_a_row_is(rest: Outside) -> None:
    worker = rest.create("Workers", FriendlyName="Alice")["sid"]
    first = rest("GET", "Workers").headers["ETag"]
    assert rest("GET", "Workers").headers["ETag"] == first
    rest.update(f"Workers/{worker}", FriendlyName="Bob")
    assert rest("GET", "Workers").headers["ETag"] != first
    assert "ETag" not in rest("GET", "Activities").headers


def test_unknown_parameters_are_ignored(rest: Outside) -> None:
    """``Available`` of an activity never changes; sending it is no error (rest-api 3.2)."""
    lunch = rest.create("Activities", FriendlyName="Lunch", Nonsense="x")
    assert rest.update(f"Activities/{lunch['sid']}", Available="true")["available"] is False


def test_a_missing_or_wrong_parameter_changes_nothing(rest: Outside) -> None:
    before = rest.engine.store.snapshot()
    assert rest.refused("POST", "Activities") == "Missing required parameter FriendlyName in the post body"
    assert "'WQ" in rest.refused("POST", "Workers", FriendlyName="a", ActivitySid="WQ" + "0" * 32)
    assert "Invalid PageSize" in rest.refused("GET", "Workers", PageSize="0")
    assert rest.engine.store.snapshot() == before


def test_pages_link_to_each_other_with_their_filters(rest: Outside) -> None:
    for number in range(5):
        rest.create("Activities", FriendlyName=f"Extra {number}", Available="true")
    url = f"{BASE}/Workspaces/{rest.workspace.sid}/Activities"
    first = rest.get("Activities", Available="true", PageSize="2", Nonsense="x")
    meta = first["meta"]
    assert meta == {
        "page": 0,
        "page_size": 2,
        "first_page_url": f"{url}?Available=true&PageSize=2&Page=0",
        "previous_page_url": None,
        "url": f"{url}?Available=true&PageSize=2&Page=0",
        "next_page_url": meta["next_page_url"],
        "key": "activities",
    }
    assert meta["next_page_url"].startswith(f"{url}?Available=true&PageSize=2&Page=1&PageToken=PA")
    second = rest.get(meta["next_page_url"])
    assert second["meta"]["url"] == meta["next_page_url"]
    third = rest.get(second["meta"]["next_page_url"])
    assert third["meta"]["next_page_url"] is None
    assert rest.get(third["meta"]["previous_page_url"])["activities"] == second["activities"]
    assert rest.get(second["meta"]["previous_page_url"])["activities"] == first["activities"]
    names = [one["friendly_name"] for page in (first, second, third) for one in page["activities"]]
    assert names == ["Available", *(f"Extra {number}" for number in range(5))]


def test_a_fault_of_ours_is_a_500_and_the_next_call_goes_well(
    rest: Outside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from trbridge.emulator.operations import activities

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(activities, "create", fail)
        assert "internal error" in rest.refused("POST", "Activities", 500, FriendlyName="x")
    assert "ZeroDivisionError" in caplog.text
    rest.create("Activities", FriendlyName="x")
