"""Statistics equal a slow, obvious recount of what was seen to happen, whatever happened.

The recount reads no event log: it hears of each change as it happens, keeps a diary, and counts in it.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any, NamedTuple

from contact_center import Center
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator import statistics
from trbridge.emulator.engine import Committed
from trbridge.emulator.model import Task, Worker

LANGUAGES = ("en", "fr", "de")
CHANNELS = ("default", "voice")


class Note(NamedTuple):
    """Something that happened: to what, and how long the task had waited."""

    when: float
    what: str
    about: frozenset[str | None]
    channel: str | None
    waited: int
    in_queue: int


class Diary:
    """A contact center that random things happen in, and what was seen of them."""

    def __init__(self) -> None:
        center = self.center = Center()
        self.notes: list[Note] = []
        self.whereabouts: dict[str, list[tuple[float, str]]] = {}
        center.engine.subscribe(self._hear)
        self.queues = [center.queue(name, f"langs HAS '{name}'", max_reserved_workers=n + 1)
                       for n, name in enumerate(LANGUAGES)]  # fmt: skip
        first, second, third = self.queues
        self.flows = [
            center.workflow(("lang == 'en'", {"queue": first, "timeout": 40, "priority": 5}, {"queue": second}),
                            default=third, task_reservation_timeout=25),
            center.workflow(("1==1", {"queue": second, "timeout": 30}, {"queue": third, "timeout": 30}),
                            task_reservation_timeout=60),
        ]  # fmt: skip
        self.workers = [center.worker(f"W{n}", langs=LANGUAGES[n:]) for n in range(3)]
        center.capacity(self.workers[0], 2)

    def _hear(self, committed: Committed) -> None:
        for change in committed.changes:
            if change.kind is Worker and change.new is not None:
                stays = self.whereabouts.setdefault(change.sid, [])
                if not stays or stays[-1][1] != change.new.activity_sid:
                    stays.append((committed.now, change.new.activity_sid))
        for event in committed.events:
            self.notes.append(self._note(committed, event.event_type, committed.subjects[event.sid]))

    @staticmethod
    def _note(committed: Committed, what: str, subject: Any) -> Note:
        task: Task | None = subject.task
        about = {getattr(subject, name) for name in ("workspace", "task_queue", "workflow", "worker")}
        return Note(
            committed.now,
            what,
            frozenset(each and each.sid for each in about),
            subject.task_channel.sid if subject.task_channel is not None else None,
            0 if task is None else int(committed.now - task.date_created),
            0 if task is None or task.task_queue_entered_date is None
            else int(committed.now - task.task_queue_entered_date),
        )  # fmt: skip

    # What may happen

    def submit(self, number: int) -> None:
        attributes = {"lang": LANGUAGES[number % 3]}
        self.center.task(
            self.flows[number % 2], attributes, task_channel=CHANNELS[number % 5 == 0], priority=number % 4
        )

    def accept(self, number: int) -> None:
        self._answer(number, "accepted")

    def reject(self, number: int) -> None:
        self._answer(number, "rejected")

    def _answer(self, number: int, status: str) -> None:
        pending = [one for one in self.center.store.reservations.values() if one.reservation_status == "pending"]
        if pending:
            self.center.change(pending[number % len(pending)], status)

    def wrap(self, number: int) -> None:
        self._end(number, "wrapping", "assigned")

    def complete(self, number: int) -> None:
        self._end(number, "completed", "assigned", "wrapping")

    def cancel(self, number: int) -> None:
        self._end(number, "canceled", "pending", "reserved")

    def _end(self, number: int, status: str, *former: str) -> None:
        tasks = [one for one in self.center.all_tasks() if one.assignment_status in former]
        if tasks:
            self.center.change_task(tasks[number % len(tasks)], assignment_status=status)

    def delete(self, number: int) -> None:
        tasks = self.center.all_tasks()
        if tasks:
            self.center.delete_task(tasks[number % len(tasks)])

    def move(self, number: int) -> None:
        self.center.set_activity(
            self.workers[number % 3], ("Offline", "Available", "Unavailable", "Available")[number % 4]
        )

    def learn(self, number: int) -> None:
        self.center.change_worker(self.workers[number % 3], attributes=json.dumps({"langs": LANGUAGES[: number % 4]}))

    def wait(self, number: int) -> None:
        self.center.advance(number / 4)

    # The recount

    def recount(self, sid: str, start: float, end: float, channel: str | None) -> dict[str, Any]:
        notes = [note for note in self.notes
                 if start <= note.when <= end and sid in note.about and channel in {None, note.channel}]  # fmt: skip
        seen = Counter(note.what for note in notes)
        accepted = [note for note in notes if note.what == "reservation.accepted"]
        canceled = [note for note in notes if note.what == "task.canceled"]
        return {
            **{f"reservations_{name}": seen[f"reservation.{name}"]
               for name in ("created", "accepted", "rejected", "canceled", "rescinded")},
            "reservations_timed_out": seen["reservation.timeout"],
            "tasks_created": seen["task.created"],
            "tasks_canceled": seen["task.canceled"],
            "tasks_completed": seen["task.completed"],
            "tasks_deleted": seen["task.deleted"],
            "tasks_moved": seen["task-queue.moved"],
            "tasks_timed_out_in_workflow": seen["workflow.timeout"],
            "tasks_entered": seen["workflow.entered" if sid.startswith("WW") else "task-queue.entered"],
            "avg_task_acceptance_time": _mean([note.waited for note in accepted]),
            "wait_duration_until_accepted": _spread([note.waited for note in accepted]),
            "wait_duration_until_canceled": _spread([note.waited for note in canceled]),
            "wait_duration_in_queue_until_accepted": _spread([note.in_queue for note in accepted]),
            "split_by_wait_time": {
                str(edge): {
                    side: {
                        name: len([note for note in some if (note.waited > edge) is (side == "above")])
                        for name, some in (("tasks_canceled", canceled), ("reservations_accepted", accepted))
                    }
                    for side in ("above", "below")
                }
                for edge in (5, 20)
            },
        }  # fmt: skip

    def stays(self, sids: list[str], activity_sid: str, start: float, end: float) -> dict[str, int]:
        lengths = []
        for sid in sids:
            stays = [*self.whereabouts[sid], (float("inf"), "")]
            for (since, activity), (until, _) in itertools.pairwise(stays):
                inside = min(until, end) - max(since, start)
                if activity == activity_sid and inside > 0:
                    lengths.append(inside)
        return _spread(lengths)

    def present(self, name: str, sid: str, channel: str | None) -> dict[str, Any]:
        now = self.center.engine.now()
        tasks = [task for task in self.center.all_tasks()
                 if getattr(task, name) == sid and channel in {None, task.task_channel_sid}
                 and task.assignment_status not in {"completed", "canceled"}]  # fmt: skip
        pending = [task for task in tasks if task.assignment_status == "pending"]
        statuses = Counter(task.assignment_status for task in tasks)
        return {
            "total_tasks": len(tasks),
            "tasks_by_status": {name: statuses[name] for name in ("pending", "reserved", "assigned", "wrapping")},
            "tasks_by_priority": {str(key): n for key, n in sorted(Counter(task.priority for task in tasks).items())},
            "longest_task_waiting_age": max([int(now - task.date_created) for task in pending], default=0),
            "longest_task_waiting_sid": pending[0].sid if pending else None,
        }


def _mean(values: list[int]) -> int:
    return sum(values) // len(values) if values else 0


def _spread(values: list[Any]) -> dict[str, int]:
    if not values:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    return {"avg": int(sum(values) / len(values)), "min": int(min(values)), "max": int(max(values)),
            "total": int(sum(values))}  # fmt: skip


ACTS = ("submit", "submit", "accept", "accept", "reject", "wrap", "complete", "cancel", "delete", "move", "learn",
        "wait", "wait", "wait")  # fmt: skip
story = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 130)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    story=story, window=st.tuples(st.integers(0, 400), st.integers(0, 400)), channel=st.sampled_from([None, *CHANNELS])
)
def test_every_figure_equals_the_recount(
    story: list[tuple[str, int]], window: tuple[int, int], channel: str | None
) -> None:
    diary = Diary()
    center = diary.center
    began = center.engine.now()
    for act, number in story:
        getattr(diary, act)(number)
    now = center.engine.now()
    start = began + min(window)
    start, end = min(start, now), min(began + max(window), now)
    values = {"start_date": start, "end_date": end, "split_by_wait_time": "5,20"}
    if channel is not None:
        values["task_channel"] = channel
    channel_sid = None if channel is None else center.task_channel(channel)

    scopes: list[tuple[str, str, Any]] = [("workspace", "workspace_sid", center.workspace)]
    scopes += [("task_queue", "task_queue_sid", queue) for queue in diary.queues]
    scopes += [("workflow", "workflow_sid", flow) for flow in diary.flows]
    for kind, field, entity in scopes:
        seen = statistics.fetch(center.store, kind, entity, values, now)
        wanted = diary.recount(entity.sid, start, end, channel_sid)
        cumulative = seen["cumulative"]
        assert {name: cumulative[name] for name in cumulative.keys() & wanted.keys()} == {
            name: wanted[name] for name in cumulative.keys() & wanted.keys()
        }
        assert cumulative.keys() - wanted.keys() == {"start_time", "end_time"}
        present = diary.present(field, entity.sid, channel_sid)
        assert {name: seen["realtime"][name] for name in present} == present

    everybody = list(diary.whereabouts)
    for sids, seen in [
        (everybody, statistics.fetch(center.store, "workers_cumulative", center.workspace, values, now)),
        *[([one.sid], statistics.fetch(center.store, "worker", center.now(one), values, now)["cumulative"])
          for one in diary.workers],
    ]:  # fmt: skip
        whose = center.workspace_sid if sids is everybody else sids[0]
        wanted = diary.recount(whose, start, end, channel_sid)
        counts = [name for name in seen if name.startswith("reservations_")]
        assert len(counts) == 6
        assert {name: seen[name] for name in counts} == {name: wanted[name] for name in counts}
        for stay in seen["activity_durations"]:
            figures = {name: stay[name] for name in ("avg", "min", "max", "total")}
            assert figures == diary.stays(sids, stay["sid"], start, end)


@settings(max_examples=30, deadline=None)
@given(story=story)
def test_a_queues_workers_are_counted_as_an_expression_says_it_now(story: list[tuple[str, int]]) -> None:
    """Membership is kept up to date by routing; the recount asks each worker's attributes."""
    diary = Diary()
    center = diary.center
    for act, number in story:
        getattr(diary, act)(number)
    for queue, language in zip(diary.queues, LANGUAGES, strict=True):
        seen = statistics.fetch(center.store, "task_queue_realtime", queue, {}, center.engine.now())
        eligible = [one for one in center.store.workers.values() if language in json.loads(one.attributes)["langs"]]
        available = [one for one in eligible if center.store.activities[one.activity_sid].available]
        assert (seen["total_eligible_workers"], seen["total_available_workers"]) == (len(eligible), len(available))
        for row in seen["activity_statistics"]:
            assert row["workers"] == len([one for one in eligible if one.activity_sid == row["sid"]])


def test_the_recount_sees_what_it_counts() -> None:
    """Guards the recount itself: everything that it counts can happen in these stories."""
    diary = Diary()
    told = """submit 2, accept 0, complete 0, submit 0, submit 1, submit 3, accept 0, wait 130, wait 130, move 0,
        move 1, move 5, submit 6, reject 0, accept 0, wrap 0, complete 0, cancel 0, delete 0, wait 130, wait 130,
        wait 130, move 1, submit 1, cancel 0"""
    for act, number in (each.split() for each in told.split(",")):
        getattr(diary, act)(int(number))
    seen = {note.what for note in diary.notes}
    fates = {f"reservation.{fate}" for fate in ("created", "accepted", "rejected", "timeout", "rescinded", "canceled")}
    ends = {"task.created", "task.canceled", "task.completed", "task.deleted", "task-queue.moved", "workflow.timeout"}
    assert (fates | ends) - seen == set()
