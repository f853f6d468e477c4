"""How far a log was followed, kept where it outlives the process.

A :class:`Position` says what is done; a checkpoint keeps it. :class:`FileCheckpoint` keeps it in a file. For a
database or a broker write a class with the two methods of :class:`Checkpoint`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from .errors import CheckpointError, InvalidArgument
from .sids import check_sid

__all__ = ["Checkpoint", "FileCheckpoint", "Position"]

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a checkpoint that are read; one event takes 56."""


class Position(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a workspace's log is done: all before a moment, and some events after it.

    Attributes:
        workspace_sid: Whose log.
        before_ms: Every event older than this is done: milliseconds since 1970, by the service's clock.
        done: The events from that moment on that are done too: SID to its ``event_date_ms``.
    """

    workspace_sid: str
    before_ms: int
    done: dict[str, int] = {}

    def encode(self) -> bytes:
        """As JSON, for whatever keeps it."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, text: bytes | str) -> Position:
        """Read what :meth:`encode` wrote.

        Raises:
            InvalidArgument: It is something else.
        """
        try:
            position = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise InvalidArgument(f"this is no position in a log: {error}") from None
        check_sid(position.workspace_sid, "WS", name="workspace_sid")
        return position


class Checkpoint(Protocol):
    """Keeps a position. Both methods may be plain or coroutine functions; a plain one must not block."""

    def load(self) -> Position | Awaitable[Position | None] | None:
        """The position that was saved last; None if there is none yet."""
        ...

    def save(self, position: Position) -> object:
        """Keep the position in place of the one before. Once this has returned, it must survive a crash."""
        ...


class FileCheckpoint:
    """Keeps a position in a file.

    A save writes a new file beside the old one, waits until it is on the disk, and puts it in the old one's
    place: after a crash at any moment the file holds one of the two, whole. The work is done in a thread.

    Use a file for one follower at a time.

    Args:
        path: The file; its directory must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._turn = threading.Lock()
        self._asked = 0
        self._written = 0

    def __repr__(self) -> str:
        return f"FileCheckpoint({str(self.path)!r})"

    async def load(self) -> Position | None:
        """The position in the file; None if there is no file.

        Raises:
            CheckpointError: The file cannot be read, or holds something else.
        """
        return await asyncio.to_thread(self._read)

    async def save(self, position: Position) -> None:
        """Put the position into the file.

        Raises:
            CheckpointError: It cannot be written; the file is as it was.
        """
        self._asked += 1
        await asyncio.to_thread(self._write, position.encode(), self._asked)

    def _read(self) -> Position | None:
        try:
            with self.path.open("rb") as file:
                text = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(f"it cannot be read: {error.strerror}", path=str(self.path)) from error
        try:
            if len(text) > _LARGEST:
                raise InvalidArgument(f"it has more than {_LARGEST} bytes")
            return Position.decode(text)
        except InvalidArgument as error:
            raise CheckpointError(
                error.message,
                path=str(self.path),
                hint="is it another program's? To begin anew, remove it and say since when",
            ) from None

    def _write(self, text: bytes, number: int) -> None:
        with self._turn:
            # A save that was cancelled goes on in its thread. It must not undo the one that came after it.
            if number > self._written:
                try:
                    _replace(self.path, text)
                except OSError as error:
                    raise CheckpointError(f"it cannot be written: {error.strerror}", path=str(self.path)) from error
                self._written = number


def _replace(path: Path, text: bytes) -> None:
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)  # of a crash; or a link that somebody has put there, to have us write elsewhere
        with new.open("xb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    """Without this the new name may be lost in a crash, though what it names is not. Windows has no such thing."""
    try:
        handle = os.open(directory, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
