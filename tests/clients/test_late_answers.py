"""Answers that are held back while the state they tell of goes on: what is newer stays (F44)."""

from __future__ import annotations

import asyncio

import pytest
from seat_bench import Seat

from trbridge import Workspace


async def test_a_worker_that_is_read_while_an_event_moves_her(seat: Seat) -> None:
    """In the same second nothing tells which is newer: it is read again, and once is enough."""
    client = seat.client
    fault = seat.bench.emulator.faults.add(
        "hold", at="answer", via="bridge", method="GET", path=f"*/Workers/{client.worker_sid}", times=1
    )
    seat.listen("activity.update")
    reading = client.fetch()
    await seat.held(fault)
    mark = seat.mark()
    await seat.worker.update(activity_sid=seat.activities["Offline"])
    await seat.next("activity.update")
    seat.bench.emulator.faults.clear()
    assert (await reading).activity_name == "Offline"
    assert client.activity_name == "Offline"
    assert seat.requests(mark) in ([], [("GET", f"Workers/{client.worker_sid}")])


async def test_a_change_whose_own_event_comes_first_costs_no_other_request(seat: Seat) -> None:
    """That is the usual order: they say the same."""
    seat.listen("activity.update")
    mark = seat.mark()
    await seat.client.update(activity_sid=seat.activities["Offline"])
    await seat.next("activity.update")
    assert seat.requests(mark) == [("POST", f"Workers/{seat.client.worker_sid}")]


async def test_an_accept_whose_answer_comes_after_the_end(seat: Seat) -> None:
    """The reservation stays what its last event said; nobody is told that it is accepted again."""
    reservation = await seat.reserved()
    fault = seat.bench.emulator.faults.add(
        "hold", at="answer", via="bridge", method="POST", path="*/Reservations/*", times=1
    )
    accepting = reservation.accept()
    await seat.held(fault)
    events = seat.listen("reservation.completed")
    await seat.workspace.tasks.update(str(reservation.task_sid), {"AssignmentStatus": "completed"})
    await anext(events)
    seat.bench.emulator.faults.clear()
    await accepting
    assert reservation.reservation_status == "completed"


@pytest.mark.parametrize("held", ["GET", "POST"])
async def test_a_plain_resource_keeps_the_newer_of_two_answers(workspace: Workspace, seat: Seat, held: str) -> None:
    """No event and no version tells of an activity; the second request was answered first."""
    activity = (await workspace.activities.fetch())[0]
    fault = seat.bench.emulator.faults.add("hold", at="answer", method=held, path="*/Activities/*", times=1)
    late = activity.fetch() if held == "GET" else activity.update(friendly_name="First")
    await seat.held(fault)
    await activity.update(friendly_name="Second")
    seat.bench.emulator.faults.clear()
    await late
    assert activity.friendly_name == "Second"


async def test_who_may_write_and_not_read_gets_his_answer(workspace: Workspace, seat: Seat) -> None:
    """In doubt it would be asked for; where that is refused, the answer is what there is."""
    activity = (await workspace.activities.fetch())[0]
    faults = seat.bench.emulator.faults
    fault = faults.add("hold", at="answer", method="POST", path="*/Activities/*", times=1)
    late = activity.update(friendly_name="First")
    await seat.held(fault)
    await activity.update(friendly_name="Second")
    faults.clear()
    faults.add("answer", status=403, method="GET", path="*/Activities/*")
    await asyncio.wait_for(late, 10)
    assert activity.friendly_name in {"First", "Second"}
