"""The Workspace client on a real socket: what can be done with it, awaited and called back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from client_bench import Bench, called_back

from trbridge import (
    BadRequest,
    InvalidArgument,
    NotFound,
    TaskRouterError,
    Workspace,
)

NOWHERE = "WT" + "0" * 32


async def test_the_client_is_the_workspace(workspace: Workspace, bench: Bench) -> None:
    """Q55: v1's client stays empty; here its properties are there at ready."""
    assert workspace.sid == bench.emulator.workspace_sid
    assert workspace.friendly_name == "Demo"
    assert workspace.prioritize_queue_order == "FIFO"
    assert workspace.default_activity_name == "Offline"
    assert workspace.date_created is not None
    assert workspace.date_created.tzinfo is not None
    assert workspace.default_activity is not None
    assert (await workspace.default_activity.fetch()).friendly_name == "Offline"
    assert repr(workspace) == f"<Workspace {workspace.sid} ready>"


async def test_properties_are_none_before_ready(bench: Bench) -> None:
    """Nothing is known before it was read; only the SID is in the token."""
    client = bench.workspace()
    assert client.friendly_name is None
    assert client.sid == bench.emulator.workspace_sid
    assert client.state == "idle"


async def test_itself_fetch_update_and_the_callback_forms(workspace: Workspace) -> None:
    """Single and multiple properties, awaited and called back; the client changes in place."""
    assert await workspace.update("FriendlyName", "One") is workspace.resource
    assert workspace.friendly_name == "One"
    await workspace.update({"FriendlyName": "Two", "EventCallbackUrl": "http://127.0.0.1:9/events"})
    assert workspace.event_callback_url == "http://127.0.0.1:9/events"
    await workspace.update(friendly_name="Three", prioritize_queue_order="LIFO")
    assert (workspace.friendly_name, workspace.prioritize_queue_order) == ("Three", "LIFO")
    future, callback = called_back()
    assert workspace.update("FriendlyName", "Four", callback) is None
    assert await future == (None, workspace.resource)
    future, callback = called_back()
    workspace.fetch(callback)
    assert await future == (None, workspace.resource)
    assert workspace.friendly_name == "Four"


async def test_deleting_the_workspace(bench: Bench) -> None:
    """The token must allow it; afterwards it is gone."""
    async with bench.workspace() as client:
        await client.delete()
        with pytest.raises(NotFound):
            await client.fetch()


CREATED: dict[str, dict[str, Any]] = {
    "activities": {"friendly_name": "Lunch", "available": True},
    "taskqueues": {"friendly_name": "French", "target_workers": "languages HAS 'fr'"},
    "workers": {"friendly_name": "Alice", "attributes": {"languages": ["fr"]}},
    "task_channels": {"friendly_name": "Fax", "unique_name": "fax"},
}


@pytest.mark.parametrize(("name", "parameters"), CREATED.items())
async def test_crud_on_the_list_and_on_the_instance(
    workspace: Workspace, name: str, parameters: dict[str, Any]
) -> None:
    """Create, read, list, update both ways, delete both ways: each subresource alike."""
    resources: Any = getattr(workspace, name)
    one = await resources.create(**parameters)
    assert one.friendly_name == parameters["friendly_name"]
    again = await resources.fetch(one.sid)
    assert (again.sid, again.friendly_name) == (one.sid, one.friendly_name)
    assert one.sid in {each.sid async for each in resources}
    if "FriendlyName" in resources.filters:
        assert [each.sid for each in await resources.fetch(friendly_name=one.friendly_name)] == [one.sid]
    assert (await resources.update(one.sid, "FriendlyName", "Renamed")).friendly_name == "Renamed"
    assert await one.update(friendly_name="Again") is one
    assert one.friendly_name == "Again"
    assert (await again.fetch()).friendly_name == "Again"
    await one.delete()
    with pytest.raises(NotFound):
        await resources.delete(one.sid)


async def test_workflows_and_tasks(workspace: Workspace) -> None:
    """The two that need others: a workflow its queue, a task its workflow."""
    queue = await workspace.taskqueues.create(friendly_name="Q")
    configuration = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    workflow = await workspace.workflows.create({"FriendlyName": "W", "Configuration": configuration})
    assert workflow.configuration == configuration
    task = await workspace.tasks.create(workflow_sid=workflow.sid, attributes={"n": 1}, priority=3)
    assert (task.attributes, task.priority, task.task_queue_sid) == ({"n": 1}, 3, queue.sid)
    assert task.workflow is not None
    assert task.task_queue is not None
    assert (await task.workflow.fetch()).friendly_name == "W"
    assert (await task.task_queue.fetch()).friendly_name == "Q"
    await task.set_attributes({"n": 2})
    assert (await workspace.tasks.fetch(task.sid)).attributes == {"n": 2}
    assert [each.sid for each in await workspace.tasks.fetch({"AssignmentStatus": "pending"})] == [task.sid]
    await task.cancel(reason="enough")
    assert (task.assignment_status, task.reason) == ("canceled", "enough")
    await task.delete()
    await workflow.delete()


async def test_the_callback_forms_of_a_list(workspace: Workspace) -> None:
    """Every form of the original's lists, with the callback last, called exactly once."""
    future, callback = called_back()
    workspace.activities.create({"FriendlyName": "Lunch"}, callback)
    error, lunch = await future
    assert (error, lunch.friendly_name) == (None, "Lunch")
    for call in (
        workspace.activities.fetch,
        lambda done: workspace.activities.fetch({"FriendlyName": "Lunch"}, done),
        lambda done: workspace.activities.fetch(lunch.sid, done),
        lambda done: workspace.activities.update(lunch.sid, "FriendlyName", "L1", done),
        lambda done: workspace.activities.update(lunch.sid, {"FriendlyName": "L2"}, done),
        lambda done: lunch.update("FriendlyName", "L3", done),
        lambda done: lunch.update(lunch.sid, "FriendlyName", "L4", done),
        lunch.fetch,
        lambda done: workspace.activities.delete(lunch.sid, done),
    ):
        future, callback = called_back()
        assert call(callback) is None
        error, _ = await future
        assert error is None


async def test_a_failure_reaches_the_callback_as_it_reaches_the_awaiter(workspace: Workspace) -> None:
    """Q4: v1 gives a plain object with a status; here it is the same typed error in both forms."""
    with pytest.raises(NotFound) as caught:
        await workspace.tasks.fetch(NOWHERE)
    assert (caught.value.status, caught.value.code) == (404, 20404)
    assert caught.value.more_info == "https://www.twilio.com/docs/errors/20404"
    future, callback = called_back()
    workspace.tasks.fetch(NOWHERE, callback)
    error, result = await future
    assert isinstance(error, NotFound)
    assert result is None
    with pytest.raises(BadRequest, match="Configuration"):
        await workspace.workflows.create(friendly_name="no configuration")


async def test_a_callback_that_raises_is_reported(workspace: Workspace) -> None:
    """Its exception must not vanish, nor end the client."""
    errors: asyncio.Queue[TaskRouterError] = asyncio.Queue()
    workspace.on("error", errors.put_nowait)
    workspace.activities.fetch(lambda error, page: 1 / 0)
    async with asyncio.timeout(10):
        error = await errors.get()
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert len(await workspace.activities.fetch()) == 3


async def test_bad_arguments_are_refused_before_anything_is_sent(workspace: Workspace) -> None:
    """Q18, Q39: v1 asks for /undefined or crashes later; here the call itself says what is wrong."""
    client: Any = workspace
    activities: Any = workspace.activities
    wrong = [
        lambda: activities.fetch("WK" + "0" * 32),
        lambda: activities.fetch("../Workers"),
        lambda: activities.fetch(None, print),
        activities.delete,
        lambda: activities.update("WA" + "0" * 32),
        lambda: activities.create(freindly_name="x"),
        lambda: client.update("FriendlyName"),
        client.update,
        lambda: activities.fetch({"PageSize": object()}),
    ]
    for call in wrong:
        with pytest.raises(InvalidArgument):
            call()


async def test_pages_forwards_and_backwards(workspace: Workspace) -> None:
    """By hand with next() and previous(), and by itself with async for; Q23: the methods are always there."""
    for number in range(5):
        await workspace.workers.create(friendly_name=f"w{number}")
    first = await workspace.workers.fetch(page_size=2)
    assert (first.page, first.page_size, first.has_previous, first.has_next, len(first)) == (0, 2, False, True, 2)
    second = await first.next()
    third = await second.next()
    assert [worker.friendly_name for page in (first, second, third) for worker in page] == [
        "w0",
        "w1",
        "w2",
        "w3",
        "w4",
    ]
    assert not third.has_next
    with pytest.raises(InvalidArgument, match="last page"):
        third.next()
    back = await third.previous()
    assert [worker.friendly_name for worker in back] == ["w2", "w3"]
    assert len([worker async for worker in first]) == 5
    future, callback = called_back()
    first.next(callback)
    assert len((await future)[1]) == 2


async def test_statistics_of_every_kind(workspace: Workspace) -> None:
    """Wherever v1 and the REST API have them, typed, in every argument form."""
    await workspace.workers.create(friendly_name="Alice")
    await workspace.tasks.create(attributes={})
    workflow = (await workspace.workflows.fetch()).data[0]
    queue = (await workspace.taskqueues.fetch()).data[0]
    worker = (await workspace.workers.fetch()).data[0]
    assert (await workspace.realtime_stats.fetch()).total_tasks == 1
    assert (await workspace.cumulative_stats.fetch(minutes=5)).tasks_created == 1
    both = await workspace.statistics.fetch({"Minutes": "5"})
    assert (both.cumulative.tasks_created, both.realtime.total_workers) == (1, 1)
    assert (await workflow.realtime_stats.fetch()).tasks_by_status["pending"] == 1
    assert (await workflow.cumulative_stats.fetch()).tasks_entered == 1
    assert (await workflow.statistics.fetch()).realtime.total_tasks == 1
    assert (await queue.realtime_stats.fetch()).total_eligible_workers == 1
    split = (await queue.cumulative_stats.fetch(split_by_wait_time="5,30")).split_by_wait_time
    assert split is not None
    assert split["30"].below.tasks_canceled == 0
    assert (await queue.statistics.fetch()).cumulative.tasks_entered == 1
    assert [each.task_queue_sid for each in await workspace.taskqueues.statistics.fetch()] == [queue.sid]
    bulk = await workspace.taskqueues.realtime_stats.fetch(queue_sids=[queue.sid])
    assert bulk.task_queue_data[0].total_tasks == 1
    assert len((await worker.statistics.fetch()).cumulative.activity_durations) == 3
    assert (await workspace.workers.statistics.fetch()).realtime.total_workers == 1
    assert (await workspace.workers.realtime_stats.fetch()).total_workers == 1
    assert (await workspace.workers.cumulative_stats.fetch()).reservations_created == 0
    future, callback = called_back()
    workspace.realtime_stats.fetch(callback)
    assert (await future)[1].total_tasks == 1
    with pytest.raises(NotFound):
        await workspace.taskqueues.cumulative_stats.fetch()


async def test_what_the_original_lacks(workspace: Workspace) -> None:
    """Task channels, the event log, a worker's channels and reservations, a task's reservations."""
    worker = await workspace.workers.create(friendly_name="Alice")
    task = await workspace.tasks.create(attributes={})
    channels = {channel.task_channel_unique_name: channel async for channel in worker.channels}
    await channels["chat"].update(capacity=3)
    assert channels["chat"].configured_capacity == 3
    assert {"default", "voice"} <= {channel.unique_name async for channel in workspace.task_channels}
    assert "worker.created" in {event.event_type async for event in workspace.events}
    assert [event.event_type for event in await workspace.events.fetch(event_type="task.created")] == ["task.created"]
    assert len(await worker.reservations.fetch()) == 0
    assert len(await task.reservations.fetch()) == 0


async def test_a_page_is_the_list_it_is_of(workspace: Workspace) -> None:
    """v1's page objects have the list's methods."""
    page: Any = await workspace.taskqueues.fetch(page_size=1)
    assert (await page.fetch()).data[0].sid == page.data[0].sid
    assert (await page.create(friendly_name="Q")).friendly_name == "Q"
    assert page.statistics is workspace.taskqueues.statistics
    with pytest.raises(AttributeError, match="nonsense"):
        page.nonsense  # noqa: B018


async def test_q56_properties_are_read_only(workspace: Workspace) -> None:
    """v1 ignores an assignment without a word; here it says how it is done."""
    client: Any = workspace
    with pytest.raises(AttributeError, match="update"):
        client.friendly_name = "x"
