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
_COUNT_TLS: Final = {"full": 1_000, "quick": 100, "tiny": 3}
_SPARE: Final = 300
"""Files that are open besides the connections."""

_VARIANTS_TLS: Final = {
    "websockets": "bare",
    "trbridge": "trbridge",
    "trbridge, small_tls_buffers()": "trbridge_small",
}
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


def _variant(shown: str, name: str, count: int, *ports: int) -> Variant:
    def measure() -> Metrics:
        return run(module("connections.client", name, ports[0], count, *ports[1:]))

    missing = "" if Path("/proc/self/statm").exists() else "memory is read from /proc, which is not there"
    return Variant(shown, measure, missing=missing)


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The tables of this benchmark, and what to measure for each."""
    count, count_tls = _possible(_COUNT[scale]), _possible(_COUNT_TLS[scale])
    with running(module("connections.server")) as server:
        ports = server["port"], server["tls_port"]
        plain = Table("connections", f"{count:,} clients in one process, dropped at once", "websockets", "kib_each")
        tls = Table("connections-tls", f"{count_tls:,} clients over TLS, dropped at once", "websockets", "kib_each")
        yield [
            Job(plain, [_variant(shown, name, count, ports[0]) for shown, name in _VARIANTS.items()]),
            Job(tls, [_variant(shown, name, count_tls, *ports) for shown, name in _VARIANTS_TLS.items()], rounds=0.5),
        ]
