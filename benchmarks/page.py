"""The tables of docs/performance.md: each stands between two marks, and is written from the JSON of one run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from .children import ROOT
from .harness import Table
from .report import as_text, in_words

__all__ = ["PAGE", "rewrite", "write"]

PAGE: Final = ROOT / "docs" / "performance.md"

_BLOCK: Final = re.compile(r"(<!-- measured: (?P<name>[a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewrite(text: str, tables: Iterable[Table], machine: dict[str, Any]) -> tuple[str, list[str]]:
    """The page with these tables in their places; what was not measured stays as it is.

    Args:
        text: The page.
        tables: What was measured.
        machine: Where, as in the JSON.

    Returns:
        The page, and the tables that have no place in it.
    """
    blocks = {table.name: as_text(table, heading=False) for table in tables} | {"machine": in_words(machine)}
    homeless = blocks.keys() - {found["name"] for found in _BLOCK.finditer(text)}

    def block(found: re.Match[str]) -> str:
        new = blocks.get(found["name"])
        return found[0] if new is None else f"{found[1]}\n{new}\n\n{found[3]}"

    return _BLOCK.sub(block, text), sorted(homeless)


def write(tables: Iterable[Table], machine: dict[str, Any], page: Path = PAGE) -> list[str]:
    """Rewrite the page in the repository; returns the tables that have no place in it."""
    text, homeless = rewrite(page.read_text(), tables, machine)
    page.write_text(text)
    return homeless
