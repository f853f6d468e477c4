"""The public surface: what `trbridge` exports, and what importing it costs."""

import os
import subprocess
import sys

import pytest

import trbridge


def test_every_public_name_is_there() -> None:
    """What __all__ promises can be imported, and comes from the room the table says."""
    for room, names in trbridge._ROOMS.items():
        for name in names:
            assert getattr(trbridge, name).__module__.startswith(f"trbridge.{room.split('.')[0]}"), name


def test_all_and_the_table_agree() -> None:
    """A name is exported in both ways or in none; and once."""
    names = [name for room in trbridge._ROOMS.values() for name in room]
    assert sorted(names) == sorted(trbridge.__all__)
    assert len(names) == len(set(names))
    assert set(trbridge.__all__) <= set(dir(trbridge))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As for any module; a typing mistake should not look like a missing file."""
    with pytest.raises(AttributeError, match="Workspce"):
        getattr(trbridge, "Workspce")  # noqa: B009 - mypy knows that it is not there


HEAVY = (
    "starlette",
    "uvicorn",
    "lark",
    "rich",
    "click",
    "httpx",
    "httpcore",
    "h11",
    "websockets",
    "jwt",
    "yaml",
    "sqlite3",
)


def test_importing_trbridge_and_its_clients_brings_nothing_heavy() -> None:
    """A bot that only listens should not pay for the emulator, nor for HTTP before its first request."""
    code = "import sys, trbridge; trbridge.Workspace, trbridge.Worker, trbridge.TaskQueue; print(*sys.modules)"
    # Coverage, where it measures subprocesses too, comes with sqlite3.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded = run.stdout.split()
    assert [name for name in HEAVY if name in loaded] == []
