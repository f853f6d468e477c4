"""A loaded server is killed at random moments, again and again: what it answered is there afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from trbridge.emulator.state.indexes import INDEXES, OPEN_RESERVATIONS
from trbridge.emulator.state.journal import open_journal
from trbridge.emulator.state.store import Store

KILLS = 50
AUTH_TOKEN = "k" * 32
SCRIPT = Path(__file__).parents[1].joinpath("killable_server.py")


class Servers:
    """Starts servers on one file, and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self) -> dict[str, Any]:
        """A server that listens; its address and process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("start\n")
        self._process.stdin.flush()
        facts: dict[str, Any] = json.loads(self._process.stdout.readline())
        return facts

    def kill(self, pid: int) -> None:
        """No goodbye: signal 9."""
        assert self._process.stdin is not None
        os.kill(pid, signal.SIGKILL)
        self._process.stdin.write("buried\n")
        self._process.stdin.flush()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "center.db"


@pytest.fixture
def servers(path: Path) -> Iterator[Servers]:
    command = [sys.executable, str(SCRIPT), str(path), AUTH_TOKEN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Servers(process)
        process.kill()


class Load:
    """Several callers at once, and what they were told.

    Attributes:
        answered: REST path of each resource to the last answer about it; None after a delete.
        unsure: Paths of requests that were under way when the server was killed.
    """

    def __init__(self, client: httpx.AsyncClient, chance: random.Random) -> None:
        self.client = client
        self._chance = chance
        self.answered: dict[str, dict[str, Any] | None] = {}
        self.unsure: set[str] = set()
        self._count = 0

    async def run(self, facts: dict[str, Any], answers: int, enough: asyncio.Event) -> None:
        """Call until the server is gone; say when so many answers have come."""
        base = f"{facts['url']}/Workspaces/{facts['workspace_sid']}"
        await asyncio.gather(*(self._caller(base, answers, enough) for _ in range(4)))

    async def _caller(self, base: str, answers: int, enough: asyncio.Event) -> None:
        for _ in range(10_000):
            method, path, form = self._choose()
            self.unsure.add(path)
            try:
                response = await self.client.request(method, base + path, data=form)
            except httpx.TransportError:
                return
            self.unsure.discard(path)
            self._note(method, path, response)
            self._count += 1
            if self._count >= answers:
                enough.set()

    def _choose(self) -> tuple[str, str, dict[str, str] | None]:
        # One caller at a time per resource, so that the last answer is the last change.
        free = [path for path, body in self.answered.items() if body is not None and path not in self.unsure]
        tasks = [path for path in free if path.startswith("/Tasks/")]
        workers = [path for path in free if path.startswith("/Workers/")]
        number = self._chance.randrange(10**9)
        if len(workers) < 5:
            return "POST", "/Workers", {"FriendlyName": f"w{number}", "Attributes": "{}"}
        what = self._chance.random()
        if what < 0.5 or not tasks:
            return "POST", "/Tasks", {"Attributes": f'{{"n": {number}}}'}
        if what < 0.7:
            return "POST", self._chance.choice(tasks), {"Attributes": f'{{"n": {number}}}'}
        if what < 0.8:
            return "DELETE", self._chance.choice(tasks), None
        return "POST", self._chance.choice(workers), {"FriendlyName": f"w{number}"}

    def _note(self, method: str, path: str, response: httpx.Response) -> None:
        if method == "DELETE":
            assert response.status_code == 204, response.text
            self.answered[path] = None
            return
        assert response.status_code in {200, 201}, response.text
        body = response.json()
        self.answered[path if path.count("/") == 2 else f"{path}/{body['sid']}"] = body


async def check(facts: dict[str, Any], load: Load) -> None:
    """Everything that was answered is as it was answered; what was under way is done or not, never half."""
    base = f"{facts['url']}/Workspaces/{facts['workspace_sid']}"
    for path, body in list(load.answered.items()):
        response = await load.client.get(base + path)
        if path in load.unsure:
            load.answered[path] = response.json() if response.status_code == 200 else None
        elif body is None:
            assert response.status_code == 404, path
        else:
            assert response.status_code == 200, path
            stored = response.json()
            names = ("attributes", "friendly_name", "date_created")
            assert {n: stored.get(n) for n in names} == {n: body.get(n) for n in names}, path
    load.unsure.clear()
    # Only so many are looked at again each time; the rest was seen to be there.
    load.answered = dict(list(load.answered.items())[-12:])


async def test_killed_fifty_times_nothing_answered_is_lost(servers: Servers, path: Path) -> None:
    """Each answered change is in the journal before its answer; and the store that comes back is whole."""
    chance = random.Random(20261121)  # noqa: S311 - reproducible on purpose
    async with httpx.AsyncClient(auth=("AC" + "0" * 32, AUTH_TOKEN), timeout=30) as client:
        await killed_often(servers, Load(client, chance), chance)
    whole(path)


async def killed_often(servers: Servers, load: Load, chance: random.Random) -> None:
    """Start, look whether all is there, load, kill; and again."""
    for _ in range(KILLS):
        facts = servers.start()
        load.client.auth = (facts["account_sid"], AUTH_TOKEN)
        await check(facts, load)
        enough = asyncio.Event()
        running = asyncio.ensure_future(load.run(facts, load._count + chance.randrange(1, 16), enough))
        async with asyncio.timeout(30):
            waiting = asyncio.ensure_future(enough.wait())
            await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
            servers.kill(facts["pid"])
            await running
            waiting.cancel()
    assert load._count > KILLS


def whole(path: Path) -> None:
    """The file, read without a server: indexes equal a recount, tasks and reservations agree."""
    journal = open_journal(path)
    store = Store()
    journal.load(store)
    journal.close()
    fresh = Store()
    for index in INDEXES:
        recount: dict[Any, list[str]] = {}
        for sid, entity in store.table(index.kind).items():
            for key in index.keys(entity):
                recount.setdefault(key, []).append(sid)
        assert store.groups(index) == recount, index
    assert fresh.snapshot() != store.snapshot()
    for task in store.tasks.values():
        statuses = [each.reservation_status for each in store.select(OPEN_RESERVATIONS, task.sid)]
        assert ("pending" in statuses) is (task.assignment_status == "reserved")
        assert statuses.count("accepted") == (task.assignment_status == "assigned")
    assert len({event.sid for event in store.events.values()}) == len(store.events)
