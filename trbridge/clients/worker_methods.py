"""What a worker's client can be asked for, under v1's names (wire-protocol 5.5)."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

from ..completion import Callback, Operation
from ..errors import InvalidArgument
from ..resources.activity import ActivityList
from ..resources.binding import Bound, bind
from ..resources.decoding import NULL
from ..resources.page import Page
from ..resources.reservation import ReservationInstance
from ..resources.task import TaskInstance, TaskList
from ..resources.worker import WorkerInstance
from ..sids import check_sid
from .desk import Desk, is_complete
from .resource_client import ResourceClient

if TYPE_CHECKING:
    from ..resources.reservation import ReservationList
    from ..resources.statistics import StatisticsResource, WorkerInstanceStatistics
    from ..resources.worker_channel import WorkerChannelInstance, WorkerChannelList
    from ..wire import Params

__all__ = ["WorkerMethods"]


class WorkerMethods(ResourceClient[WorkerInstance]):
    """The part of :class:`~trbridge.Worker` that sends requests."""

    _desk: Desk

    # -- its resources -----------------------------------------------------------------------------

    @property
    def worker_sid(self) -> str:
        """The worker's SID, from the token."""
        return self.resource.sid

    @property
    def activities(self) -> ActivityList:
        """The workspace's activities."""
        return ActivityList(self._context)

    @property
    def channels(self) -> WorkerChannelList:
        """How much of which task channel the worker takes at a time."""
        return self.resource.channels

    @property
    def reservations(self) -> ReservationList:
        """The worker's reservations, those of the past included."""
        return self.resource.reservations

    @property
    def statistics(self) -> StatisticsResource[WorkerInstanceStatistics]:
        """What this worker did in a span of time."""
        return self.resource.statistics

    # -- v1's methods ------------------------------------------------------------------------------

    @overload
    def fetch_reservations(self, /, **filters: Any) -> Operation[Page[ReservationInstance]]: ...
    @overload
    def fetch_reservations(
        self, params: Mapping[str, Any], /, **filters: Any
    ) -> Operation[Page[ReservationInstance]]: ...
    @overload
    def fetch_reservations(
        self,
        callback: Callback[Page[ReservationInstance]],
        params: Mapping[str, Any] | None = None,
        /,
        **filters: Any,
    ) -> None: ...
    @overload
    def fetch_reservations(
        self, params: Mapping[str, Any], callback: Callback[Page[ReservationInstance]], /, **filters: Any
    ) -> None: ...
    def fetch_reservations(self, /, *args: Any, **filters: Any) -> Any:
        """Fetch reservations with their tasks. Those that are not over go on to change as events arrive.

        Args:
            args: The callback, which v1 has first, and query parameters by TaskRouter's names, if any. Either
                order works.
            filters: Query parameters by keyword: ``reservation_status``, ``page_size``.

        Returns:
            The page to await, or None with a callback. A task that cannot be fetched is an ``error`` event, and
            a reference in the page (Q61: v1 never calls back).

        Raises:
            InvalidArgument: Anything else was given.
        """
        callback = next((value for value in args if callable(value)), None)
        params = next((value for value in args if isinstance(value, Mapping)), None)
        if len([value for value in args if value is not None]) != sum(v is not None for v in (callback, params)):
            raise InvalidArgument("fetch_reservations takes a callback and query parameters, no more")
        return self._context.start(self._fetch_reservations(params, filters), callback)

    async def _fetch_reservations(
        self, params: Mapping[str, Any] | None, filters: Mapping[str, Any]
    ) -> Page[ReservationInstance]:
        reservations = self.reservations
        page = await (reservations.fetch(**filters) if params is None else reservations.fetch(params, **filters))
        page.data[:] = [self._desk.adopt(each) for each in page.data]
        await asyncio.gather(*(self._desk.fetch_task(each) for each in page.data if not is_complete(each)))
        return page

    @overload
    def fetch_channels(self) -> Operation[Page[WorkerChannelInstance]]: ...
    @overload
    def fetch_channels(self, callback: Callback[Page[WorkerChannelInstance]], /) -> None: ...
    def fetch_channels(self, *args: Any) -> Any:
        """Fetch the worker's channels."""
        return self.channels.fetch(*args)

    @overload
    def update_task(self, task_sid: str, params: Params, /) -> Operation[TaskInstance]: ...
    @overload
    def update_task(self, task_sid: str, params: Params, callback: Callback[TaskInstance], /) -> None: ...
    @overload
    def update_task(self, task_sid: str, /, **parameters: Any) -> Operation[TaskInstance]: ...
    def update_task(self, task_sid: str, /, *args: Any, **parameters: Any) -> Any:
        """Update a task.

        Examples::

            await worker.update_task(task.sid, {"Priority": "5"})
            await worker.update_task(task.sid, priority=5)

        Raises:
            InvalidArgument: It is no task's SID, or a keyword is no parameter of a task.
        """
        return TaskList(self._context).update(task_sid, *args, **parameters)

    @overload
    def complete_task(self, task_sid: str, /, *, reason: str | None = None) -> Operation[TaskInstance]: ...
    @overload
    def complete_task(self, task_sid: str, callback: None, reason: str | None = None, /) -> Operation[TaskInstance]: ...
    @overload
    def complete_task(self, task_sid: str, callback: Callback[TaskInstance], reason: str | None = None, /) -> None: ...
    @overload
    def complete_task(
        self, task_sid: str, callback: Callback[TaskInstance], /, *, reason: str | None = None
    ) -> None: ...
    def complete_task(self, task_sid: str, /, *args: Any, reason: str | None = None) -> Any:
        """Complete a task. As in v1 the callback comes before the reason.

        Examples::

            await worker.complete_task(task.sid, reason="solved")
            worker.complete_task(task.sid, done, "solved")

        Raises:
            InvalidArgument: It is no task's SID.
            BadRequest: It is not assigned.
        """
        task = bind(TaskInstance(sid=check_sid(task_sid, "WT", name="task_sid")), Bound(self._context, NULL))
        complete: Any = task.complete
        return complete(*(value for value in args if value is not None), reason=reason)

    def set_skip_fetch_reservation(self, skip: bool) -> None:
        """Do nothing, whatever it is given: for code that comes from v1.

        There it saved the requests that v1 makes for each reservation event, and lost pending reservations
        (Q59, Q63, Q64). Here no event costs a request, and none is lost.
        """

    def fetch_activity_list(self, *args: Any) -> Any:
        """Deprecated in v1 already: use ``activities.fetch``."""
        warnings.warn("use worker.activities.fetch()", DeprecationWarning, stacklevel=2)
        return self.activities.fetch(*args)

    def update_activity(self, activity_sid: str, *args: Any) -> Any:
        """Deprecated in v1 already: use ``update(activity_sid=...)``."""
        warnings.warn("use worker.update(activity_sid=...)", DeprecationWarning, stacklevel=2)
        return self.update("ActivitySid", check_sid(activity_sid, "WA", name="activity_sid"), *args)
