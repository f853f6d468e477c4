"""Programs that are measured, or serve those that are, in processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .harness import Failed

__all__ = ["CERTIFICATE", "CLIENT_CORE", "ROOT", "SERVER_CORE", "environment", "module", "pin", "run", "running"]

ROOT = Path(__file__).resolve().parents[1]
CERTIFICATE = ROOT / "tests" / "data" / "loopback.pem"
"""Of a server on loopback, with its key."""

_LIMIT = 300.0
"""Seconds after which a program is taken to hang."""

SERVER_CORE = 0
CLIENT_CORE = 1


def pin(core: int) -> None:
    """Keep the calling process on one core, where the system can: a server does not disturb its client there."""
    with contextlib.suppress(AttributeError, OSError):
        if len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(0, {core})


def module(name: str, *args: object) -> list[str]:
    """The command that runs a module of this package."""
    return [sys.executable, "-m", f"benchmarks.{name}", *map(str, args)]


def environment() -> dict[str, str]:
    """For programs that are measured."""
    # Neither a proxy nor another service may get in between. What is installed has its bytecode, and a checkout writes
    # it at the first run; where the environment forbids that, every start would compile 250 files (0.1 s).
    unwanted = ("PROXY", "TRBRIDGE", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not any(word in name.upper() for word in unwanted)}


def run(command: Sequence[str]) -> dict[str, Any]:
    """Run a program and return the JSON object of its last line.

    Raises:
        Failed: It failed, took too long, or said something else.
    """
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(command[1:5])} did not end within {_LIMIT:g} s") from None
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise Failed(f"{' '.join(command[1:5])} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    found = json.loads(lines[-1])
    if not isinstance(found, dict):
        raise Failed(f"{' '.join(command[1:5])} said {lines[-1][:200]}")
    return found


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run a server for as long as the block lasts; gives the JSON object of its first line.

    Raises:
        Failed: It did not say that it listens.
    """
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    )
    try:
        yield json.loads(_first_line(process, command))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _first_line(process: subprocess.Popen[bytes], command: Sequence[str]) -> bytes:
    assert process.stdout is not None
    ends = time.monotonic() + _LIMIT
    line = bytearray()
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, ends - time.monotonic()))
        byte = process.stdout.read(1) if ready else b""
        if not byte:
            raise Failed(f"{' '.join(command[1:5])} did not say that it listens")
        line += byte
    return bytes(line)
