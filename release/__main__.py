"""Looks at what would be released: ``python -m release [--strict]``. It writes ``dist/``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .building import Built, build, check_metadata, install
from .dependencies import check_advisories, write_bill
from .result import ROOT, Failed, Result
from .rules import check_rules

__all__ = ["main", "verdict"]

_SIGNS: Final = {"ok": "ok", "failed": "FAILED", "not made": "not made"}
_INDENT: Final = " " * 22


def main(arguments: Sequence[str] | None = None) -> int:
    """Make every check and say what came of it.

    Returns:
        0 if nothing failed; with ``--strict`` only if every check could be made.
    """
    parser = argparse.ArgumentParser(prog="python -m release", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--strict", action="store_true", help="a check that could not be made is one that failed")
    options = parser.parse_args(arguments)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    print(f"trbridge {version}\n", flush=True)
    with tempfile.TemporaryDirectory() as name:
        results = _all(Path(name), ROOT / "dist", version)
    told, code = verdict(results, strict=options.strict)
    print(f"\n{told}")
    return code


def _all(scratch: Path, dist: Path, version: str) -> list[Result]:
    dist.mkdir(exist_ok=True)
    results = [_made("rules", lambda: check_rules(ROOT))]
    made: list[Built] = []
    results.append(_made("wheel", lambda: _build(dist, scratch, made)))
    if not made:
        return results
    results.append(_made("metadata", lambda: check_metadata(made[0])))
    try:
        python = install(made[0], scratch)
    except Failed as error:
        return [*results, _shown(Result("install", "failed", str(error)))]
    results.append(_made("bill", lambda: write_bill(python, dist, ROOT / "pyproject.toml", version)))
    results.append(_made("advisories", lambda: check_advisories(python)))
    return results


def _build(dist: Path, scratch: Path, made: list[Built]) -> Result:
    made.append(build(dist, scratch))
    return made[0].result


def _made(name: str, check: Callable[[], Result]) -> Result:
    try:
        return _shown(check())
    except Failed as error:
        return _shown(Result(name, "failed", str(error)))


def _shown(result: Result) -> Result:
    told = result.told.replace("\n", f"\n{_INDENT}")
    print(f"{result.name:<12}{_SIGNS[result.state]:<10}{told}", flush=True)
    return result


def verdict(results: Sequence[Result], *, strict: bool) -> tuple[str, int]:
    """The last line, and the exit code."""
    count = {state: sum(result.state == state for result in results) for state in _SIGNS}
    told = f"{count['ok']} of {len(results)} checks passed"
    if count["failed"]:
        told += f", {count['failed']} failed"
    if count["not made"]:
        told += f", {count['not made']} could not be made here: make it elsewhere before you release"
    return f"{told}.", 1 if count["failed"] or (strict and count["not made"]) else 0


if __name__ == "__main__":
    sys.exit(main())
