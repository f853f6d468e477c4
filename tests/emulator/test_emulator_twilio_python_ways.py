"""How twilio-python pages, guards, fails and waits against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from trbridge.emulator.testing import TaskRouter


@pytest.fixture
def workspace(taskrouter: TaskRouter, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NO_PROXY", "*")
    client = Client(taskrouter.emulator.account_sid, taskrouter.emulator.auth_token)
    client.taskrouter.base_url = taskrouter.emulator.event_bridge_base_url
    return client.taskrouter.v1.workspaces(taskrouter.workspace_sid)


# Pages


def test_lists_stream_page_by_page_while_rows_come_and_go(workspace: Any, taskrouter: TaskRouter) -> None:
    made = [taskrouter.worker(f"Worker {number:02}").sid for number in range(12)]
    assert [each.sid for each in workspace.workers.stream(page_size=5)] == made
    assert [each.sid for each in workspace.workers.list(limit=7, page_size=3)] == made[:7]
    page = workspace.workers.page(page_size=5)
    assert [each.sid for each in page] == made[:5]
    taskrouter.delete(taskrouter.workers()[0])
    made.append(taskrouter.worker("Worker 12").sid)
    second = page.next_page()
    assert [each.sid for each in second] == made[5:10]
    assert [each.sid for each in second.next_page()] == made[10:]
    assert second.next_page().next_page() is None
    assert [each.sid for each in second.previous_page()] == made[1:5]
    assert [each.sid for each in workspace.workers.get_page(page.next_page_url)] == made[5:10]


@pytest.mark.parametrize(
    "rows",
    [
        lambda workspace, _router: workspace.activities.stream(page_size=1),
        lambda workspace, _router: workspace.task_channels.stream(page_size=1),
        lambda workspace, _router: workspace.task_queues.stream(page_size=1),
        lambda workspace, _router: workspace.workflows.stream(page_size=1),
        lambda workspace, _router: workspace.tasks.stream(page_size=1),
        lambda workspace, _router: workspace.events.stream(page_size=1, minutes=60),
        lambda workspace, router: workspace.tasks(router.tasks()[0].sid).reservations.stream(page_size=1),
        lambda workspace, router: workspace.workers(router.workers()[0].sid).reservations.stream(page_size=1),
        lambda workspace, router: workspace.workers(router.workers()[0].sid).worker_channels.stream(page_size=1),
        lambda workspace, _router: workspace.task_queues.statistics.stream(page_size=1),
    ],
)
def test_every_list_comes_whole_in_pages_of_one(
    workspace: Any, taskrouter: TaskRouter, rows: Callable[[Any, TaskRouter], Any]
) -> None:
    taskrouter.worker("Alice", capacity=2)
    taskrouter.worker("Bob")
    taskrouter.workflow(default=taskrouter.queue("Both", max_reserved_workers=2))
    taskrouter.submit()
    taskrouter.submit()
    keys = [getattr(each, "sid", None) or each.task_queue_sid for each in rows(workspace, taskrouter)]
    assert len(keys) >= 2
    assert len(set(keys)) == len(keys)


# Versions


def test_a_version_guards_against_changes_by_others(workspace: Any, taskrouter: TaskRouter) -> None:
    worker = workspace.workers(taskrouter.worker("Alice").sid)
    task = workspace.tasks(taskrouter.submit().sid)
    (reservation,) = task.reservations.list()
    for resource, change in (
        (worker, {"attributes": '{"n":1}'}),
        (task, {"attributes": '{"n":1}'}),
        (task.reservations(reservation.sid), {"reservation_status": "accepted"}),
    ):
        etag = resource.fetch_with_http_info().headers["etag"]
        with pytest.raises(TwilioRestException) as caught:
            resource.update(if_match="99", **change)
        assert (caught.value.status, caught.value.code) == (412, 20412)
        assert resource.update_with_http_info(if_match=etag, **change).headers["etag"] != etag
    # Its delete drops the If-Match that it is given (9.13.0): there is nothing to refuse.
    assert worker.delete(if_match="99")


# Errors


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda workspace: workspace.workers("WK" + "0" * 32).fetch(), 404, 20404),
        (lambda workspace: workspace.workers("WK1").fetch(), 404, 20404),
        (lambda workspace: workspace.workers.create(""), 400, 20001),
        (lambda workspace: workspace.workers.create("x", attributes="{"), 400, 20001),
        (lambda workspace: workspace.task_queues.create("x", target_workers="skill-level > 3"), 400, 20001),
        (lambda workspace: workspace.workflows.create("x", "{}"), 400, 20001),
        (lambda workspace: workspace.tasks.create(timeout=1_209_601), 400, 20001),
        (lambda workspace: workspace.statistics().fetch(minutes=5, start_date=datetime.now(UTC)), 400, 20001),
        (lambda workspace: workspace.cumulative_statistics().fetch(minutes=60 * 24 * 31), 400, 14241),
    ],
)
def test_errors_are_its_own_exceptions(workspace: Any, call: Callable[[Any], Any], status: int, code: int) -> None:
    with pytest.raises(TwilioRestException) as caught:
        call(workspace)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.msg.removeprefix("Unable to fetch record: ")


def test_states_refuse_what_they_do_not_allow(workspace: Any, taskrouter: TaskRouter) -> None:
    taskrouter.worker("Alice")
    task = workspace.tasks(taskrouter.submit().sid)
    with pytest.raises(TwilioRestException, match="not currently assigned") as caught:
        task.update(assignment_status="completed", reason="x")
    assert (caught.value.status, caught.value.code) == (400, 20001)
    (reservation,) = task.reservations.list()
    taskrouter.advance(120)
    with pytest.raises(TwilioRestException) as caught:
        reservation.update(reservation_status="accepted")
    assert caught.value.status == 410


def test_lists_fail_in_its_own_way(workspace: Any) -> None:
    """It raises the base class for them, with the response in it."""
    for refused in (lambda: workspace.workers.list(activity_sid="WA1"), lambda: workspace.tasks.page(page_size=1001)):
        assert status_of_list(refused) == 400


def status_of_list(call: Callable[[], Any]) -> int:
    with pytest.raises(TwilioException) as caught:
        call()
    return int(caught.value.args[1].status_code)


def test_wrong_credentials(taskrouter: TaskRouter, workspace: Any) -> None:
    stranger = Client(taskrouter.emulator.account_sid, "wrong")
    stranger.taskrouter.base_url = taskrouter.emulator.event_bridge_base_url
    assert status_of_list(stranger.taskrouter.v1.workspaces.list) == 401
    with pytest.raises(TwilioRestException) as caught:
        stranger.taskrouter.v1.workspaces.create("x")
    assert (caught.value.status, caught.value.code) == (401, 20003)


@pytest.mark.taskrouter(rate_limits=True)
def test_expression_lists_are_limited_as_published(workspace: Any) -> None:
    for _ in range(3):
        workspace.workers.list(target_workers_expression="a == 1")
    assert status_of_list(lambda: workspace.workers.list(target_workers_expression="a == 1")) == 429


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, of the HTTP client it uses
async def test_its_asynchronous_client_too(taskrouter: TaskRouter) -> None:
    async with AsyncTwilioHttpClient() as http:
        client = Client(taskrouter.emulator.account_sid, taskrouter.emulator.auth_token, http_client=http)
        client.taskrouter.base_url = taskrouter.emulator.event_bridge_base_url
        workspace = client.taskrouter.v1.workspaces(taskrouter.workspace_sid)
        made = await workspace.workers.create_async("Alice")
        assert [each.sid async for each in await workspace.workers.stream_async(page_size=1)] == [made.sid]
        assert await made.delete_async()
