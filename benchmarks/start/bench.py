"""Whole programs, from their start to their end or until they listen."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Final

from .. import peers
from ..children import ROOT, environment, module, running
from ..harness import Failed, Metrics, Scale, Table, Variant
from ..plan import Job

__all__ = ["jobs"]

_PACKAGES: Final = "import websockets.asyncio.client, httpx, pyee.asyncio, jwt"
_IMPORTS: Final = {
    "nothing": ("pass", ""),
    "websockets, httpx, pyee, PyJWT": (_PACKAGES, ""),
    "twilio.rest": ("import twilio.rest", "twilio"),
    "import trbridge": ("import trbridge", ""),
    "from trbridge import Workspace": ("from trbridge import Workspace", ""),
    "from trbridge import Worker": ("from trbridge import Worker", ""),
}
_RUNS: Final = {"full": 5, "quick": 3, "tiny": 1}


def _timed(command: Sequence[str], times: int) -> Metrics:
    """The quickest of some runs: a start has no use for what else the machine does."""
    spent = []
    for _ in range(times):
        began, cpu = time.perf_counter(), _cpu_of_children()
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise Failed(f"{' '.join(command[1:5])} ended with {done.returncode}: {done.stderr[-1000:]}")
        spent.append(((time.perf_counter() - began) * 1e3, (_cpu_of_children() - cpu) * 1e3))
    wall, cpu_ms = (min(column) for column in zip(*spent, strict=True))
    return {"ms": wall, "cpu_ms": cpu_ms}


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _import(code: str, times: int) -> Metrics:
    found = _timed([sys.executable, "-c", code], times)
    bare = _timed([sys.executable, "-c", "pass"], times)
    return {**found, "net_cpu_ms": max(0.0, found["cpu_ms"] - bare["cpu_ms"])}


def _listening(times: int) -> Metrics:
    """From the command to the line that says where it listens; processor time includes the stop."""
    spent = []
    command = [sys.executable, "-m", "trbridge", "serve", "--json", "--port", "0"]
    for _ in range(times):
        began, cpu = time.perf_counter(), _cpu_of_children()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        try:
            assert process.stdout is not None
            json.loads(process.stdout.readline())
            listening = (time.perf_counter() - began) * 1e3
        finally:
            process.terminate()
            process.communicate(timeout=20)
        spent.append((listening, (_cpu_of_children() - cpu) * 1e3))
    wall, cpu_ms = (min(column) for column in zip(*spent, strict=True))
    return {"ms": wall, "cpu_ms": cpu_ms}


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    times = _RUNS[scale]

    def importing(shown: str) -> Variant:
        code, needs = _IMPORTS[shown]
        return Variant(shown, lambda: _import(code, times), missing=peers.missing(needs) if needs else "")

    with running(module("calls.server")) as server:

        def first(name: str, needs: str = "") -> Variant:
            command = module("start.first", name, server["port"])
            return Variant(name, lambda: _timed(command, times), missing=peers.missing(needs) if needs else "")

        yield [
            Job(
                Table("import", f"the best of {times}", "websockets, httpx, pyee, PyJWT", "net_cpu_ms"),
                [importing(shown) for shown in _IMPORTS],
            ),
            Job(
                Table("first-request", f"a program that sends one request, the best of {times}", "httpx", "cpu_ms"),
                [first("httpx"), first("twilio", "twilio"), first("trbridge")],
            ),
            Job(
                Table(
                    "serve",
                    f"until it listens, the best of {times}; wanted on an idle machine: 600 ms",
                    "trbridge serve",
                    "ms",
                ),
                [Variant("trbridge serve", lambda: _listening(times))],
            ),
        ]
