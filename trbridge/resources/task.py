"""Tasks: what is to be done, and how far it is (rest-api 3.8)."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import msgspec
from msgspec.structs import force_setattr

from ..completion import Callback, Operation
from ..errors import InvalidArgument
from .arguments import split_callback
from .attributes import AttributedInstance
from .decoding import NULL, Moment
from .listing import ListResource

if TYPE_CHECKING:
    from .reservation import ReservationList
    from .task_channel import TaskChannelInstance
    from .task_queue import TaskQueueInstance
    from .workflow import WorkflowInstance

__all__ = ["TaskInstance", "TaskList"]


class TaskInstance(AttributedInstance, kw_only=True, dict=True, eq=False):
    """A task.

    Attributes:
        age: Seconds since it was created.
        assignment_status: ``pending``, ``reserved``, ``assigned``, ``wrapping``, ``completed`` or ``canceled``.
        priority: Higher goes first.
        reason: Why it was canceled or completed.
        timeout: Seconds it may live.
        task_queue_entered_date: When it came into its current queue.
        virtual_start_time: The moment that it is ordered by.
        ignore_capacity: Whether its worker gets it even without capacity.
        routing_target: SID of the worker, queue or workflow it must go to.
        version: Its version, where the socket tells it; see also ``etag``.
    """

    prefix: ClassVar[str] = "WT"
    path: ClassVar[str] = "Tasks"
    shown: ClassVar[str] = "assignment_status"
    updatable: ClassVar[frozenset[str]] = frozenset(
        {"Attributes", "AssignmentStatus", "Reason", "Priority", "TaskChannel", "VirtualStartTime"}
    )

    age: int = 0
    assignment_status: str | None = None
    _addons: msgspec.Raw = msgspec.field(name="addons", default=NULL)
    priority: int = 0
    reason: str | None = None
    timeout: int = 0
    task_queue_sid: str | None = None
    task_queue_friendly_name: str | None = None
    task_queue_entered_date: Moment = None
    task_channel_sid: str | None = None
    task_channel_unique_name: str | None = None
    workflow_sid: str | None = None
    workflow_friendly_name: str | None = None
    virtual_start_time: Moment = None
    ignore_capacity: bool | None = None
    routing_target: str | None = None
    version: int | None = None
    # What the socket names otherwise than REST (wire-protocol 7.3): as fields they cost no second look at the JSON.
    _queue_sid: str | None = msgspec.field(name="queue_sid", default=None)
    _queue_name: str | None = msgspec.field(name="queue_name", default=None)
    _workflow_name: str | None = msgspec.field(name="workflow_name", default=None)

    def _complete(self, raw: msgspec.Raw) -> None:  # noqa: ARG002 - it is in the fields already
        if self.task_queue_sid is None:
            force_setattr(self, "task_queue_sid", self._queue_sid)
        if self.task_queue_friendly_name is None:
            force_setattr(self, "task_queue_friendly_name", self._queue_name)
        if self.workflow_friendly_name is None:
            force_setattr(self, "workflow_friendly_name", self._workflow_name)

    @property
    def _is_complete(self) -> bool:
        """Whether more than its SID is known."""
        # Whether there are attributes shows without parsing them, which whoever listens may never ask for.
        return self.assignment_status is not None and self._attributes != NULL

    # -- what it belongs to ------------------------------------------------------------------------

    @property
    def addons(self) -> Any:
        """What add-ons say about it, parsed."""
        return self._document("addons", self._addons)

    @property
    def workflow(self) -> WorkflowInstance | None:
        """The workflow that routes it; its fields come with ``fetch()``."""
        from .workflow import WorkflowInstance

        return self._linked(WorkflowInstance, "workflow_sid")

    @property
    def task_queue(self) -> TaskQueueInstance | None:
        """The queue it is in; its fields come with ``fetch()`` (Q41)."""
        from .task_queue import TaskQueueInstance

        return self._linked(TaskQueueInstance, "task_queue_sid")

    @property
    def queue(self) -> TaskQueueInstance | None:
        """As ``task_queue``: v1's name, and the socket's, as are the three that follow (wire-protocol 7.3)."""
        return self.task_queue

    @property
    def queue_sid(self) -> str | None:
        """As ``task_queue_sid``."""
        return self.task_queue_sid

    @property
    def queue_name(self) -> str | None:
        """As ``task_queue_friendly_name``."""
        return self.task_queue_friendly_name

    @property
    def workflow_name(self) -> str | None:
        """As ``workflow_friendly_name``."""
        return self.workflow_friendly_name

    @property
    def task_channel(self) -> TaskChannelInstance | None:
        """The channel it counts for; its fields come with ``fetch()``."""
        from .task_channel import TaskChannelInstance

        return self._linked(TaskChannelInstance, "task_channel_sid")

    @cached_property
    def reservations(self) -> ReservationList:
        """Its reservations, those of the past included."""
        from .reservation import ReservationList

        return ReservationList(self._context, self.resource_url)

    # -- what can be done --------------------------------------------------------------------------

    @overload
    def complete(self, /, reason: str | None = None) -> Operation[Self]: ...
    @overload
    def complete(self, callback: Callback[Self], /, reason: str | None = None) -> None: ...
    @overload
    def complete(self, reason: str | None, callback: Callback[Self], /) -> None: ...
    @overload
    def complete(self, callback: None, reason: str, /) -> Operation[Self]: ...
    def complete(self, /, *args: Any, reason: str | None = None) -> Operation[Self] | None:
        """Complete the task; it must be ``assigned`` or ``wrapping``. Its reservation is completed with it.

        Examples::

            await task.complete(reason="solved")
            task.complete(done, "solved")           # as in v1: the callback first

        Raises:
            BadRequest: It is not assigned.
        """
        return self._change_status("completed", args, reason)

    @overload
    def wrap_up(self, /, reason: str | None = None) -> Operation[Self]: ...
    @overload
    def wrap_up(self, callback: Callback[Self], /, reason: str | None = None) -> None: ...
    @overload
    def wrap_up(self, reason: str | None, callback: Callback[Self], /) -> None: ...
    @overload
    def wrap_up(self, callback: None, reason: str, /) -> Operation[Self]: ...
    def wrap_up(self, /, *args: Any, reason: str | None = None) -> Operation[Self] | None:
        """Begin wrap-up: the conversation is over, its paperwork is not. The capacity stays in use.

        Raises:
            BadRequest: It is not ``assigned``.
        """
        return self._change_status("wrapping", args, reason)

    @overload
    def cancel(self, /, reason: str | None = None) -> Operation[Self]: ...
    @overload
    def cancel(self, callback: Callback[Self], /, reason: str | None = None) -> None: ...
    @overload
    def cancel(self, reason: str | None, callback: Callback[Self], /) -> None: ...
    @overload
    def cancel(self, callback: None, reason: str, /) -> Operation[Self]: ...
    def cancel(self, /, *args: Any, reason: str | None = None) -> Operation[Self] | None:
        """Cancel the task, and with it its pending reservations.

        Raises:
            BadRequest: It is neither ``pending`` nor ``reserved``.
        """
        return self._change_status("canceled", args, reason)

    @overload
    def set_virtual_start_time(self, moment: datetime, /) -> Operation[Self]: ...
    @overload
    def set_virtual_start_time(self, moment: datetime, callback: Callback[Self], /) -> None: ...
    def set_virtual_start_time(
        self, moment: datetime, callback: Callback[Any] | None = None, /
    ) -> Operation[Self] | None:
        """Let the task be ordered as if it had come at another moment, for one that was handed back.

        Args:
            moment: Aware, not in the future, not before 1900; whole seconds are sent.
            callback: Called with the result instead of an awaitable.

        Raises:
            InvalidArgument: It is no moment, or has no time zone.
        """
        if not isinstance(moment, datetime):
            raise InvalidArgument(f"the virtual start time must be a datetime, not {moment!r}")
        return self._start_update({"VirtualStartTime": moment}, callback)

    def _change_status(self, status: str, args: tuple[Any, ...], reason: str | None) -> Operation[Self] | None:
        # v1 has the callback first and the reason second; here either order is understood.
        if len(args) == 2 and (callable(args[0]) or (args[0] is None and not callable(args[1]))):
            args = (args[1], args[0])
        values, callback = split_callback(args, most=1)
        given = values[0] if values else None
        if not (given is None or isinstance(given, str)) or (given is not None and reason is not None):
            raise InvalidArgument(f"one reason, as text, is enough: {given!r} is not it")
        params = {"AssignmentStatus": status, "Reason": reason if given is None else given}
        return self._start_update(params, callback)


class TaskList(ListResource[TaskInstance]):
    """The workspace's tasks.

    Filters: ``priority``, ``assignment_status`` (one or several), ``workflow_sid``, ``workflow_name``,
    ``task_queue_sid``, ``task_queue_name``, ``evaluate_task_attributes`` (an expression),
    ``routing_target``, ``ordering`` (such as ``"Priority:desc"``), ``has_addons``. Parameters:
    ``workflow_sid`` (required unless there is only one), ``attributes``, ``task_channel``, ``priority``,
    ``timeout``, ``virtual_start_time``, ``routing_target``, ``ignore_capacity``, ``task_queue_sid``.
    """

    item: ClassVar[type[TaskInstance]] = TaskInstance
    key: ClassVar[str] = "tasks"
    filters: ClassVar[frozenset[str]] = frozenset(
        {
            "Priority",
            "AssignmentStatus",
            "WorkflowSid",
            "WorkflowName",
            "TaskQueueSid",
            "TaskQueueName",
            "EvaluateTaskAttributes",
            "RoutingTarget",
            "Ordering",
            "HasAddons",
        }
    )
    creatable: ClassVar[frozenset[str]] = frozenset(
        {
            "Timeout",
            "Priority",
            "TaskChannel",
            "WorkflowSid",
            "Attributes",
            "VirtualStartTime",
            "RoutingTarget",
            "IgnoreCapacity",
            "TaskQueueSid",
        }
    )
