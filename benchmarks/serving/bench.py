"""The emulator beside a handler of its framework that does nothing; and what a task costs in a large contact centre."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..children import module, run, running
from ..harness import Metrics, Scale, Table, Variant
from ..plan import Job

__all__ = ["jobs"]

_REQUESTS: Final = {"full": 6_000, "quick": 1_000, "tiny": 20}
_SOCKETS: Final = {"full": 1_000, "quick": 1_000, "tiny": 5}

_STARLETTE: Final = "Starlette, does nothing"
_SERVERS: Final = {
    _STARLETTE: "starlette",
    "plain ASGI, does nothing": "plain",
    "trbridge serve": "trbridge",
    "trbridge serve --data": "trbridge",
}


def _loaded(shown: str, facts: dict[str, Any], what: str, count: int) -> Variant:
    return Variant(shown, lambda: run(module("serving.client", json.dumps(facts), what, count)))


def _routed(workers: int, queues: int, tasks: int) -> Variant:
    def measure() -> Metrics:
        return run(module("emulator", "--one", workers, queues, "--tasks", tasks))

    return Variant(f"{workers:,} workers, {queues:,} queues", measure)


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    count, sockets = _REQUESTS[scale], _SOCKETS[scale]
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {}
        for shown, name in _SERVERS.items():
            data = [str(directory / "box.db")] if shown.endswith("--data") else []
            found[shown] = stack.enter_context(running(module("serving.server", name, *data)))
        told = [shown for shown, name in _SERVERS.items() if name != "plain"]
        yield [
            *[
                Job(
                    Table(f"emulator-{what}", f"{count:,} times {title}, on 16 connections", _STARLETTE, "per_cpu_s"),
                    [_loaded(shown, facts, what, count) for shown, facts in found.items()],
                )
                for what, title in (("get", "GET of an activity"), ("post", "POST that renames one"))
            ],
            Job(
                Table("fan-out", f"an event of 1.3 KB to {sockets:,} websockets", _STARLETTE, "p99_ms"),
                [_loaded(shown, found[shown], "tell", sockets) for shown in told],
                rounds=0.5,
            ),
            *_routing(scale),
        ]


_SIZES: Final = {"full": (100, 1_000, 15_000), "quick": (100, 15_000), "tiny": (5, 10)}
_QUEUES: Final = {"full": (10, 1_000), "quick": (10,), "tiny": (2,)}
_TASKS: Final = {"full": 1_000, "quick": 200, "tiny": 3}


def _routing(scale: Scale) -> list[Job]:
    tasks = _TASKS[scale]
    return [
        Job(
            Table(
                f"routing-{queues}",
                f"{tasks:,} tasks created, accepted and completed, with {queues:,} queues",
                f"{_SIZES[scale][0]:,} workers, {queues:,} queues",
                "free_us",
            ),
            [_routed(workers, queues, tasks) for workers in _SIZES[scale]],
            rounds=0.4,
        )
        for queues in _QUEUES[scale]
    ]
