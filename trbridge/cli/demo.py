"""``trbridge demo``: the whole story on this machine, in well under twenty seconds."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import click

from .storyteller import Storyteller

if TYPE_CHECKING:
    from ..clients.workspace import Workspace
    from ..emulator.server import Emulator
    from ..resources.task import TaskInstance
    from ..resources.task_queue import TaskQueueInstance
    from ..resources.workflow import WorkflowInstance

__all__ = ["demo"]

_TOKEN_LIFETIME = 12
"""Seconds; a token is announced as expired five seconds before its end (wire-protocol 3.7)."""


@click.command()
def demo() -> None:
    """Show what trbridge does: connect, manage, count, lose the line and the token, and go on."""
    asyncio.run(_within(_play(Storyteller()), seconds=60))


async def _within(story: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await story


async def _play(tell: Storyteller) -> None:
    from ..emulator import Emulator

    tell.title("trbridge", "TaskRouter for Python. Everything below happens, on this machine, as you read it.")
    async with Emulator() as emulator:
        tell.chapter("An emulator is up: TaskRouter in a box")
        tell.fact("REST", emulator.api_base_url)
        tell.fact("event bridge", emulator.event_bridge_base_url)
        tell.fact("workspace", emulator.workspace_sid)
        await _live(tell, emulator)
    tell.chapter("Closed")
    tell.fact("left behind", f"{len(asyncio.all_tasks()) - 1} tasks, {threading.active_count() - 1} threads")


def _mint(emulator: Emulator) -> str:
    from .. import WorkspaceCapability

    capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
    capability.allow_fetch_subresources().allow_update_self()
    capability.allow_update_subresources().allow_delete_subresources()
    return capability.to_jwt(ttl=_TOKEN_LIFETIME)


async def _live(tell: Storyteller, emulator: Emulator) -> None:
    from .. import Workspace

    tell.chapter(f"A capability token, good for {_TOKEN_LIFETIME} seconds")
    workspace = Workspace(
        _mint(emulator),
        max_retries=2,
        api_base_url=emulator.api_base_url,
        event_bridge_base_url=emulator.event_bridge_base_url,
    )
    expired = _announce(tell, workspace)
    async with workspace:
        tell.fact("ready", f"{workspace.friendly_name!r}, {workspace.prioritize_queue_order}")
        tell.fact("new workers are", f"{workspace.default_activity_name}")
        await _manage(tell, workspace)
        support = await _open_for_business(tell, workspace)
        await _count(tell, workspace)
        await _work(tell, emulator, workspace)
        await _renew(tell, emulator, workspace, expired, support)
        await _cut(tell, emulator, workspace)
        activities = await workspace.activities.fetch()
        tell.fact("and on it goes", f"{len(activities)} activities read, as before")


def _announce(tell: Storyteller, workspace: Workspace) -> asyncio.Event:
    expired = asyncio.Event()
    workspace.on("connected", lambda: tell.event("connected"))
    workspace.on("ready", lambda _: tell.event("ready"))
    workspace.on("disconnected", lambda lost: tell.event("disconnected", lost.message))
    workspace.on("token.expired", lambda: tell.event("token.expired"))
    workspace.on("token.expired", expired.set)
    workspace.on("error", lambda error: tell.event("error", str(error)))
    return expired


async def _manage(tell: Storyteller, workspace: Workspace) -> None:
    tell.chapter("Create, read, update, delete: all five subresources")
    lunch = await workspace.activities.create(friendly_name="Lunch", available=False)
    french = await workspace.taskqueues.create(friendly_name="French", target_workers='languages HAS "fr"')
    sales = await workspace.workflows.create(friendly_name="Sales", configuration=_straight_to(french))
    dora = await workspace.workers.create({"FriendlyName": "Dora", "Attributes": {"languages": ["fr"]}})
    task = await workspace.tasks.create(workflow_sid=sales.sid, attributes={"caller": "+15005550009"})
    changes: tuple[tuple[Any, Any, str, Any], ...] = (
        (workspace.activities, lunch, "friendly_name", "Long lunch"),
        (workspace.taskqueues, french, "max_reserved_workers", 5),
        (workspace.workflows, sales, "task_reservation_timeout", 60),
        (workspace.workers, dora, "friendly_name", "Theodora"),
        (workspace.tasks, task, "priority", 7),
    )
    rows = []
    for list_, one, field, value in changes:
        read = await list_.fetch(one.sid)
        before = getattr(read, field)
        await read.update(**{field: value})
        rows.append([one.path, one.sid[:6], f"{field}: {before}", getattr(read, field)])
    for (list_, one, _, _), row in zip(reversed(changes), reversed(rows), strict=True):
        await one.delete()
        row.append(await _status_of(list_.fetch(one.sid)))
    tell.table(("", "created", "read", "updated to", "deleted"), [[str(cell) for cell in row] for row in rows])


async def _status_of(operation: Any) -> str:
    from .. import NotFound

    try:
        await operation
    except NotFound as error:
        return f"gone ({error.status})"
    return "still there"


def _straight_to(queue: TaskQueueInstance) -> dict[str, Any]:
    return {"task_routing": {"default_filter": {"queue": queue.sid}}}


async def _open_for_business(tell: Storyteller, workspace: Workspace) -> WorkflowInstance:
    """What the rest of the story is about: a queue, a workflow, three workers, five tasks."""
    tell.chapter("Open for business")
    english = await workspace.taskqueues.create(friendly_name="English", target_workers='languages HAS "en"')
    tell.fact("task queue", f"{english.friendly_name!r} takes workers where {english.target_workers}")
    support = await workspace.workflows.create(friendly_name="Support", configuration=_straight_to(english))
    tell.fact("workflow", f"{support.friendly_name!r}, reservations last {support.task_reservation_timeout} s")
    for name, languages in (("Alice", ["en", "fr"]), ("Bob", ["en"]), ("Chloé", ["fr"])):
        await workspace.workers.create(friendly_name=name, attributes={"languages": languages})
    workers = [worker async for worker in workspace.workers]
    tell.fact("workers", ", ".join(f"{w.friendly_name} {w.attributes['languages']}" for w in workers))
    for number in range(5):
        attributes = {"caller": f"+1500555000{number}"}
        await workspace.tasks.create(workflow_sid=support.sid, attributes=attributes, priority=number % 2)
    page = await workspace.tasks.fetch({"AssignmentStatus": "pending", "PageSize": "2"})
    seen = [len(page)]
    while page.has_next:
        page = await page.next()
        seen.append(len(page))
    task = page.data[0]
    origin = await task.workflow.fetch() if task.workflow else None
    tell.fact("tasks", f"{sum(seen)} waiting, on pages of {seen}; the last came by {origin and origin.friendly_name!r}")
    return support


async def _count(tell: Storyteller, workspace: Workspace) -> None:
    tell.chapter("Statistics of every kind")
    now = await workspace.realtime_stats.fetch()
    before = await workspace.cumulative_stats.fetch(minutes=15)
    queues = await workspace.taskqueues.statistics.fetch()
    workers = await workspace.workers.cumulative_stats.fetch()
    workflows = await workspace.workflows.fetch()
    rows: list[tuple[object, ...]] = [("workspace", now.total_tasks, before.tasks_created, now.total_workers)]
    for queue in queues:
        name = (await workspace.taskqueues.fetch(queue.task_queue_sid or "")).friendly_name
        rows.append(
            (
                f"queue {name}",
                queue.realtime.total_tasks,
                queue.cumulative.tasks_entered,
                queue.realtime.total_eligible_workers,
            )
        )
    for workflow in workflows:
        combined = await workflow.statistics.fetch()
        rows.append(
            (f"workflow {workflow.friendly_name}", combined.realtime.total_tasks, combined.cumulative.tasks_entered, "")
        )
    tell.table(("", "tasks now", "tasks so far", "workers"), rows)
    tell.fact("workers", f"{len(workers.activity_durations)} activities timed over {now.total_workers} workers")
    tell.bars("workers by activity", {str(each.friendly_name): each.workers for each in now.activity_statistics})
    tell.bars("tasks by status", now.tasks_by_status)


async def _work(tell: Storyteller, emulator: Emulator, workspace: Workspace) -> None:
    from .. import WorkerCapability
    from ..bot import Fleet

    tell.chapter("Bots take their seats: tasks are routed to them, and worked")
    activities = {activity.friendly_name: activity.sid async for activity in workspace.activities}
    names = {worker.sid: worker.friendly_name or worker.sid async for worker in workspace.workers}

    def mint(worker_sid: str) -> str:
        capability = WorkerCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid, worker_sid)
        return capability.allow_update_activities().allow_update_reservations().to_jwt()

    fleet = Fleet(
        mint,
        names,
        jitter=0,
        connect_activity_sid=activities["Available"],
        disconnect_activity_sid=activities["Offline"],
        api_base_url=emulator.api_base_url,
        event_bridge_base_url=emulator.event_bridge_base_url,
    )
    waiting = (await workspace.realtime_stats.fetch()).total_tasks
    all_done = asyncio.Event()
    left = iter(range(waiting - 1, -1, -1))

    @fleet.task()
    async def answer(task: TaskInstance) -> str:
        tell.event("reserved", f"a task from {task.attributes['caller']}, priority {task.priority}")
        await task.set_attributes({**task.attributes, "answered": True})
        return "answered"

    for bot in fleet.bots.values():
        bot.worker.on("reservation.completed", lambda _: all_done.set() if next(left) == 0 else None)
    running = asyncio.ensure_future(fleet.run())
    await all_done.wait()
    await fleet.drain()
    await running
    for sid, bot in fleet.bots.items():
        stats = await (await workspace.workers.fetch(sid)).statistics.fetch()
        tell.fact(names[sid], f"accepted {stats.cumulative.reservations_accepted}, now {bot.worker.activity_name}")


async def _renew(
    tell: Storyteller, emulator: Emulator, workspace: Workspace, expired: asyncio.Event, support: WorkflowInstance
) -> None:
    tell.chapter("The token runs out")
    await expired.wait()
    workspace.update_token(_mint(emulator))
    await support.fetch()
    tell.fact("update_token", f"workflow {support.friendly_name!r}, from before, was read with the new one")


async def _cut(tell: Storyteller, emulator: Emulator, workspace: Workspace) -> None:
    tell.chapter("The server cuts the line")
    async with workspace.listen("ready") as events:
        await emulator.cut_sockets(code=1012)
        await anext(events)
    tell.fact("back", "by itself, on a new socket, with the current token")
