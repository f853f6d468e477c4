"""What one check came to, and how programs are run for it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

__all__ = ["ROOT", "Failed", "Result", "State", "TookTooLong", "run"]

ROOT: Final = Path(__file__).parents[1]

State = Literal["ok", "failed", "not made"]


class Result(NamedTuple):
    """One check.

    Attributes:
        name: What was looked at.
        state: ``not made`` is no pass: what the check needs was not to be had.
        told: What was found, a line or more.
    """

    name: str
    state: State
    told: str


class Failed(Exception):
    """A check failed; the words say why."""


class TookTooLong(Failed):
    """A program did not end in its time."""


def run(*command: str | Path, patience: float = 300.0, codes: Sequence[int] = (0,), folder: Path = ROOT) -> str:
    """Run a program.

    Args:
        command: The program and its arguments.
        patience: Seconds that it may take.
        codes: Exit codes that are an answer.
        folder: Where it runs.

    Returns:
        What it printed.

    Raises:
        Failed: It ended otherwise.
        TookTooLong: It did not end.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(  # noqa: S603 - our own commands
            words, cwd=folder, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(f"{Path(words[0]).name} took more than {patience:.0f} s") from None
    if done.returncode not in codes:
        raise Failed((done.stdout + done.stderr).strip()[-2000:] or f"{words[0]} ended with {done.returncode}")
    return done.stdout
