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

__all__ = ["jobs"]

_FLOOD: Final = {"full": 60_000, "quick": 15_000, "tiny": 60}
_PACED: Final = {"full": 10_000, "quick": 4_000, "tiny": 60}
_RATE: Final = {"full": 5_000, "quick": 5_000, "tiny": 5_000}

_PYTHON: Final = {
    "raw": "websockets + json.loads",
    "raw_pyee": "websockets + json.loads + pyee",
    "raw_pyee_async": "websockets + json.loads + pyee, coroutine",
    "trbridge": "trbridge",
    "trbridge_looking": "trbridge, handler looks at everything",
    "trbridge_async": "trbridge, coroutine",
    "trbridge_unheard": "trbridge, nobody listens",
}
NPM: Final = "npm twilio-taskrouter"


def _measured(port: int, variant: str, frames: str, count: int, rate: float) -> Variant:
    def measure() -> Metrics:
        return run(module("dispatch.client", variant, port, frames, count, rate))

    return Variant(_PYTHON[variant], measure)


def _npm(port: int, count: int) -> Variant:
    def measure() -> Metrics:
        return run([*peers.node("dispatch.cjs"), str(port), "nested", str(count), "0"])

    return Variant(NPM, measure, missing=peers.node_missing("twilio-taskrouter"))


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    flood, paced, rate = _FLOOD[scale], _PACED[scale], _RATE[scale]
    with running(module("dispatch.server")) as server:
        port = server["port"]

        def variants(names: str, frames: str, count: int, each: float = 0.0) -> list[Variant]:
            return [_measured(port, name, frames, count, each) for name in names.split()]

        everyone = "raw raw_pyee raw_pyee_async trbridge trbridge_async trbridge_unheard"
        yield [
            Job(
                Table("dispatch", f"{flood:,} events at once to a workspace's client", _PYTHON["raw"], "per_cpu_s"),
                variants(everyone, "workspace", flood),
            ),
            Job(
                Table(
                    "reservations",
                    f"{flood:,} reservation events at once to a worker's client, with their tasks",
                    _PYTHON["raw"],
                    "per_cpu_s",
                ),
                variants("raw raw_pyee raw_pyee_async trbridge trbridge_looking trbridge_async", "worker", flood),
            ),
            Job(
                Table("npm", f"{flood // 4:,} reservation events, to each in its own dialect", NPM, "per_cpu_s"),
                [
                    *variants("raw trbridge trbridge_looking", "worker", flood // 4),
                    replace(variants("trbridge", "nested", flood // 4)[0], name="trbridge, in the dialect of v2"),
                    _npm(port, flood // 4),
                ],
            ),
            Job(
                Table("paced", f"{rate:,} events a second, {paced:,} of them", _PYTHON["raw"], "cpu_us"),
                [
                    *variants("raw raw_pyee trbridge", "workspace", paced, rate),
                ],
            ),
        ]
