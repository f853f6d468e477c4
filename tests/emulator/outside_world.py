"""A workspace with one of everything in it, made without routing."""

from __future__ import annotations

from typing import Any

import msgspec

from trbridge.emulator.engine import Engine
from trbridge.emulator.operations import task_queues, workers, workflows
from trbridge.emulator.state.indexes import WORKER_CHANNELS_OF
from trbridge.emulator.state.model import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from trbridge.emulator.state.transaction import Transaction

__all__ = ["World"]


class World:
    """One worker with a pending reservation of one task, and what they need."""

    def __init__(self, engine: Engine, workspace: Workspace) -> None:
        self.engine = engine
        self.workspace = workspace
        store = engine.store
        self.activities = {one.friendly_name: one for one in store.in_workspace(Activity, workspace.sid)}
        self.channel = next(one for one in store.in_workspace(TaskChannel, workspace.sid) if one.unique_name == "voice")
        with engine.transaction() as tx:
            self.queue: TaskQueue = task_queues.create(tx, workspace, {"friendly_name": "English"})
            document = {"task_routing": {"filters": [], "default_filter": {"queue": self.queue.sid}}}
            form = {"friendly_name": "Main", "configuration": msgspec.json.encode(document).decode()}
            self.workflow: Workflow = workflows.create(tx, workspace, form)
            self.worker: Worker = workers.create(tx, workspace, {"friendly_name": "Alice"})
            self.task = self.add_task(tx)
            self.reservation = self.add_reservation(tx, self.task)
        self.worker_channel: WorkerChannel = next(
            one for one in store.each(WORKER_CHANNELS_OF, self.worker.sid) if one.task_channel_sid == self.channel.sid
        )

    def add_task(self, tx: Transaction, **fields: Any) -> Task:
        """A task in the queue."""
        return tx.create(
            Task,
            self.workspace.sid,
            **{
                "workflow_sid": self.workflow.sid,
                "task_queue_sid": self.queue.sid,
                "task_channel_sid": self.channel.sid,
                "assignment_status": "reserved",
                "virtual_start_time": tx.now,
                "task_queue_entered_date": tx.now,
                **fields,
            },
        )

    def add_reservation(self, tx: Transaction, task: Task, **fields: Any) -> Reservation:
        """A reservation of a task for the worker."""
        return tx.create(
            Reservation,
            self.workspace.sid,
            **{
                "task_sid": task.sid,
                "worker_sid": self.worker.sid,
                "task_queue_sid": task.task_queue_sid,
                "workflow_sid": task.workflow_sid,
                "task_channel_sid": task.task_channel_sid,
                "worker_previous_activity_sid": self.worker.activity_sid,
                **fields,
            },
        )
