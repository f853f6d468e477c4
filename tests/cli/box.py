"""``trbridge serve`` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "trbridge"]


def environment(**more: str) -> dict[str, str]:
    """This process's, without what would change the outcome."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRBRIDGE_", "TWILIO_"))}
    return {**clean, "PYTHONPATH": str(ROOT), **more}


class Box:
    """A running ``trbridge serve --json``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        self.facts: dict[str, Any] = json.loads(line)

    def get(self, path: str = "Workspaces") -> Any:
        auth = self.facts["account_sid"], self.facts["auth_token"]
        answer = httpx.get(f"{self.facts['rest']}/v1/{path}", auth=auth, trust_env=False)
        assert answer.status_code == 200
        return answer.json()

    def post(self, path: str, **form: str) -> Any:
        auth = self.facts["account_sid"], self.facts["auth_token"]
        answer = httpx.post(f"{self.facts['rest']}/v1/{path}", auth=auth, data=form, trust_env=False)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit code, what else was printed, and what went to stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        noise = "\n".join(line for line in err.splitlines() if not line.startswith("Executing <"))
        return self.process.returncode, out, noise


@contextmanager
def serving(*arguments: str, **variables: str) -> Iterator[Box]:
    """The emulator in a process, ended at the end whatever happens."""
    with fed(None, *arguments, **variables) as box:
        yield box


@contextmanager
def fed(stdin: IO[str] | None, *arguments: str, **variables: str) -> Iterator[Box]:
    """The same with something to read."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--json", "--port", "0", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**variables),
    )
    try:
        yield Box(process)
    finally:
        process.kill()
        process.communicate()
