"""SIGTERM to a real process: drain, then exit; a second signal stops at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from bot_bench import Station

PROGRAM = Path(__file__).with_name("bot_program.py")


class Program:
    """A bot in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, station: Station, worker_sid: str, kind: str, drain_timeout: float = 30) -> Program:
        """Start it, pointed at the emulator."""
        activities = station.activities
        environment = {
            **os.environ,
            "TRBRIDGE_API_BASE_URL": station.emulator.api_base_url,
            "TRBRIDGE_EVENT_BRIDGE_BASE_URL": station.emulator.event_bridge_base_url,
            "TOKEN": station.mint(worker_sid),
            "WORKER": worker_sid,
            "AVAILABLE": activities["Available"],
            "OFFLINE": activities["Offline"],
            "AWAY": activities["Unavailable"],
        }
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), kind, str(drain_timeout),
            env=environment, stdin=pipe, stdout=pipe, stderr=pipe,
        )  # fmt: skip
        return cls(process)

    async def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().strip()

    def finish_work(self) -> None:
        """Let its handler finish."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")

    async def ended(self) -> tuple[int | None, str]:
        """Exit code, and what it complained of."""
        async with asyncio.timeout(20):
            _, complaints = await self.process.communicate()
        return self.process.returncode, complaints.decode()


@pytest.mark.parametrize("kind", ["bot", "fleet"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_sigterm_drains_and_exits_with_0(station: Station, kind: str, number: signal.Signals) -> None:
    """Feature 15: no new reservation, the handler finishes, the chosen activity is reached, exit code 0."""
    alice = station.worker()
    program = await Program.start(station, alice, kind)
    task = station.task()
    assert await program.line() == f"begun {task}"
    program.process.send_signal(number)
    await station.until(lambda: station.activity(alice) == "Unavailable")
    late = station.task()
    program.finish_work()
    assert await program.line() == "returned"
    assert await program.ended() == (0, "")
    assert station.status(task) == ("completed", "finished")
    assert station.reservations(late) == {}
    assert station.activity(alice) == "Offline"


@pytest.mark.parametrize("kind", ["bot", "fleet"])
async def test_a_second_signal_stops_at_once(station: Station, kind: str) -> None:
    """F62: the handler is cancelled, the task stays assigned; the exit code says that it was not all done."""
    alice = station.worker()
    program = await Program.start(station, alice, kind)
    task = station.task()
    assert await program.line() == f"begun {task}"
    program.process.terminate()
    await station.until(lambda: station.activity(alice) == "Unavailable")
    program.process.terminate()
    assert await program.line() == f"cancelled {task}"
    program.finish_work()  # the thread that reads would keep the process
    code, complaints = await program.ended()
    assert code == 1
    assert f"<Worker {alice} ready>: stopped at once; 1 tasks stay assigned" in complaints
    assert station.status(task)[0] == "assigned"
    assert station.activity(alice) == "Offline"


async def test_a_handler_that_is_not_done_at_the_deadline(station: Station) -> None:
    """It is cancelled, and the process ends in time: whoever sent SIGTERM will send SIGKILL next."""
    alice = station.worker()
    program = await Program.start(station, alice, "bot", drain_timeout=0.05)
    task = station.task()
    assert await program.line() == f"begun {task}"
    program.process.terminate()
    assert await program.line() == f"cancelled {task}"
    program.finish_work()
    assert await program.line() == "returned"
    code, complaints = await program.ended()
    assert code == 0
    assert f"task {task} of {alice}: its handler was stopped" in complaints
    assert station.status(task)[0] == "assigned"
