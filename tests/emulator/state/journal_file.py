"""An engine on a journal's file, and a workspace in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import workspaces
from trbridge.emulator.state.journal import SqliteJournal
from trbridge.emulator.state.model import Workspace

__all__ = ["new_workspace", "opened"]


@contextmanager
def opened(path: Path, seed: int = 1, **arguments: Any) -> Iterator[Engine]:
    arguments.setdefault("clock", ManualClock())
    engine = Engine(journal=SqliteJournal(path), random=Random(seed), **arguments)  # noqa: S311
    try:
        yield engine
    finally:
        engine.close()


def new_workspace(engine: Engine, name: str = "S") -> Workspace:
    with engine.transaction() as tx:
        return workspaces.create(tx, engine.account_sid, {"friendly_name": name, "template": "FIFO"})
