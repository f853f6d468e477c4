"""What an emulator begins with, as the commands take it: a seed, and a clock that stands still."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from ..emulator.clock import ManualClock
    from ..emulator.seeds.model import Seed

__all__ = ["clock_of", "clock_options", "read_stdin"]

C = TypeVar("C", bound=Callable[..., Any])

_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
"""Beyond it dates cannot be written down for long."""


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Epoch seconds from ISO 8601 (UTC unless it says otherwise) or a number."""
    if value is None:
        return None
    try:
        moment = _epoch(value.strip())
    except ValueError:
        moment = math.nan
    if not 0 <= moment <= _LATEST:
        raise click.BadParameter(f"{value!r} is no moment such as 2030-01-01T00:00:00Z, nor seconds since 1970")
    return moment


def _epoch(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def clock_options(command: C) -> C:
    """The options that :func:`clock_of` reads."""
    begins = click.option(
        "--clock-start",
        callback=_moment,
        metavar="MOMENT",
        help="Where a manual clock begins, such as 2030-01-01T00:00:00Z. Now when left out; with --random-seed, there.",
    )
    stands = click.option("--manual-clock", is_flag=True, help="Time stands still until the admin API lets it pass.")
    with_both: C = stands(begins(command))
    return with_both


def clock_of(*, manual_clock: bool, clock_start: float | None, random_seed: int | None) -> ManualClock | None:
    """The clock that was asked for; None for the machine's.

    Who wants the same SIDs on every run wants the same times too, so there it begins at a fixed moment. Else it
    begins now: tokens that others make by the machine's clock are good then.
    """
    if not manual_clock and clock_start is None:
        return None
    import time

    from ..emulator.clock import ManualClock

    if clock_start is None and random_seed is not None:
        return ManualClock()
    return ManualClock(time.time() if clock_start is None else clock_start)


def read_stdin() -> Seed:
    """The seed on stdin, YAML or JSON.

    Raises:
        InvalidArgument: It is no seed; says where it is wrong.
    """
    from ..emulator.seeds.seed import MAX_BYTES, parse
    from ..errors import InvalidArgument

    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        return parse(content, "json" if content.lstrip().startswith(b"{") else "yaml")
    except InvalidArgument as error:
        raise InvalidArgument(f"stdin: {error.message}", hint=error.hint) from error
