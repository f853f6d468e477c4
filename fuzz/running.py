"""Runs one target in a process of its own, and reads what libFuzzer says about it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["CORPUS", "ROOT", "Outcome", "keep", "read_log", "run"]

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT / "fuzz" / "corpus"

_MOST_BYTES: Final = 4096
_LIMITS: Final = (f"-max_len={_MOST_BYTES}", "-timeout=10", "-rss_limit_mb=2048")
"""Ten seconds, or two gigabytes, for an input of four kilobytes are a finding of their own."""
_STARTING: Final = 120.0
"""Seconds beyond its time that a process may take: imports are instrumented, and machines busy."""


class Outcome(NamedTuple):
    """What one run came to.

    Attributes:
        inputs: How many were tried.
        paths: How many different ways through the code were seen.
        finding: What went wrong with the last one, in a line; empty if nothing did.
        traceback: The same with where it was.
        kept: The input that did it, now a part of the corpus.
    """

    inputs: int
    paths: int
    finding: str = ""
    traceback: str = ""
    kept: Path | None = None


def run(target: str, seconds: int, corpus: Path = CORPUS) -> Outcome:
    """Try inputs for some seconds; the one that breaks the target becomes a part of the corpus."""
    with tempfile.TemporaryDirectory() as name:
        found, artifacts = Path(name, "found"), Path(name, "artifacts")
        found.mkdir()
        artifacts.mkdir()
        log = _engine(
            target,
            f"-max_total_time={seconds}",
            "-print_final_stats=1",
            f"-artifact_prefix={artifacts}/",
            str(found),
            str(corpus / target),
            patience=seconds + _STARTING,
        )
        outcome = read_log(log)
        for artifact in artifacts.iterdir():
            kept = corpus / target / artifact.name[:18]
            shutil.copyfile(artifact, kept)
            outcome = outcome._replace(kept=kept)
        return outcome


def keep(target: str, seconds: int, corpus: Path = CORPUS) -> int:
    """Look for inputs that reach something new, and add the smallest of them to the corpus.

    Returns:
        How many were added.
    """
    before = len(list((corpus / target).iterdir()))
    with tempfile.TemporaryDirectory() as found:
        time = f"-max_total_time={seconds}"
        _engine(target, time, found, str(corpus / target), patience=seconds + _STARTING)
        log = _engine(target, "-merge=1", str(corpus / target), found, patience=seconds + _STARTING)
        if "MERGE-OUTER: successful" not in log:
            raise RuntimeError(f"what was found for {target} could not be looked through:\n{log[-2000:]}")
    return len(list((corpus / target).iterdir())) - before


def _engine(target: str, *flags: str, patience: float) -> str:
    command = [sys.executable, "-m", "fuzz.engine", target, *_LIMITS, *flags]
    done = subprocess.run(  # noqa: S603 - our own module
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience, check=False
    )
    log = done.stdout.decode("utf-8", "replace")
    if done.returncode and "stat::" not in log and "MERGE" not in log:
        raise RuntimeError(f"the fuzzer of {target} did not start:\n{log[-2000:]}")
    return log


_INPUTS: Final = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_PATHS: Final = re.compile(r"\bft: (\d+)")
_UNCAUGHT: Final = re.compile(r"=== Uncaught Python exception: ===\n(.*?)\n\n?==", re.DOTALL)
_KILLED: Final = re.compile(r"^==\d+== ERROR: libFuzzer: (?!fuzz target exited)(.+)", re.MULTILINE)


def read_log(log: str) -> Outcome:
    """What libFuzzer said: numbers, and the exception or limit that ended it."""
    inputs, paths = _INPUTS.search(log), _PATHS.findall(log)
    uncaught, killed = _UNCAUGHT.search(log), _KILLED.search(log)
    trace = uncaught[1] if uncaught else ""
    finding = trace.partition("\n")[0] if uncaught else killed[1] if killed else ""
    return Outcome(int(inputs[1]) if inputs else 0, int(paths[-1]) if paths else 0, finding, trace)
