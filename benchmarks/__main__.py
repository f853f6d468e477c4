"""``python -m benchmarks [--quick] [--only NAME ...] [--json FILE] [--install]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from . import peers
from .calls.bench import jobs as calls
from .connections.bench import jobs as connections
from .dispatch.bench import jobs as dispatch
from .harness import Failed, Scale, Table, interleave
from .pages.bench import jobs as pages
from .plan import Benchmark
from .report import as_json, as_text
from .start.bench import jobs as start

BENCHMARKS: Final[dict[str, Benchmark]] = {
    "dispatch": dispatch,
    "calls": calls,
    "pages": pages,
    "connections": connections,
    "start": start,
}

_ROUNDS: Final = {"full": 7, "quick": 2, "tiny": 1}
_SECONDS: Final = {"full": 60.0, "quick": 6.0, "tiny": 0.0}
"""How long one table may take before no further round is begun."""


def measure(name: str, scale: Scale, random: Random, progress: Callable[[str], None]) -> list[Table]:
    """Run one benchmark.

    Raises:
        Failed: Something could not be measured.
    """
    tables = []
    with BENCHMARKS[name](scale) as jobs:
        for job in jobs:
            rounds = max(1, round(_ROUNDS[scale] * job.rounds))
            tables.append(
                interleave(
                    job.table, job.variants, rounds=rounds, seconds=_SECONDS[scale], random=random, progress=progress
                )
            )
    return tables


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="little work: under a minute, and rough")
    parser.add_argument("--tiny", action="store_true", help="hardly any work: shows that it runs")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=[*BENCHMARKS], help="these benchmarks")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found to a file")
    parser.add_argument("--install", action="store_true", help="install what trbridge is compared with first")
    options = parser.parse_args(arguments)
    if options.install:
        peers.install()
    scale: Scale = "tiny" if options.tiny else "quick" if options.quick else "full"
    tables: list[Table] = []
    failed = False
    for name in options.only:
        try:
            found = measure(name, scale, Random(), _progress)
        except Failed as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed = True
            continue
        tables += found
        for table in found:
            print(as_text(table), end="\n\n", flush=True)
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(as_json(tables, scale), indent=1) + "\n")
    return int(failed)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
