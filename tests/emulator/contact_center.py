"""A small contact center to route in: an engine that routes, with short words for what tests do all the time."""

from __future__ import annotations

import json
from random import Random
from typing import Any, TypeVar

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import (
    activities,
    reservations,
    task_channels,
    task_queues,
    tasks,
    worker_channels,
    workers,
    workflows,
    workspaces,
)
from trbridge.emulator.routing import routing
from trbridge.emulator.state.indexes import BY_WORKSPACE, RESERVATIONS_OF, TASK_CHANNELS_BY_NAME
from trbridge.emulator.state.journal import Journal
from trbridge.emulator.state.model import (
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

__all__ = ["Center", "configuration"]

E = TypeVar("E", bound=Entity)


class Center:
    """An engine with routing and one workspace.

    Args:
        multi_task_enabled: The workspace's.
        max_assignments: As for routing.install.
        journal: Where changes are written.
        **fields: More of the workspace.
    """

    def __init__(
        self,
        *,
        multi_task_enabled: bool = True,
        max_assignments: int = routing.MAX_ASSIGNMENTS,
        journal: Journal | None = None,
        **fields: Any,
    ) -> None:
        self.engine = Engine(clock=ManualClock(), random=Random(7), journal=journal)  # noqa: S311
        self.routing = routing.install(self.engine, max_assignments=max_assignments)
        self.store = self.engine.store
        self.events: list[EventRecord] = []
        form = {"friendly_name": "Support", "multi_task_enabled": multi_task_enabled, **fields}
        with self.engine.transaction() as tx:
            self.workspace_sid = workspaces.create(tx, self.engine.account_sid, form).sid
        self.engine.subscribe(lambda committed: self.events.extend(committed.events))

    @property
    def workspace(self) -> Workspace:
        return self.store.workspaces[self.workspace_sid]

    def activity(self, name: str, available: bool | None = None) -> str:
        """The SID of an activity; made if ``available`` is given."""
        if available is not None:
            with self.engine.transaction() as tx:
                return activities.create(tx, self.workspace, {"friendly_name": name, "available": available}).sid
        rows = self.store.in_workspace(Activity, self.workspace_sid)
        return next(row.sid for row in rows if row.friendly_name == name)

    def change_workspace(self, **form: Any) -> Workspace:
        with self.engine.transaction() as tx:
            return workspaces.update(tx, self.workspace, form)

    def worker(self, name: str, activity: str | None = None, **attributes: Any) -> Worker:
        """A worker, available unless told otherwise."""
        activity = activity or ("Available" if self.workspace.multi_task_enabled else "Idle")
        form = {
            "friendly_name": name,
            "attributes": json.dumps(attributes),
            "activity_sid": self.activity(activity),
        }
        with self.engine.transaction() as tx:
            return workers.create(tx, self.workspace, form)

    def change_worker(self, worker: Worker, **form: Any) -> Worker:
        with self.engine.transaction() as tx:
            return workers.update(tx, self.now(worker), form)

    def set_activity(self, worker: Worker, name: str, **form: Any) -> Worker:
        return self.change_worker(worker, activity_sid=self.activity(name), **form)

    def delete_worker(self, worker: Worker) -> None:
        with self.engine.transaction() as tx:
            workers.delete(tx, self.now(worker))

    def channel_of(self, worker: Worker, name: str = "default") -> WorkerChannel:
        channel = self.store.worker_channel(worker.sid, self.task_channel(name))
        assert channel is not None
        return channel

    def capacity(self, worker: Worker, capacity: int, channel: str = "default") -> None:
        self.change_channel(worker, channel, capacity=capacity)

    def change_channel(self, worker: Worker, channel: str = "default", **form: Any) -> None:
        with self.engine.transaction() as tx:
            worker_channels.update(tx, self.channel_of(worker, channel), form)

    def task_channel(self, name: str) -> str:
        found = self.store.first(TASK_CHANNELS_BY_NAME, (self.workspace_sid, name))
        assert found is not None
        return found.sid

    def change_task_channel(self, name: str, **form: Any) -> None:
        with self.engine.transaction() as tx:
            task_channels.update(tx, self.store.task_channels[self.task_channel(name)], form)

    def queue(self, name: str = "Everyone", target_workers: str = "1==1", **form: Any) -> TaskQueue:
        if not self.workspace.multi_task_enabled:
            form = {
                "reservation_activity_sid": self.activity("Reserved"),
                "assignment_activity_sid": self.activity("Busy"),
                **form,
            }
        with self.engine.transaction() as tx:
            return task_queues.create(
                tx, self.workspace, {"friendly_name": name, "target_workers": target_workers, **form}
            )

    def change_queue(self, queue: TaskQueue, **form: Any) -> TaskQueue:
        with self.engine.transaction() as tx:
            return task_queues.update(tx, self.now(queue), form)

    def workflow(self, *filters: Any, default: TaskQueue | None = None, **form: Any) -> Workflow:
        """A workflow; filters are (expression, target, target...)."""
        with self.engine.transaction() as tx:
            wanted = {"friendly_name": "Flow", "configuration": configuration(*filters, default=default), **form}
            return workflows.create(tx, self.workspace, wanted)

    def change_workflow(self, workflow: Workflow, **form: Any) -> Workflow:
        with self.engine.transaction() as tx:
            return workflows.update(tx, self.now(workflow), form)

    def task(self, workflow: Workflow | None = None, attributes: Any = None, **form: Any) -> Task:
        """A task, as it is after routing. ``attributes`` is a mapping."""
        if workflow is not None:
            form["workflow_sid"] = workflow.sid
        if attributes is not None:
            form["attributes"] = json.dumps(attributes)
        with self.engine.transaction() as tx:
            made = tasks.create(tx, self.workspace, form)
        return self.store.tasks.get(made.sid, made)

    def change_task(self, task: Task, **form: Any) -> Task:
        with self.engine.transaction() as tx:
            tasks.update(tx, self.now(task), form)
        return self.now(task)

    def delete_task(self, task: Task) -> None:
        with self.engine.transaction() as tx:
            tasks.delete(tx, self.now(task))

    def change(self, reservation: Reservation, status: str | None = None, **form: Any) -> Reservation:
        """Update a reservation, as it is after routing."""
        wanted = form if status is None else {"reservation_status": status, **form}
        with self.engine.transaction() as tx:
            reservations.update(tx, self.now(reservation), wanted)
        return self.now(reservation)

    def finish(self, task: Task) -> None:
        """Accept and complete a task."""
        self.change(self.change(self.offered(task), "accepted"), "completed")

    def served(self, count: int) -> list[Task]:
        """The tasks that one worker gets one after the other."""
        order = []
        for _ in range(count):
            (task,) = [each for each in self.all_tasks() if each.assignment_status == "reserved"]
            order.append(task)
            self.finish(task)
        return order

    def reservations(self, of: Task | Worker, status: str | None = None) -> list[Reservation]:
        rows = self.store.select(RESERVATIONS_OF, of.sid)
        return [row for row in rows if status in {None, row.reservation_status}]

    def offered(self, task: Task) -> Reservation:
        """The task's one pending reservation."""
        (reservation,) = self.reservations(task, "pending")
        return reservation

    def holders(self, task: Task, *statuses: str) -> list[str]:
        """Names of the workers with a reservation for a task, pending ones unless told otherwise."""
        return [
            self.store.workers[row.worker_sid].friendly_name
            for row in self.reservations(task)
            if row.reservation_status in (statuses or ("pending",))
        ]

    def now(self, entity: E) -> E:
        """An entity as it is now."""
        return self.store.table(type(entity))[entity.sid]

    def gone(self, entity: Entity) -> bool:
        return self.store.get(type(entity), entity.sid) is None

    def advance(self, seconds: float) -> None:
        self.engine.advance(seconds)

    def types(self, *prefixes: str) -> list[str]:
        """Types of the events since the last look, those with one of the prefixes if any are given."""
        seen = [event.event_type for event in self.events]
        self.events.clear()
        return [each for each in seen if not prefixes or each.startswith(prefixes)]

    def all_tasks(self) -> list[Task]:
        return self.store.select(BY_WORKSPACE[Task], self.workspace_sid)


def configuration(*filters: Any, default: TaskQueue | None = None) -> str:
    """A workflow's configuration from (expression, target...) with queues as they are."""
    document: dict[str, Any] = {
        "filters": [
            {"expression": expression, "targets": [_target(target) for target in targets]}
            for expression, *targets in filters
        ]
    }
    if default is not None:
        document["default_filter"] = {"queue": default.sid}
    return json.dumps({"task_routing": document})


def _target(target: Any) -> dict[str, Any]:
    if isinstance(target, TaskQueue):
        return {"queue": target.sid}
    return {key: value.sid if isinstance(value, TaskQueue) else value for key, value in target.items()}
