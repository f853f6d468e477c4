"""The tables of what may become of tasks and reservations (routing 3.1, 4.4)."""

from __future__ import annotations

import itertools

import pytest
from contact_center import Center

from trbridge.emulator.routing.transitions import (
    RESERVATION_EVENTS,
    RESERVATION_TRANSITIONS,
    TASK_TRANSITIONS,
    may_become,
    move,
    status_of,
)
from trbridge.emulator.state.model import LIVE_TASK, OPEN_RESERVATION
from trbridge.errors import BadRequest


@pytest.fixture
def center() -> Center:
    return Center()


def test_the_tables_know_the_statuses_of_the_model() -> None:
    """Live tasks and open reservations are those that can still become something."""
    assert {status for status, after in TASK_TRANSITIONS.items() if after} == LIVE_TASK
    assert {status for status, after in RESERVATION_TRANSITIONS.items() if after} == OPEN_RESERVATION
    assert set(RESERVATION_EVENTS) == set(RESERVATION_TRANSITIONS)


@pytest.mark.parametrize(("old", "new"), list(itertools.product(TASK_TRANSITIONS, repeat=2)))
def test_a_task_moves_only_as_the_table_says(center: Center, old: str, new: str) -> None:
    """Exhaustive. Nothing has changed after a refusal."""
    task = center.task(center.workflow(default=center.queue()))
    with center.engine.transaction() as tx:
        task = tx.update(task, assignment_status=old)
    assert may_become(task, new) is (new in TASK_TRANSITIONS[old])
    with center.engine.transaction() as tx:
        if may_become(task, new):
            assert status_of(move(tx, task, new)) == new
        else:
            with pytest.raises(BadRequest, match=f"from {old} to {new}"):
                move(tx, task, new)
            assert status_of(tx.store.tasks[task.sid]) == old
        tx.remove(tx.store.tasks[task.sid])


@pytest.mark.parametrize(("old", "new"), list(itertools.product(RESERVATION_TRANSITIONS, repeat=2)))
def test_a_reservation_moves_only_as_the_table_says(center: Center, old: str, new: str) -> None:
    center.worker("ann")
    reservation = center.offered(center.task(center.workflow(default=center.queue())))
    with center.engine.transaction() as tx:
        reservation = tx.update(reservation, reservation_status=old)
        if new in RESERVATION_TRANSITIONS[old]:
            assert status_of(move(tx, reservation, new)) == new
        else:
            with pytest.raises(BadRequest, match=f"Cannot change reservation {reservation.sid} from {old} to {new}"):
                move(tx, reservation, new)
