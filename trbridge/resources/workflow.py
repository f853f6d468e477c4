"""Workflows: which tasks go to which queue, and when they move on (rest-api 3.7)."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import msgspec

from .decoding import NULL
from .instance import InstanceResource
from .listing import ListResource
from .statistics import (
    StatisticsResource,
    WorkflowCumulativeStatistics,
    WorkflowRealTimeStatistics,
    WorkflowStatistics,
)

__all__ = ["WorkflowInstance", "WorkflowList"]


class WorkflowInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """A workflow.

    Attributes:
        friendly_name: Its name.
        assignment_callback_url: Called for each reservation.
        fallback_assignment_callback_url: Called if that fails.
        document_content_type: What the configuration is: ``application/json``.
        task_reservation_timeout: Seconds a worker has to answer a reservation.
    """

    prefix: ClassVar[str] = "WW"
    path: ClassVar[str] = "Workflows"
    updatable: ClassVar[frozenset[str]] = frozenset(
        {
            "FriendlyName",
            "AssignmentCallbackUrl",
            "FallbackAssignmentCallbackUrl",
            "Configuration",
            "TaskReservationTimeout",
            "ReEvaluateTasks",
        }
    )

    friendly_name: str | None = None
    assignment_callback_url: str | None = None
    fallback_assignment_callback_url: str | None = None
    _configuration: msgspec.Raw = msgspec.field(name="configuration", default=NULL)
    document_content_type: str | None = None
    task_reservation_timeout: int = 0

    @property
    def configuration(self) -> Any:
        """The routing document, parsed: usually a dict. A configuration that is not JSON stays text (Q48)."""
        return self._document("configuration", self._configuration)

    @cached_property
    def statistics(self) -> StatisticsResource[WorkflowStatistics]:
        """Cumulative and real-time statistics in one."""
        return StatisticsResource(self._context, self.resource_url, WorkflowStatistics)

    @cached_property
    def cumulative_stats(self) -> StatisticsResource[WorkflowCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return StatisticsResource(self._context, self.resource_url, WorkflowCumulativeStatistics)

    @cached_property
    def realtime_stats(self) -> StatisticsResource[WorkflowRealTimeStatistics]:
        """How things are now."""
        return StatisticsResource(self._context, self.resource_url, WorkflowRealTimeStatistics)


class WorkflowList(ListResource[WorkflowInstance]):
    """The workspace's workflows.

    Filters: ``friendly_name``. Parameters: ``friendly_name`` and ``configuration`` (both required; a dict
    is written as JSON), ``assignment_callback_url``, ``fallback_assignment_callback_url``,
    ``task_reservation_timeout``.
    """

    item: ClassVar[type[WorkflowInstance]] = WorkflowInstance
    key: ClassVar[str] = "workflows"
    filters: ClassVar[frozenset[str]] = frozenset({"FriendlyName"})
    creatable: ClassVar[frozenset[str]] = frozenset(
        {
            "FriendlyName",
            "Configuration",
            "AssignmentCallbackUrl",
            "FallbackAssignmentCallbackUrl",
            "TaskReservationTimeout",
        }
    )
