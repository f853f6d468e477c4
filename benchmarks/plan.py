"""What is to be measured."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from .harness import Scale, Table, Variant

__all__ = ["Benchmark", "Job"]


@dataclass(frozen=True)
class Job:
    """One table to fill.

    Attributes:
        table: The table.
        variants: What goes into it.
        rounds: How many rounds it needs compared with others; a long one gets fewer.
    """

    table: Table
    variants: list[Variant]
    rounds: float = 1.0


class Benchmark(Protocol):
    """Starts what a benchmark needs, and says what to measure while that runs."""

    def __call__(self, scale: Scale, /) -> AbstractContextManager[list[Job]]:
        """What is to be measured."""
        ...
