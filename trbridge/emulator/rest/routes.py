"""The routes: every operation of the REST API in one table.

The table is data, so that it can be compared with the published description (rest-api.json). The way
from a path to its row is in :mod:`.router`, what an operation does in :mod:`.handlers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from .parameters import Parameter, declare, snake_case
from .reservation_parameters import INSTRUCTIONS, SUPERVISION
from .route import PAGING, Method, Route, Verb, path_parameters
from .statistics_routes import STATISTICS

__all__ = ["ROUTES"]

_IF_MATCH: Final = declare("header", "If-Match")
_STATUSES: Final = "pending|accepted|rejected|timeout|canceled|rescinded|wrapping|completed"
_TASK_STATUSES: Final = "pending|reserved|assigned|canceled|completed|wrapping"
_W: Final = "/v1/Workspaces/{WorkspaceSid}"


class _Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the shorter table below: one resource, up to five operations."""

    name: str
    collection: str
    key: str
    response: str
    sid: str | None = None
    filters: str = ""
    create: str | None = None
    update: str | None = None
    instructions: tuple[Parameter, ...] = ()
    deletable: bool = False
    versioned: bool = False
    etags: tuple[str, ...] = ()

    def routes(self) -> Iterator[Route]:
        instance = f"{self.collection}/{{Sid}}"
        guard = _IF_MATCH if self.versioned else ()
        query = (*declare("query", self.filters), *PAGING)
        yield self._route("list", "GET", self.collection, query, list_key=self.key)
        if self.create is not None:
            yield self._route("create", "POST", self.collection, declare("form", self.create), status=201)
        yield self._route("fetch", "GET", instance, ())
        if self.update is not None:
            form = (*guard, *declare("form", self.update), *self.instructions)
            yield self._route("update", "POST", instance, form)
        if self.deletable:
            yield self._route("delete", "DELETE", instance, guard, status=204, response=None)

    def _route(self, verb: Verb, method: Method, path: str, parameters: tuple[Parameter, ...], **more: Any) -> Route:
        return Route(
            operation_id=f"{verb.title()}{self.name}",
            method=method,
            path=path,
            kind=snake_case(self.name),
            verb=verb,
            parameters=(*path_parameters(path, self.sid), *parameters),
            etag=verb in self.etags,
            **{"response": self.response, **more},
        )


_RESOURCES: Final = (
    _Resource(
        name="Workspace",
        collection="/v1/Workspaces",
        key="workspaces",
        response="workspace",
        sid="WS",
        filters="FriendlyName",
        create="FriendlyName! EventCallbackUrl:uri EventsFilter MultiTaskEnabled:boolean Template "
        "PrioritizeQueueOrder:FIFO|LIFO",
        update="DefaultActivitySid:WA EventCallbackUrl:uri EventsFilter FriendlyName MultiTaskEnabled:boolean "
        "TimeoutActivitySid:WA PrioritizeQueueOrder:FIFO|LIFO",
        deletable=True,
    ),
    _Resource(
        name="Activity",
        collection=f"{_W}/Activities",
        key="activities",
        response="workspace.activity",
        sid="WA",
        filters="FriendlyName Available",
        create="FriendlyName! Available:boolean",
        update="FriendlyName",
        deletable=True,
    ),
    _Resource(
        name="Event",
        collection=f"{_W}/Events",
        key="events",
        response="workspace.event",
        sid="EV",
        filters="EndDate:date-time EventType Minutes:integer ReservationSid:WR StartDate:date-time TaskQueueSid:WQ "
        "TaskSid:WT WorkerSid:WK WorkflowSid:WW TaskChannel Sid:EV",
    ),
    _Resource(
        name="Task",
        collection=f"{_W}/Tasks",
        key="tasks",
        response="workspace.task",
        sid="WT",
        filters="Priority:integer AssignmentStatus:array WorkflowSid:WW WorkflowName TaskQueueSid:WQ TaskQueueName "
        "EvaluateTaskAttributes RoutingTarget Ordering HasAddons:boolean",
        create="Timeout:integer Priority:integer TaskChannel WorkflowSid:WW Attributes VirtualStartTime:date-time "
        "RoutingTarget IgnoreCapacity TaskQueueSid:WQ",
        update=f"Attributes AssignmentStatus:{_TASK_STATUSES} Reason Priority:integer TaskChannel "
        "VirtualStartTime:date-time",
        deletable=True,
        versioned=True,
        etags=("list", "create", "fetch", "update"),
    ),
    _Resource(
        name="TaskReservation",
        collection=f"{_W}/Tasks/{{TaskSid}}/Reservations",
        key="reservations",
        response="workspace.task.task_reservation",
        sid="WR",
        filters=f"ReservationStatus:{_STATUSES} WorkerSid:WK",
        update=f"ReservationStatus:{_STATUSES} WorkerActivitySid:WA Instruction",
        instructions=(*INSTRUCTIONS, *SUPERVISION),
        versioned=True,
        etags=("list", "fetch", "update"),
    ),
    _Resource(
        name="TaskChannel",
        collection=f"{_W}/TaskChannels",
        key="channels",
        response="workspace.task_channel",
        create="FriendlyName! UniqueName! ChannelOptimizedRouting:boolean",
        update="FriendlyName ChannelOptimizedRouting:boolean",
        deletable=True,
    ),
    _Resource(
        name="TaskQueue",
        collection=f"{_W}/TaskQueues",
        key="task_queues",
        response="workspace.task_queue",
        sid="WQ",
        filters="FriendlyName EvaluateWorkerAttributes WorkerSid:WK Ordering",
        create="FriendlyName! TargetWorkers MaxReservedWorkers:integer TaskOrder:FIFO|LIFO ReservationActivitySid:WA "
        "AssignmentActivitySid:WA",
        update="FriendlyName TargetWorkers ReservationActivitySid:WA AssignmentActivitySid:WA "
        "MaxReservedWorkers:integer TaskOrder:FIFO|LIFO",
        deletable=True,
    ),
    _Resource(
        name="Worker",
        collection=f"{_W}/Workers",
        key="workers",
        response="workspace.worker",
        sid="WK",
        filters="ActivityName ActivitySid:WA Available FriendlyName TargetWorkersExpression TaskQueueName "
        "TaskQueueSid:WQ Ordering",
        create="FriendlyName! ActivitySid:WA Attributes",
        update="ActivitySid:WA Attributes FriendlyName RejectPendingReservations:boolean",
        deletable=True,
        versioned=True,
        etags=("list", "create", "fetch", "update"),
    ),
    _Resource(
        name="WorkerChannel",
        collection=f"{_W}/Workers/{{WorkerSid}}/Channels",
        key="channels",
        response="workspace.worker.worker_channel",
        update="Capacity:integer Available:boolean",
    ),
    _Resource(
        name="WorkerReservation",
        collection=f"{_W}/Workers/{{WorkerSid}}/Reservations",
        key="reservations",
        response="workspace.worker.worker_reservation",
        sid="WR",
        filters=f"ReservationStatus:{_STATUSES}",
        update=f"ReservationStatus:{_STATUSES} WorkerActivitySid:WA Instruction",
        instructions=INSTRUCTIONS,
        versioned=True,
        etags=("list",),
    ),
    _Resource(
        name="Workflow",
        collection=f"{_W}/Workflows",
        key="workflows",
        response="workspace.workflow",
        sid="WW",
        filters="FriendlyName",
        create="FriendlyName! Configuration! AssignmentCallbackUrl:uri FallbackAssignmentCallbackUrl:uri "
        "TaskReservationTimeout:integer",
        update="FriendlyName AssignmentCallbackUrl:uri FallbackAssignmentCallbackUrl:uri Configuration "
        "TaskReservationTimeout:integer ReEvaluateTasks",
        deletable=True,
    ),
)

ROUTES: Final[tuple[Route, ...]] = (*(route for one in _RESOURCES for route in one.routes()), *STATISTICS)
"""All 61 operations."""
