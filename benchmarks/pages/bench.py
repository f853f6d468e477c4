"""A page of workers, from JSON to objects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from .. import peers
from ..children import module, run
from ..harness import Metrics, Scale, Table, Variant
from ..plan import Job

__all__ = ["jobs"]

_SIZE: Final = {"full": (1_000, 15), "quick": (1_000, 7), "tiny": (5, 1)}
_VARIANTS: Final = (
    ("json, dicts", "plain", ""),
    ("pydantic", "pydantic", "pydantic"),
    ("twilio-python", "twilio", "twilio"),
    ("trbridge", "trbridge", ""),
    ("json, dicts, attributes too", "plain_looking", ""),
    ("trbridge, attributes too", "trbridge_looking", ""),
)


def _variant(shown: str, name: str, needs: str, items: int, times: int) -> Variant:
    def measure() -> Metrics:
        return run(module("pages.client", name, items, times))

    return Variant(shown, measure, missing=peers.missing(needs) if needs else "")


@contextlib.contextmanager
def jobs(scale: Scale) -> Iterator[list[Job]]:
    """The table of this benchmark, and what to measure for it."""
    items, times = _SIZE[scale]
    table = Table("pages", f"a page of {items:,} workers, {times} times", "json, dicts", "cpu_ms")
    yield [Job(table, [_variant(*each, items, times) for each in _VARIANTS])]
