"""Statistics of a workspace, workflows, task queues and workers (rest-api 4).

``fetch`` is all there is: the original's ``create``, ``update`` and ``delete`` asked for URLs that do not
exist (Q22). What comes back are snapshots: see ``cumulative``, ``realtime``, ``combined`` for their fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, cast, overload

from ..completion import Callback, Operation
from ..errors import InvalidArgument
from ..sids import check_sid
from ..wire import Params, Reply, Request
from .arguments import read_query
from .combined import (
    TaskQueueStatistics,
    TaskQueueStatisticsItem,
    WorkerInstanceStatistics,
    WorkersStatistics,
    WorkflowStatistics,
    WorkspaceStatistics,
)
from .context import Context
from .cumulative import (
    TaskQueueCumulativeStatistics,
    WorkersCumulativeStatistics,
    WorkflowCumulativeStatistics,
    WorkspaceCumulativeStatistics,
)
from .decoding import is_object, split_object
from .figures import ActivityCount, ActivityDuration, Duration, Split, SplitSide, Statistics, decode_statistics
from .page import Page
from .pages import decode_page
from .realtime import (
    TaskQueueBulkRealTimeStatistics,
    TaskQueueRealTimeStatistics,
    WorkersRealTimeStatistics,
    WorkflowRealTimeStatistics,
    WorkspaceRealTimeStatistics,
)

__all__ = [
    "STATISTICS_BY_PATH",
    "ActivityCount",
    "ActivityDuration",
    "Duration",
    "Split",
    "SplitSide",
    "Statistics",
    "StatisticsResource",
    "TaskQueueBulkRealTimeStatistics",
    "TaskQueueCumulativeStatistics",
    "TaskQueueRealTimeStatistics",
    "TaskQueueStatistics",
    "TaskQueueStatisticsItem",
    "TaskQueuesRealTimeResource",
    "TaskQueuesStatisticsResource",
    "WorkerInstanceStatistics",
    "WorkersCumulativeStatistics",
    "WorkersRealTimeStatistics",
    "WorkersStatistics",
    "WorkflowCumulativeStatistics",
    "WorkflowRealTimeStatistics",
    "WorkflowStatistics",
    "WorkspaceCumulativeStatistics",
    "WorkspaceRealTimeStatistics",
    "WorkspaceStatistics",
    "decode_statistics",
]

T = TypeVar("T")

STATISTICS_BY_PATH: Final[dict[str, type[Statistics]]] = {
    cls.path: cls
    for cls in (
        TaskQueueBulkRealTimeStatistics,
        TaskQueueCumulativeStatistics,
        TaskQueueRealTimeStatistics,
        TaskQueueStatistics,
        WorkerInstanceStatistics,
        WorkersCumulativeStatistics,
        WorkersRealTimeStatistics,
        WorkersStatistics,
        WorkflowCumulativeStatistics,
        WorkflowRealTimeStatistics,
        WorkflowStatistics,
        WorkspaceCumulativeStatistics,
        WorkspaceRealTimeStatistics,
        WorkspaceStatistics,
    )
}
"""Path below ``/Workspaces``, with ``{sid}`` for SIDs, to class."""

_THRESHOLDS: Final = frozenset({"SplitByWaitTime", "split_by_wait_time"})
_WINDOW: Final = frozenset({"Minutes", "StartDate", "EndDate"})
_MOST_QUEUES: Final = 50
"""Most queues that one bulk request takes (rest-api 4.6)."""


class StatisticsResource(Generic[T]):
    """Statistics that can be fetched.

    Args:
        context: The client's context.
        parent_url: URL of what they are about.
        result: Class of the result; it knows the rest of the URL and the parameters.
    """

    def __init__(self, context: Context, parent_url: str, result: type[Any]) -> None:
        self._context = context
        self._result: type[Statistics] = result
        self.resource_url = f"{parent_url}/{result.path.rpartition('/')[2]}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.resource_url}>"

    @overload
    def fetch(self, params: Params | None = None, /, **parameters: Any) -> Operation[T]: ...
    @overload
    def fetch(self, params: Params, callback: Callback[T], /, **parameters: Any) -> None: ...
    @overload
    def fetch(self, callback: Callback[T], /, **parameters: Any) -> None: ...
    def fetch(self, /, *args: Any, **parameters: Any) -> Operation[T] | None:
        """Fetch the statistics.

        Cumulative ones cover the last 15 minutes, or ``minutes``, or the time from ``start_date`` to
        ``end_date`` (aware datetimes; at most 30 days back). ``task_channel`` is a SID or a unique name.
        ``split_by_wait_time`` is a list of seconds, or text such as ``"5,30"``.

        Examples::

            stats = await workspace.statistics.fetch(minutes=240, split_by_wait_time=[5, 30])
            workspace.cumulative_stats.fetch({"Minutes": "240"}, done)

        Raises:
            InvalidArgument: A keyword is no parameter of these statistics, or ``minutes`` comes with dates.
            BadRequest: The service refuses a value.
        """
        call = read_query(tuple(map(_with_text, args)), _with_text(parameters), known=self._result.filters)
        window = _WINDOW.intersection(call.params or ())
        # A mapping is sent as it is, as in v1; who writes Python gets told before the service refuses it.
        if "Minutes" in window and len(window) > 1 and not {"minutes", "start_date", "end_date"}.isdisjoint(parameters):
            raise InvalidArgument("give minutes, or start_date and end_date, but not both")
        return self._context.start(self._load(self._request(call.params)), call.callback)

    def update_token(self, token: str) -> None:
        """The client's ``update_token``: there is one token for all it has handed out (Q8)."""
        self._context.update_token(token)

    def _request(self, params: dict[str, str | list[str]] | None) -> Request:
        return Request("GET", self.resource_url, params)

    async def _load(self, request: Request) -> T:
        from .registry import materialize

        reply = await self._context.send(request)
        result = self._read(reply)
        return cast("T", materialize(reply.payload, self._context) if result is None else result)

    def _read(self, reply: Reply) -> Any:
        """The answer as these statistics; None if it is something else."""
        if not is_object(reply.payload) or "meta" in split_object(reply.payload):
            return None
        return decode_statistics(self._result, reply.payload, self._context)


class TaskQueuesStatisticsResource(StatisticsResource[Page[TaskQueueStatisticsItem]]):
    """Statistics of all task queues; they come in pages (v1 lost the paging, Q52).

    Args:
        context: The client's context.
        parent_url: URL of the list of queues.
    """

    def __init__(self, context: Context, parent_url: str) -> None:
        super().__init__(context, parent_url, TaskQueueStatisticsItem)

    def _read(self, reply: Reply) -> Any:
        return decode_page(TaskQueueStatisticsItem, TaskQueueStatisticsItem.key, reply.payload, self._context)


class TaskQueuesRealTimeResource(StatisticsResource[TaskQueueBulkRealTimeStatistics]):
    """Real-time statistics of several task queues.

    ``fetch(queue_sids=[...])`` is the REST API's bulk request, for 1 to 50 queues and at most five times a
    second. ``fetch()`` without them asks as v1 does, for what the REST API does not have (Q22).

    Args:
        context: The client's context.
        parent_url: URL of the list of queues.
    """

    def __init__(self, context: Context, parent_url: str) -> None:
        super().__init__(context, parent_url, TaskQueueBulkRealTimeStatistics)

    def _request(self, params: dict[str, str | list[str]] | None) -> Request:
        if params is None or "QueueSids" not in params:
            return super()._request(params)
        sids = params["QueueSids"]
        sids = [sids] if isinstance(sids, str) else sids
        if not 1 <= len(sids) <= _MOST_QUEUES:
            raise InvalidArgument(f"queue_sids takes 1 to {_MOST_QUEUES} SIDs, not {len(sids)}")
        checked: list[str] = [check_sid(sid, "WQ", name="queue_sids") for sid in sids]
        return Request("POST", self.resource_url, {**params, "QueueSids": checked})


def _with_text(params: Any) -> Any:
    """Parameters with thresholds as text: a list of them becomes ``5,30`` (rest-api 4.1)."""
    if not isinstance(params, Mapping):
        return params
    return {name: _joined(value) if name in _THRESHOLDS else value for name, value in params.items()}


def _joined(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
