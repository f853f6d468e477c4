"""The admin API: what a test in any language does with an emulator besides using it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from plain_http import plain_client
from websockets.asyncio.client import connect

from trbridge import __version__
from trbridge.emulator import Emulator
from trbridge.emulator.admin import PREFIX, ROUTES
from trbridge.emulator.operations import tasks, workers, workflows
from trbridge.emulator.state.model import Activity, EventRecord, Reservation, Task, Worker
from trbridge.tokens import verify


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(clock="manual", random_seed=3) as running:
        yield running


class Api:
    """The admin API as a test calls it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, method: str, path: str = "", body: Any = None, status: int = 200, **more: Any) -> Any:
        answer = await self._client.request(method, f"{PREFIX}/{path}", json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def api(emulator: Emulator) -> AsyncIterator[Api]:
    auth = emulator.account_sid, emulator.auth_token
    async with plain_client(emulator.event_bridge_base_url, auth=auth) as client:
        yield Api(client)


def add_worker(emulator: Emulator, name: str, activity: str = "Available") -> Worker:
    rows = emulator.engine.store.in_workspace(Activity, emulator.workspace_sid)
    sid = next(row.sid for row in rows if row.friendly_name == activity)
    with emulator.engine.transaction() as tx:
        workspace = tx.store.workspaces[emulator.workspace_sid]
        return workers.create(tx, workspace, {"friendly_name": name, "activity_sid": sid})


def submit(emulator: Emulator, number: int = 1, **form: Any) -> list[Task]:
    with emulator.engine.transaction() as tx:
        workspace = tx.store.workspaces[emulator.workspace_sid]
        return [tasks.create(tx, workspace, form) for _ in range(number)]


async def test_what_runs_here(emulator: Emulator, api: Api) -> None:
    assert await api("GET") == {
        "version": __version__,
        "account_sid": emulator.account_sid,
        "workspaces": {emulator.workspace_sid: "Demo"},
        "now": emulator.engine.now(),
        "clock": "manual",
        "sockets": 0,
    }


async def test_time_passes_when_told_to(emulator: Emulator, api: Api) -> None:
    before = (await api("GET", "clock"))["now"]
    assert await api("POST", "clock", {"advance": 3600}) == {"now": before + 3600}
    assert emulator.engine.now() == before + 3600
    for seconds in (-1, 1e400):
        body = {"advance": seconds} if seconds < 0 else None
        content = None if body else b'{"advance": 1e400}'
        await api("POST", "clock", body, 400, content=content)


async def test_a_thousand_timeouts_happen_in_the_order_in_which_they_are_due(emulator: Emulator, api: Api) -> None:
    submit(emulator, 1000, timeout=1)  # nobody is there; each task is over in its own second
    with emulator.engine.transaction() as tx:
        for number, task in enumerate(list(tx.store.tasks.values())):
            tx.update(task, timeout=1 + (number * 7919) % 1000)
    before = emulator.engine.now()
    await api("POST", "clock", {"advance": 3600})
    over = [event for event in emulator.engine.store.table(EventRecord).values() if event.event_type == "task.canceled"]
    assert [event.event_date - before for event in over] == list(range(1, 1001))


async def test_a_reservation_times_out_in_time_that_is_advanced(emulator: Emulator, api: Api) -> None:
    add_worker(emulator, "Alice")
    submit(emulator)
    await api("POST", "clock", {"advance": 119})
    (reservation,) = emulator.engine.store.table(Reservation).values()
    assert reservation.reservation_status == "pending"
    await api("POST", "clock", {"advance": 1})
    assert emulator.engine.store.reservations[reservation.sid].reservation_status == "timeout"


async def test_time_that_runs_by_itself_cannot_be_advanced() -> None:
    async with Emulator() as emulator:
        auth = emulator.account_sid, emulator.auth_token
        async with plain_client(emulator.event_bridge_base_url, auth=auth) as client:
            refused = await Api(client)("POST", "clock", {"advance": 1}, 400)
            assert "ManualClock" in refused["message"]
            assert (await Api(client)("GET"))["clock"] == "system"


async def test_reset_begins_anew(emulator: Emulator, api: Api) -> None:
    former = emulator.workspace_sid
    add_worker(emulator, "Alice")
    submit(emulator)
    await api("POST", "faults", {"action": "drop", "path": "*/nowhere"})
    emulator.alerts.add(11200, "old", 0.0)
    await api("POST", "clock", {"advance": 60})
    now = emulator.engine.now()
    state = await api("POST", "reset")
    assert list(state["workspaces"].values()) == ["Demo"]
    assert emulator.workspace_sid != former
    assert state["now"] == now
    store = emulator.engine.store
    assert (len(store.workers), len(store.tasks), len(store.reservations)) == (0, 0, 0)
    assert {event.workspace_sid for event in store.events.values()} == {emulator.workspace_sid}
    assert (len(emulator.faults), len(emulator.alerts), len(emulator.record)) == (0, 0, 0)
    add_worker(emulator, "Alice")
    submit(emulator)
    assert len(store.reservations) == 1  # it routes as ever


async def test_reset_closes_the_sockets_of_what_is_gone(emulator: Emulator, api: Api) -> None:
    alice = add_worker(emulator, "Alice")
    async with connect(socket_url(emulator, alice), proxy=None) as socket:
        await emulator.sockets(1)
        await api("POST", "reset")
        await socket.wait_closed()
        assert socket.close_code == 4004


async def test_export_is_a_seed(emulator: Emulator, api: Api, tmp_path: Any) -> None:
    add_worker(emulator, "Alice")
    seed = await api("GET", "export")
    (workspace,) = seed["workspaces"]
    assert [worker["friendly_name"] for worker in workspace["workers"]] == ["Alice"]
    path = tmp_path / "seed.json"
    path.write_bytes(httpx.Response(200, json=seed).content)
    async with Emulator(seed=path) as again:
        assert [worker.friendly_name for worker in again.engine.store.workers.values()] == ["Alice"]


def socket_url(emulator: Emulator, worker: Worker) -> str:
    base = emulator.event_bridge_base_url.replace("http", "ws")
    return f"{base}/v1/wschannels/{emulator.account_sid}/{worker.sid}?token={emulator.mint('worker', worker.sid)}"


async def test_frames_and_sockets(emulator: Emulator, api: Api) -> None:
    alice = add_worker(emulator, "Alice")
    async with connect(socket_url(emulator, alice), proxy=None) as socket:
        await emulator.sockets(1)
        assert await api("GET", "sockets") == {"sockets": [{"channel": alice.sid, "dialect": "v1"}]}
        frame = {"event_type": "x", "payload": {"n": 1}}
        assert await api("POST", "frames", {"channel": alice.sid, "frame": frame}) == {"sockets": 1}
        assert await api("POST", "frames", {"channel": alice.sid, "frame": "{no"}) == {"sockets": 1}
        assert await api("POST", "frames", {"channel": emulator.workspace_sid, "frame": ""}) == {"sockets": 0}
        assert [await socket.recv() for _ in range(3)] == ["\n", '{"event_type":"x","payload":{"n":1}}', "{no"]
        assert await api("POST", "sockets/cut", {"channel": emulator.workspace_sid}) == {"sockets": 0}
        assert await api("POST", "sockets/cut") == {"sockets": 1}
        await socket.wait_closed()
        assert socket.close_code == 1012
    async with connect(socket_url(emulator, alice), proxy=None) as socket:
        await emulator.sockets(1)
        await api("POST", "sockets/cut", {"code": None, "channel": alice.sid})
        await socket.wait_closed()
        assert socket.close_code == 1006


async def test_tokens(emulator: Emulator, api: Api) -> None:
    alice = add_worker(emulator, "Alice")
    token = (await api("POST", "tokens"))["token"]
    assert verify(token, emulator.auth_token, now=emulator.engine.now()).channel_sid == emulator.workspace_sid
    token = (await api("POST", "tokens", {"kind": "worker", "sid": alice.sid, "ttl": 60, "full": False}))["token"]
    claims = verify(token, emulator.auth_token, now=emulator.engine.now())
    assert (claims.kind, claims.channel_sid) == ("worker", alice.sid)
    assert claims.expires_at == int(emulator.engine.now()) + 60
    refused = await api("POST", "tokens", {"kind": "worker", "sid": "WK1"}, 400)
    assert "there is no worker 'WK1'" in refused["message"]


async def test_fault_rules(emulator: Emulator, api: Api) -> None:
    added = await api("POST", "faults", {"action": "answer", "status": 418, "path": "/v1/Workspaces", "times": 1})
    assert (added["number"], added["at"], added["used"]) == (1, "request", 0)
    auth = emulator.account_sid, emulator.auth_token
    async with plain_client(emulator.api_base_url, auth=auth) as client:
        assert [(await client.get("/Workspaces")).status_code for _ in range(2)] == [418, 200]
    assert (await api("GET", "faults/1"))["used"] == 1
    await api("POST", "faults", {"action": "hold"})
    assert [fault["number"] for fault in (await api("GET", "faults"))["faults"]] == [1, 2]
    assert await api("POST", "faults/2/release") == {"released": 0}
    await api("DELETE", "faults/1", status=204)
    for number in ("1", "7", "x", "9" * 40):
        await api("GET", f"faults/{number}", status=404)
    await api("DELETE", "faults", status=204)
    assert await api("GET", "faults") == {"faults": []}
    refused = await api("POST", "faults", {"action": "suppress", "at": "request"}, 400)
    assert "cannot be done at" in refused["message"]
    refused = await api("POST", "faults", {"action": "drop", "pth": "x"}, 400)
    assert "pth" in refused["message"]


async def test_faults_leave_the_admin_api_alone(emulator: Emulator, api: Api) -> None:
    emulator.faults.add("drop", path="*")
    assert (await api("GET", "faults"))["faults"][0]["matched"] == 0
    assert len(emulator.record) == 0


async def test_alerts(emulator: Emulator, api: Api) -> None:
    with emulator.engine.transaction() as tx:
        (flow,) = tx.store.workflows.values()
        workflows.update(tx, flow, {"assignment_callback_url": "http://127.0.0.1:1/"})
    add_worker(emulator, "Alice")
    submit(emulator)
    await emulator.settled()
    (alert,) = (await api("GET", "alerts"))["alerts"]
    assert (alert["code"], alert["url"], alert["when"]) == (11205, "http://127.0.0.1:1/", emulator.engine.now())
    await api("DELETE", "alerts", status=204)
    assert await api("GET", "alerts") == {"alerts": []}


async def test_the_record(emulator: Emulator, api: Api) -> None:
    auth = emulator.account_sid, emulator.auth_token
    async with plain_client(emulator.api_base_url, auth=auth) as client:
        await client.get("/Workspaces", params={"FriendlyName": "Demo"})
        await client.get(f"/Workspaces/{emulator.workspace_sid}/Tasks")
    first, second = (await api("GET", "record"))["record"]
    assert first == {
        "number": 1,
        "when": emulator.engine.now(),
        "what": "rest",
        "method": "GET",
        "path": "/v1/Workspaces",
        "params": {"FriendlyName": "Demo"},
        "status": 200,
    }
    assert (await api("GET", "record?path=*/Tasks&what=rest&method=GET"))["record"] == [second]
    assert (await api("GET", "record?since=1"))["record"] == [second]
    assert (await api("GET", "record?channel=x"))["record"] == []
    await api("GET", "record?since=x", status=400)
    await api("DELETE", "record", status=204)
    assert await api("GET", "record") == {"record": []}


async def test_an_emulator_without_a_workspace_says_so() -> None:
    async with Emulator(workspace=None) as emulator:
        auth = emulator.account_sid, emulator.auth_token
        async with plain_client(emulator.event_bridge_base_url, auth=auth) as client:
            assert "no workspace" in (await Api(client)("POST", "tokens", status=400))["message"]


# Who may


@pytest.mark.parametrize("path", [path.replace("*", "1") for path in ROUTES])
async def test_nothing_is_done_without_credentials(emulator: Emulator, path: str) -> None:
    method = next(iter(ROUTES[path.replace("1", "*")]))
    for auth in (None, (emulator.account_sid, "wrong")):
        async with plain_client(emulator.event_bridge_base_url, auth=auth) as client:
            answer = await client.request(method, f"{PREFIX}/{path}")
            assert (answer.status_code, answer.json()["code"]) == (401, 20003)
            assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_pages_of_elsewhere_do_nothing_here(emulator: Emulator, api: Api, headers: dict[str, str]) -> None:
    """DNS rebinding, and pages that know the port (security checks 30 and 31)."""
    await api("POST", "reset", status=403, headers=headers)
    await api("GET", "record", status=403, headers=headers)
    assert await api("GET", headers={"Origin": "http://localhost:3000"})


async def test_what_is_not_there(api: Api) -> None:
    refused = await api("GET", "nothing", status=404)
    assert "sockets/cut" in refused["message"]
    refused = await api("GET", "reset", status=405)
    assert "POST" in refused["message"]
    await api("PUT", status=405)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("clock", b""),
        ("clock", b"{"),
        ("clock", b"[]"),
        ("clock", b'{"advance": "1"}'),
        ("clock", b'{"advance": 1, "more": 2}'),
        ("clock", b"\xff"),
        ("clock", b"[" * 100_000),
        ("frames", b"{}"),
        ("tokens", b'{"kind": "task"}'),
        ("sockets/cut", b'{"code": 5}'),
        ("sockets/cut", b'{"code": 1005}'),
    ],
)
async def test_bodies_that_are_not_right_are_refused(emulator: Emulator, api: Api, path: str, content: bytes) -> None:
    before = emulator.engine.now()
    assert (await api("POST", path, status=400, content=content))["code"] == 20001
    assert emulator.engine.now() == before
