"""What an event costs, by what is done for it: nothing here is timed."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import msgspec
import pytest
from seat_bench import Seat

from trbridge import Workspace
from trbridge.resources.reservation import ReservationInstance


def frame(name: str, **payload: Any) -> bytes:
    """What the socket brings."""
    return msgspec.json.encode({"event_type": name, "payload": payload})


def offered(number: int, **changes: Any) -> dict[str, Any]:
    """v1's payload of a reservation's event (wire-protocol 7.3)."""
    task = {"sid": f"WT{number:032x}", "assignment_status": "reserved", "attributes": '{"n": 1}'}
    return task | {"reservation_sid": f"WR{number:032x}"} | changes


class Doings:
    """What the event loop is asked for, and what is called.

    Attributes:
        tasks: Tasks made.
        timers: Timers set, and callbacks put off.
        names: Python functions called, and how often.
    """

    def __init__(self) -> None:
        self.tasks = self.timers = 0
        self.names: Counter[str] = Counter()

    def called(self, frame: FrameType, event: str, _: object) -> None:
        """For ``sys.setprofile``."""
        if event == "call":
            self.names[frame.f_code.co_name] += 1


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A block whose doings are counted."""

    @contextmanager
    def watch() -> Iterator[Doings]:
        doings, loop = Doings(), asyncio.get_running_loop()

        def counting(attribute: str, name: str) -> None:
            original = getattr(loop, name)

            def method(*args: Any, **options: Any) -> Any:
                setattr(doings, attribute, getattr(doings, attribute) + 1)
                return original(*args, **options)

            monkeypatch.setattr(loop, name, method)

        counting("tasks", "create_task")
        for name in ("call_at", "call_later", "call_soon", "create_future"):
            counting("timers", name)
        gc.disable()  # a collection calls back into whoever watches it, at a moment that is nobody's choice
        sys.setprofile(doings.called)
        try:
            yield doings
        finally:
            sys.setprofile(None)
            gc.enable()
            monkeypatch.undo()

    return watch


async def test_a_plain_handler_costs_no_task_no_timer_and_no_future(seat: Seat, watched: Callable[[], Any]) -> None:
    """A reservation is offered, accepted and completed: all that happens is that the handlers are called."""
    heard: list[str] = []
    for name in ("created", "accepted", "completed"):
        seat.client.emitter.on(f"reservation.{name}", lambda each: heard.append(each.reservation_status))
    with watched() as doings:
        for number in range(20):
            for name in ("created", "accepted", "completed"):
                seat.client._link._on_frame(frame(f"reservation.{name}", **offered(number)))
    assert heard == ["pending", "accepted", "completed"] * 20
    assert (doings.tasks, doings.timers) == (0, 0)


async def test_the_count_would_see_a_coroutine_handler(seat: Seat, watched: Callable[[], Any]) -> None:
    """The test before this one can fail: a coroutine function is a task for each event."""
    done = asyncio.Event()

    async def take(_: ReservationInstance) -> None:
        done.set()

    seat.client.on("reservation.created", take)
    with watched() as doings:
        seat.client._link._on_frame(frame("reservation.created", **offered(1)))
    await done.wait()
    assert doings.tasks == 1


async def test_an_event_that_nobody_listens_to_is_not_decoded(workspace: Workspace, watched: Callable[[], Any]) -> None:
    """Nothing is cheaper; with a handler for another event, too."""
    workspace.emitter.on("task.deleted", print)
    with watched() as unheard:
        workspace._link._on_frame(frame("task.created", **offered(1)))
    heard: list[Any] = []
    workspace.emitter.on("task.created", heard.append)
    with watched() as listened:
        workspace._link._on_frame(frame("task.created", **offered(2)))
    assert unheard.names["materialize_event"] == 0
    assert unheard.names["read_instance"] == 0
    assert listened.names["materialize_event"] == 1
    assert len(heard) == 1


async def test_a_reservations_task_is_decoded_when_somebody_looks_at_it(seat: Seat) -> None:
    """And then it is as the last event tells, whoever looked before."""
    seen: list[ReservationInstance] = []
    seat.client.on("reservation.created", seen.append)
    seat.client._link._on_frame(frame("reservation.created", **offered(1, priority=1)))
    seat.client._link._on_frame(frame("reservation.accepted", **offered(1, assignment_status="assigned")))
    (reservation,) = seen
    assert "_links" not in vars(reservation)
    task = reservation.task
    assert task is not None
    assert (task.priority, task.assignment_status, task.attributes) == (1, "assigned", {"n": 1})
    seat.client._link._on_frame(frame("reservation.completed", **offered(1, assignment_status="completed")))
    assert task.assignment_status == "completed"
    assert reservation.task is task


@pytest.mark.parametrize("name", ["reservation.accepted", "reservation.completed", "task.updated"])
async def test_what_is_done_for_an_event_does_not_depend_on_what_is_held(
    seat: Seat, watched: Callable[[], Any], name: str
) -> None:
    """With three reservations on the desk or a thousand, the same functions are called as often."""

    def bring(event: str, number: int) -> None:
        seat.client._link._on_frame(frame(event, **offered(number, assignment_status="assigned")))

    counts = []
    for held in (range(3), range(3, 1_000)):
        for number in held:
            bring("reservation.created", number)
        bring(name, held[0])  # what is found out once is found out here
        with watched() as doings:
            bring(name, held[1])
        counts.append(doings.names)
    assert len(seat.client.open_reservations) >= 996
    assert counts[0] == counts[1]
    assert counts[0].total() > 5
