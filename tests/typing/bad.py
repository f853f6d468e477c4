"""Uses that must not type-check; each line with an expectation, ``E: code``, must be reported, and no other."""

from __future__ import annotations

from trbridge import Disconnected, HandlerLimits, TaskRouterError, Worker, Workspace
from trbridge.resources.activity import ActivityInstance
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.worker import WorkerInstance


def done(error: TaskRouterError | None, found: ActivityInstance | None) -> None: ...


async def awaiting_a_callback(workspace: Workspace, sid: str) -> None:
    await workspace.activities.fetch(sid, done)  # E: misc
    await workspace.activities.update(sid, "FriendlyName", "x", done)  # E: misc


async def misspelt(workspace: Workspace) -> None:
    worker = await workspace.workers.fetch("WK00000000000000000000000000000001")
    print(worker.freindly_name)  # E: attr-defined
    stats = await workspace.realtime_stats.fetch()
    print(stats.total_taks)  # E: attr-defined


def wrong_handlers(workspace: Workspace, worker: Worker) -> None:
    def takes_nothing() -> None: ...
    def takes_reservation(reservation: ReservationInstance) -> None: ...
    def takes_worker(worker: WorkerInstance) -> None: ...
    def takes_disconnected(event: Disconnected) -> None: ...

    workspace.on("ready", takes_nothing)  # E: call-overload
    workspace.on("connected", takes_disconnected)  # E: call-overload
    worker.on("reservation.created", takes_worker)  # E: call-overload
    worker.on("activity.update", takes_reservation)  # E: call-overload
    workspace.on("state", takes_disconnected)  # E: call-overload
    HandlerLimits(when_full="explode")  # E: arg-type
    workspace.on("raedy", takes_worker)  # E: call-overload


def wrong_callback(workspace: Workspace, sid: str) -> None:
    def takes_one(error: TaskRouterError | None) -> None: ...

    workspace.activities.fetch(sid, takes_one)  # E: arg-type


async def read_only(workspace: Workspace) -> None:
    workspace.friendly_name = "x"  # E: assignment
    page = await workspace.workers.fetch()
    page.next(1)  # E: call-overload
