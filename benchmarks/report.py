"""Tables for people, JSON for programs."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from .harness import Table
from .targets import Verdict, judge

__all__ = ["as_json", "as_text", "in_words", "machine", "tables_of"]

_PACKAGES: Final = (
    "websockets", "msgspec", "httpx", "pyee", "PyJWT", "starlette", "uvicorn", "httptools", "aiohttp", "twilio",
    "pydantic",
)  # fmt: skip


def as_text(table: Table, *, heading: bool = True) -> str:
    """One table: medians, the spread of the metric that counts, the ratio to the baseline."""
    metrics = table.metrics()
    measured = next(iter(table.rounds.values()), [])
    lines = [
        [variant, *(_number(table.middle(variant, each)) for each in metrics), *_comparison(table, variant)]
        for variant in table.rounds
    ]
    text = f"## {table.name}: " if heading else ""
    text += f"{table.title}\n\n" if heading else f"{table.title[:1].upper()}{table.title[1:]}. "
    rounds = f"Medians of {len(measured)} rounds" if len(measured) > 1 else "One round"
    text += f"{rounds}; the ratio is of {table.metric}.\n\n"
    text += _grid([["variant", *metrics, "spread", "ratio"], *lines])
    for variant, why in table.left_out.items():
        text += f"\nLeft out: {variant}, since {why}."
    for variant, why in table.failed.items():
        text += f"\nFailed: {variant}: {why.strip().splitlines()[-1]}."
    verdicts = judge([table])
    return f"{text}\n\n{_verdicts(verdicts)}" if verdicts else text


def _comparison(table: Table, variant: str) -> tuple[str, str]:
    spread, ratio = table.spread(variant, table.metric), table.ratio(variant, table.baseline, table.metric)
    return "-" if spread is None else f"{spread:.0%}", "-" if ratio is None else f"{ratio:.2f}"


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    lines = [["target", "metric", "wanted", "found", ""]]
    for verdict in verdicts:
        target = verdict.target
        found = "-" if verdict.ratio is None else f"{verdict.ratio:.2f}"
        wanted = f"{target.sense} {target.value:g}"
        lines.append([f"{target.measured} / {target.against}", target.metric, wanted, found, verdict.word])
    return _grid(lines)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _grid(lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are also straight in a terminal."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| "
        + " | ".join(
            _aligned(cell, width, column) for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if not column else ":") for column, width in enumerate(widths)) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if column else cell.ljust(width)


def as_json(tables: Iterable[Table], scale: str) -> dict[str, Any]:
    """Everything that was found, every measurement of it."""
    found = list(tables)
    return {
        "scale": scale,
        "machine": machine(scale),
        "tables": [
            {
                "name": table.name,
                "title": table.title,
                "baseline": table.baseline,
                "metric": table.metric,
                "medians": {
                    variant: {metric: table.middle(variant, metric) for metric in table.metrics()}
                    for variant in table.rounds
                },
                "ratios": {variant: table.ratio(variant, table.baseline, table.metric) for variant in table.rounds},
                "rounds": table.rounds,
                "left_out": table.left_out,
                "failed": table.failed,
                "seconds": table.seconds,
            }
            for table in found
        ],
        "targets": [
            {
                **verdict.target._asdict(),
                "ratio": verdict.ratio,
                "ratio_of_medians": verdict.of_medians,
                "verdict": verdict.word,
            }
            for verdict in judge(found)
        ],
    }


def tables_of(found: dict[str, Any]) -> list[Table]:
    """The tables that :func:`as_json` was given."""
    names = ("name", "title", "baseline", "metric", "rounds", "left_out", "failed", "seconds")
    return [Table(**{name: each[name] for name in names if name in each}) for each in found["tables"]]


def machine(scale: str) -> dict[str, Any]:
    """Where this is measured."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "scale": scale,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def in_words(machine: dict[str, Any]) -> str:
    """The same for people."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items() if version)
    return (
        f"{machine['date']}, {machine['scale']} run: {machine['system']}, {machine['cores']} cores, load "
        f"{machine['load']} at the end, Python {machine['python']}, {packages}."
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
