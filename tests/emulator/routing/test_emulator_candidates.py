"""Lines of names in order, whose keys change all the time, and the order of tasks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from contact_center import Center
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from thoroughness import tried

from trbridge.emulator.routing.candidates import Line, capacity_percentage, task_key
from trbridge.emulator.state.model import Task, TaskQueue, Workspace

NAMES = st.sampled_from("abcdefgh")


class Lines(RuleBasedStateMachine):
    """A Line against a plain dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line[int] = Line()
        self.model: dict[str, int] = {}

    @rule(name=NAMES, key=st.integers(0, 5))
    def put(self, name: str, key: int) -> None:
        self.line.put(name, key)
        self.model[name] = key

    @rule(names=st.lists(st.tuples(NAMES, st.integers(0, 50)), max_size=200))
    def put_many(self, names: list[tuple[str, int]]) -> None:
        for name, key in names:
            self.put(name, key)

    @rule(name=NAMES)
    def take(self, name: str) -> None:
        self.line.take(name)
        self.model.pop(name, None)

    @rule(wanted=st.integers(1, 4), refused=st.sets(NAMES))
    def best(self, wanted: int, refused: set[str]) -> None:
        """The first that are accepted; looking changes nothing."""
        expected = [name for _, name in self.ordered() if name not in refused][:wanted]
        assert self.line.best(wanted, lambda name: name not in refused) == expected

    @invariant()
    def the_first_is_the_smallest(self) -> None:
        assert self.line.first() == (self.ordered()[0] if self.model else None)
        assert len(self.line) == len(self.model)

    def ordered(self) -> list[tuple[int, str]]:
        return sorted((key, name) for name, key in self.model.items())


TestLines = Lines.TestCase
TestLines.settings = tried(80, 15)


def test_a_name_that_comes_back_to_a_former_key_is_there_once() -> None:
    """Or a worker would get two reservations for one task."""
    line: Line[int] = Line()
    for key in (0, 1, 0):
        line.put("worker", key)
    assert line.best(2, lambda name: True) == ["worker"]
    assert line.best(2, lambda name: True) == ["worker"]


def test_a_line_does_not_grow_with_its_history() -> None:
    """A worker's key changes with every task; the heap must not remember them all."""
    line: Line[int] = Line()
    for number in range(10_000):
        line.put("worker", number)
    assert len(line._heap) <= 2 + 64
    assert line.first() == (9_999, "worker")


@pytest.mark.parametrize(
    ("load", "capacity", "percentage"),
    [(0, 1, 100), (1, 1, 0), (1, 3, 66), (2, 3, 33), (0, 0, 0), (2, 1, 0), (1, 7, 85)],
)
def test_available_capacity_is_rounded_down(load: int, capacity: int, percentage: int) -> None:
    """Routing 5: floor((1 - load / capacity) * 100), never below 0."""
    assert capacity_percentage(load, capacity) == percentage


TASKS = st.fixed_dictionaries(
    {
        "priority": st.integers(0, 2),
        "virtual_start_time": st.sampled_from([10.0, 20.0, 30.0]),
        "queue": st.sampled_from(["FIFO", "LIFO", None]),
    }
)


@given(st.lists(TASKS, max_size=8), st.sampled_from(["FIFO", "LIFO"]))
@settings(max_examples=150, deadline=None)
def test_tasks_are_ordered_as_the_reference_says(rows: list[dict[str, Any]], first: str) -> None:
    """Routing 3.4, written out the slow way: two kinds, each sorted by its own rule."""
    workspace = Workspace(
        sid="WS", workspace_sid="WS", account_sid="AC", friendly_name="", date_created=0, date_updated=0,
        prioritize_queue_order=first,
    )  # fmt: skip
    queue = TaskQueue(sid="WQ", workspace_sid="WS", friendly_name="", date_created=0, date_updated=0)
    task = Task(
        sid="WT", workspace_sid="WS", date_created=0, date_updated=0, task_channel_sid="TC", virtual_start_time=0
    )
    keys = {}
    for number, row in enumerate(rows):
        kind = row["queue"]
        fields = {name: row[name] for name in ("priority", "virtual_start_time")}
        keys[number] = task_key(
            workspace,
            None if kind is None else msgspec.structs.replace(queue, task_order=kind),
            msgspec.structs.replace(task, **fields),
            number,
        )
    fifo = [number for number, row in enumerate(rows) if row["queue"] != "LIFO"]
    fifo.sort(key=lambda number: (-rows[number]["priority"], rows[number]["virtual_start_time"], number))
    lifo = [number for number, row in enumerate(rows) if row["queue"] == "LIFO"]
    lifo.sort(key=lambda number: (rows[number]["virtual_start_time"], number), reverse=True)
    expected = [*fifo, *lifo] if first == "FIFO" else [*lifo, *fifo]
    assert sorted(keys, key=lambda number: keys[number]) == expected


def test_who_is_free_is_known_per_channel() -> None:
    center = Center()
    ann = center.worker("ann")
    freedom = center.routing.situation.freedom
    assert all(ann.sid in freedom.on(center.task_channel(name)) for name in ("default", "chat", "voice"))
    center.capacity(ann, 0, "chat")
    assert ann.sid not in freedom.on(center.task_channel("chat"))
    assert ann.sid in freedom.on(center.task_channel("voice"))
    center.set_activity(ann, "Offline")
    assert ann.sid not in freedom.on(center.task_channel("voice"))
    assert freedom.on("TC" + "0" * 32) == {}
