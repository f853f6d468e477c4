"""``python -m benchmarks [--quick] [--only NAME ...] [--json FILE] [--page] [--from FILE] [--install]``."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from . import page, peers
from .calls.bench import jobs as calls
from .connections.bench import jobs as connections
from .dispatch.bench import jobs as dispatch
from .harness import Failed, Scale, Table, interleave
from .pages.bench import jobs as pages
from .plan import Benchmark
from .report import as_json, as_text, tables_of
from .serving.bench import jobs as emulator
from .start.bench import jobs as start

BENCHMARKS: Final[dict[str, Benchmark]] = {
    "dispatch": dispatch,
    "calls": calls,
    "pages": pages,
    "connections": connections,
    "start": start,
    "emulator": emulator,
}

_ROUNDS: Final = {"full": 7, "quick": 2, "tiny": 1}
_SECONDS: Final = {"full": math.inf, "quick": 45.0, "tiny": 0.0}
"""How long all may take before no further round is begun; each table gets its part, and one round in any case."""
_MOST_SECONDS: Final = 90.0
"""The same for one table."""


def measure(
    names: Sequence[str], scale: Scale, random: Random, progress: Callable[[str], None]
) -> Iterator[tuple[str, list[Table] | Failed]]:
    """Run some benchmarks, one after the other; gives the tables of each, or why it has none."""
    ends = time.monotonic() + _SECONDS[scale]
    for number, name in enumerate(names):
        seconds = (ends - time.monotonic()) / (len(names) - number)
        try:
            yield name, _measure(BENCHMARKS[name], scale, seconds, random, progress)
        except Failed as error:
            yield name, error


def _measure(
    benchmark: Benchmark, scale: Scale, seconds: float, random: Random, progress: Callable[[str], None]
) -> list[Table]:
    ends = time.monotonic() + seconds
    with benchmark(scale) as jobs:
        for number, job in enumerate(jobs):
            interleave(
                job.table,
                job.variants,
                rounds=max(1, round(_ROUNDS[scale] * job.rounds)),
                seconds=min(_MOST_SECONDS, (ends - time.monotonic()) / (len(jobs) - number)),
                random=random,
                progress=progress,
            )
        return [job.table for job in jobs]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what was found."""
    options = _parser().parse_args(arguments)
    if options.install:
        peers.install()
    scale: Scale = "tiny" if options.tiny else "quick" if options.quick else "full"
    if options.read is not None:
        found, failed = json.loads(options.read.read_text()), False
    else:
        found, failed = _run(options.only, scale)
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    for name in page.write(tables_of(found), found["machine"]) if options.page else ():
        print(f"docs/performance.md has no place for the table {name}", file=sys.stderr)
        failed = True
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure trbridge beside its peers.")
    parser.add_argument("--quick", action="store_true", help="little work: under a minute, and rough")
    parser.add_argument("--tiny", action="store_true", help="hardly any work: shows that it runs")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=[*BENCHMARKS], help="these benchmarks")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found to a file")
    parser.add_argument("--page", action="store_true", help="write the tables into docs/performance.md")
    parser.add_argument("--from", dest="read", type=Path, metavar="FILE", help="measure nothing, read this")
    parser.add_argument("--install", action="store_true", help="install what trbridge is compared with first")
    return parser


def _run(names: Sequence[str], scale: Scale) -> tuple[dict[str, Any], bool]:
    tables: list[Table] = []
    failed = False
    for name, found in measure(names, scale, Random(), _progress):
        if isinstance(found, Failed):
            print(f"{name} failed: {found}", file=sys.stderr)
            failed = True
            continue
        tables += found
        for table in found:
            failed = failed or bool(table.failed)
            print(as_text(table), end="\n\n", flush=True)
    return as_json(tables, scale), failed


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
