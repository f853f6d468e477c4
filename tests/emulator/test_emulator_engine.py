"""The engine: transactions as a whole, subscribers told in order, deadlines in due order at their own time."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

import pytest

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Committed, Engine
from trbridge.emulator.operations import activities
from trbridge.emulator.state.model import Activity, EventRecord, Task, Workspace
from trbridge.emulator.state.transaction import Transaction
from trbridge.errors import InvalidArgument


def lunch(engine: Engine, workspace: Workspace, name: str = "Lunch") -> Activity:
    with engine.transaction() as tx:
        return activities.create(tx, workspace, {"friendly_name": name})


def waiting(engine: Engine, workspace: Workspace, *timeouts: int) -> list[Task]:
    with engine.transaction() as tx:
        return [
            tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=timeout)
            for timeout in timeouts
        ]


def failing(engine: Engine, workspace: Workspace) -> None:
    """A transaction that does this and that, and then fails."""
    with engine.transaction() as tx:
        activities.create(tx, workspace, {"friendly_name": "Lunch"})
        tx.create(Task, workspace.sid, task_channel_sid="TC1", virtual_start_time=tx.now, timeout=1)
        raise KeyError


# Transactions


def test_a_transaction_happens_at_the_clocks_time(engine: Engine, workspace: Workspace) -> None:
    engine.advance(5)
    assert lunch(engine, workspace).date_created == engine.now() == 1_893_456_005.0


def test_what_raises_undoes_all_of_it(engine: Engine, workspace: Workspace) -> None:
    snapshot = engine.store.snapshot()
    with pytest.raises(KeyError):
        failing(engine, workspace)
    assert engine.store.snapshot() == snapshot
    lunch(engine, workspace)  # and the next one works


def test_a_transaction_inside_another_is_refused(engine: Engine, workspace: Workspace) -> None:
    """The usual cause is an await inside one; two interleaved ones could not be undone apart."""
    with engine.transaction() as tx:
        with pytest.raises(RuntimeError, match="under way"), engine.transaction():
            pass
        activities.create(tx, workspace, {"friendly_name": "Lunch"})
    assert len(engine.store.activities) == 4


def test_settle_hooks_run_before_anything_is_told(engine: Engine, workspace: Workspace) -> None:
    """Routing changes more in the same transaction: one answer, one commit, one notice."""
    heard: list[Committed] = []
    engine.subscribe(heard.append)

    def settle(tx: Transaction) -> None:
        for change in list(tx.log):
            if change.kind is Activity:
                tx.update(change.new, friendly_name="settled")

    engine.settle_hooks.append(settle)
    activity = lunch(engine, workspace)
    assert engine.store.activities[activity.sid].friendly_name == "settled"
    [committed] = heard
    assert [change.new.friendly_name for change in committed.changes if change.kind is Activity] == ["settled"]


def test_a_settle_hook_that_raises_undoes_the_transaction(engine: Engine, workspace: Workspace) -> None:
    snapshot = engine.store.snapshot()
    engine.settle_hooks.append(lambda tx: 1 // 0)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        lunch(engine, workspace)
    assert engine.store.snapshot() == snapshot


# Subscribers


def test_subscribers_are_told_of_events_and_changes(engine: Engine, workspace: Workspace) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    activity = lunch(engine, workspace)
    [committed] = heard
    [event] = committed.events
    assert (event.event_type, event.resource_sid) == ("activity.created", activity.sid)
    assert [(change.kind, change.old) for change in committed.changes] == [(Activity, None), (EventRecord, None)]
    assert committed.subjects[event.sid].activity == activity
    assert committed.now == engine.now()


def test_a_transaction_without_changes_is_not_told(engine: Engine) -> None:
    heard: list[Committed] = []
    engine.subscribe(heard.append)
    with engine.transaction():
        pass
    assert heard == []


def test_a_subscription_can_be_ended(engine: Engine, workspace: Workspace) -> None:
    heard: list[Committed] = []
    end = engine.subscribe(heard.append)
    end()
    end()
    lunch(engine, workspace)
    assert heard == []


def test_a_subscriber_that_fails_stops_nobody(
    engine: Engine, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Committed] = []
    engine.subscribe(lambda committed: 1 // 0)  # type: ignore[arg-type]
    engine.subscribe(heard.append)
    with caplog.at_level(logging.ERROR, "trbridge.emulator.engine"):
        lunch(engine, workspace)
    assert len(heard) == 1
    assert "a subscriber failed" in caplog.text


def test_what_a_subscriber_changes_is_told_afterwards_to_all(engine: Engine, workspace: Workspace) -> None:
    """Everybody hears of the first change before anybody hears of the second."""
    heard: list[tuple[str, str]] = []

    def reacting(committed: Committed) -> None:
        heard.append(("reacting", committed.events[0].description))
        if "Lunch" in committed.events[0].description:
            lunch(engine, workspace, "Tea")

    engine.subscribe(reacting)
    engine.subscribe(lambda committed: heard.append(("other", committed.events[0].description)))
    lunch(engine, workspace)
    assert heard == [
        ("reacting", "Activity Lunch created"),
        ("other", "Activity Lunch created"),
        ("reacting", "Activity Tea created"),
        ("other", "Activity Tea created"),
    ]


# The account


def test_the_same_seed_makes_the_same_emulator() -> None:
    one, other = (Engine(random=Random(5), clock=ManualClock()) for _ in range(2))  # noqa: S311
    assert (one.account_sid, one.auth_token) == (other.account_sid, other.auth_token)
    assert one.account_sid != Engine(random=Random(6)).account_sid  # noqa: S311


def test_an_account_of_ones_own() -> None:
    engine = Engine(account_sid="AC" + "1" * 32, auth_token="secret")
    assert (engine.account_sid, engine.auth_token) == ("AC" + "1" * 32, "secret")


def test_an_account_sid_is_checked() -> None:
    with pytest.raises(InvalidArgument, match="account_sid must be a SID"):
        Engine(account_sid="WS" + "1" * 32)


def test_the_secret_is_not_shown() -> None:
    engine = Engine(auth_token="hush")
    assert "hush" not in repr(engine)
    assert "hush" not in str(engine)


def test_sids_do_not_depend_on_the_account_given() -> None:
    """``--account-sid`` must not change what a seeded emulator makes."""

    def first_sid(**arguments: Any) -> str:
        engine = Engine(random=Random(5), clock=ManualClock(), **arguments)  # noqa: S311
        with engine.transaction() as tx:
            return tx.new_sid("WS")

    assert first_sid() == first_sid(account_sid="AC" + "1" * 32, auth_token="x")
