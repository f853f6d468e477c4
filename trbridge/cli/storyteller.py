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
        """Figures side by side; numbers to the right."""
        lines = [*rows]
        numbers = [all(isinstance(cell, int) or cell == "" for cell in column) for column in zip(*lines, strict=True)]
        if self._plain:
            self._plain_table([header, *lines], numbers)
            return
        from rich import box
        from rich.padding import Padding
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
        for name, number in zip(header, numbers, strict=True):
            table.add_column(name, justify="right" if number else "left")
        for line in lines:
            table.add_row(*(_escaped(cell) for cell in line))
        self._console.print(Padding(table, (0, 0, 0, 2)))

    def _plain_table(self, rows: Sequence[Sequence[Any]], numbers: Sequence[bool]) -> None:
        texts = [[str(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        for row in texts:
            cells = [
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, numbers, strict=True)
            ]
            self._print(f"  {_escaped('   '.join(cells))}".rstrip())

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
