"""Faults of the original that are gone, one test each, by their number in its list (wire-protocol 9)."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from typing import Any

import pytest
from client_bench import Bench

from trbridge import (
    ConnectionFailed,
    Forbidden,
    InvalidToken,
    ServerError,
    TaskRouterError,
    TooManyRequests,
    WorkerCapability,
    Workspace,
    WorkspaceCapability,
    WrongIdentity,
    WrongTokenKind,
)
from trbridge.emulator import Emulator
from trbridge.session import Session, SessionOptions, effects

PATIENT = SessionOptions(first_retry=0.01, longest_retry=0.01)
"""For clients that are to come back at once."""


async def test_q1_max_retries_retries_and_the_callback_is_called(bench: Bench) -> None:
    """A 500 neither retried nor called back; now both, and the error says how often it was tried."""
    faults = bench.emulator.faults
    async with bench.workspace(max_retries=1) as workspace:
        faults.add("answer", via="bridge", method="GET", path="*/Activities", status=500, times=1)
        assert len(await workspace.activities.fetch()) == 3
        faults.add("answer", via="bridge", method="GET", path="*/Activities", status=500, times=2)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        workspace.activities.fetch(lambda error, page: answer.set_result((error, page)))
        error, page = await answer
    assert isinstance(error, ServerError)
    assert (error.status, error.attempts, page) == (500, 2, None)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_q2_what_passes_is_retried(bench: Bench, status: int) -> None:
    """These were errors at once."""
    async with bench.workspace(max_retries=1) as workspace:
        fault = bench.emulator.faults.add("answer", via="bridge", path="*/Activities", status=status, times=1)
        assert len(await workspace.activities.fetch()) == 3
        assert fault.used == 1


async def test_q4_an_error_tells_what_the_service_said(workspace: Workspace, bench: Bench) -> None:
    """v1 has a status and a reason phrase; the body, with Twilio's code and words, it never read."""
    body = {"code": 20001, "message": "No such thing", "more_info": "https://example.test/20001", "status": 400}
    bench.emulator.faults.add("answer", via="bridge", path="*/Activities", status=400, body=body, times=1)
    with pytest.raises(TaskRouterError, match="No such thing") as caught:
        await workspace.activities.fetch()
    error = caught.value
    assert isinstance(error, Exception)
    assert (error.status, error.code, error.more_info) == (400, 20001, "https://example.test/20001")


async def test_q5_a_failing_ready_request_is_reported_and_repeated(bench: Bench) -> None:
    """v1 stays connected and never ready, without a word."""
    bench.emulator.faults.add("answer", via="bridge", path="*", status=500, times=2)
    client, errors = bench.workspace(session=PATIENT), list[TaskRouterError]()
    client.on("error", errors.append)
    async with asyncio.timeout(20), client:
        assert client.friendly_name == "Demo"
    assert [error.status for error in errors] == [500, 500]


async def test_q11_a_token_for_somebody_else_is_refused(workspace: Workspace, bench: Bench) -> None:
    """v1 takes any token that can be decoded; the next request would have gone to another workspace."""
    emulator = bench.emulator
    other = WorkspaceCapability(emulator.account_sid, emulator.auth_token, "WS" + "f" * 32).to_jwt()
    with pytest.raises(WrongIdentity):
        workspace.update_token(other)
    assert len(await workspace.activities.fetch()) == 3


async def test_q25_a_silent_socket_is_closed_before_the_next_is_opened(bench: Bench) -> None:
    """v1 kept it: two sockets, and every event twice."""
    bench.emulator.faults.add("suppress", event_type="heartbeat")
    quiet = SessionOptions(first_retry=0.01, silence_limit=0.3, ping_interval=60.0)
    client = bench.workspace(session=quiet)
    async with asyncio.timeout(20), client, client.listen("disconnected", "ready") as events:
        assert (await anext(events)).payload.message.startswith("nothing came for")
        assert (await anext(events)).type == "ready"
        await bench.emulator.sockets(1)


def test_q26_silence_and_hanging_attempts_are_noticed_at_their_limit() -> None:
    """v1 notices silence after 60 to 120 s, and an attempt that hangs never."""
    session = Session(random=lambda: 0.0)
    session.connect(0.0)
    assert session.deadline == session.options.attempt_timeout == 10.0
    session.opened(1.0, session.epoch)
    session.ready_succeeded(1.0, session.epoch)
    moments = []
    for _ in range(10):
        moments.append(session.deadline)
        session.wake(session.deadline or 0.0)
        if any(isinstance(effect, effects.CloseSocket) for effect in session.effects()):
            break
    assert moments[-1] == 1.0 + session.options.silence_limit == 61.0


async def test_q27_a_refused_token_is_not_tried_for_ever(bench: Bench) -> None:
    """v1 knocks every 30 s until the page is closed; and a client of v1.21 cannot be stopped at all."""
    emulator = bench.emulator
    forged = WorkspaceCapability(emulator.account_sid, "0" * 32, emulator.workspace_sid).to_jwt()
    client = bench.workspace(forged)
    with pytest.raises(ConnectionFailed):
        await client.connect()
    assert client.state == "stopped"
    await client.aclose()
    assert client.state == "closed"


async def test_a_new_token_wakes_a_client_that_gave_up(bench: Bench) -> None:
    """A refused token ends it; one that is good is all it needs, and run() waits anew."""
    emulator = bench.emulator
    client = bench.workspace(WorkspaceCapability(emulator.account_sid, "0" * 32, emulator.workspace_sid).to_jwt())
    with pytest.raises(TaskRouterError):
        await client.run()
    client.update_token(bench.token())
    async with asyncio.timeout(20):
        await client.connect()
        running = asyncio.ensure_future(client.run())
        await asyncio.sleep(0)
        assert not running.done()
        await client.aclose()
        await running


async def test_q32_names_of_the_server_and_of_the_client_do_not_mix(workspace: Workspace, bench: Bench) -> None:
    """In v1 a frame called `connected` looks like a connection."""
    async with workspace.listen("server.connected", "connected") as events:
        bench.emulator.inject(bench.emulator.workspace_sid, {"event_type": "connected", "payload": None})
        assert (await anext(events)).type == "server.connected"


async def test_q33_null_is_survived(workspace: Workspace, bench: Bench) -> None:
    """A frame `null`, and a reservation event without a payload, throw in v1's reader."""
    sid = bench.emulator.workspace_sid
    async with workspace.listen("reservation.created", "after") as events:
        bench.emulator.inject(sid, "null")
        bench.emulator.inject(sid, {"event_type": "reservation.created", "payload": None})
        bench.emulator.inject(sid, {"event_type": "after", "payload": 1})
        assert [(await anext(events)).payload for _ in range(2)] == [None, 1]


async def test_q38_a_token_without_its_claims_leaves_nothing_behind(bench: Bench) -> None:
    """v1 starts the expiry timer before it looks at the claims, and leaks it."""
    for token in ("", "a.b", "a.b.c", "a.e30.c"):
        with pytest.raises(InvalidToken):
            bench.workspace(token or " ")
    assert len(asyncio.all_tasks()) == len(
        {task for task in asyncio.all_tasks() if "trbridge/clients" not in str(task)}
    )


async def test_q39_a_token_of_another_kind_is_refused_at_once(bench: Bench) -> None:
    """v1 asks for .../undefined."""
    emulator = bench.emulator
    worker = WorkerCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid, "WK" + "0" * 32)
    with pytest.raises(WrongTokenKind):
        bench.workspace(WorkerCapability.to_jwt(worker))


async def test_q55_the_clients_own_properties_are_filled_at_ready(workspace: Workspace) -> None:
    """v1's stay empty until an update."""
    assert (workspace.friendly_name, workspace.multi_task_enabled) == ("Demo", True)


def test_q68_q69_debug_is_off_unless_it_is_true(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    """v1 prints unless `debug` is false or "false", and some of it even then."""
    logger = logging.getLogger("trbridge")
    before = logger.level, [*logger.handlers]
    try:
        for silent in (False, None, 0, "false"):
            bench.workspace(debug=silent)
        assert (logger.level, logger.handlers) == before
        for loud in (True, True):
            bench.workspace(debug=loud)
        logger.debug("one line")
    finally:
        logger.setLevel(before[0])
        logger.handlers[:] = before[1]
    out, err = capfd.readouterr()
    assert (out, err.count("one line")) == ("", 1)


async def test_q70_a_token_that_was_replaced_is_forgotten(bench: Bench) -> None:
    """v1 keeps every token that it ever decoded, for as long as the page lives."""
    old = bench.token(ttl=100)
    mine = sys.getrefcount(old)
    async with bench.workspace(old) as workspace:
        assert sys.getrefcount(old) > mine
        workspace.update_token(bench.token(ttl=200))
        await workspace.activities.fetch()
        gc.collect()
        assert sys.getrefcount(old) == mine


async def test_policies_name_the_production_hosts_and_hold_here() -> None:
    """A token says taskrouter.twilio.com; the emulator compares paths, not hosts (wire-protocol 1.6)."""
    async with Emulator() as emulator:
        capability = WorkspaceCapability(emulator.account_sid, emulator.auth_token, emulator.workspace_sid)
        bases: dict[str, Any] = {
            "api_base_url": emulator.api_base_url,
            "event_bridge_base_url": emulator.event_bridge_base_url,
        }
        async with Workspace(capability.to_jwt(), **bases) as client:
            assert client.sid == emulator.workspace_sid
            with pytest.raises(Forbidden):
                await client.activities.fetch()


async def test_too_many_requests_says_when_to_come_back(workspace: Workspace, bench: Bench) -> None:
    """The wait that the service asked for is on the error."""
    headers = {"Retry-After": "7"}
    bench.emulator.faults.add("answer", via="bridge", path="*/Activities", status=429, headers=headers, times=1)
    with pytest.raises(TooManyRequests) as caught:
        await workspace.activities.fetch()
    assert caught.value.retry_after == 7
