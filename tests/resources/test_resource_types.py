"""What a type checker makes of calls: results are typed, and a call with a callback cannot be awaited.

mypy runs over this file; an ignored error that is none fails there. Nothing here is called.
"""

from __future__ import annotations

from asyncio import Task
from typing import Any, assert_type

from trbridge.errors import TaskRouterError
from trbridge.resources.page import Page
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.statistics import (
    TaskQueueBulkRealTimeStatistics,
    TaskQueueStatisticsItem,
    WorkersCumulativeStatistics,
    WorkspaceStatistics,
)
from trbridge.resources.task import TaskInstance
from trbridge.resources.task_queue import TaskQueueInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workspace import WorkspaceInstance


def worker_came(error: TaskRouterError | None, worker: WorkerInstance | None) -> None: ...
def page_came(error: TaskRouterError | None, page: Page[WorkerInstance] | None) -> None: ...
def reservation_came(error: TaskRouterError | None, reservation: ReservationInstance | None) -> None: ...
def gone(error: TaskRouterError | None, nothing: None) -> None: ...


async def lists(workspace: WorkspaceInstance, sid: str) -> None:
    assert_type(workspace.workers.fetch(sid), Task[WorkerInstance])
    assert_type(await workspace.workers.fetch(), Page[WorkerInstance])
    assert_type(await workspace.workers.fetch({"Available": "true"}), Page[WorkerInstance])
    assert_type(await workspace.workers.fetch(available=True), Page[WorkerInstance])
    assert_type(await workspace.workers.create(friendly_name="x"), WorkerInstance)
    assert_type(await workspace.workers.update(sid, "FriendlyName", "x"), WorkerInstance)
    assert_type(await workspace.workers.update(sid, friendly_name="x"), WorkerInstance)
    assert_type(await workspace.workers.delete(sid), None)
    workspace.workers.fetch(sid, worker_came)
    workspace.workers.fetch(page_came)
    workspace.workers.fetch({"Available": "true"}, page_came)
    workspace.workers.delete(sid, gone)
    await workspace.workers.fetch(sid, worker_came)  # type: ignore[misc]
    workspace.workers.fetch(sid, page_came)  # type: ignore[arg-type]
    workspace.workers.fetch(5)  # type: ignore[call-overload]
    workspace.events.create()  # type: ignore[attr-defined]
    async for worker in workspace.workers:
        assert_type(worker, WorkerInstance)
    async for worker in await workspace.workers.fetch(available=True):
        assert_type(worker, WorkerInstance)


async def instances(worker: WorkerInstance, task: TaskInstance) -> None:
    assert_type(await worker.fetch(), WorkerInstance)
    assert_type(await worker.update(friendly_name="x"), WorkerInstance)
    assert_type(await worker.patch_attributes({"a": 1}), WorkerInstance)
    assert_type(await worker.delete(), None)
    assert_type(worker.attributes, Any)
    assert_type(await worker.channels.fetch("voice"), WorkerChannelInstance)
    assert_type(task.task_queue, TaskQueueInstance | None)
    assert_type(await task.complete(reason="x"), TaskInstance)
    task.complete(lambda error, result: None, "x")
    worker.update("FriendlyName", "x", worker_came)
    await worker.update("FriendlyName", "x", worker_came)  # type: ignore[misc]
    worker.friendly_nmae  # type: ignore[attr-defined]  # noqa: B018


async def verbs(reservation: ReservationInstance) -> None:
    assert_type(await reservation.accept(), ReservationInstance)
    assert_type(await reservation.reject("WA1"), ReservationInstance)
    assert_type(await reservation.dequeue("+1", None, "record-from-answer", timeout=5), ReservationInstance)
    assert_type(await reservation.call("+1", "https://x", accept=True), ReservationInstance)
    assert_type(await reservation.redirect("CA1", "https://x"), ReservationInstance)
    assert_type(await reservation.conference("+1", record=True), ReservationInstance)
    assert_type(await reservation.conference("+1", {"Record": "true"}), ReservationInstance)
    assert_type(await reservation.supervise(mode="monitor"), ReservationInstance)
    reservation.accept(reservation_came)
    reservation.reject(reservation_came)
    reservation.reject(None, reservation_came)
    reservation.dequeue("+1", None, None, "15", reservation_came)
    reservation.conference("+1", None, "30", None, reservation_came, {"Record": "true"})
    await reservation.accept(reservation_came)  # type: ignore[misc]
    await reservation.dequeue("+1", reservation_came)  # type: ignore[misc]
    reservation.dequeue(form_="+1")  # type: ignore[call-arg]
    reservation.call({"CallFrom": "+1"})  # type: ignore[call-overload]


async def statistics(workspace: WorkspaceInstance) -> None:
    assert_type(await workspace.statistics.fetch(minutes=5), WorkspaceStatistics)
    assert_type(await workspace.workers.cumulative_stats.fetch({"Minutes": "5"}), WorkersCumulativeStatistics)
    assert_type(await workspace.taskqueues.statistics.fetch(), Page[TaskQueueStatisticsItem])
    assert_type(await workspace.taskqueues.realtime_stats.fetch(queue_sids=["WQ1"]), TaskQueueBulkRealTimeStatistics)
    workspace.statistics.update("X", "1")  # type: ignore[attr-defined]


def test_mypy_reads_this_file() -> None:
    """What it finds out is told by ``mypy``, which runs over the tests; see the first lines."""
    assert {function.__name__ for function in (lists, instances, verbs, statistics)}
