"""A slow, obvious recount of what was seen to happen in a contact center.

It reads no event log: it hears of each change as it happens, keeps a diary, and counts in it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any, NamedTuple

from contact_center import Center

from trbridge.emulator import statistics
from trbridge.emulator.engine import Committed
from trbridge.emulator.state.model import Task

__all__ = ["Note", "Recount"]


class Note(NamedTuple):
    """Something that happened: to what, and how long the task had waited."""

    when: float
    what: str
    about: frozenset[str | None]
    channel: str | None
    waited: int
    in_queue: int


class Recount:
    """What was seen of a contact center from now on.

    Attributes:
        center: The contact center.
        notes: What happened, in order.
        whereabouts: Worker SID to since when in which activity.
    """

    def __init__(self, center: Center) -> None:
        self.center = center
        self.notes: list[Note] = []
        self.whereabouts: dict[str, list[tuple[float, str]]] = {}
        center.engine.subscribe(self._hear)

    def _hear(self, committed: Committed) -> None:
        for event in committed.events:
            subject = committed.subjects[event.sid]
            self.notes.append(self._note(committed, event.event_type, subject))
            # Who leaves an activity and is back in the same moment (a single-tasking worker who goes from one
            # reservation to the next) begins a new stay there.
            if event.event_type in {"worker.created", "worker.activity.update"} and subject.worker is not None:
                stays = self.whereabouts.setdefault(subject.worker.sid, [])
                stays.append((committed.now, subject.worker.activity_sid))

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

    # Comparing

    def check_all(self, start: float, end: float, channel: str | None = None) -> None:
        """The statistics of a window: those of the workspace, and of each queue, workflow and worker there is."""
        center, store = self.center, self.center.store
        self.check("workspace", center.workspace, start, end, channel)
        for queue in store.task_queues.values():
            self.check("task_queue", queue, start, end, channel)
        for flow in store.workflows.values():
            self.check("workflow", flow, start, end, channel)
        values = {"start_date": start, "end_date": end}
        for worker in store.workers.values():
            seen = statistics.fetch(store, "worker", worker, values, center.engine.now())["cumulative"]
            self.check_stays([worker.sid], seen, start, end)

    def check(self, kind: str, entity: Any, start: float, end: float, channel: str | None = None) -> None:
        """Every figure of a workspace, queue or workflow is as recounted.

        Args:
            kind: Of the statistics: ``"workspace"``, ``"task_queue"`` or ``"workflow"``.
            entity: Whose.
            start: From when, epoch seconds.
            end: Until when.
            channel: Unique name of a task channel.
        """
        values: dict[str, Any] = {"start_date": start, "end_date": end, "split_by_wait_time": "5,20"}
        if channel is not None:
            values["task_channel"] = channel
        channel_sid = None if channel is None else self.center.task_channel(channel)
        seen = statistics.fetch(self.center.store, kind, entity, values, self.center.engine.now())
        wanted, cumulative = self.recount(entity.sid, start, end, channel_sid), seen["cumulative"]
        assert {name: cumulative[name] for name in cumulative.keys() & wanted.keys()} == {
            name: wanted[name] for name in cumulative.keys() & wanted.keys()
        }
        assert cumulative.keys() - wanted.keys() == {"start_time", "end_time"}
        present = self.present(f"{kind}_sid", entity.sid, channel_sid)
        assert {name: seen["realtime"][name] for name in present} == present

    def check_stays(self, sids: list[str], seen: dict[str, Any], start: float, end: float) -> None:
        """How long workers were in each activity is as recounted."""
        for stay in seen["activity_durations"]:
            figures = {name: stay[name] for name in ("avg", "min", "max", "total")}
            assert figures == self.stays(sids, stay["sid"], start, end)


def _mean(values: list[int]) -> int:
    return sum(values) // len(values) if values else 0


def _spread(values: list[Any]) -> dict[str, int]:
    if not values:
        return {"avg": 0, "min": 0, "max": 0, "total": 0}
    return {"avg": int(sum(values) / len(values)), "min": int(min(values)), "max": int(max(values)),
            "total": int(sum(values))}  # fmt: skip
