"""Frames from a fast server to a listener: through trbridge, and through what one would write or take instead."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from .. import peers
from ..children import module, run, running
from ..harness import Metrics, Scale, Table, Variant
from ..plan import Job
from .frames import BESIDE

__all__ = ["jobs"]

_FLOOD: Final = {"full": 60_000, "quick": 9_000, "tiny": 60}
_PACED: Final = {"full": 10_000, "quick": 4_000, "tiny": 60}
_RATE: Final = 5_000

_HELD: Final = 1_000

_PYTHON: Final = {
    "raw": "websockets + json.loads",
    "raw_looking": "websockets + json.loads, attributes and dates too",
    "raw_pyee": "websockets + json.loads + pyee",
    "raw_pyee_async": "websockets + json.loads + pyee, coroutine",
    "trbridge": "trbridge",
    "trbridge_looking": "trbridge, attributes and dates too",
    "trbridge_async": "trbridge, coroutine",
    "trbridge_unheard": "trbridge, nobody listens",
    "trbridge_beside": f"trbridge, beside {BESIDE} connected clients",
}
NPM: Final = "npm twilio-taskrouter"


def _measured(port: int, variant: str, frames: str, count: int, rate: float = 0.0, held: int = 0) -> Variant:
    def measure() -> Metrics:
        return run(module("dispatch.client", variant, port, frames, count, rate, held))

    return Variant(_PYTHON[variant], measure)


def _npm(port: int, count: int) -> Variant:
    def measure() -> Metrics:
        return run([*peers.node("dispatch.cjs"), str(port), "nested", str(count), "0"])

    return Variant(NPM, measure, missing=peers.node_missing("twilio-taskrouter"))


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    with running(module("dispatch.server")) as server:
        port, flood = server["port"], _FLOOD[scale]
        yield [
            _dispatch(port, flood),
            _reservations(port, flood),
            _npms(port, flood // 4),
            _paced(port, _PACED[scale], _RATE),
            _growth(port, flood),
        ]


def _variants(names: str, port: int, frames: str, count: int, rate: float = 0.0) -> list[Variant]:
    return [_measured(port, name, frames, count, rate) for name in names.split()]


def _dispatch(port: int, count: int) -> Job:
    title = f"{count:,} events at once to a workspace's client"
    names = "raw raw_pyee raw_pyee_async trbridge trbridge_async trbridge_unheard"
    return Job(Table("dispatch", title, _PYTHON["raw"], "per_cpu_s"), _variants(names, port, "workspace", count))


def _reservations(port: int, count: int) -> Job:
    title = f"{count:,} reservation events at once to a worker's client, with their tasks"
    names = "raw raw_looking raw_pyee raw_pyee_async trbridge trbridge_looking trbridge_async trbridge_unheard"
    return Job(Table("reservations", title, _PYTHON["raw"], "per_cpu_s"), _variants(names, port, "worker", count))


def _npms(port: int, count: int) -> Job:
    table = Table("npm", f"{count:,} reservation events, to each in its own dialect", NPM, "per_cpu_s")
    nested = replace(_measured(port, "trbridge", "nested", count), name="trbridge, in the dialect of v2")
    return Job(table, [*_variants("raw trbridge trbridge_looking", port, "worker", count), nested, _npm(port, count)])


def _growth(port: int, count: int) -> Job:
    table = Table("growth", f"{count:,} reservation events to one of many clients", _PYTHON["trbridge"], "cpu_us")
    holding = replace(
        _measured(port, "trbridge", "worker", count, held=_HELD), name=f"trbridge, {_HELD:,} reservations on its desk"
    )
    return Job(table, [*_variants("trbridge trbridge_beside", port, "worker", count), holding], rounds=0.7)


def _paced(port: int, count: int, rate: int) -> Job:
    table = Table("paced", f"{rate:,} events a second, {count:,} of them", _PYTHON["raw"], "cpu_us")
    return Job(table, _variants("raw raw_pyee trbridge", port, "workspace", count, rate))
