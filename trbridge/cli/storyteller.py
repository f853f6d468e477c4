"""Tells a story on a terminal with colours and tables, and plainly when it is piped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Storyteller"]

_BAR = 30


class Storyteller:
    """Prints what happens, as it happens."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._plain = not self._console.is_terminal

    def title(self, name: str, line: str) -> None:
        """Begin."""
        self._print(f"[bold]{name}[/bold]  {line}")

    def chapter(self, line: str) -> None:
        """Something new begins."""
        self._print("")
        self._print(f"[bold cyan]{line}[/bold cyan]")

    def fact(self, name: str, value: Any) -> None:
        """Something that is so now."""
        self._print(f"  [green]{name:<16}[/green] {_escaped(value)}")

    def event(self, name: str, detail: str = "") -> None:
        """An event that a client emitted."""
        self._print(f"  [yellow]event[/yellow] {name:<16} {_escaped(detail)}".rstrip())

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Figures side by side."""
        texts = [[str(cell) for cell in row] for row in (header, *rows)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        for number, row in enumerate(texts):
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            style = "bold" if number == 0 else "white"
            self._print(f"  [{style}]{_escaped('   '.join(cells))}[/{style}]")

    def bars(self, name: str, values: Mapping[str, int]) -> None:
        """A small bar chart."""
        self._print(f"  [green]{name}[/green]")
        most = max([*values.values(), 1])
        mark = "#" if self._plain else "█"
        for label, value in values.items():
            bar = mark * round(value / most * _BAR)
            self._print(f"    {_escaped(label):<14} [magenta]{bar}[/magenta] {value}")

    def _print(self, markup: str) -> None:
        self._console.print(markup)


def _escaped(value: Any) -> str:
    from rich.markup import escape

    return escape(str(value))
