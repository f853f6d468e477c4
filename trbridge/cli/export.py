"""``trbridge export``: what a file of ``--data`` holds, as a seed."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import JournalError

__all__ = ["export"]


@click.command()
@click.option(
    "--data", required=True, type=click.Path(dir_okay=False, exists=True), help="File of `trbridge serve --data`."
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON; YAML when left out.")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="File to write; stdout when left out.")
def export(data: str, as_json: bool, output: str | None) -> None:
    """Write what an emulator's file holds as a seed.

    `trbridge serve --seed` begins with it again: workspaces, activities, channels, workers, queues, workflows and
    the tasks that wait. Work under way, finished tasks and events are not in it. The file is not changed. Of an
    emulator that runs, ask GET /_trbridge/export.
    """
    text = _exported(data, as_json=as_json)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error


def _exported(data: str, *, as_json: bool) -> str:
    from ..emulator.seeds.exporting import export_store
    from ..emulator.seeds.seed import dump
    from ..emulator.state.journal import SqliteJournal
    from ..emulator.state.store import Store

    try:
        journal = SqliteJournal(data)
    except JournalError as error:
        if "in use" not in error.message:
            raise
        hint = "ask the emulator that has it, by GET /_trbridge/export, or stop it"
        raise JournalError(error.message, path=data, hint=hint) from error
    try:
        store = Store()
        journal.load(store)
    finally:
        journal.close()
    return dump(export_store(store), "json" if as_json else "yaml")
