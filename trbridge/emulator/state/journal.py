"""Where changes outlive the process: a SQLite file with a row per entity, written before the answer goes out.

One transaction of the engine is one commit. In WAL mode with ``synchronous=NORMAL`` a committed row is in the
operating system's hands, so killing the process at any moment loses nothing that was answered; the file is
never left half-written. A power cut may lose the last moments: that would take an fsync per request
(``synchronous=FULL``, some milliseconds each), which a development tool should not cost.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ...errors import JournalError
from .model import KINDS, EventRecord
from .store import Store
from .transaction import Change

__all__ = ["SCHEMA_VERSION", "Journal", "NullJournal", "Restored", "SqliteJournal", "open_journal"]

SCHEMA_VERSION: Final = 1
"""Raised when rows change so that an older trbridge would misread them."""

_APPLICATION_ID: Final = 0x74726272  # "trbr": tells our files from other SQLite databases

_SCHEMA: Final = f"""
    BEGIN IMMEDIATE;
    CREATE TABLE entities (ordinal INTEGER PRIMARY KEY, kind TEXT NOT NULL, sid TEXT NOT NULL, body BLOB NOT NULL);
    CREATE TABLE events (ordinal INTEGER PRIMARY KEY, kind TEXT NOT NULL, sid TEXT NOT NULL, body BLOB NOT NULL);
    CREATE TABLE state (account_sid TEXT, runs INTEGER NOT NULL, now REAL, next_ordinal INTEGER NOT NULL);
    INSERT INTO state VALUES (NULL, 0, NULL, 1);
    PRAGMA application_id = {_APPLICATION_ID};
    PRAGMA user_version = {SCHEMA_VERSION};
    COMMIT;
"""  # noqa: S608 two numbers of our own


class Restored(NamedTuple):
    """What a journal says besides the entities.

    Attributes:
        account_sid: Account the entities belong to; None in a new file.
        runs: How many engines have used the file before. With a seeded Random it keeps a later run from
            making the SIDs of an earlier one again.
        now: Moment of the last change, None in a new file. Time goes on from there.
    """

    account_sid: str | None = None
    runs: int = 0
    now: float | None = None


class Journal(Protocol):
    """What the engine needs of one."""

    def load(self, store: Store) -> Restored:
        """Fill an empty store with all that was written."""
        ...

    def begin(self, account_sid: str) -> None:
        """A new run begins: note the account and count the run."""
        ...

    def write(self, changes: Sequence[Change], now: float, next_ordinal: int) -> None:
        """Write the changes of one transaction as a whole, or raise and write none of them."""
        ...

    def close(self) -> None:
        """Give the file back. May be called twice."""
        ...


class NullJournal:
    """Keeps nothing: the emulator's memory is all there is."""

    def load(self, _store: Store) -> Restored:
        """There is nothing to load."""
        return Restored()

    def begin(self, _account_sid: str) -> None:
        """Nothing to note."""

    def write(self, _changes: Sequence[Change], _now: float, _next_ordinal: int) -> None:
        """Nothing to write."""

    def close(self) -> None:
        """Nothing to close."""


def open_journal(path: str | os.PathLike[str] | None) -> Journal:
    """The journal for a ``--data`` option: None and ``":memory:"`` keep nothing.

    Raises:
        JournalError: The file cannot be used; says why.
    """
    return NullJournal() if path is None or str(path) == ":memory:" else SqliteJournal(path)


class SqliteJournal:
    """A journal in a SQLite file, made if it is not there. One process at a time can have it.

    Args:
        path: The file. Its directory must exist.

    Raises:
        JournalError: Another process has it, it is something else than a journal, a newer trbridge wrote it,
            or the file system says no. The file is left as it was.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = str(path)
        with self._naming_the_file():
            # Attributes hold people's data: only the owner reads them. SQLite gives the -wal file the same mode.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
            # Only one caller at a time: the engine. Which thread that is may change (pytest's, a server's).
            self._db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def load(self, store: Store) -> Restored:
        """Fill an empty store with all that was written, each entity in its place.

        Raises:
            JournalError: A row cannot be read; names it.
        """
        decoders = {name: msgspec.json.Decoder(kind) for name, kind in KINDS.items()}
        with self._naming_the_file():
            rows = self._db.execute("SELECT * FROM entities UNION ALL SELECT * FROM events ORDER BY ordinal")
            for ordinal, kind, sid, body in rows:
                self._load_row(store, decoders, ordinal, kind, sid, body)
            state = self._db.execute("SELECT account_sid, runs, now, next_ordinal FROM state").fetchone()
        if state is None:
            raise JournalError(f"{self.path} is damaged: it does not say where it ends", path=self.path)
        store.next_ordinal = max(store.next_ordinal, state[3])
        return Restored(*state[:3])

    def begin(self, account_sid: str) -> None:
        """A new run begins: note the account and count the run."""
        with self._naming_the_file():
            self._db.execute("UPDATE state SET account_sid = ?, runs = runs + 1", (account_sid,))

    def write(self, changes: Sequence[Change], now: float, next_ordinal: int) -> None:
        """Write the changes of one transaction in one commit, or raise and write none of them.

        Raises:
            JournalError: The disk is full, say.
        """
        events = [change for change in changes if change.kind is EventRecord]
        entities = [change for change in changes if change.kind is not EventRecord] if events else changes
        with self._naming_the_file():
            self._db.execute("BEGIN")
            try:
                _write(self._db.executemany, "entities", entities)
                _write(self._db.executemany, "events", events)
                self._db.execute("UPDATE state SET now = ?, next_ordinal = ?", (now, next_ordinal))
                self._db.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after some errors, such as a full disk.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Give the file back, with everything in it and no ``-wal`` file beside it. May be called twice."""
        self._db.close()

    def __repr__(self) -> str:
        return f"SqliteJournal({self.path!r})"

    def _prepare(self) -> None:
        # Exclusive, so that a second emulator on the same file is refused now and not when both have answered.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN IMMEDIATE")
        self._check()
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if self._pragma("application_id") == 0:
            self._db.executescript(_SCHEMA)

    def _check(self) -> None:
        application, version = self._pragma("application_id"), self._pragma("user_version")
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != _APPLICATION_ID and (application or tables):
            raise JournalError(
                f"{self.path} is a database of something else than trbridge's emulator",
                path=self.path,
                hint="give --data a new file",
            )
        if version > SCHEMA_VERSION:
            raise JournalError(
                f"{self.path} was written by a newer trbridge: schema {version}, this one knows {SCHEMA_VERSION}",
                path=self.path,
                hint="use that version, or a new file",
            )

    def _pragma(self, name: str) -> int:
        value: int = self._db.execute(f"PRAGMA {name}").fetchone()[0]
        return value

    def _load_row(
        self,
        store: Store,
        decoders: dict[str, msgspec.json.Decoder[Any]],
        ordinal: int,
        kind: str,
        sid: str,
        body: bytes,
    ) -> None:
        try:
            store.change(KINDS[kind], sid, decoders[kind].decode(body), ordinal)
        except (KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise JournalError(
                f"{self.path}: row {ordinal} ({kind} {sid}) cannot be read: {error}", path=self.path
            ) from error

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        """Turn what SQLite and the file system raise into an error that says which file and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            if "locked" in str(error):
                raise JournalError(
                    f"{self.path} is in use by another process",
                    path=self.path,
                    hint="stop the other emulator, or give this one a file of its own",
                ) from error
            raise JournalError(f"{self.path} cannot be used as a journal: {error}", path=self.path) from error
        except OSError as error:
            place = Path(self.path).parent
            hint = None if place.is_dir() else f"make the directory {place} first"
            raise JournalError(f"{self.path} cannot be opened: {error.strerror}", path=self.path, hint=hint) from error


def _write(executemany: Callable[[str, Iterable[Any]], Any], table: str, changes: Sequence[Change]) -> None:
    encode = msgspec.json.encode
    puts = [(c.ordinal, c.kind.kind, c.sid, encode(c.new)) for c in changes if c.new is not None]
    removes = [(c.ordinal,) for c in changes if c.new is None]
    if puts:
        executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)", puts)  # noqa: S608 our own two names
    if removes:
        executemany(f"DELETE FROM {table} WHERE ordinal = ?", removes)  # noqa: S608 as above
