"""Requests: the whole client beside HTTP libraries and twilio-python."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from .. import peers
from ..children import module, run, running
from ..harness import Metrics, Scale, Table, Variant
from ..plan import Job

__all__ = ["jobs"]

_COUNT: Final = {"full": 1_500, "quick": 400, "tiny": 4}

_NAMES: Final = {
    "httpx": ("httpx", "httpx"),
    "aiohttp": ("aiohttp", "aiohttp"),
    "twilio_async": ("twilio-python, async", "twilio"),
    "twilio_sync": ("twilio-python", "twilio"),
    "trbridge": ("trbridge", ""),
    "trbridge_fast": ("trbridge[fast]", "httptools"),
    "trbridge_on_httpx": ("trbridge on httpx's own transport", ""),
}


def _variant(port: int, name: str, count: int, in_flight: int) -> Variant:
    def measure() -> Metrics:
        return run(module("calls.client", name, port, count, in_flight))

    shown, needs = _NAMES[name]
    return Variant(shown, measure, missing=peers.missing(needs) if needs else "")


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    count = _COUNT[scale]
    with running(module("calls.server")) as server:
        yield [
            Job(
                Table(name, f"{count:,} POSTs, {in_flight} at a time", "httpx", "cpu_ms"),
                [_variant(server["port"], each, count, in_flight) for each in variants.split()],
            )
            for name, in_flight, variants in (
                ("requests", 1, "httpx aiohttp twilio_async twilio_sync trbridge trbridge_fast trbridge_on_httpx"),
                ("requests-32", 32, "httpx aiohttp twilio_async trbridge trbridge_fast trbridge_on_httpx"),
            )
        ]
