"""Statistics equal a slow, obvious recount of what was seen to happen, whatever happened."""

from __future__ import annotations

import json
from typing import Any

from contact_center import Center
from hypothesis import given, settings
from hypothesis import strategies as st
from recount import Recount

from trbridge.emulator import statistics

LANGUAGES = ("en", "fr", "de")
CHANNELS = ("default", "voice")


class Diary(Recount):
    """A contact center that random things happen in, and what was seen of them."""

    def __init__(self) -> None:
        super().__init__(Center())
        center = self.center
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
    scopes: list[tuple[str, Any]] = [("workspace", center.workspace)]
    scopes += [("task_queue", queue) for queue in diary.queues]
    scopes += [("workflow", flow) for flow in diary.flows]
    for kind, entity in scopes:
        diary.check(kind, entity, start, end, channel)

    values: dict[str, Any] = {"start_date": start, "end_date": end}
    if channel is not None:
        values["task_channel"] = channel
    channel_sid = None if channel is None else center.task_channel(channel)
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
        diary.check_stays(sids, seen, start, end)


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
