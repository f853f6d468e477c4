"""Twilio's own JavaScript client of the second generation, as npm has it, works a task in the emulator.

The facts about its dialect were read from its source; here the client itself says whether they are right.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from node_packages import HERE, environment, node

from trbridge.emulator import Emulator
from trbridge.emulator.operations import tasks, workers


class Page:
    """The script ``worker.js`` in a process, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            pytest.fail("the script ended: " + (await self._process.stderr.read()).decode(errors="replace"))
        said: dict[str, Any] = json.loads(line)
        assert said["what"] != "failed", said
        return said

    async def until(self, *expected: str) -> dict[str, dict[str, Any]]:
        """What it says, by name, once all of these were said, in whatever order."""
        said: dict[str, dict[str, Any]] = {}
        while said.keys() != set(expected):
            one = await self.next()
            assert one["what"] in expected, one
            said[one.pop("what")] = one
        return said


async def start(emulator: Emulator, worker_sid: str, available: str) -> asyncio.subprocess.Process:
    bridge = f"{emulator.event_bridge_base_url}/v1/wschannels"
    settings = {
        "ebServer": bridge,
        "wsServer": bridge.replace("http:", "ws:"),
        "token": emulator.mint_access(worker_sid),
        "available": available,
    }
    return await asyncio.create_subprocess_exec(
        node(),
        "worker.js",
        json.dumps(settings),
        cwd=HERE,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.node
async def test_npms_worker_connects_gets_ready_receives_accepts_and_completes() -> None:
    node()  # skips before anything is started
    async with Emulator() as emulator:
        engine, store = emulator.engine, emulator.engine.store
        workspace = store.workspaces[emulator.workspace_sid]
        (available,) = [one for one in store.activities.values() if one.friendly_name == "Available"]
        with engine.transaction() as tx:
            alice = workers.create(tx, workspace, {"friendly_name": "Alice"})
        process = await start(emulator, alice.sid, available.sid)
        try:
            async with asyncio.timeout(30):
                page = Page(process)
                ready = await page.next()
                # The client says it is ready before its connectActivitySid is answered (wire-protocol 3.6).
                assert (ready["what"], ready["worker"], ready["activity"]) == ("ready", alice.sid, "Offline")
                assert set(ready["activities"]) == {"Offline", "Available", "Unavailable"}
                assert set(ready["channels"]) == {"default", "voice", "sms", "chat", "video"}
                with engine.transaction() as tx:
                    task = tasks.create(tx, workspace, {"attributes": '{"caller": "+15005550006"}'})
                offered = await page.next()
                assert (offered["what"], offered["status"], offered["task"]) == (
                    "reservationCreated",
                    "pending",
                    task.sid,
                )
                assert offered["attributes"] == {"caller": "+15005550006"}
                said = await page.until("accepted", "completed", "answer", "disconnected")
                assert (said["accepted"]["reservation"], said["completed"]["status"]) == (
                    offered["reservation"],
                    "completed",
                )
                assert said["answer"]["status"] == "completed"
                assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert store.tasks[task.sid].assignment_status == "completed"
        assert store.reservations[offered["reservation"]].reservation_status == "completed"
