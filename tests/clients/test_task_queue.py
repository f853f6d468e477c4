"""The TaskQueue client on a real socket: its properties, its statistics three ways, updates, events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from client_bench import Bench

from trbridge import Forbidden, InvalidArgument, TaskQueue, TaskQueueCapability, Workspace, WrongTokenKind


@pytest.fixture
async def queue(bench: Bench, workspace: Workspace) -> AsyncIterator[TaskQueue]:
    """The client of the workspace's only queue, which may do everything."""
    sid = (await workspace.taskqueues.fetch())[0].sid
    async with TaskQueue(bench.emulator.mint("taskqueue", sid), **bench.bases) as client:
        yield client


async def test_the_client_is_the_queue(queue: TaskQueue, workspace: Workspace) -> None:
    """Q55: its properties are there at ready, foreign keys included."""
    same = (await workspace.taskqueues.fetch())[0]
    for name in (
        "sid", "account_sid", "workspace_sid", "friendly_name", "target_workers", "task_order", "max_reserved_workers",
        "reservation_activity_sid", "assignment_activity_sid", "assignment_activity_name", "date_created",
    ):  # fmt: skip
        assert getattr(queue, name) == getattr(same, name), name
    assert (queue.target_workers, queue.task_order, queue.max_reserved_workers) == ("1==1", "FIFO", 1)
    assert repr(queue) == f"<TaskQueue {queue.sid} ready>"


async def test_statistics_three_ways(queue: TaskQueue, workspace: Workspace) -> None:
    """Real-time, cumulative, and both in one (wire-protocol 5.4, 5.8), awaited and called back."""
    (available,) = [each.sid async for each in workspace.activities if each.available]
    await workspace.workers.create(friendly_name="Alice", activity_sid=available)
    for number in range(3):
        await workspace.tasks.create(attributes={"n": number})
    now = await queue.realtime_stats.fetch()
    assert (now.total_tasks, now.total_eligible_workers, now.total_available_workers) == (3, 1, 1)
    assert now.tasks_by_status["reserved"] == 1
    before = await queue.cumulative_stats.fetch(minutes=60)
    assert (before.tasks_entered, before.reservations_created) == (3, 1)
    both = await queue.statistics.fetch({"Minutes": "60"})
    assert (both.realtime.total_tasks, both.cumulative.tasks_entered) == (3, 3)
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    queue.cumulative_stats.fetch({"Minutes": "60"}, lambda error, stats: future.set_result((error, stats)))
    error, stats = await future
    assert (error, stats.tasks_entered) == (None, 3)


async def test_updates_in_every_form(queue: TaskQueue, workspace: Workspace) -> None:
    """One property, several, by keyword, called back; the client changes in place and routing follows."""
    assert await queue.update("FriendlyName", "One") is queue.resource
    await queue.update({"TargetWorkers": "languages HAS 'fr'", "MaxReservedWorkers": 2})
    await queue.update(friendly_name="Three", task_order="LIFO")
    expected = ("Three", "languages HAS 'fr'", 2, "LIFO")
    assert (queue.friendly_name, queue.target_workers, queue.max_reserved_workers, queue.task_order) == expected
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    queue.update("FriendlyName", "Four", lambda error, found: future.set_result((error, found)))
    assert await future == (None, queue.resource)
    assert (await workspace.taskqueues.fetch(str(queue.sid))).friendly_name == "Four"
    assert (await queue.fetch()).friendly_name == "Four"
    wrong: Any = queue
    with pytest.raises(InvalidArgument, match="friendly_name"):
        wrong.update(freindly_name="x")


async def test_it_lives_like_the_others(queue: TaskQueue, bench: Bench) -> None:
    """connected, ready, disconnected; and what the service sends passes through by its raw name (6.1)."""
    async with queue.listen() as events, asyncio.timeout(10):
        await bench.emulator.cut_sockets(1012, queue.sid)
        queue.reconnect()
        seen = []
        while "ready" not in seen:
            seen.append((await anext(events)).type)
        bench.emulator.inject(str(queue.sid), {"event_type": "task-queue.entered", "payload": {"x": 1}})
        event = await anext(events)
    assert [name for name in seen if name != "state"] == ["disconnected", "connected", "ready"]
    assert (event.type, event.payload) == ("task-queue.entered", {"x": 1})


async def test_a_token_reads_by_default_and_changes_nothing(queue: TaskQueue, bench: Bench) -> None:
    """The queue's own policies: itself and its statistics (wire-protocol 1.5)."""
    emulator = bench.emulator
    capability = TaskQueueCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid, str(queue.sid))
    async with TaskQueue(capability.allow_fetch_subresources().to_jwt(), **bench.bases) as reader:
        assert (await reader.realtime_stats.fetch()).total_tasks == 0
        with pytest.raises(Forbidden, match="allow_update_self"):
            await reader.update("FriendlyName", "x")


def test_another_kind_of_token_is_refused(bench: Bench) -> None:
    """Q39: a workspace's token makes no queue."""
    with pytest.raises(WrongTokenKind):
        TaskQueue(bench.token())
