"""Whatever happens in whatever order: what must always be true of tasks, reservations and workers stays true."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from contact_center import Center
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from plain_routing import fits, open_reservations
from recount import Recount
from thoroughness import tried

from trbridge.emulator.engine import Committed
from trbridge.emulator.state.indexes import BY_WORKSPACE, TASKS_BY_STATUS
from trbridge.emulator.state.journal import SqliteJournal
from trbridge.emulator.state.model import Activity, Reservation, Worker
from trbridge.emulator.state.store import Store
from trbridge.errors import BadRequest, Gone

LANGUAGES = ("fr", "en")
CHANNELS = ("default", "chat")


class Machine(RuleBasedStateMachine):
    """Random operations and clock steps on a small contact center with a journal."""

    multi_task_enabled = True

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "journal"
        self.journal = SqliteJournal(self.path)
        self.center = Center(multi_task_enabled=self.multi_task_enabled, journal=self.journal)
        self.recount = Recount(self.center)
        self.began = self.center.engine.now()
        self.overbooked: list[str] = []
        self.entered: dict[str, str | None] = {}
        self.dismissed: set[str] = set()
        self.center.engine.subscribe(self.watch)

    @initialize(
        order=st.sampled_from(["FIFO", "LIFO"]), most=st.integers(1, 2), timeout=st.sampled_from([None, 15, 40])
    )
    def build(self, order: str, most: int, timeout: int | None) -> None:
        center = self.center
        center.change_workspace(prioritize_queue_order=order)
        french = center.queue("French", "langs HAS 'fr'", max_reserved_workers=most)
        everyone = center.queue("Everyone", "1==1", task_order=order)
        seniors = center.queue("Seniors", "lvl >= 2")
        busy = "worker.channel.default.assigned_tasks < 2 AND taskrouter.currentMin != 3"
        self.workflow = center.workflow(
            (
                "lang == 'fr'",
                {"queue": french, "expression": "task.lang IN worker.langs", "timeout": timeout, "priority": 2},
                {"queue": everyone, "order_by": "worker.lvl DESC", "timeout": 30, "skip_if": "workers.available == 0"},
            ),
            ("kind == 'known'", {"queue": everyone, "known_worker_friendly_name": "task.agent", "timeout": 20}),
            ("lang != null", {"queue": seniors, "expression": busy}),
            default=everyone,
            task_reservation_timeout=25,
        )
        self.worker("ann", 2)
        self.worker("bob", 3)
        for language in ("fr", "en", "fr"):
            center.task(self.workflow, {"lang": language})

    # What can happen

    @rule(name=st.sampled_from(["ann", "bob", "cyd", "dan"]), level=st.integers(1, 3))
    def worker(self, name: str, level: int) -> None:
        if len(self.workers()) < 4:
            self.attempt(lambda: self.center.worker(name, langs=list(LANGUAGES[: level - 1]), lvl=level))

    @rule(
        attributes=st.fixed_dictionaries(
            {},
            optional={
                "lang": st.sampled_from(["fr", "en", None]),
                "kind": st.just("known"),
                "agent": st.sampled_from(["ann", "bob", "nobody"]),
            },
        ),
        priority=st.integers(0, 2),
        channel=st.sampled_from(CHANNELS),
        timeout=st.sampled_from([50, 86_400]),
    )
    def create(self, attributes: dict[str, Any], priority: int, channel: str, timeout: int) -> None:
        if len(self.center.all_tasks()) < 8:
            self.center.task(self.workflow, attributes, priority=priority, task_channel=channel, timeout=timeout)

    @precondition(lambda self: self.workers())
    @rule(data=st.data(), ignore=st.booleans())
    def create_direct(self, data: st.DataObject, ignore: bool) -> None:
        worker = data.draw(st.sampled_from(self.workers()))
        self.center.task(None, {}, routing_target=worker.sid, ignore_capacity=str(ignore))

    @precondition(lambda self: self.open_reservations())
    @rule(data=st.data(), status=st.sampled_from(["accepted", "rejected", "wrapping", "completed"]))
    def answer(self, data: st.DataObject, status: str) -> None:
        reservation = data.draw(st.sampled_from(self.open_reservations()))
        self.attempt(lambda: self.center.change(reservation, status))

    @precondition(lambda self: self.center.all_tasks())
    @rule(data=st.data(), status=st.sampled_from(["canceled", "wrapping", "completed"]))
    def end(self, data: st.DataObject, status: str) -> None:
        task = data.draw(st.sampled_from(self.center.all_tasks()))
        self.attempt(lambda: self.center.change_task(task, assignment_status=status))

    @precondition(lambda self: self.center.all_tasks())
    @rule(data=st.data(), language=st.sampled_from(["fr", "en"]), priority=st.integers(0, 3))
    def change(self, data: st.DataObject, language: str, priority: int) -> None:
        task = data.draw(st.sampled_from(self.center.all_tasks()))
        self.center.change_task(task, attributes=f'{{"lang": "{language}"}}', priority=priority)

    @precondition(lambda self: self.center.all_tasks())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.center.delete_task(data.draw(st.sampled_from(self.center.all_tasks())))

    @precondition(lambda self: self.workers())
    @rule(data=st.data(), available=st.booleans(), reject=st.booleans())
    def move(self, data: st.DataObject, available: bool, reject: bool) -> None:
        worker = data.draw(st.sampled_from(self.workers()))
        rows = self.center.store.in_workspace(Activity, self.center.workspace_sid)
        activity = next(row for row in rows if row.available is available)
        self.attempt(
            lambda: self.center.change_worker(worker, activity_sid=activity.sid, reject_pending_reservations=reject)
        )

    @precondition(lambda self: self.workers())
    @rule(data=st.data(), level=st.integers(0, 3))
    def retrain(self, data: st.DataObject, level: int) -> None:
        worker = data.draw(st.sampled_from(self.workers()))
        text = f'{{"langs": ["en"], "lvl": {level}}}' if level else '{"langs": ["fr"]}'
        self.center.change_worker(worker, attributes=text)

    @precondition(lambda self: self.workers())
    @rule(data=st.data(), capacity=st.integers(0, 2), available=st.booleans(), channel=st.sampled_from(CHANNELS))
    def set_channel(self, data: st.DataObject, capacity: int, available: bool, channel: str) -> None:
        worker = data.draw(st.sampled_from(self.workers()))
        self.center.change_channel(worker, channel, capacity=capacity, available=available)

    @precondition(lambda self: len(self.workers()) > 1)
    @rule(data=st.data())
    def dismiss(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers()))
        self.dismissed.add(worker.sid)
        self.center.delete_worker(worker)

    @rule(expression=st.sampled_from(["1==1", "lvl >= 2", "langs HAS 'en'", ""]), index=st.integers(0, 2))
    def change_queue(self, expression: str, index: int) -> None:
        queue = list(self.center.store.task_queues.values())[index]
        self.center.change_queue(queue, target_workers=expression)

    @rule()
    def re_evaluate(self) -> None:
        self.center.change_workflow(self.workflow, re_evaluate_tasks="true")

    @rule(seconds=st.sampled_from([1, 10, 25, 60, 301]))
    def pass_time(self, seconds: int) -> None:
        self.center.advance(seconds)

    @precondition(lambda self: self.workers())
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        """A transaction that is undone changes nothing, nor what routing believes."""
        worker = data.draw(st.sampled_from(self.workers()))
        before = self.center.store.snapshot()
        try:
            with self.center.engine.transaction() as tx:
                tx.update(worker, activity_sid=self.center.workspace.default_activity_sid, attributes="{}")
                tx.put(worker)
                raise KeyError
        except KeyError:
            assert self.center.store.snapshot() == before

    @rule(window=st.tuples(st.integers(0, 600), st.integers(0, 600)), channel=st.sampled_from([None, *CHANNELS]))
    def count(self, window: tuple[int, int], channel: str | None) -> None:
        """Some window of time, such as a user would ask for."""
        now = self.center.engine.now()
        start, end = (min(self.began + edge, now) for edge in sorted(window))
        self.recount.check_all(start, end, channel)

    # What must always be true

    def watch(self, committed: Committed) -> None:
        """Note which queues tasks enter, and reservations for somebody without room for them."""
        for event in committed.events:
            subject = committed.subjects[event.sid]
            worker, task = subject.worker, subject.task
            if event.event_type in {"task-queue.entered", "task-queue.moved"} and task is not None:
                self.entered[task.sid] = event.task_queue_sid
            if event.event_type != "reservation.created" or worker is None or task is None or task.ignore_capacity:
                continue
            channel = self.center.store.worker_channel(worker.sid, task.task_channel_sid)
            held = [r for r in self.open_reservations() if r.worker_sid == worker.sid]
            same = [r for r in held if r.task_channel_sid == task.task_channel_sid]
            room = 1 if not self.multi_task_enabled else 0 if channel is None else channel.configured_capacity
            if len(held if not self.multi_task_enabled else same) > room:
                self.overbooked.append(f"{worker.friendly_name} holds {len(same)} with room for {room}")

    @invariant()
    def nobody_is_given_more_than_fits(self) -> None:
        """Work beyond capacity comes only from IgnoreCapacity, or from capacity that was lowered since."""
        assert not self.overbooked

    @invariant()
    def a_task_and_its_reservations_agree(self) -> None:
        for task in self.center.all_tasks():
            statuses = sorted(r.reservation_status for r in self.center.reservations(task))
            pending = statuses.count("pending")
            working = [status for status in statuses if status in {"accepted", "wrapping"}]
            expected = {"assigned": ["accepted"], "wrapping": ["wrapping"]}.get(task.assignment_status, [])
            assert working == expected, (task, statuses)
            assert (pending > 0) is (task.assignment_status == "reserved"), (task, statuses)
            assert (task.ended_at is not None) is (task.assignment_status in {"canceled", "completed"})

    @invariant()
    def a_task_is_in_one_state_and_one_queue(self) -> None:
        """It is in no list but its own, and its queue is the one that it was last seen to enter."""
        store = self.center.store
        statuses = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
        for task in self.center.all_tasks():
            listed = [
                (queue_sid, status)
                for queue_sid in store.task_queues
                for status in statuses
                if task in store.select(TASKS_BY_STATUS, (queue_sid, status))
            ]
            assert listed == [(task.task_queue_sid, task.assignment_status)] or task.task_queue_sid is None
            assert task.task_queue_sid == self.entered.get(task.sid)

    @invariant()
    def an_accepted_task_has_one_accepted_reservation(self) -> None:
        """Whoever was asked besides has been told that it is too late."""
        for task in self.center.all_tasks():
            if task.assignment_status in {"assigned", "wrapping"}:
                held = [r for r in self.center.reservations(task) if r.reservation_status in {"accepted", "wrapping"}]
                assert len(held) == 1
                assert held[0].worker_sid in self.center.store.workers or held[0].worker_sid in self.dismissed

    @invariant()
    def a_waiting_task_is_in_a_queue_of_its_workflow(self) -> None:
        for task in self.center.all_tasks():
            if task.assignment_status == "pending":
                assert task.target_index is not None
                assert task.task_queue_sid in self.center.store.task_queues
                assert not task.ignore_capacity

    @invariant()
    def nobody_waits_for_a_free_worker(self) -> None:
        """The promise of routing, checked by looking at every waiting task and every worker."""
        for task in self.center.all_tasks():
            if task.assignment_status == "pending":
                fitting = [worker.friendly_name for worker in self.workers() if fits(self.center, task, worker)]
                assert not fitting, (task, fitting)

    @invariant()
    def every_reservation_was_announced(self) -> None:
        created = {e.reservation_sid for e in self.center.events if e.event_type == "reservation.created"}
        assert {r.sid for r in self.center.store.reservations.values()} <= created

    def teardown(self) -> None:
        """Statistics of all time equal the recount; the journal, read again, gives the same store."""
        self.recount.check_all(self.began, self.center.engine.now())
        expected = self.center.store.snapshot()
        self.center.engine.close()
        again = Store()
        journal = SqliteJournal(self.path)
        journal.load(again)
        journal.close()
        self.directory.cleanup()
        assert again.snapshot() == expected

    # Looking

    def workers(self) -> list[Worker]:
        return self.center.store.select(BY_WORKSPACE[Worker], self.center.workspace_sid)

    def open_reservations(self) -> list[Reservation]:
        return open_reservations(self.center)

    def attempt(self, action: Any) -> None:
        """Do what may be refused."""
        with suppress(BadRequest, Gone):
            action()


class SingleTaskingMachine(Machine):
    """The same where a worker does one thing at a time and is moved through activities."""

    multi_task_enabled = False


_SETTINGS = tried(6, 20)

TestMultiTasking = Machine.TestCase
TestMultiTasking.settings = _SETTINGS
TestSingleTasking = SingleTaskingMachine.TestCase
TestSingleTasking.settings = _SETTINGS
