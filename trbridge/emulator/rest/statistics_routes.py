"""The statistics' rows of the table of routes (rest-api 4.1)."""

from __future__ import annotations

from typing import Final

from .parameters import declare
from .route import PAGING, Route, path_parameters

__all__ = ["STATISTICS"]

_WINDOW: Final = "EndDate:date-time Minutes:integer StartDate:date-time TaskChannel"
_SPLIT: Final = f"{_WINDOW} SplitByWaitTime"
_W: Final = "/v1/Workspaces/{WorkspaceSid}"


def _figures(operation_id: str, path: str, kind: str, response: str, query: str = "TaskChannel") -> Route:
    parameters = (*path_parameters(path), *declare("query", query))
    return Route(
        operation_id=operation_id,
        method="GET",
        path=path,
        kind=kind,
        verb="statistics",
        parameters=parameters,
        response=f"workspace.{response}",
    )


_QUEUES: Final = f"{_W}/TaskQueues"
_QUEUE: Final = f"{_QUEUES}/{{TaskQueueSid}}"
_WORKFLOW: Final = f"{_W}/Workflows/{{WorkflowSid}}"
_WORKERS: Final = f"{_W}/Workers"

STATISTICS: Final = (
    _figures("FetchWorkspaceStatistics", f"{_W}/Statistics", "workspace", "workspace_statistics", _SPLIT),
    _figures(
        "FetchWorkspaceCumulativeStatistics",
        f"{_W}/CumulativeStatistics",
        "workspace_cumulative",
        "workspace_cumulative_statistics",
        _SPLIT,
    ),
    _figures(
        "FetchWorkspaceRealTimeStatistics",
        f"{_W}/RealTimeStatistics",
        "workspace_realtime",
        "workspace_real_time_statistics",
    ),
    _figures("FetchWorkflowStatistics", f"{_WORKFLOW}/Statistics", "workflow", "workflow.workflow_statistics", _SPLIT),
    _figures(
        "FetchWorkflowCumulativeStatistics",
        f"{_WORKFLOW}/CumulativeStatistics",
        "workflow_cumulative",
        "workflow.workflow_cumulative_statistics",
        _SPLIT,
    ),
    _figures(
        "FetchWorkflowRealTimeStatistics",
        f"{_WORKFLOW}/RealTimeStatistics",
        "workflow_realtime",
        "workflow.workflow_real_time_statistics",
    ),
    _figures(
        "FetchTaskQueueStatistics", f"{_QUEUE}/Statistics", "task_queue", "task_queue.task_queue_statistics", _SPLIT
    ),
    _figures(
        "FetchTaskQueueCumulativeStatistics",
        f"{_QUEUE}/CumulativeStatistics",
        "task_queue_cumulative",
        "task_queue.task_queue_cumulative_statistics",
        _SPLIT,
    ),
    _figures(
        "FetchTaskQueueRealTimeStatistics",
        f"{_QUEUE}/RealTimeStatistics",
        "task_queue_realtime",
        "task_queue.task_queue_real_time_statistics",
    ),
    _figures(
        "FetchWorkerStatistics",
        f"{_WORKERS}/Statistics",
        "workers",
        "worker.worker_statistics",
        f"{_WINDOW} TaskQueueSid:WQ TaskQueueName FriendlyName",
    ),
    _figures(
        "FetchWorkersCumulativeStatistics",
        f"{_WORKERS}/CumulativeStatistics",
        "workers_cumulative",
        "worker.workers_cumulative_statistics",
        _WINDOW,
    ),
    _figures(
        "FetchWorkersRealTimeStatistics",
        f"{_WORKERS}/RealTimeStatistics",
        "workers_realtime",
        "worker.workers_real_time_statistics",
    ),
    _figures(
        "FetchWorkerInstanceStatistics",
        f"{_WORKERS}/{{WorkerSid}}/Statistics",
        "worker",
        "worker.worker_instance_statistics",
        _WINDOW,
    ),
    Route(
        operation_id="ListTaskQueuesStatistics",
        method="GET",
        path=f"{_QUEUES}/Statistics",
        kind="task_queues",
        verb="statistics_list",
        parameters=(*path_parameters(_QUEUES), *declare("query", f"{_SPLIT} FriendlyName"), *PAGING),
        response="workspace.task_queue.task_queues_statistics",
        list_key="task_queues_statistics",
    ),
    Route(
        operation_id="CreateTaskQueueBulkRealTimeStatistics",
        method="POST",
        path=f"{_QUEUES}/RealTimeStatistics",
        kind="task_queues_bulk",
        verb="bulk_statistics",
        parameters=path_parameters(_QUEUES),
        response="workspace.task_queue.task_queue_bulk_real_time_statistics",
        json_body=True,
    ),
)
