"""Uses that must type-check. Never executed: mypy reads it, and every form of the public API is in it once."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from trbridge import (
    ClientStats,
    Disconnected,
    HandlerLimits,
    NotFound,
    StateChange,
    TaskQueue,
    TaskRouterError,
    Worker,
    WorkerCapability,
    Workspace,
    WorkspaceCapability,
)
from trbridge.bot import Bot, Fleet
from trbridge.resources.activity import ActivityInstance
from trbridge.resources.page import Page
from trbridge.resources.reservation import ReservationInstance
from trbridge.resources.task import TaskInstance
from trbridge.resources.task_queue import TaskQueueInstance
from trbridge.resources.worker import WorkerInstance
from trbridge.resources.worker_channel import WorkerChannelInstance
from trbridge.resources.workflow import WorkflowInstance
from trbridge.resources.workspace import WorkspaceInstance
from trbridge.session import State


def tokens(account_sid: str, auth_token: str, workspace_sid: str, worker_sid: str) -> str:
    workspace = WorkspaceCapability(account_sid, auth_token, workspace_sid)
    workspace.allow_fetch_subresources().allow_updates().allow_updates_subresources()
    WorkerCapability(account_sid, auth_token, workspace_sid, worker_sid).allow_update_reservations().to_jwt(ttl=60)
    return assert_type(workspace.allow_delete().allow_delete_subresources().to_jwt(ttl=3600), str)


async def mint() -> str:
    return "token"


async def properties(token: str) -> None:
    async with Workspace(token, False, "ie1", 3, timeout=5.0) as workspace:
        assert_type(workspace, Workspace)
        assert_type(workspace.sid, str | None)
        assert_type(workspace.friendly_name, str | None)
        assert_type(workspace.date_created, datetime | None)
        assert_type(workspace.default_activity, ActivityInstance | None)
        await workspace.run()
    Workspace(mint)
    Workspace(lambda: "token")


async def awaited(workspace: Workspace) -> None:
    assert_type(await workspace.fetch(), WorkspaceInstance)
    assert_type(await workspace.update("FriendlyName", "x"), WorkspaceInstance)
    assert_type(await workspace.update({"FriendlyName": "x"}), WorkspaceInstance)
    assert_type(await workspace.update(friendly_name="x"), WorkspaceInstance)
    assert_type(await workspace.delete(), None)

    assert_type(await workspace.activities.fetch(), Page[ActivityInstance])
    assert_type(await workspace.activities.fetch("WA00000000000000000000000000000001"), ActivityInstance)
    assert_type(await workspace.workers.fetch({"Available": "true"}), Page[WorkerInstance])
    assert_type(await workspace.workers.fetch(available=True), Page[WorkerInstance])
    lunch = await workspace.activities.create(friendly_name="Lunch", available=False)
    assert_type(lunch, ActivityInstance)
    assert_type(await workspace.activities.create({"FriendlyName": "Lunch"}), ActivityInstance)
    assert_type(await workspace.activities.update(lunch.sid, "FriendlyName", "x"), ActivityInstance)
    assert_type(await workspace.activities.update(lunch.sid, {"FriendlyName": "x"}), ActivityInstance)
    assert_type(await workspace.activities.update(lunch.sid, friendly_name="x"), ActivityInstance)
    assert_type(await workspace.activities.delete(lunch.sid), None)
    assert_type(await lunch.fetch(), ActivityInstance)
    assert_type(await lunch.update(friendly_name="x"), ActivityInstance)
    assert_type(await lunch.delete(), None)


def called_back(workspace: Workspace, lunch: ActivityInstance) -> None:
    def page(error: TaskRouterError | None, found: Page[TaskInstance] | None) -> None: ...
    def one(error: TaskRouterError | None, found: ActivityInstance | None) -> None: ...
    async def later(error: TaskRouterError | None, found: ActivityInstance | None) -> None: ...
    def itself(error: TaskRouterError | None, found: WorkspaceInstance | None) -> None: ...
    def gone(error: TaskRouterError | None, nothing: None) -> None: ...

    workspace.tasks.fetch(page)
    workspace.tasks.fetch({"AssignmentStatus": "pending"}, page)
    workspace.activities.fetch(lunch.sid, one)
    workspace.activities.create({"FriendlyName": "x"}, later)
    workspace.activities.update(lunch.sid, "FriendlyName", "x", one)
    workspace.activities.update(lunch.sid, {"FriendlyName": "x"}, one)
    workspace.activities.delete(lunch.sid, gone)
    lunch.update("FriendlyName", "x", one)
    lunch.update(lunch.sid, "FriendlyName", "x", one)
    lunch.delete(gone)
    workspace.update("FriendlyName", "x", itself)


async def pages(workspace: Workspace) -> None:
    page = await workspace.workers.fetch()
    assert_type(page.data, list[WorkerInstance])
    assert_type(page.has_next, bool)
    assert_type(await page.next(), Page[WorkerInstance])
    assert_type(await page.previous(), Page[WorkerInstance])
    for worker in page:
        assert_type(worker, WorkerInstance)
    async for each in workspace.workers:
        assert_type(each.friendly_name, str | None)
    async for each in page:
        assert_type(each.activity, ActivityInstance | None)


async def links(task: TaskInstance, reservation: ReservationInstance) -> None:
    assert_type(task.workflow, WorkflowInstance | None)
    assert_type(task.task_queue, TaskQueueInstance | None)
    assert_type(task.date_created, datetime | None)
    assert_type(reservation.task, TaskInstance | None)
    assert_type(await reservation.accept(), ReservationInstance)
    assert_type(await task.complete(reason="solved"), TaskInstance)


async def statistics(workspace: Workspace) -> None:
    now = await workspace.realtime_stats.fetch()
    assert_type(now.total_tasks, int)
    assert_type(now.tasks_by_status, dict[str, int])
    assert_type(now.activity_statistics[0].friendly_name, str | None)
    before = await workspace.cumulative_stats.fetch(minutes=60, split_by_wait_time="5,30")
    assert_type(before.wait_duration_until_accepted.avg, float)
    both = await workspace.statistics.fetch({"Minutes": "240"})
    assert_type(both.cumulative.tasks_created, int)
    for queue in await workspace.taskqueues.statistics.fetch():
        assert_type(queue.realtime.total_eligible_workers, int)
    workers = await workspace.workers.cumulative_stats.fetch()
    assert_type(workers.activity_durations[0].avg, float)


def looked_at_and_limited(worker: Worker) -> None:
    @worker.on("state")
    def changed(change: StateChange) -> None:
        assert_type(change.old, State)

    @worker.on("reservation.created")
    @HandlerLimits(concurrency=2, timeout=30)
    async def limited(reservation: ReservationInstance) -> None:
        assert_type(worker.stats, ClientStats)
        assert_type((worker.stats.lag, worker.stats.frames), tuple[float, int])


def handlers(workspace: Workspace, worker: Worker, queue: TaskQueue) -> None:
    @workspace.on("ready")
    def ready(workspace: Workspace) -> None: ...
    @workspace.on("connected")
    async def connected() -> None: ...
    @workspace.once("disconnected")
    def lost(event: Disconnected) -> None: ...
    @workspace.on("error")
    def trouble(error: TaskRouterError) -> None: ...
    @queue.on("ready")
    def queue_ready(queue: TaskQueue) -> None: ...
    @worker.on("reservation.created")
    async def take(reservation: ReservationInstance) -> None: ...
    @worker.on("activity.update")
    def moved(worker: WorkerInstance) -> None: ...
    @worker.on("capacity.update")
    def resized(channel: WorkerChannelInstance) -> None: ...
    @worker.on("task.canceled")
    def canceled(task: TaskInstance) -> None: ...

    workspace.on("task.created", print)
    workspace.emitter.on("an.event.of.tomorrow", print)


async def streams(workspace: Workspace) -> None:
    async with workspace.listen("task.created", size=10) as events:
        async for event in events:
            assert_type(event.type, str)


async def errors(workspace: Workspace) -> None:
    try:
        await workspace.tasks.fetch("WT00000000000000000000000000000001")
    except NotFound as error:
        assert_type(error.status, int | None)
        assert_type(error.hint, str | None)


async def at_a_workers_seat(worker: Worker) -> None:
    def page(error: TaskRouterError | None, found: Page[ReservationInstance] | None) -> None: ...
    def one(error: TaskRouterError | None, found: TaskInstance | None) -> None: ...

    assert_type(await worker.fetch_reservations(), Page[ReservationInstance])
    assert_type(await worker.fetch_reservations({"ReservationStatus": "pending"}), Page[ReservationInstance])
    assert_type(await worker.fetch_reservations(reservation_status="accepted"), Page[ReservationInstance])
    worker.fetch_reservations(page)
    worker.fetch_reservations(page, {"ReservationStatus": "pending"})
    worker.fetch_reservations({"ReservationStatus": "pending"}, page)
    assert_type(await worker.fetch_channels(), Page[WorkerChannelInstance])
    assert_type(await worker.update_task("WT1", {"Priority": "1"}), TaskInstance)
    assert_type(await worker.update_task("WT1", priority=1), TaskInstance)
    worker.update_task("WT1", {"Priority": "1"}, one)
    assert_type(await worker.complete_task("WT1", reason="solved"), TaskInstance)
    worker.complete_task("WT1", one, "solved")
    worker.set_skip_fetch_reservation(True)
    for reservation in worker.open_reservations.values():
        assert_type(await reservation.wait("accepted", "canceled"), str)
    assert_type(worker.activity, ActivityInstance | None)

    @worker.on("task.transfer-initiated")
    def transferred(transfer: dict[str, str]) -> None: ...


def bots(worker_sid: str) -> None:
    bot = Bot(mint, on_error="complete", deadline=60.0, connect_activity_sid="WA1")
    fleet = Fleet(lambda sid: f"token of {sid}", [worker_sid], at_once=10, jitter=0.5, drain_timeout=10.0)

    @bot.task(where={"type": "refund"}, deadline=5, on_error="reject")
    async def refund(task: TaskInstance) -> str:
        return "refunded"

    @bot.task(where=lambda task: task.priority > 5)
    async def both(task: TaskInstance, reservation: ReservationInstance) -> None: ...
    @fleet.task()
    def plain(task: TaskInstance) -> str | None:
        return None

    assert_type(bot.worker, Worker)
    assert_type(fleet.bots, dict[str, Bot])
    assert_type(fleet.failures, dict[str, Exception])
