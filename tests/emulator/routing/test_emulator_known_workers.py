"""Steps that ask for one known worker (routing 2.5)."""

from __future__ import annotations

import logging

import pytest
from contact_center import Center

from trbridge.emulator.operations import workers, workspaces


@pytest.fixture
def center() -> Center:
    return Center()


@pytest.fixture
def known(center: Center) -> Center:
    queue = center.queue("French", "langs HAS 'fr'")
    flow = center.workflow(
        (
            "by == 'sid'",
            {"queue": queue, "known_worker_sid": "task.agent", "timeout": 20},
            {"known_worker_sid": "task.agent", "expression": "worker.lvl > 1"},
        ),
        ("by == 'name'", {"queue": queue, "known_worker_friendly_name": "task.crm.agent"}),
    )
    assert flow
    return center


def test_a_known_worker_is_the_only_one_asked(known: Center) -> None:
    known.worker("ann", langs=["fr"])
    bob = known.worker("bob", langs=["fr"])
    task = known.task(None, {"by": "sid", "agent": bob.sid})
    assert known.holders(task) == ["bob"]
    assert known.now(task).known_worker_sid == bob.sid
    assert {e.data.get("known_worker_sid") for e in known.events if e.event_type == "workflow.target-matched"} == {
        bob.sid
    }
    second = known.task(None, {"by": "sid", "agent": bob.sid})
    assert second.assignment_status == "pending"  # ann is free, but not meant
    known.finish(task)
    assert known.holders(second) == ["bob"]


def test_a_known_worker_by_name(known: Center) -> None:
    known.worker("ann", langs=["fr"])
    known.worker("Bob", langs=["fr"])
    assert known.holders(known.task(None, {"by": "name", "crm": {"agent": "Bob"}})) == ["Bob"]


@pytest.mark.parametrize(
    ("attributes", "alert"),
    [
        ({"agent": "WK" + "0" * 32}, "40154"),
        ({"agent": 5}, "40154"),
        ({}, "40154"),
        ({"agent": None}, None),
        ({"agent": "{english}"}, "40152"),
    ],
    ids=["unknown", "number", "missing", "null", "not in the queue"],
)
def test_an_unusable_known_worker_lets_the_task_wait(
    known: Center, caplog: pytest.LogCaptureFixture, attributes: dict[str, object], alert: str | None
) -> None:
    """The service raises a debugger alert and does not fail the task; null says it on purpose (routing 2.5)."""
    known.worker("ann", langs=["fr"])
    english = known.worker("english", langs=["en"])
    if attributes.get("agent") == "{english}":
        attributes = {"agent": english.sid}
    with caplog.at_level(logging.WARNING, "trbridge.emulator.routing"):
        task = known.task(None, {"by": "sid", **attributes})
    assert task.assignment_status == "pending"
    assert [record.message[:5] for record in caplog.records] == ([alert] if alert else [])


def test_a_known_worker_of_another_workspace_is_nobody_here(center: Center, caplog: pytest.LogCaptureFixture) -> None:
    with center.engine.transaction() as tx:
        other = workspaces.create(tx, center.engine.account_sid, {"friendly_name": "Other"})
        stranger = workers.create(tx, other, {"friendly_name": "eve"})
    flow = center.workflow(("1==1", {"queue": center.queue(), "known_worker_sid": "task.agent"}))
    assert center.task(flow, {"agent": stranger.sid}).known_worker_sid is None
    assert "40155" in caplog.text


def test_a_step_expression_holds_for_the_known_worker_too(known: Center) -> None:
    ann = known.worker("ann", langs=["fr"], lvl=1)
    known.capacity(ann, 0)
    task = known.task(None, {"by": "sid", "agent": ann.sid})
    known.advance(20)  # into the second step, which asks for a level above 1
    known.capacity(ann, 1)
    assert known.now(task).assignment_status == "pending"
    known.change_worker(ann, attributes='{"langs": ["fr"], "lvl": 2}')
    assert known.holders(task) == ["ann"]
