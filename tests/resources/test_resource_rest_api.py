"""Fields and parameters against the published description of the REST API (rest-api 3 and 4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_bridge import Bridge, raw, sid

from trbridge.resources.activity import ActivityInstance, ActivityList
from trbridge.resources.binding import read_instance
from trbridge.resources.event import EventInstance, EventList
from trbridge.resources.instance import ReadOnlyInstance
from trbridge.resources.listing import ListResource, ReadOnlyList
from trbridge.resources.reservation import ReservationInstance, ReservationList
from trbridge.resources.statistics import STATISTICS_BY_PATH, Statistics, TaskQueueStatisticsItem, decode_statistics
from trbridge.resources.task import TaskInstance, TaskList
from trbridge.resources.task_channel import TaskChannelInstance, TaskChannelList
from trbridge.resources.task_queue import TaskQueueInstance, TaskQueueList
from trbridge.resources.worker import WorkerInstance, WorkerList
from trbridge.resources.worker_channel import WorkerChannelInstance, WorkerChannelList
from trbridge.resources.workflow import WorkflowInstance, WorkflowList
from trbridge.resources.workspace import WorkspaceInstance

SPEC = json.loads((Path(__file__).parents[1] / "data" / "rest-api.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = SPEC["schemas"]
OPERATIONS: dict[str, Any] = {operation["operationId"]: operation for operation in SPEC["operations"]}

INSTANCES: dict[str, type[ReadOnlyInstance]] = {
    "workspace": WorkspaceInstance,
    "workspace.activity": ActivityInstance,
    "workspace.event": EventInstance,
    "workspace.task": TaskInstance,
    "workspace.task.task_reservation": ReservationInstance,
    "workspace.worker.worker_reservation": ReservationInstance,
    "workspace.task_channel": TaskChannelInstance,
    "workspace.task_queue": TaskQueueInstance,
    "workspace.worker": WorkerInstance,
    "workspace.worker.worker_channel": WorkerChannelInstance,
    "workspace.workflow": WorkflowInstance,
}
STATISTICS: dict[str, str] = {
    "workspace.workspace_statistics": "/{sid}/Statistics",
    "workspace.workspace_cumulative_statistics": "/{sid}/CumulativeStatistics",
    "workspace.workspace_real_time_statistics": "/{sid}/RealTimeStatistics",
    "workspace.workflow.workflow_statistics": "/{sid}/Workflows/{sid}/Statistics",
    "workspace.workflow.workflow_cumulative_statistics": "/{sid}/Workflows/{sid}/CumulativeStatistics",
    "workspace.workflow.workflow_real_time_statistics": "/{sid}/Workflows/{sid}/RealTimeStatistics",
    "workspace.task_queue.task_queue_statistics": "/{sid}/TaskQueues/{sid}/Statistics",
    "workspace.task_queue.task_queue_cumulative_statistics": "/{sid}/TaskQueues/{sid}/CumulativeStatistics",
    "workspace.task_queue.task_queue_real_time_statistics": "/{sid}/TaskQueues/{sid}/RealTimeStatistics",
    "workspace.task_queue.task_queue_bulk_real_time_statistics": "/{sid}/TaskQueues/RealTimeStatistics",
    "workspace.worker.worker_statistics": "/{sid}/Workers/Statistics",
    "workspace.worker.workers_cumulative_statistics": "/{sid}/Workers/CumulativeStatistics",
    "workspace.worker.workers_real_time_statistics": "/{sid}/Workers/RealTimeStatistics",
    "workspace.worker.worker_instance_statistics": "/{sid}/Workers/{sid}/Statistics",
}
RENAMED = {("workspace.event", "resource_url"): "event_resource_url"}
PARSED = {"attributes", "addons", "configuration"}


def sample(name: str, field: dict[str, Any]) -> Any:
    if name in PARSED:
        return '{"a":1}'
    if field.get("format") == "date-time":
        return "2030-01-02T09:00:05Z"
    if "pattern" in field:
        prefix = field["pattern"][1:3]
        return sid(prefix if prefix.isupper() else "WK")
    return {"integer": 7, "boolean": True, "string": f"a {name}", "object": {"x": "y"}, "any": {"x": "1"}}[
        field["type"]
    ]


def expected(value: Any, name: str, field: dict[str, Any]) -> Any:
    if name in PARSED:
        return {"a": 1}
    return datetime(2030, 1, 2, 9, 0, 5, tzinfo=UTC) if field.get("format") == "date-time" else value


@pytest.mark.parametrize("schema", INSTANCES)
def test_every_field_of_the_rest_api_is_there_with_its_type(schema: str) -> None:
    fields = SCHEMAS[schema]["fields"]
    payload = {name: sample(name, field) for name, field in fields.items()}
    instance = read_instance(INSTANCES[schema], raw(payload), Bridge().context)
    for name, field in fields.items():
        if name not in ("url", "links"):
            attribute = RENAMED.get((schema, name), name)
            assert getattr(instance, attribute) == expected(payload[name], name, field), name
    assert instance.extra == {}


@pytest.mark.parametrize("schema", INSTANCES)
def test_every_nullable_field_may_be_null_and_is_then_none(schema: str) -> None:
    fields = SCHEMAS[schema]["fields"]
    payload: dict[str, Any] = {name: None for name, field in fields.items() if field["nullable"]}
    payload["sid"] = sid(INSTANCES[schema].prefix)
    instance = read_instance(INSTANCES[schema], raw(payload), Bridge().context)
    for name in payload.keys() - {"sid", "url", "links"}:
        assert getattr(instance, RENAMED.get((schema, name), name)) is None, name
    assert "_odd" not in vars(instance)  # the fast way


@pytest.mark.parametrize(("schema", "path"), STATISTICS.items())
def test_every_field_of_statistics_is_there(schema: str, path: str) -> None:
    names = set(SCHEMAS[schema]["fields"])
    assert names <= {field.encode_name for field in msgspec.structs.fields(STATISTICS_BY_PATH[path])}


def test_all_statistics_schemas_are_known() -> None:
    described = {name for name in SCHEMAS if name.endswith("statistics")}
    assert described == {*STATISTICS, "workspace.task_queue.task_queues_statistics"}
    fields = {field.encode_name for field in msgspec.structs.fields(TaskQueueStatisticsItem)}
    assert set(SCHEMAS["workspace.task_queue.task_queues_statistics"]["fields"]) <= fields


def names_of(operation: str, *places: str) -> set[str]:
    return {param["name"] for param in OPERATIONS[operation]["params"] if param["in"] in places}


LISTS: list[tuple[type[ReadOnlyList[Any]], str]] = [
    (ActivityList, "ListActivity"),
    (EventList, "ListEvent"),
    (ReservationList, "ListTaskReservation"),
    (TaskList, "ListTask"),
    (TaskChannelList, "ListTaskChannel"),
    (TaskQueueList, "ListTaskQueue"),
    (WorkerList, "ListWorker"),
    (WorkerChannelList, "ListWorkerChannel"),
    (WorkflowList, "ListWorkflow"),
]


@pytest.mark.parametrize(("cls", "operation"), LISTS)
def test_filters_are_those_of_the_rest_api(cls: type[ReadOnlyList[Any]], operation: str) -> None:
    assert cls.filters | {"PageSize", "Page", "PageToken"} == names_of(operation, "query")
    assert cls.key == OPERATIONS[operation]["response_list"]["key"]
    assert cls.item is INSTANCES[OPERATIONS[operation]["response_list"]["item"]]


CREATABLE: list[tuple[type[ListResource[Any]], str]] = [
    (ActivityList, "CreateActivity"),
    (TaskList, "CreateTask"),
    (TaskChannelList, "CreateTaskChannel"),
    (TaskQueueList, "CreateTaskQueue"),
    (WorkerList, "CreateWorker"),
    (WorkflowList, "CreateWorkflow"),
]


@pytest.mark.parametrize(("cls", "operation"), CREATABLE)
def test_parameters_of_create_are_those_of_the_rest_api(cls: type[ListResource[Any]], operation: str) -> None:
    assert cls.creatable == names_of(operation, "form")


UPDATABLE: list[tuple[type[ReadOnlyInstance], str]] = [
    (ActivityInstance, "UpdateActivity"),
    (ReservationInstance, "UpdateTaskReservation"),
    (TaskInstance, "UpdateTask"),
    (TaskChannelInstance, "UpdateTaskChannel"),
    (TaskQueueInstance, "UpdateTaskQueue"),
    (WorkerInstance, "UpdateWorker"),
    (WorkerChannelInstance, "UpdateWorkerChannel"),
    (WorkflowInstance, "UpdateWorkflow"),
    (WorkspaceInstance, "UpdateWorkspace"),
]


@pytest.mark.parametrize(("cls", "operation"), UPDATABLE)
def test_parameters_of_update_are_those_of_the_rest_api(cls: type[ReadOnlyInstance], operation: str) -> None:
    assert cls.updatable == names_of(operation, "form")
    assert cls.versioned == ("If-Match" in names_of(operation, "header"))


STATISTICS_OPERATIONS: dict[str, type[Statistics]] = {
    **{
        operation["operationId"]: STATISTICS_BY_PATH[path]
        for path in STATISTICS.values()
        for operation in SPEC["operations"]
        if operation["path"].partition("/Workspaces")[2].replace("{WorkspaceSid}", "{sid}")
        == path.replace("TaskQueues/{sid}", "TaskQueues/{TaskQueueSid}")
        .replace("Workflows/{sid}", "Workflows/{WorkflowSid}")
        .replace("Workers/{sid}", "Workers/{WorkerSid}")
    },
    "ListTaskQueuesStatistics": TaskQueueStatisticsItem,
}


@pytest.mark.parametrize("operation", STATISTICS_OPERATIONS)
def test_parameters_of_statistics_are_those_of_the_rest_api(operation: str) -> None:
    names = names_of(operation, "query")
    if operation == "CreateTaskQueueBulkRealTimeStatistics":
        names = {"QueueSids", "TaskChannel"}  # its body is in the prose only (rest-api 4.6)
    assert STATISTICS_OPERATIONS[operation].filters == names


def test_no_statistics_operation_is_missing() -> None:
    assert len(STATISTICS_OPERATIONS) == len([name for name in OPERATIONS if name.endswith("Statistics")]) == 15


def test_odd_statistics_keep_their_default_and_show_in_extra() -> None:
    payload = raw({"total_tasks": "many", "new": 1})
    stats = decode_statistics(STATISTICS_BY_PATH["/{sid}/RealTimeStatistics"], payload, Bridge().context)
    assert stats.extra == {"total_tasks": "many", "new": 1}
