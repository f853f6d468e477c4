"""Looks for inputs that break a reader of what comes from outside: ``python -m fuzz [--seconds N] [READER ...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from .running import ROOT, Outcome, keep, run
from .targets import TARGETS

__all__ = ["main"]

_NO_ENGINE = (
    "Atheris is not installed; its wheels are for Linux on x86-64, where `make fuzz` installs it.\n"
    "`make test` replays the corpus, fuzz/corpus, on any machine."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz one reader after the other.

    Returns:
        0 if nothing was found, 1 if something was, 2 if it cannot be looked for here.
    """
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"which of {', '.join(TARGETS)}; all if left out")
    parser.add_argument("--seconds", type=int, default=60, help="how long in all, shared by the readers (60)")
    parser.add_argument("--keep", action="store_true", help="add inputs that reach something new to the corpus")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.readers if name not in TARGETS]
    if unknown:
        parser.error(f"there is no reader {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if find_spec("atheris") is None:
        print(_NO_ENGINE, file=sys.stderr)
        return 2
    readers = options.readers or list(TARGETS)
    each = max(1, options.seconds // len(readers))
    if options.keep:
        return _keep(readers, each)
    return _look(readers, each)


def _keep(readers: list[str], seconds: int) -> int:
    for reader in readers:
        print(f"{reader:<12} {keep(reader, seconds):>4} more inputs in fuzz/corpus/{reader}", flush=True)
    return 0


def _look(readers: list[str], seconds: int) -> int:
    head = f"{'reader':<12}{'inputs':>12}{'per second':>12}{'paths':>8}"
    print(f"{seconds} seconds for each reader\n\n{head}", flush=True)
    outcomes = []
    for reader in readers:
        outcome = run(reader, seconds)
        outcomes.append(outcome)
        verdict = "FOUND" if outcome.finding else "nothing found"
        numbers = f"{outcome.inputs:>12,}{outcome.inputs // seconds:>12,}{outcome.paths:>8,}"
        print(f"{reader:<12}{numbers}  {verdict}", flush=True)
    found = [each for each in outcomes if each.finding]
    for outcome in found:
        print(f"\n{_told(outcome)}")
    return 1 if found else 0


def _told(outcome: Outcome) -> str:
    lines = outcome.traceback or outcome.finding
    if outcome.kept is None:
        return lines
    kept = outcome.kept.relative_to(ROOT)
    return f"{lines}\nThe input is kept as {kept}, and fails `pytest tests/fuzzing` until that is mended."


if __name__ == "__main__":
    sys.exit(main())
