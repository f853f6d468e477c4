"""The journal: what was answered is there after a restart or a kill, and a wrong file is refused by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from journal_file import new_workspace, opened

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import activities
from trbridge.emulator.state.indexes import INDEXES
from trbridge.emulator.state.journal import NullJournal, SqliteJournal, open_journal
from trbridge.emulator.state.model import Activity, Task, Worker
from trbridge.emulator.state.store import Store
from trbridge.errors import InvalidArgument, JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


def test_a_restart_finds_everything_in_its_place(path: Path) -> None:
    with opened(path) as engine:
        workspace = new_workspace(engine)
        with engine.transaction() as tx:
            activity = activities.create(tx, workspace, {"friendly_name": "Lunch"})
        with engine.transaction() as tx:
            activities.delete(tx, tx.store.activities[activity.sid])
        snapshot = engine.store.snapshot()
    with opened(path) as engine:
        assert engine.store.snapshot() == snapshot
        assert list(engine.store.in_workspace(Activity, workspace.sid)) == list(engine.store.activities.values())


@given(
    st.lists(
        st.tuples(st.sampled_from("ru"), st.integers(0, 5), st.text(max_size=5), st.booleans()),
        min_size=1,
        max_size=25,
    )
)
@settings(max_examples=25, deadline=None)
def test_replaying_gives_the_same_store(steps: list[tuple[str, int, str, bool]]) -> None:
    """Any sequence of creations, removals and updates, some of them failing: entities, order and indexes."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "data.db"
        with opened(path) as engine:
            rows: dict[int, Activity] = {}
            for step in steps:
                with suppress(ZeroDivisionError):
                    play(engine, rows, *step)
            snapshot, groups = engine.store.snapshot(), [engine.store.groups(index) for index in INDEXES]
        with opened(path) as engine:
            assert engine.store.snapshot() == snapshot
            assert [engine.store.groups(index) for index in INDEXES] == groups


def play(engine: Engine, rows: dict[int, Activity], verb: str, number: int, text: str, fails: bool) -> None:
    """One transaction: create, remove or update a row, then perhaps fail."""
    row = rows.get(number)
    with engine.transaction() as tx:
        if row is None:
            row = tx.create(Activity, "WS1", friendly_name=text)
        elif verb == "u":
            row = tx.update(row, friendly_name=text)
        else:
            tx.remove(row)
            row = None
        if fails:
            raise ZeroDivisionError
    if row is None:
        del rows[number]
    else:
        rows[number] = row


def test_a_transaction_that_fails_is_not_written(path: Path) -> None:
    with opened(path) as engine:
        workspace = new_workspace(engine)
        snapshot = engine.store.snapshot()
        with pytest.raises(ZeroDivisionError):
            play(engine, {}, "u", 0, workspace.sid, True)
    with opened(path) as engine:
        assert engine.store.snapshot() == snapshot


def test_a_second_run_with_the_same_seed_makes_other_sids(path: Path) -> None:
    """A seeded emulator that is restarted must not give a SID twice."""
    with opened(path, seed=3) as engine:
        new_workspace(engine)
        first = set(engine.store._ordinals)
    with opened(path, seed=3) as engine:
        new_workspace(engine, "T")
        assert len(engine.store._ordinals) == 2 * len(first)
        assert first < set(engine.store._ordinals)


def test_two_first_runs_with_the_same_seed_are_the_same(tmp_path: Path) -> None:
    snapshots = []
    for name in "ab":
        with opened(tmp_path / name, seed=3) as engine:
            new_workspace(engine)
            snapshots.append((engine.account_sid, engine.auth_token, engine.store.snapshot()))
    assert snapshots[0] == snapshots[1]


def test_an_ordinal_is_not_given_again_after_its_entity_has_gone(path: Path) -> None:
    """A page token is an ordinal; a new row in an old place would be skipped by whoever holds one."""
    with opened(path) as engine:
        workspace = new_workspace(engine)
        with engine.transaction() as tx:
            last = tx.create(Activity, workspace.sid, friendly_name="last")
        place = engine.store.ordinal(last.sid)
        with engine.transaction() as tx:
            tx.remove(last)
    with opened(path) as engine, engine.transaction() as tx:
        again = tx.create(Activity, workspace.sid, friendly_name="again")
        assert tx.store.ordinal(again.sid) > place


def test_the_account_stays_with_the_file(path: Path) -> None:
    with opened(path, seed=1) as engine:
        account = engine.account_sid
    with opened(path, seed=2) as engine:
        assert engine.account_sid == account
    with (
        pytest.raises(InvalidArgument, match=f"belongs to account {account}"),
        opened(path, account_sid="AC" + "9" * 32),
    ):
        pass


def test_an_engine_that_cannot_be_made_gives_the_file_back(path: Path) -> None:
    with pytest.raises(InvalidArgument), opened(path, account_sid="nobody"):
        pass
    with opened(path):
        pass


def test_time_goes_on_from_the_last_change(path: Path) -> None:
    """A ManualClock that begins anew must not put new events before old ones."""
    with opened(path) as engine:
        new_workspace(engine)
        engine.advance(500)
        new_workspace(engine, "T")
        last = engine.now()
    with opened(path) as engine:
        assert engine.now() == last
        engine.advance(10)
        assert engine.now() == last + 10
    with opened(path, clock=ManualClock(last + 99)) as engine:
        assert engine.now() == last + 99


def test_deadlines_are_there_again_and_overdue_ones_happen_now(path: Path) -> None:
    with opened(path) as engine:
        workspace = new_workspace(engine)
        with engine.transaction() as tx:
            for timeout in (100, 200, 300):
                tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=timeout)
        start = engine.now()
    with opened(path, clock=ManualClock(start + 150)) as engine:
        fired: list[float] = []
        engine.on_due("task.ttl", lambda tx, _task: fired.append(tx.now))
        assert engine.next_deadline() == start + 100
        engine.advance(60)
        assert fired == [start + 150, start + 200]


def test_closing_leaves_one_file_and_may_be_repeated(path: Path) -> None:
    journal = SqliteJournal(path)
    journal.close()
    journal.close()
    assert [name.name for name in path.parent.iterdir()] == ["data.db"]


def test_a_write_that_fails_changes_neither_file_nor_memory(path: Path) -> None:
    """A full disk, played by a limit on the file's pages."""
    with opened(path) as engine:
        workspace = new_workspace(engine)
        journal = engine.journal
        assert isinstance(journal, SqliteJournal)
        journal._db.execute("PRAGMA max_page_count = 1")
        snapshot = engine.store.snapshot()
        heard: list[object] = []
        engine.subscribe(heard.append)
        with pytest.raises(JournalError, match="full"), engine.transaction() as tx:
            tx.create(Activity, workspace.sid, friendly_name="x" * 1_000_000)
        assert engine.store.snapshot() == snapshot
        assert heard == []
        journal._db.execute("PRAGMA max_page_count = 100000")
        with engine.transaction() as tx:
            activities.create(tx, workspace, {"friendly_name": "Lunch"})
        snapshot = engine.store.snapshot()
    with opened(path) as engine:
        assert engine.store.snapshot() == snapshot


def test_what_cannot_be_written_as_text_undoes_the_transaction(path: Path) -> None:
    """Half a surrogate pair is no text; no client can send it, so it would be ours to have let it through."""
    with opened(path) as engine:
        workspace = new_workspace(engine)
        snapshot = engine.store.snapshot()
        with pytest.raises(UnicodeEncodeError), engine.transaction() as tx:
            tx.create(Activity, workspace.sid, friendly_name="\ud800")
        assert engine.store.snapshot() == snapshot
        with engine.transaction() as tx:
            activities.create(tx, workspace, {"friendly_name": "Lunch"})
        snapshot = engine.store.snapshot()
    with opened(path) as engine:
        assert engine.store.snapshot() == snapshot


def test_a_closed_journal_refuses_changes(path: Path) -> None:
    with opened(path) as engine:
        workspace = new_workspace(engine)
    snapshot = engine.store.snapshot()
    with pytest.raises(JournalError, match="closed"), engine.transaction() as tx:
        tx.create(Activity, workspace.sid, friendly_name="x")
    assert engine.store.snapshot() == snapshot


KILLED = """
import sys
from trbridge.emulator.engine import Engine
from trbridge.emulator.state.journal import SqliteJournal
from trbridge.emulator.state.model import Worker
engine = Engine(journal=SqliteJournal(sys.argv[1]))
while True:
    with engine.transaction() as tx:
        worker = tx.create(Worker, "WS1", friendly_name="x", activity_sid="WA1", date_status_changed=tx.now)
        for number in range(20):
            tx.create(Worker, "WS1", friendly_name=worker.sid, activity_sid="WA1", date_status_changed=tx.now)
    print(worker.sid, flush=True)
"""


def test_a_kill_loses_nothing_that_was_answered(path: Path) -> None:
    """Kill -9 in the midst of writing: every answered transaction is there, and no half of another."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = [process.stdout.readline().strip() for _ in range(200)]
    os.kill(process.pid, signal.SIGKILL)
    answered += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    store = Store()
    with closing(SqliteJournal(path)) as journal:
        journal.load(store)
    workers = store.table(Worker)
    assert set(answered[:-1]) <= set(workers)  # the last line itself may have been cut
    assert len(workers) % 21 == 0


def test_without_a_path_nothing_is_kept() -> None:
    assert isinstance(open_journal(None), NullJournal)
    assert isinstance(open_journal(":memory:"), NullJournal)
    engine = Engine(journal=open_journal(None))
    new_workspace(engine)
    engine.close()


def test_with_a_path_a_file_is_kept(path: Path) -> None:
    with closing(open_journal(str(path))) as journal:
        assert repr(journal) == f"SqliteJournal({str(path)!r})"
