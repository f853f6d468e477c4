"""Reservations: a task offered to a worker (rest-api 3.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

import msgspec
from msgspec.structs import force_setattr

from ..completion import Operation
from .binding import Bound, bind, read_instance
from .decoding import NULL, is_object
from .instance import merge
from .instructions import UPDATABLE
from .listing import UpdatableList
from .reservation_verbs import ReservationVerbs
from .reservation_wait import read_statuses, settle, wait_for
from .task import TaskInstance

if TYPE_CHECKING:
    from .context import Context
    from .task_channel import TaskChannelInstance
    from .worker import WorkerInstance

__all__ = ["STATUS_BY_EVENT", "ReservationInstance", "ReservationList", "reservation_from_event"]

STATUS_BY_EVENT: Final = {
    "created": "pending",
    "pending": "pending",
    "accepted": "accepted",
    "rejected": "rejected",
    "timeout": "timeout",
    "canceled": "canceled",
    "rescinded": "rescinded",
    "wrapup": "wrapping",
    "completed": "completed",
}
"""Last part of an event's name to the status it tells of (wire-protocol 6.1 and 6.4)."""


class ReservationInstance(ReservationVerbs, kw_only=True, dict=True, eq=False):
    """A reservation.

    Attributes:
        reservation_status: ``pending``, ``accepted``, ``rejected``, ``timeout``, ``canceled``, ``rescinded``,
            ``wrapping`` or ``completed``.
        task_sid: The task that is offered.
        worker_sid: The worker it is offered to.
        worker_name: The worker's name.
        worker_previous_activity_sid: What the worker did before.
        reservation_timeout: Seconds the worker has to answer; only the socket tells.
        canceled_reason_code: Why it was canceled; only the socket tells.
        version: Its version, where the socket tells it; see also ``etag``.
    """

    prefix: ClassVar[str] = "WR"
    path: ClassVar[str] = "Reservations"
    shown: ClassVar[str] = "reservation_status"
    updatable: ClassVar[frozenset[str]] = UPDATABLE
    versioned: ClassVar[bool] = True

    reservation_status: str | None = None
    task_sid: str | None = None
    worker_sid: str | None = None
    worker_name: str | None = None
    worker_previous_activity_sid: str | None = None
    task_channel_sid: str | None = None
    task_channel_unique_name: str | None = None
    reservation_timeout: int | None = None
    canceled_reason_code: int | None = None
    version: int | None = None
    _task: msgspec.Raw = msgspec.field(name="task", default=NULL)

    @property
    def resource_url(self) -> str:
        """Its REST URL: below its task's as in v1, or its worker's where the task is not known.

        Raises:
            InvalidArgument: Neither is known.
        """
        if self.task_sid:
            return self._url_below("Tasks", "task_sid", self.task_sid)
        return self._url_below("Workers", "task_sid", self.worker_sid or self._context.worker_sid)

    @property
    def task(self) -> TaskInstance | None:
        """The task, with all fields if an event brought them, else with those of the last ``fetch()`` (Q58).

        The same object for as long as it is the same task.
        """
        task = self._linked(TaskInstance, "task_sid")
        if task is not None and vars(self).get("_task_read") is not self._task:
            vars(self)["_task_read"] = self._task
            if is_object(self._task):
                merge(task, self._task)
        return task

    @property
    def worker(self) -> WorkerInstance | None:
        """The worker it is offered to; its fields come with ``fetch()``."""
        from .worker import WorkerInstance

        return self._linked(WorkerInstance, "worker_sid")

    @property
    def task_channel(self) -> TaskChannelInstance | None:
        """The channel the task counts for; its fields come with ``fetch()``."""
        from .task_channel import TaskChannelInstance

        return self._linked(TaskChannelInstance, "task_channel_sid")

    def wait(self, *statuses: str) -> Operation[str]:
        """Wait until the reservation is what one waits for. Only a Worker client's reservations hear of events.

        Example::

            if await reservation.wait("accepted", "canceled") == "accepted":
                ...

        Args:
            statuses: Any of them; if none is given, any end: ``completed``, ``rejected``, ``timeout``,
                ``canceled`` or ``rescinded``.

        Returns:
            Which of them it is, or has been: a reservation that is completed has been accepted.

        Raises:
            InvalidArgument: There is no such status.
            ReservationGone: It ended otherwise.
            NotReady: It hears of no events.
            ClientClosed: The client was closed meanwhile.
        """
        return cast("Operation[str]", self._context.start(wait_for(self, read_statuses(statuses)), None))

    def _take_over(self, other: Self, raw: msgspec.Raw | None) -> None:
        super()._take_over(other, raw)
        settle(self)

    def _complete(self, raw: msgspec.Raw) -> None:  # noqa: ARG002 - it is in the fields already
        # The other dialect has the task itself, not its SID (wire-protocol 7.4).
        if self.task_sid is None and is_object(self._task):
            task = read_instance(TaskInstance, self._task, self._context)
            if task.sid:
                force_setattr(self, "task_sid", task.sid)
                self._link_task(task)

    def _link_task(self, task: TaskInstance) -> None:
        """The task was read already, from what is in ``_task``."""
        fields = vars(self)
        fields["_links"] = {"task_sid": task}
        fields["_task_read"] = self._task

    def _merge(self, raw: msgspec.Raw, event: str | None, read: Self | None) -> None:
        other = read or cast("Self | None", reservation_from_event(raw, self._context, event))
        if other is None:
            return
        self._check_same(other)
        # Of a task with a reservation's SID nothing but what was made of it belongs to the reservation.
        self._take_over(other, _NOTHING if other._task is raw else raw)
        task = self._linked(TaskInstance, "task_sid")
        if task is not None and is_object(other._task):
            vars(self)["_task_read"] = self._task
            merge(task, other._task, read=other.task)


def reservation_from_event(raw: msgspec.Raw, context: Context, event: str | None = None) -> ReservationInstance | None:
    """The reservation that an event is about, with its task; no request is needed (Q59, Q60).

    Args:
        raw: The event's payload: a reservation with its task, or the task with a ``reservation_sid`` (v1's
            socket: wire-protocol 6.3 and 7.3).
        context: The client's context.
        event: The event's name, such as ``reservation.accepted``; in v1's dialect it alone tells the status.

    Returns:
        The reservation; None if the payload names none, as that of ``reservation.failed`` (Q33, Q66).

    Raises:
        DecodeError: The payload is not JSON.
    """
    if not is_object(raw):
        return None
    status = STATUS_BY_EVENT.get((event or "").rpartition(".")[2])
    # Read once, as what the last one was: a socket speaks one dialect.
    for cls in _NESTED_FIRST if context.nested_events else _TASK_FIRST:
        read = read_instance(cls, raw, context)
        if isinstance(read, TaskInstance):
            if read._reservation_sid:
                context.nested_events = False
                return _from_task(read, raw, context, status)
        elif isinstance(read, ReservationInstance) and read.sid[:2] == ReservationInstance.prefix:
            context.nested_events = True
            if read.reservation_status is None:
                force_setattr(read, "reservation_status", status)
            return read
    return None


_NOTHING: Final = msgspec.Raw(b"{}")
_TASK_FIRST: Final[tuple[type[TaskInstance | ReservationInstance], ...]] = (TaskInstance, ReservationInstance)
_NESTED_FIRST: Final = _TASK_FIRST[::-1]


def _from_task(task: TaskInstance, raw: msgspec.Raw, context: Context, status: str | None) -> ReservationInstance:
    reservation = ReservationInstance(
        sid=task._reservation_sid or "",
        account_sid=task.account_sid,
        workspace_sid=task.workspace_sid or context.workspace_sid,
        reservation_status=status,
        task_sid=task.sid or None,
        worker_sid=task._worker_sid or context.worker_sid,
        worker_name=task._worker_name,
        task_channel_sid=task.task_channel_sid,
        task_channel_unique_name=task.task_channel_unique_name,
        _task=raw,
    )
    bind(reservation, Bound(context, NULL))
    if task.sid:
        reservation._link_task(task)
    return reservation


class ReservationList(UpdatableList[ReservationInstance]):
    """The reservations of a task or of a worker.

    Filters: ``reservation_status``, and for a task's also ``worker_sid``.
    """

    item: ClassVar[type[ReservationInstance]] = ReservationInstance
    key: ClassVar[str] = "reservations"
    filters: ClassVar[frozenset[str]] = frozenset({"ReservationStatus", "WorkerSid"})
