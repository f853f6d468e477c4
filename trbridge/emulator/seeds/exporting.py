"""Writing what an engine holds as a seed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...errors import InvalidArgument
from ..defaults import TASK_CHANNELS
from ..state.indexes import TASKS_LIVE, WORKER_CHANNELS_OF
from ..state.model import Activity, Task, TaskChannel, TaskQueue, Worker, WorkerChannel, Workflow, Workspace
from ..state.store import Store
from .model import (
    ActivitySeed,
    Seed,
    TaskChannelSeed,
    TaskQueueSeed,
    TaskSeed,
    WorkerChannelSeed,
    WorkerSeed,
    WorkflowSeed,
    WorkspaceSeed,
)
from .references import QUEUE_KEYS, Names, read_json, walk

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["export", "export_store"]


def export(engine: Engine) -> Seed:
    """The seed that makes what is there again: workspaces with their contents and the tasks that wait.

    A seed is a beginning, not a copy: reservations, work under way, finished tasks and events are not in it.
    A task that is reserved begins anew as one that waits.

    Raises:
        InvalidArgument: Two queues or workflows have one name and something refers to it, so that the seed
            could not say which is meant; or attributes are nested more than 100 deep.
    """
    return export_store(engine.store)


def export_store(store: Store) -> Seed:
    """The same of a store alone, such as one that was read from a file.

    Raises:
        InvalidArgument: As :func:`export`.
    """
    return Seed(workspaces=[_Writer(store, workspace).workspace() for workspace in store.workspaces.values()])


class _Writer:
    """Writes one workspace."""

    def __init__(self, store: Store, workspace: Workspace) -> None:
        self._store = store
        self._workspace = workspace
        self._names = Names(store, workspace.sid)

    def workspace(self) -> WorkspaceSeed:
        own, sid = self._workspace, self._workspace.sid
        rows = self._store.in_workspace
        return WorkspaceSeed(
            friendly_name=own.friendly_name,
            event_callback_url=own.event_callback_url,
            events_filter=own.events_filter,
            multi_task_enabled=own.multi_task_enabled,
            prioritize_queue_order=own.prioritize_queue_order,
            default_activity=self._name("activity", own.default_activity_sid),
            timeout_activity=self._name("activity", own.timeout_activity_sid),
            activities=[
                ActivitySeed(friendly_name=one.friendly_name, available=one.available) for one in rows(Activity, sid)
            ],
            task_channels=[seed for one in rows(TaskChannel, sid) if (seed := _task_channel(one)) is not None],
            workers=[self._worker(one) for one in rows(Worker, sid)],
            task_queues=[self._task_queue(one) for one in rows(TaskQueue, sid)],
            workflows=[self._workflow(one) for one in rows(Workflow, sid)],
            tasks=[
                self._task(one)
                for one in self._store.each(TASKS_LIVE, sid)
                if one.assignment_status in {"pending", "reserved"}
            ],
        )

    def _worker(self, worker: Worker) -> WorkerSeed:
        channels = self._store.select(WORKER_CHANNELS_OF, worker.sid)
        seeds = {self._names.name("task_channel", one.task_channel_sid): _worker_channel(one) for one in channels}
        return WorkerSeed(
            friendly_name=worker.friendly_name,
            activity=self._name("activity", worker.activity_sid),
            attributes=self._json(worker.attributes),
            channels={name: seed for name, seed in seeds.items() if seed != WorkerChannelSeed()},
        )

    def _task_queue(self, queue: TaskQueue) -> TaskQueueSeed:
        return TaskQueueSeed(
            friendly_name=queue.friendly_name,
            target_workers=self._names.hide_sids(queue.target_workers),
            max_reserved_workers=queue.max_reserved_workers,
            task_order=queue.task_order,
            reservation_activity=self._name("activity", queue.reservation_activity_sid),
            assignment_activity=self._name("activity", queue.assignment_activity_sid),
        )

    def _workflow(self, workflow: Workflow) -> WorkflowSeed:
        try:
            configuration = walk(read_json(workflow.configuration), self._in_configuration)
        except InvalidArgument as error:
            raise InvalidArgument(f"workflow {workflow.friendly_name!r} cannot be exported: {error.message}") from error
        return WorkflowSeed(
            friendly_name=workflow.friendly_name,
            configuration=configuration,
            assignment_callback_url=workflow.assignment_callback_url,
            fallback_assignment_callback_url=workflow.fallback_assignment_callback_url,
            task_reservation_timeout=workflow.task_reservation_timeout,
        )

    def _task(self, task: Task) -> TaskSeed:
        started = task.virtual_start_time
        return TaskSeed(
            workflow=self._name("workflow", task.workflow_sid),
            # In no filter of its workflow: it was sent to the queue itself.
            task_queue=self._name("task_queue", task.task_queue_sid) if task.filter_index is None else None,
            task_channel=self._names.name("task_channel", task.task_channel_sid),
            attributes=self._json(task.attributes),
            priority=task.priority,
            timeout=task.timeout,
            virtual_start_time=None if started == task.date_created else datetime.fromtimestamp(started, UTC),
            routing_target=None if task.routing_target is None else self._names.hide_sids(task.routing_target),
            ignore_capacity=task.ignore_capacity if task.routing_target is not None else None,
        )

    def _name(self, kind: str, sid: str | None) -> str | None:
        return None if sid is None else self._names.name(kind, sid)

    def _json(self, text: str) -> Any:
        return walk(read_json(text), lambda value, _key: self._names.hide_sids(value))

    def _in_configuration(self, text: str, key: str) -> str:
        if key in QUEUE_KEYS and text in self._store.task_queues:
            return self._names.name("task_queue", text)
        return self._names.hide_sids(text)


def _task_channel(channel: TaskChannel) -> TaskChannelSeed | None:
    """None for a built-in one that is as it was in the beginning."""
    seed = TaskChannelSeed(
        unique_name=channel.unique_name,
        friendly_name=channel.friendly_name,
        channel_optimized_routing=channel.channel_optimized_routing,
    )
    usual = TaskChannelSeed(unique_name=channel.unique_name, friendly_name=TASK_CHANNELS.get(channel.unique_name))
    return None if seed == usual else seed


def _worker_channel(channel: WorkerChannel) -> WorkerChannelSeed:
    return WorkerChannelSeed(capacity=channel.configured_capacity, available=channel.available)
