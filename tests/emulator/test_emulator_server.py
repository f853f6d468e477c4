"""The emulator starts and stops cleanly, and gives a test what it needs."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from trbridge.emulator import Emulator
from trbridge.emulator.clock import ManualClock
from trbridge.emulator.operations import workers
from trbridge.emulator.server import DEMO_ACCOUNT_SID
from trbridge.emulator.state.model import TaskQueue, Worker, Workflow
from trbridge.errors import ClientClosed, InvalidArgument, JournalError, NotReady
from trbridge.sids import is_sid
from trbridge.tokens import verify


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


async def get(emulator: Emulator, path: str = "Workspaces") -> httpx.Response:
    auth = emulator.account_sid, emulator.auth_token
    async with httpx.AsyncClient(base_url=emulator.api_base_url, auth=auth, trust_env=False) as client:
        return await client.get(path)


async def test_it_begins_with_a_demo_workspace_that_can_route() -> None:
    async with Emulator() as emulator:
        workspace = (await get(emulator)).json()["workspaces"][0]
        assert (workspace["sid"], workspace["friendly_name"]) == (emulator.workspace_sid, "Demo")
        store = emulator.engine.store
        assert [one.friendly_name for one in store.in_workspace(TaskQueue, emulator.workspace_sid)] == ["Sample Queue"]
        assert len(store.in_workspace(Workflow, emulator.workspace_sid)) == 1
    assert emulator.account_sid == DEMO_ACCOUNT_SID
    assert is_sid(DEMO_ACCOUNT_SID, "AC")


async def test_addresses_are_what_the_clients_want() -> None:
    async with Emulator() as emulator:
        assert emulator.api_base_url == f"{emulator.event_bridge_base_url}/v1"
        assert emulator.event_bridge_base_url.startswith("http://127.0.0.1:")


async def test_names_on_this_machine_and_its_other_address() -> None:
    for host in ("localhost", "::1"):
        async with Emulator(host=host) as emulator:
            assert (await get(emulator)).status_code == 200


async def test_localhost_is_both_addresses() -> None:
    """On one port, whichever the caller's resolver gives first (security check 30)."""
    async with Emulator(host="localhost") as emulator:
        assert emulator.event_bridge_base_url.startswith("http://127.0.0.1:")
        auth = emulator.account_sid, emulator.auth_token
        port = emulator.event_bridge_base_url.rpartition(":")[2]
        hosts = ["127.0.0.1", "localhost", *(["[::1]"] if has_ipv6() else [])]
        async with httpx.AsyncClient(auth=auth, trust_env=False) as client:
            for host in hosts:
                assert (await client.get(f"http://{host}:{port}/v1/Workspaces")).status_code == 200
    for host in ("127.0.0.1", "::1") if has_ipv6() else ("127.0.0.1",):
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(host, int(port))


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
async def test_localhost_needs_its_port_on_both_addresses() -> None:
    """Half of it would be somebody else's."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidArgument, match=f"cannot listen on ::1, port {port}"):
            async with Emulator(host="localhost", port=port):
                pass
        async with Emulator(host="127.0.0.1", port=port):
            pass


async def test_the_secret_is_made_up_anew_unless_the_run_is_to_repeat() -> None:
    first, second = Emulator(), Emulator()
    assert first.auth_token != second.auth_token
    assert len(first.auth_token) == 32
    same = [Emulator(random_seed=5).auth_token for _ in range(2)]
    assert same[0] == same[1]
    given = Emulator(account_sid="AC" + "1" * 32, auth_token="s" * 32)
    assert (given.account_sid, given.auth_token) == ("AC" + "1" * 32, "s" * 32)
    for emulator in (first, second, given):
        assert emulator.auth_token not in repr(emulator)
        await emulator.aclose()


async def test_the_same_seed_makes_the_same_sids() -> None:
    sids = []
    for _ in range(2):
        async with Emulator(random_seed=5, clock=ManualClock(0)) as emulator:
            sids.append(emulator.workspace_sid)
    assert sids[0] == sids[1]


async def test_no_workspace_if_none_is_wanted() -> None:
    async with Emulator(workspace=None) as emulator:
        assert (await get(emulator)).json()["workspaces"] == []
        with pytest.raises(NotReady, match="no workspace"):
            _ = emulator.workspace_sid


async def test_a_file_keeps_everything_across_restarts(tmp_path: Path) -> None:
    data = tmp_path / "box.db"
    async with Emulator(data=data) as first:
        with first.engine.transaction() as tx:
            workers.create(tx, tx.store.workspaces[first.workspace_sid], {"friendly_name": "Alice"})
    async with Emulator(data=data) as second:
        assert (second.account_sid, second.workspace_sid) == (first.account_sid, first.workspace_sid)
        names = [one.friendly_name for one in second.engine.store.in_workspace(Worker, second.workspace_sid)]
        assert names == ["Alice"]
        assert len(second.engine.store.workspaces) == 1
    with pytest.raises(InvalidArgument, match="belongs to account"):
        Emulator(data=data, account_sid="AC" + "2" * 32)
    async with Emulator(data=data):
        pass  # the refused one gave the file back


async def test_what_cannot_be_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"no option 'colour'; it has rate_limits"):
        Emulator(colour="red")
    with pytest.raises(InvalidArgument, match="can be reached by other machines"):
        Emulator(host="192.0.2.1")
    with pytest.raises(JournalError):
        Emulator(data=tmp_path / "missing" / "box.db")


async def test_a_seed_takes_the_place_of_the_demo_and_a_wrong_one_leaves_nothing_open(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"workspaces": [{"friendly_name": "Support"}]}')
    async with Emulator(seed=seed) as emulator:
        assert [one["friendly_name"] for one in (await get(emulator)).json()["workspaces"]] == ["Support"]
    seed.write_text('{"workspaces": [{"friendly_name": "S", "workers": [{"friendly_name": "A", "activity": "Gone"}]}]}')
    with pytest.raises(InvalidArgument, match=r"workspaces\[0\]"):
        async with Emulator(seed=seed):
            pass


async def test_wider_than_this_machine_warns() -> None:
    with pytest.warns(UserWarning, match="for other machines too"):
        emulator = Emulator(host="0.0.0.0", allow_remote=True)  # noqa: S104  that is the point
    async with emulator:
        port = emulator.event_bridge_base_url.rpartition(":")[2]
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/v1/Workspaces", headers={"Host": "any.example"})
        assert answer.status_code == 401


async def test_a_taken_port_is_said_so() -> None:
    async with Emulator() as first:
        port = int(first.event_bridge_base_url.rpartition(":")[2])
        with pytest.raises(InvalidArgument, match=f"cannot listen on 127.0.0.1, port {port}"):
            async with Emulator(port=port):
                pass
    with pytest.raises(InvalidArgument, match="cannot listen"):
        async with Emulator(port=99_999):
            pass


async def test_it_runs_once() -> None:
    emulator = Emulator()
    assert "new" in repr(emulator)
    with pytest.raises(NotReady, match="not running"):
        _ = emulator.api_base_url
    async with emulator:
        assert "running" in repr(emulator)
        with pytest.raises(ClientClosed, match="running already"):
            await emulator.start()
    await emulator.aclose()
    with pytest.raises(ClientClosed, match="closed already"):
        await emulator.start()


async def test_stopping_ends_sockets_and_idle_connections() -> None:
    async with Emulator() as emulator:
        token = emulator.mint()
        base = emulator.event_bridge_base_url.replace("http", "ws")
        url = f"{base}/v1/wschannels/{emulator.account_sid}/{emulator.workspace_sid}?token={token}"
        socket = await connect(url, compression=None, proxy=None)
        port = int(emulator.event_bridge_base_url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /v1/Workspaces HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        await emulator.sockets(1)
    async with asyncio.timeout(10):
        await socket.wait_closed()
        assert (await reader.read()).endswith(b"}")
    assert socket.close_code == 1001
    writer.close()
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", port)


async def test_sockets_can_be_cut_as_a_service_or_a_network_does() -> None:
    async with Emulator() as emulator:
        token = emulator.mint()
        base = emulator.event_bridge_base_url.replace("http", "ws")
        url = f"{base}/v1/wschannels/{emulator.account_sid}/{emulator.workspace_sid}?token={token}"
        for code, seen in ((1012, 1012), (4003, 4003), (None, 1006)):
            async with connect(url, compression=None, proxy=None) as socket:
                await emulator.sockets(1)
                assert await emulator.cut_sockets(code, channel_sid="WK" + "0" * 32) == 0
                assert await emulator.cut_sockets(code) == 1
                async with asyncio.timeout(10):
                    await socket.wait_closed()
                    await emulator.sockets(0)
                assert socket.close_code == seen


async def test_any_frame_can_be_sent() -> None:
    async with Emulator() as emulator:
        sid = emulator.workspace_sid
        base = emulator.event_bridge_base_url.replace("http", "ws")
        url = f"{base}/v1/wschannels/{emulator.account_sid}/{sid}?token={emulator.mint()}"
        async with connect(url, compression=None, proxy=None) as socket:
            await emulator.sockets(1, sid)
            assert emulator.inject(sid, "not JSON") == 1
            assert emulator.inject(sid, {"event_type": "x", "payload": [1]}) == 1
            assert emulator.inject("WK" + "0" * 32, "") == 0
            async with asyncio.timeout(10):
                assert [await socket.recv() for _ in range(3)] == ["\n", "not JSON", '{"event_type":"x","payload":[1]}']


async def test_tokens_are_minted_by_the_emulators_clock() -> None:
    async with Emulator(clock=ManualClock(2_000_000_000)) as emulator:
        with emulator.engine.transaction() as tx:
            worker = workers.create(tx, tx.store.workspaces[emulator.workspace_sid], {"friendly_name": "Alice"})
        queue = next(iter(emulator.engine.store.task_queues))
        for kind, sid in (("workspace", None), ("worker", worker.sid), ("taskqueue", queue)):
            claims = verify(emulator.mint(kind, sid, 60), emulator.auth_token, now=2_000_000_000)  # type: ignore[arg-type]
            assert (claims.kind, claims.expires_at) == (kind, 2_000_000_060)
            plain = verify(emulator.mint(kind, sid, full=False), emulator.auth_token, now=2_000_000_000)  # type: ignore[arg-type]
            assert len(plain.policies) < len(claims.policies)
        with pytest.raises(InvalidArgument, match="there is no worker"):
            emulator.mint("worker", queue)
        with pytest.raises(InvalidArgument, match="kind must be one of"):
            emulator.mint("queue")  # type: ignore[arg-type]


async def test_time_stands_still_until_advanced() -> None:
    async with Emulator(clock="manual") as emulator:
        before = emulator.engine.now()
        assert await emulator.advance(60) == before + 60
        assert emulator.clock.now() == before + 60
    async with Emulator() as running:
        with pytest.raises(InvalidArgument, match="ManualClock"):
            await running.advance(60)


def test_a_run_leaves_no_warning_and_no_task() -> None:
    """With every warning an error: unclosed sockets, forgotten tasks, everything."""
    program = textwrap.dedent("""
        import asyncio, gc, json, time
        import httpx
        from trbridge.emulator import Emulator

        async def main():
            async with Emulator() as emulator:
                async with httpx.AsyncClient(auth=(emulator.account_sid, emulator.auth_token)) as http:
                    assert (await http.get(emulator.api_base_url + "/Workspaces")).status_code == 200
            gc.collect()
            return len(asyncio.all_tasks()) - 1

        print(json.dumps(asyncio.run(main())))
    """)
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    noise = [line for line in result.stderr.splitlines() if "Executing <" not in line]
    assert (result.returncode, noise, json.loads(result.stdout or "null")) == (0, [], 0)
