"""The Workspace client: everything in a workspace, live."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast, overload

from ..completion import Callback, Operation
from ..resources.arguments import read_instance_update
from ..resources.decoding import NULL
from ..resources.instance import Bound, InstanceResource, bind
from ..resources.workspace import WorkspaceInstance
from ..wire import Params, Reply, Request
from .base import Client
from .mirror import Mirror

if TYPE_CHECKING:
    from ..resources.activity import ActivityInstance, ActivityList
    from ..resources.context import Context
    from ..resources.event import EventList
    from ..resources.statistics import (
        StatisticsResource,
        WorkspaceCumulativeStatistics,
        WorkspaceRealTimeStatistics,
        WorkspaceStatistics,
    )
    from ..resources.task import TaskList
    from ..resources.task_channel import TaskChannelList
    from ..resources.task_queue import TaskQueueList
    from ..resources.worker import WorkerList
    from ..resources.workflow import WorkflowList
    from ..tokens import UnverifiedClaims

__all__ = ["Workspace"]


class Workspace(Client):
    """A workspace: its properties, its resources, its statistics, its events.

    Example::

        async with Workspace(token) as workspace:
            print(workspace.sid, workspace.friendly_name)
            async for worker in workspace.workers:
                print(worker.friendly_name, worker.activity_name)

    Its properties are None until ``ready`` and follow every ``fetch`` and ``update``. The arguments are
    those of :class:`~trbridge.clients.base.Client`, the first six in the original's order.

    Events: ``connected``, ``ready`` (the workspace), ``disconnected``
    (:class:`~trbridge.Disconnected`), ``token.expired``, ``error`` (a
    :class:`~trbridge.TaskRouterError`), ``state``, and whatever the service sends, by its raw name.
    """

    kind: ClassVar[str] = "workspace"

    account_sid: Mirror[str | None] = Mirror()
    date_created: Mirror[datetime | None] = Mirror()
    date_updated: Mirror[datetime | None] = Mirror()
    default_activity_name: Mirror[str | None] = Mirror()
    default_activity_sid: Mirror[str | None] = Mirror()
    default_activity: Mirror[ActivityInstance | None] = Mirror()
    event_callback_url: Mirror[str | None] = Mirror()
    events_filter: Mirror[str | None] = Mirror()
    friendly_name: Mirror[str | None] = Mirror()
    multi_task_enabled: Mirror[bool | None] = Mirror()
    prioritize_queue_order: Mirror[str | None] = Mirror()
    sid: Mirror[str | None] = Mirror()
    timeout_activity_name: Mirror[str | None] = Mirror()
    timeout_activity_sid: Mirror[str | None] = Mirror()
    timeout_activity: Mirror[ActivityInstance | None] = Mirror()

    @property
    def resource(self) -> WorkspaceInstance:
        """The workspace as a resource like any other."""
        self._context  # noqa: B018 - raises NotReady with the way out
        return cast("WorkspaceInstance", self._known)

    # -- its resources -----------------------------------------------------------------------------

    @property
    def activities(self) -> ActivityList:
        """Activities."""
        return self.resource.activities

    @property
    def workflows(self) -> WorkflowList:
        """Workflows."""
        return self.resource.workflows

    @property
    def taskqueues(self) -> TaskQueueList:
        """Task queues; ``task_queues`` is the same."""
        return self.resource.taskqueues

    task_queues = taskqueues

    @property
    def workers(self) -> WorkerList:
        """Workers."""
        return self.resource.workers

    @property
    def tasks(self) -> TaskList:
        """Tasks."""
        return self.resource.tasks

    @property
    def task_channels(self) -> TaskChannelList:
        """Task channels."""
        return self.resource.task_channels

    @property
    def events(self) -> EventList:
        """TaskRouter's log of events, kept for 30 days. Live events come through :meth:`on`."""
        return self.resource.events

    @property
    def statistics(self) -> StatisticsResource[WorkspaceStatistics]:
        """Cumulative and real-time statistics in one."""
        return self.resource.statistics

    @property
    def cumulative_stats(self) -> StatisticsResource[WorkspaceCumulativeStatistics]:
        """What happened in a span of time; the last 15 minutes by default."""
        return self.resource.cumulative_stats

    @property
    def realtime_stats(self) -> StatisticsResource[WorkspaceRealTimeStatistics]:
        """How things are now."""
        return self.resource.realtime_stats

    # -- itself ------------------------------------------------------------------------------------

    @overload
    def fetch(self) -> Operation[Self]: ...
    @overload
    def fetch(self, callback: Callback[Self], /) -> None: ...
    def fetch(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Read the workspace again."""
        return self._context.start(self._exchange(Request("GET", self.ready_url)), callback)

    @overload
    def update(self, name: str, value: Any, /) -> Operation[Self]: ...
    @overload
    def update(self, name: str, value: Any, callback: Callback[Self], /) -> None: ...
    @overload
    def update(self, params: Params | None = None, /, **parameters: Any) -> Operation[Self]: ...
    @overload
    def update(self, params: Params, callback: Callback[Self], /, **parameters: Any) -> None: ...
    @overload
    def update(self, callback: Callback[Self], /, **parameters: Any) -> None: ...
    def update(self, *args: Any, **parameters: Any) -> Operation[Self] | None:
        """Update one or several properties of the workspace.

        Parameters: ``default_activity_sid``, ``event_callback_url``, ``events_filter``,
        ``friendly_name``, ``multi_task_enabled``, ``timeout_activity_sid``, ``prioritize_queue_order``.

        Examples::

            await workspace.update("EventCallbackUrl", "https://example.com/events")
            await workspace.update(friendly_name="Support", prioritize_queue_order="LIFO")

        Raises:
            InvalidArgument: Nothing to update, or a keyword is no parameter of a workspace.
            BadRequest: The service refuses a value.
        """
        known = WorkspaceInstance.updatable
        call = read_instance_update(args, parameters, sid=self._context.workspace_sid, known=known)
        return self._context.start(self._exchange(Request("POST", self.ready_url, call.params)), call.callback)

    @overload
    def delete(self) -> Operation[None]: ...
    @overload
    def delete(self, callback: Callback[None], /) -> None: ...
    def delete(self, callback: Callback[Any] | None = None, /) -> Operation[None] | None:
        """Delete the workspace and everything in it."""
        return self._context.start(self._delete(), callback)

    async def _exchange(self, request: Request) -> Self:
        answer = self.resource._absorb(await self.send(request))
        return self if answer is self._known else cast("Self", answer)

    async def _delete(self) -> None:
        await self.send(Request("DELETE", self.ready_url))

    # -- for the base ------------------------------------------------------------------------------

    @property
    def ready_url(self) -> str:
        """The workspace's URL, with the slash that v1 ends it with (Q6)."""
        return f"{self._context.workspace_url}/"

    def _make_resource(self, context: Context, claims: UnverifiedClaims) -> InstanceResource:
        return bind(WorkspaceInstance(sid=claims.workspace_sid), Bound(context, NULL))

    def absorb_ready(self, reply: Reply) -> None:
        """Take over the properties that the ready request brought."""
        self.resource._absorb(reply)
