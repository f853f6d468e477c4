"""The types of ``on`` and ``once``: which handler fits which event.

There is no overload for any other name, on purpose: with one, a handler that does not fit its event would
silently match it. For an event that is younger than these lists: ``client.emitter.on``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from ..errors import TaskRouterError
from ..events import Disconnected, StateChange

if TYPE_CHECKING:
    from ..resources.reservation import ReservationInstance
    from ..resources.task import TaskInstance
    from ..resources.worker import WorkerInstance
    from ..resources.worker_channel import WorkerChannelInstance

__all__ = ["Registrar", "SeatRegistrar", "ServiceEvent"]

NoPayload = Literal["connected", "token.expired"]
"""Client events without an argument."""

ServiceEvent = Literal[
    "activity.created", "activity.deleted", "activity.updated",
    "reservation.accepted", "reservation.canceled", "reservation.completed", "reservation.created",
    "reservation.failed", "reservation.rejected", "reservation.rescinded", "reservation.timeout",
    "reservation.wrapup",
    "task-channel.created", "task-channel.deleted", "task-channel.updated",
    "task-queue.created", "task-queue.deleted", "task-queue.entered", "task-queue.expression.updated",
    "task-queue.moved", "task-queue.timeout",
    "task.canceled", "task.completed", "task.created", "task.deleted", "task.system-deleted",
    "task.transfer-attempt-failed", "task.transfer-canceled", "task.transfer-completed",
    "task.transfer-failed", "task.transfer-initiated", "task.updated", "task.wrapup",
    "worker.activity.update", "worker.attributes.update", "worker.capacity.update",
    "worker.channel.availability.update", "worker.created", "worker.deleted",
    "workflow.created", "workflow.deleted", "workflow.entered", "workflow.skipped",
    "workflow.target-matched", "workflow.timeout", "workflow.updated",
    "workspace.created", "workspace.deleted", "workspace.updated",
]  # fmt: skip
"""Every event type known (wire-protocol 6.6). For one that is younger than this list: ``client.emitter.on``."""

ReservationEvent = Literal[
    "reservation.accepted", "reservation.canceled", "reservation.completed", "reservation.created",
    "reservation.rejected", "reservation.rescinded", "reservation.timeout", "reservation.wrapup",
]  # fmt: skip
"""Events of a worker's client that bring the reservation with its task."""
WorkerEvent = Literal["activity.update", "attributes.update"]
"""Events of a worker's client that bring the worker; v1's names, without ``worker.``."""
ChannelEvent = Literal["capacity.update", "channel.availability.update"]
"""Events of a worker's client that bring one of its channels."""
TaskEvent = Literal["reservation.failed", "task.canceled", "task.completed", "task.updated", "task.wrapup"]
"""Events of a worker's client that bring a task."""
TransferEvent = Literal[
    "task.transfer-attempt-failed", "task.transfer-canceled", "task.transfer-completed",
    "task.transfer-failed", "task.transfer-initiated",
]  # fmt: skip
"""Events of a worker's client that bring plain values: a transfer (wire-protocol 7.4)."""

C = TypeVar("C")
OnNothing = TypeVar("OnNothing", bound=Callable[[], object])
OnDisconnected = TypeVar("OnDisconnected", bound=Callable[[Disconnected], object])
OnError = TypeVar("OnError", bound=Callable[[TaskRouterError], object])
OnState = TypeVar("OnState", bound=Callable[[StateChange], object])
OnAny = TypeVar("OnAny", bound=Callable[[Any], object])
OnReservation = TypeVar("OnReservation", bound=Callable[["ReservationInstance"], object])
OnWorker = TypeVar("OnWorker", bound=Callable[["WorkerInstance"], object])
OnChannel = TypeVar("OnChannel", bound=Callable[["WorkerChannelInstance"], object])
OnTask = TypeVar("OnTask", bound=Callable[["TaskInstance"], object])


class Registrar(Protocol[C]):
    """For a client whose channel's events are not documented: each brings whatever it brings."""

    @overload
    def __call__(self, event: NoPayload, /) -> Callable[[OnNothing], OnNothing]: ...
    @overload
    def __call__(self, event: NoPayload, handler: OnNothing, /) -> OnNothing: ...
    @overload
    def __call__(self, event: Literal["ready"], /) -> Callable[[Callable[[C], object]], Callable[[C], object]]: ...
    @overload
    def __call__(self, event: Literal["ready"], handler: Callable[[C], object], /) -> Callable[[C], object]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], /) -> Callable[[OnDisconnected], OnDisconnected]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], handler: OnDisconnected, /) -> OnDisconnected: ...
    @overload
    def __call__(self, event: Literal["error"], /) -> Callable[[OnError], OnError]: ...
    @overload
    def __call__(self, event: Literal["error"], handler: OnError, /) -> OnError: ...
    @overload
    def __call__(self, event: Literal["state"], /) -> Callable[[OnState], OnState]: ...
    @overload
    def __call__(self, event: Literal["state"], handler: OnState, /) -> OnState: ...
    @overload
    def __call__(self, event: ServiceEvent, /) -> Callable[[OnAny], OnAny]: ...
    @overload
    def __call__(self, event: ServiceEvent, handler: OnAny, /) -> OnAny: ...


class SeatRegistrar(Protocol[C]):
    """For a worker's client."""

    @overload
    def __call__(self, event: NoPayload, /) -> Callable[[OnNothing], OnNothing]: ...
    @overload
    def __call__(self, event: NoPayload, handler: OnNothing, /) -> OnNothing: ...
    @overload
    def __call__(self, event: Literal["ready"], /) -> Callable[[Callable[[C], object]], Callable[[C], object]]: ...
    @overload
    def __call__(self, event: Literal["ready"], handler: Callable[[C], object], /) -> Callable[[C], object]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], /) -> Callable[[OnDisconnected], OnDisconnected]: ...
    @overload
    def __call__(self, event: Literal["disconnected"], handler: OnDisconnected, /) -> OnDisconnected: ...
    @overload
    def __call__(self, event: Literal["error"], /) -> Callable[[OnError], OnError]: ...
    @overload
    def __call__(self, event: Literal["error"], handler: OnError, /) -> OnError: ...
    @overload
    def __call__(self, event: Literal["state"], /) -> Callable[[OnState], OnState]: ...
    @overload
    def __call__(self, event: Literal["state"], handler: OnState, /) -> OnState: ...
    @overload
    def __call__(self, event: ReservationEvent, /) -> Callable[[OnReservation], OnReservation]: ...
    @overload
    def __call__(self, event: ReservationEvent, handler: OnReservation, /) -> OnReservation: ...
    @overload
    def __call__(self, event: WorkerEvent, /) -> Callable[[OnWorker], OnWorker]: ...
    @overload
    def __call__(self, event: WorkerEvent, handler: OnWorker, /) -> OnWorker: ...
    @overload
    def __call__(self, event: ChannelEvent, /) -> Callable[[OnChannel], OnChannel]: ...
    @overload
    def __call__(self, event: ChannelEvent, handler: OnChannel, /) -> OnChannel: ...
    @overload
    def __call__(self, event: TaskEvent, /) -> Callable[[OnTask], OnTask]: ...
    @overload
    def __call__(self, event: TaskEvent, handler: OnTask, /) -> OnTask: ...
    @overload
    def __call__(self, event: TransferEvent, /) -> Callable[[OnAny], OnAny]: ...
    @overload
    def __call__(self, event: TransferEvent, handler: OnAny, /) -> OnAny: ...
