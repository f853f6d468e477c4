"""Files that are no journal, or not ours to use: refused by name, and left as they were."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from journal_file import new_workspace, opened

from trbridge.emulator.state.journal import SCHEMA_VERSION, SqliteJournal
from trbridge.errors import JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_a_file_in_use_is_refused_by_name(path: Path) -> None:
    with opened(path), pytest.raises(JournalError, match="in use by another process") as caught:
        SqliteJournal(path)
    assert caught.value.path == str(path)
    assert str(path) in str(caught.value)
    with opened(path):
        pass  # and free again afterwards


def test_a_file_in_use_by_another_process_is_refused(path: Path) -> None:
    code = f"from trbridge.emulator.state.journal import SqliteJournal; SqliteJournal({str(path)!r})"
    with opened(path):
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"JournalError: {path} is in use by another process" in ran.stderr


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    with opened(path) as engine:
        new_workspace(engine)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="newer trbridge"):
        SqliteJournal(path)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE customers (name)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="something else"):
        SqliteJournal(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("name,age\n" * 500)
    with pytest.raises(JournalError, match="not a database"):
        SqliteJournal(path)
    assert path.read_text() == "name,age\n" * 500


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="make the directory"):
        SqliteJournal(tmp_path / "nowhere" / "data.db")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be used"):
        SqliteJournal(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entities SET body = '{' WHERE kind = 'workspace'",
        "UPDATE entities SET kind = 'teapot' WHERE kind = 'workspace'",
        "UPDATE entities SET body = CAST(X'7B22FF' AS BLOB) WHERE kind = 'workspace'",
        "UPDATE entities SET body = '{}' WHERE kind = 'workspace'",
    ],
)
def test_a_damaged_row_is_named(path: Path, damage: str) -> None:
    with opened(path) as engine:
        workspace = new_workspace(engine)
    with closing(sqlite3.connect(path)) as db:
        db.execute(damage)
        db.commit()
    with pytest.raises(JournalError, match=f"{workspace.sid}.* cannot be read"), opened(path):
        pass


def test_a_lost_state_is_refused(path: Path) -> None:
    with opened(path) as engine:
        new_workspace(engine)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM state")
        db.commit()
    with pytest.raises(JournalError, match="damaged"), opened(path):
        pass


def test_only_the_owner_can_read_the_file(path: Path) -> None:
    """Attributes hold people's data."""
    with opened(path) as engine:
        new_workspace(engine)
        modes = {name.name: name.stat().st_mode & 0o777 for name in path.parent.iterdir()}
    assert modes == {"data.db": 0o600, "data.db-wal": 0o600}
