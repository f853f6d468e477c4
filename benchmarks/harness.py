"""Rounds, medians and ratios."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Literal

__all__ = ["Failed", "Metrics", "Scale", "Table", "Variant", "interleave"]

Metrics = Mapping[str, float]
"""What one measurement found, by name."""

Scale = Literal["full", "quick", "tiny"]
"""How much work to do; ``tiny`` only shows that it runs."""


class Failed(Exception):
    """A measurement that could not be made."""


@dataclass(frozen=True)
class Variant:
    """One way to do the job.

    Attributes:
        name: As the table calls it.
        measure: Does the job once, mostly in a process of its own.
        missing: Why it cannot be measured here, if so.
    """

    name: str
    measure: Callable[[], Metrics]
    missing: str = ""


@dataclass
class Table:
    """What one benchmark found.

    Attributes:
        name: Short and unique; targets refer to it.
        title: What was done, and how often.
        baseline: The variant that the ratio column compares with.
        metric: The metric that it compares.
        rounds: The measurements, by variant.
        left_out: Variants that are missing, and why.
        failed: Variants that could not be measured after all, and why; nothing of them is in ``rounds``.
        seconds: How long it took.
    """

    name: str
    title: str
    baseline: str
    metric: str
    rounds: dict[str, list[Metrics]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def metrics(self) -> list[str]:
        """The names of all metrics, in the order they were given."""
        return list(dict.fromkeys(name for found in self.rounds.values() for one in found for name in one))

    def values(self, variant: str, metric: str) -> list[float]:
        """All measurements of a metric."""
        return [one[metric] for one in self.rounds.get(variant, ()) if metric in one]

    def middle(self, variant: str, metric: str) -> float | None:
        """The median, or None if it was not measured."""
        return median(found) if (found := self.values(variant, metric)) else None

    def spread(self, variant: str, metric: str) -> float | None:
        """Largest minus smallest, as a part of the median; None of a single round."""
        found = self.values(variant, metric)
        middle = median(found) if len(found) > 1 else 0.0
        return (max(found) - min(found)) / middle if middle else None

    def ratios(self, variant: str, against: str, metric: str) -> list[float]:
        """The ratio in each round: what a round's measurements share cancels out."""
        pairs = zip(self.values(variant, metric), self.values(against, metric), strict=False)
        return [one / other for one, other in pairs if other]

    def ratio(self, variant: str, against: str, metric: str) -> float | None:
        """The median of :meth:`ratios`."""
        return median(found) if (found := self.ratios(variant, against, metric)) else None

    def ratio_of_medians(self, variant: str, against: str, metric: str) -> float | None:
        """The ratio of the two medians."""
        one, other = self.middle(variant, metric), self.middle(against, metric)
        return one / other if one is not None and other else None


def interleave(
    table: Table,
    variants: Sequence[Variant],
    *,
    rounds: int,
    seconds: float,
    random: Random,
    clock: Callable[[], float] = time.monotonic,
    progress: Callable[[str], None] = lambda _: None,
) -> Table:
    """Measure all variants once a round, in another order each time.

    Args:
        table: Takes the measurements.
        variants: What to measure.
        rounds: How many rounds.
        seconds: No further round begins after so many; the first is always whole.
        random: Shuffles.
        clock: Tells the time.
        progress: Told what is measured next.
    """
    present = _present(table, variants)
    began = clock()
    for number in range(rounds):
        if number and clock() - began > seconds:
            break
        random.shuffle(present)
        measured: dict[str, Metrics] = {}
        for variant in present:
            progress(f"{table.name}: round {number + 1} of {rounds}: {variant.name}")
            try:
                measured[variant.name] = variant.measure()
            except Failed as error:
                table.failed[variant.name] = str(error)
        present = [variant for variant in present if variant.name not in table.failed]
        # Only whole rounds count, so that every ratio has both of its sides.
        for variant in variants:
            if variant.name in measured:
                table.rounds.setdefault(variant.name, []).append(measured[variant.name])
    for name in table.failed:
        table.rounds.pop(name, None)
    table.seconds = round(clock() - began, 1)
    return table


def _present(table: Table, variants: Iterable[Variant]) -> list[Variant]:
    table.left_out.update({variant.name: variant.missing for variant in variants if variant.missing})
    return [variant for variant in variants if not variant.missing]
