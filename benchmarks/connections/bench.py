"""Connections: memory, how fast they are made, how fast they come back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..children import module, run, running
from ..harness import Metrics, Scale, Table, Variant
from ..plan import Job

__all__ = ["jobs"]

_COUNT: Final = {"full": 2_000, "quick": 500, "tiny": 3}
_SPARE: Final = 300
"""Files that are open besides the connections."""

_VARIANTS: Final = {
    "websockets": "bare",
    "websockets + ready by httpx": "bare_ready",
    "trbridge's connection": "connection",
    "trbridge": "trbridge",
}


def _possible(wanted: int) -> int:
    """As many as this process may open files, and its children with it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _SPARE)


def _variant(shown: str, name: str, port: int, count: int) -> Variant:
    def measure() -> Metrics:
        return run(module("connections.client", name, port, count))

    missing = "" if Path("/proc/self/statm").exists() else "memory is read from /proc, which is not there"
    return Variant(shown, measure, missing=missing)


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The table of this benchmark, and what to measure for it."""
    count = _possible(_COUNT[scale])
    with running(module("connections.server")) as server:
        table = Table("connections", f"{count:,} clients in one process, dropped at once", "websockets", "kib_each")
        yield [Job(table, [_variant(shown, name, server["port"], count) for shown, name in _VARIANTS.items()])]
