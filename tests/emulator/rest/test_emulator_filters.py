"""Lists hold the rows that were asked for, in the order that was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from outside import Outside
from outside_world import World

from trbridge.emulator.engine import Engine
from trbridge.emulator.state.model import Workspace


class Shelves(Outside):
    """Three workers, two more queues and three more tasks."""

    def __init__(self, engine: Engine, workspace: Workspace) -> None:
        super().__init__(engine, workspace)
        self.world = World(engine, workspace)
        engine.advance(10)
        available = self.world.activities["Available"].sid
        self.create("Workers", FriendlyName="Bob", Attributes='{"langs": ["fr"], "level": 3}', ActivitySid=available)
        engine.advance(10)
        self.create("Workers", FriendlyName="Carol", Attributes='{"langs": ["fr", "en"], "level": 7}')
        self.create("TaskQueues", FriendlyName="French", TargetWorkers="langs HAS 'fr'")
        self.create("TaskQueues", FriendlyName="Nobody", TargetWorkers="")
        with engine.transaction() as tx:
            for number, priority in enumerate((5, 9, 5)):
                engine_time = tx.now + number
                self.world.add_task(
                    tx,
                    priority=priority,
                    virtual_start_time=engine_time,
                    assignment_status=("pending", "assigned", "pending")[number],
                    attributes=f'{{"number": {number}}}',
                    addons='{"x": 1}' if number == 1 else "{}",
                )
        self.tasks = list(engine.store.tasks.values())

    def names(self, collection: str, **filters: Any) -> list[str]:
        body = self.get(collection, **filters)
        return [one["friendly_name"] for one in body[body["meta"]["key"]]]

    def numbers(self, **filters: Any) -> list[int]:
        """Tasks by their place in order of creation."""
        sids = [one.sid for one in self.tasks]
        return [sids.index(one["sid"]) for one in self.get("Tasks", **filters)["tasks"]]


@pytest.fixture
def shelves(engine: Engine, workspace: Workspace) -> Shelves:
    return Shelves(engine, workspace)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["Alice", "Bob", "Carol"]),
        ({"FriendlyName": "Bob"}, ["Bob"]),
        ({"FriendlyName": "bob"}, []),
        ({"ActivityName": "Available"}, ["Bob"]),
        ({"Available": "yes"}, ["Bob"]),
        ({"Available": "nonsense"}, ["Alice", "Carol"]),
        ({"TargetWorkersExpression": "level > 3"}, ["Carol"]),
        (
            {"TargetWorkersExpression": "friendly_name == 'Bob' OR activity_name == 'Offline'"},
            ["Alice", "Bob", "Carol"],
        ),
        ({"TaskQueueName": "French"}, ["Bob", "Carol"]),
        ({"TaskQueueName": "Nobody"}, []),
        ({"TaskQueueName": "French", "Available": "1"}, ["Bob"]),
        ({"Ordering": "DateStatusChanged:desc"}, ["Carol", "Bob", "Alice"]),
        ({"Ordering": "DateStatusChanged"}, ["Alice", "Bob", "Carol"]),
    ],
)
def test_workers(shelves: Shelves, filters: dict[str, str], names: list[str]) -> None:
    assert shelves.names("Workers", **filters) == names


def test_workers_by_sids(shelves: Shelves) -> None:
    queue = shelves.get("TaskQueues", FriendlyName="French")["task_queues"][0]["sid"]
    assert shelves.names("Workers", TaskQueueSid=queue) == ["Bob", "Carol"]
    available = shelves.world.activities["Available"].sid
    assert shelves.names("Workers", ActivitySid=available) == ["Bob"]
    assert shelves.names("Workers", ActivitySid=available, FriendlyName="Alice") == []


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["English", "French", "Nobody"]),
        ({"FriendlyName": "French"}, ["French"]),
        ({"EvaluateWorkerAttributes": '{"langs": ["fr"]}'}, ["English", "French"]),
        ({"EvaluateWorkerAttributes": "{}"}, ["English"]),
        ({"Ordering": "DateUpdated:desc"}, ["French", "Nobody", "English"]),
    ],
)
def test_task_queues(shelves: Shelves, filters: dict[str, str], names: list[str]) -> None:
    assert shelves.names("TaskQueues", **filters) == names


def test_task_queues_of_a_worker(shelves: Shelves) -> None:
    bob = shelves.get("Workers", FriendlyName="Bob")["workers"][0]["sid"]
    assert shelves.names("TaskQueues", WorkerSid=bob) == ["English", "French"]
    assert shelves.names("TaskQueues", WorkerSid=shelves.world.worker.sid) == ["English"]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [0, 1, 2, 3]),
        ({"Priority": "5"}, [1, 3]),
        ({"AssignmentStatus": "pending"}, [1, 3]),
        ({"AssignmentStatus": ["pending", "reserved"]}, [0, 1, 3]),
        ({"AssignmentStatus": "reserved,assigned"}, [0, 2]),
        ({"AssignmentStatus": "nonsense"}, []),
        ({"WorkflowName": "Main"}, [0, 1, 2, 3]),
        ({"WorkflowName": "Other"}, []),
        ({"TaskQueueName": "English", "Priority": "9"}, [2]),
        ({"EvaluateTaskAttributes": "number >= 1"}, [2, 3]),
        ({"HasAddons": "true"}, [2]),
        ({"HasAddons": "false"}, [0, 1, 3]),
        ({"RoutingTarget": "WK" + "0" * 32}, []),
        ({"Ordering": "Priority:desc"}, [2, 1, 3, 0]),
        ({"Ordering": "Priority:desc,VirtualStartTime:desc"}, [2, 3, 1, 0]),
        ({"Ordering": "DateCreated:desc"}, [1, 2, 3, 0]),
        ({"Ordering": "VirtualStartTime:asc"}, [0, 1, 2, 3]),
    ],
)
def test_tasks(shelves: Shelves, filters: dict[str, Any], numbers: list[int]) -> None:
    assert shelves.numbers(**filters) == numbers


def test_tasks_by_sids(shelves: Shelves) -> None:
    world = shelves.world
    assert shelves.numbers(WorkflowSid=world.workflow.sid) == [0, 1, 2, 3]
    assert shelves.numbers(TaskQueueSid=world.queue.sid, WorkflowSid="WW" + "0" * 32) == []


def test_reservations_of_a_task_and_of_a_worker(shelves: Shelves) -> None:
    world = shelves.world
    for path in (f"Tasks/{world.task.sid}/Reservations", f"Workers/{world.worker.sid}/Reservations"):
        assert len(shelves.get(path)["reservations"]) == 1
        assert len(shelves.get(path, ReservationStatus="pending")["reservations"]) == 1
        assert shelves.get(path, ReservationStatus="accepted")["reservations"] == []
        assert "is not one of pending" in shelves.refused("GET", path, ReservationStatus="open")
    path = f"Tasks/{world.task.sid}/Reservations"
    assert shelves.get(path, WorkerSid="WK" + "0" * 32)["reservations"] == []
    assert len(shelves.get(path, WorkerSid=world.worker.sid)["reservations"]) == 1
    assert shelves.get(f"Tasks/{shelves.tasks[1].sid}/Reservations")["reservations"] == []


def test_activities_and_channels(shelves: Shelves) -> None:
    assert shelves.names("Activities") == ["Offline", "Available", "Unavailable"]
    assert shelves.names("Activities", Available="true") == ["Available"]
    assert shelves.names("Activities", FriendlyName="Offline") == ["Offline"]
    assert len(shelves.names("TaskChannels")) == 5
    assert shelves.names("Workflows", FriendlyName="Main") == ["Main"]


@pytest.mark.parametrize(
    ("collection", "filters", "message"),
    [
        ("Workers", {"Ordering": "FriendlyName"}, "'FriendlyName' is not DateStatusChanged:asc|desc"),
        ("Workers", {"Ordering": "DateStatusChanged:up"}, "Invalid Ordering"),
        ("Tasks", {"Ordering": "Priority,Priority"}, "each once"),
        ("Tasks", {"Ordering": "DateCreated,VirtualStartTime"}, "cannot be combined"),
        ("Workers", {"TargetWorkersExpression": "a ="}, "Invalid TargetWorkersExpression."),
        ("Tasks", {"EvaluateTaskAttributes": "(("}, "Invalid EvaluateTaskAttributes."),
        ("TaskQueues", {"EvaluateWorkerAttributes": "[1]"}, "is not a JSON object"),
        ("TaskQueues", {"EvaluateWorkerAttributes": "{"}, "is not a JSON object"),
        ("Workers", {"TaskQueueName": "Gone"}, "no task queue named 'Gone'"),
        ("Workers", {"TaskQueueSid": "WQ" + "0" * 32}, "There is no task queue 'WQ000"),
        ("TaskQueues", {"WorkerSid": "WK" + "0" * 32}, "There is no worker 'WK000"),
        ("Workers", {"ActivitySid": "x"}, "'x' is not a SID that starts with WA"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    shelves: Shelves, collection: str, filters: dict[str, Any], message: str
) -> None:
    assert message in shelves.refused("GET", collection, **filters)


def test_an_ordered_list_pages_as_well(shelves: Shelves) -> None:
    first = shelves.get("Tasks", Ordering="Priority:desc", PageSize="3")
    second = shelves.get(first["meta"]["next_page_url"])
    assert [one["priority"] for one in first["tasks"] + second["tasks"]] == [9, 5, 5, 0]
    assert shelves.get(second["meta"]["previous_page_url"])["tasks"] == first["tasks"]
