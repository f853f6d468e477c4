"""Reservations: a task offered to a worker (rest-api 3.9)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

import msgspec
from msgspec.structs import force_setattr

from ..completion import Operation
from .binding import Bound, decode_instance, linked, read_instance
from .decoding import NULL, decode_struct, is_object
from .instance import merge
from .instructions import UPDATABLE
from .lateness import Verdict
from .listing import UpdatableList
from .reservation_verbs import ReservationVerbs
from .reservation_wait import is_behind, read_statuses, settle, wait_for
from .task import TaskInstance
from .told_task import ToldTask

if TYPE_CHECKING:
    from ..wire import Reply
    from .task_channel import TaskChannelInstance
    from .worker import WorkerInstance

__all__ = ["STATUS_BY_EVENT", "ReservationInstance", "ReservationList", "status_of"]

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
        task = self._known_task()
        if task is not None:
            self.__dict__["_task_shown"] = True
        return task

    def _known_task(self) -> TaskInstance | None:
        """The task as it is by all that was told of it."""
        self._read_what_was_told()
        return linked(self, TaskInstance, "task_sid")

    def _read_what_was_told(self) -> None:
        fields = self.__dict__
        unread = fields.pop("_unread", None)
        if fields.get("_task_noted") is not self._task:  # it came otherwise than by an event
            fields["_task_noted"] = self._task
            unread = [*(unread or ()), *([self._task] if is_object(self._task) else ())]
        for raw in unread or ():
            self._read_task(raw)

    def _read_task(self, raw: msgspec.Raw) -> None:
        read = read_instance(TaskInstance, raw, self._context)
        if not self.task_sid or read.sid not in ("", self.task_sid):
            return  # it was about another task then
        links = self.__dict__.setdefault("_links", {})
        known: TaskInstance | None = links.get("task_sid")
        if read.sid and (known is None or known.sid != read.sid):
            links["task_sid"] = read
        elif (task := linked(self, TaskInstance, "task_sid")) is not None:
            merge(task, raw, read=read)

    @property
    def _is_complete(self) -> bool:
        """Whether its task is known, not only its task's SID."""
        if "_told_all" in self.__dict__:
            return True
        task = self._known_task()
        return task is not None and task._is_complete

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

    def _judge(self, reply: Reply, before: Bound | None) -> Verdict:
        # It only goes forward (routing 4.4), and its events are taken over without binding it anew.
        if self.reservation_status in (None, "pending"):
            return Verdict.TAKE
        told = decode_instance(type(self), reply.payload, self._context)
        if isinstance(told, ReservationInstance) and told.sid == self.sid:
            return Verdict.DROP if is_behind(told.reservation_status, self.reservation_status) else Verdict.TAKE
        return super()._judge(reply, before)

    def _take_over(self, other: Self, raw: msgspec.Raw | None) -> None:
        super()._take_over(other, raw)
        settle(self)

    def _complete(self, raw: msgspec.Raw) -> None:  # noqa: ARG002 - it is in the fields already
        # The other dialect has the task itself, not its SID (wire-protocol 7.4).
        if self.task_sid is None and is_object(self._task):
            told = decode_struct(ToldTask, self._task)
            force_setattr(self, "task_sid", told.sid or None)
            self._note_whether_all(told)

    def _note_whether_all(self, told: ToldTask) -> None:
        """Note that nothing of the task must be fetched, if so."""
        if told.sid and told.is_complete:
            self.__dict__["_told_all"] = True

    def _merge(self, raw: msgspec.Raw, event: str | None, read: Self | None) -> None:
        from .reservation_event import reservation_from_event  # it makes reservations, so it imports this module

        other = read or cast("Self | None", reservation_from_event(raw, self._context, event))
        if other is None:
            return
        self._check_same(other)
        if is_object(other._task):
            self._note_task(other._task)
        # Of a task with a reservation's SID nothing but what was made of it belongs to the reservation.
        self._take_over(other, _NOTHING if other._task is raw else raw)
        self._show_task()

    def _note_task(self, raw: msgspec.Raw) -> None:
        """Take in what an event says of the task, a JSON object. It is read when somebody looks."""
        fields = self.__dict__
        unread = fields.setdefault("_unread", [])
        if fields.get("_task_noted") is not self._task and is_object(self._task):
            unread.append(self._task)
        unread.append(raw)
        force_setattr(self, "_task", raw)
        fields["_task_noted"] = raw

    def _show_task(self) -> None:
        """Whoever has the task in his hand sees it change."""
        fields = self.__dict__
        if "_task_shown" in fields or len(fields.get("_unread", ())) > _MOST_UNREAD:
            self._read_what_was_told()

    def _hear(self, read: ToldTask | Self, raw: msgspec.Raw, event: str) -> None:
        """Take over an event that was read by :func:`~trbridge.resources.reservation_event.read_event`."""
        if (
            isinstance(read, ToldTask)
            and read.sid == self.task_sid
            and read.task_channel_sid == self.task_channel_sid
            and self.worker_sid
        ):  # nothing but the status can be new
            # 0.5 x the time of making a reservation and taking that over.
            if (status := status_of(event)) is not None:
                force_setattr(self, "reservation_status", status)
            fields = self.__dict__
            self._note_task(raw)
            if "_told_all" not in fields:
                self._note_whether_all(read)
            if "_etag" in fields:
                del fields["_etag"]
            if "_waits" in fields:
                settle(self)
            if "_task_shown" in fields or len(fields["_unread"]) > _MOST_UNREAD:
                self._read_what_was_told()
        else:
            from .reservation_event import as_reservation

            merge(self, raw, event=event, read=as_reservation(read, raw, self._context, event))


@lru_cache(256)  # a server might make up any number of names
def status_of(event: str | None) -> str | None:
    """The status that an event's name tells of; None if it tells of none."""
    return STATUS_BY_EVENT.get((event or "").rpartition(".")[2])


_NOTHING: Final = msgspec.Raw(b"{}")
_MOST_UNREAD: Final = 8


class ReservationList(UpdatableList[ReservationInstance]):
    """The reservations of a task or of a worker.

    Filters: ``reservation_status``, and for a task's also ``worker_sid``.
    """

    item: ClassVar[type[ReservationInstance]] = ReservationInstance
    key: ClassVar[str] = "reservations"
    filters: ClassVar[frozenset[str]] = frozenset({"ReservationStatus", "WorkerSid"})
