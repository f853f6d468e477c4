"""Checkpoints: whole at any moment, or a typed error."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge import checkpoints
from trbridge.checkpoints import FileCheckpoint, Position
from trbridge.errors import CheckpointError, InvalidArgument

WS = "WS" + "1" * 32
EV = "EV" + "2" * 32


def at(ms: int) -> Position:
    return Position(workspace_sid=WS, before_ms=ms, done={EV: ms})


async def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    checkpoint = FileCheckpoint(tmp_path / "log.json")
    assert await checkpoint.load() is None
    await checkpoint.save(at(1))
    await checkpoint.save(at(2))
    assert await FileCheckpoint(str(tmp_path / "log.json")).load() == at(2)
    assert os.listdir(tmp_path) == ["log.json"]  # noqa: PTH208 nothing is left beside it
    assert repr(checkpoint) == f"FileCheckpoint({str(tmp_path / 'log.json')!r})"


STEPS = ("open", "fsync", "replace", "directory")


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash is an exception that nothing catches; the file is then one of the two, whole."""

    class Crash(BaseException):
        pass

    def crash(*_: object, **__: object) -> None:
        raise Crash

    path = tmp_path / "log.json"
    await FileCheckpoint(path).save(at(1))
    where: dict[str, tuple[Any, str]] = {
        "open": (Path, "open"),
        "fsync": (os, "fsync"),
        "replace": (Path, "replace"),
        "directory": (checkpoints, "_sync_directory"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*where[step], crash)
        with pytest.raises(Crash):
            checkpoints._replace(path, at(2).encode())
    assert await FileCheckpoint(path).load() == at(2 if step == "directory" else 1)
    await FileCheckpoint(path).save(at(3))
    assert await FileCheckpoint(path).load() == at(3)


async def test_it_is_on_the_disk_before_it_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave an empty file under the good name."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def note_sync(handle: int) -> None:
        done.append("fsync")
        sync(handle)

    def note_replace(path: Path, target: Path) -> Path:
        done.append("replace")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    await FileCheckpoint(tmp_path / "log.json").save(at(1))
    assert done == ["fsync", "replace", "fsync"]


async def test_a_save_that_was_cancelled_does_not_undo_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread goes on, and may be the last to write."""
    checkpoint = FileCheckpoint(tmp_path / "log.json")
    held, write = threading.Event(), checkpoint._write
    entered = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(text: bytes, number: int) -> None:
        if number == 1:
            loop.call_soon_threadsafe(entered.set)
            assert held.wait(10)
        write(text, number)
        loop.call_soon_threadsafe(finished[number].set)

    finished = {1: asyncio.Event(), 2: asyncio.Event()}
    monkeypatch.setattr(checkpoint, "_write", slow)
    first = asyncio.ensure_future(checkpoint.save(at(1)))
    async with asyncio.timeout(10):
        await entered.wait()
        first.cancel()
        await checkpoint.save(at(2))
        held.set()
        await finished[1].wait()
    assert await checkpoint.load() == at(2)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "x", '{"workspace_sid":"WS1","before_ms":1}', "[" * 2000, "\xff"]
)
async def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    """Beginning anew without a word would lose events or repeat them."""
    path = tmp_path / "log.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CheckpointError, match="remove it") as caught:
        await FileCheckpoint(path).load()
    assert caught.value.path == str(path)
    assert path.read_bytes() == text.encode("latin-1")


async def test_what_is_too_large_or_out_of_reach_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_LARGEST", 10)
    path = tmp_path / "log.json"
    await FileCheckpoint(path).save(at(1))
    with pytest.raises(CheckpointError, match="more than 10 bytes"):
        await FileCheckpoint(path).load()
    with pytest.raises(CheckpointError, match="cannot be written"):
        await FileCheckpoint(tmp_path / "nowhere" / "log.json").save(at(1))
    with pytest.raises(CheckpointError, match="cannot be read"):
        await FileCheckpoint(tmp_path).load()


async def test_where_directories_cannot_be_opened_they_are_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no such thing."""

    def refuse(*_: object) -> int:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        checkpoints._sync_directory(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_position_or_refused(text: bytes) -> None:
    try:
        position = Position.decode(text)
    except InvalidArgument:
        return
    assert Position.decode(position.encode()) == position


@given(st.integers(0, 2**53), st.dictionaries(st.from_regex(r"EV[0-9a-f]{32}", fullmatch=True), st.integers(0, 2**53)))
def test_every_position_is_text_and_back(before: int, done: dict[str, int]) -> None:
    position = Position(workspace_sid=WS, before_ms=before, done=done)
    assert Position.decode(position.encode()) == position


async def test_a_link_beside_the_file_is_not_followed(tmp_path: Path) -> None:
    """In a directory that others may write to, it would have us overwrite what it names."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "log.json"
    (tmp_path / "log.json.new").symlink_to(victim)
    position = at(1)
    await FileCheckpoint(path).save(position)
    assert victim.read_text() == "precious"
    assert await FileCheckpoint(path).load() == position
