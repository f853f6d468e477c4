"""Making what a seed says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import InvalidArgument, TaskRouterError
from ...shown import printable
from ...sids import is_sid
from ..defaults import TASK_CHANNELS
from ..operations import task_channels, task_queues, tasks, worker_channels, workers, workflows, workspaces
from ..state.indexes import WORKER_CHANNELS_OF
from ..state.model import Workspace
from ..state.transaction import Transaction
from .model import (
    Seed,
    TaskChannelSeed,
    TaskQueueSeed,
    TaskSeed,
    WorkerSeed,
    WorkflowSeed,
    WorkspaceSeed,
)
from .references import QUEUE_KEYS, Names, read_json, walk

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["apply"]


def apply(engine: Engine, seed: Seed) -> tuple[Workspace, ...]:
    """Make the workspaces of a seed, in one transaction: all of it happens or nothing.

    Args:
        engine: The engine. What is in it already stays.
        seed: The seed.

    Returns:
        The new workspaces, as they are when routing has had its turn.

    Raises:
        InvalidArgument: Something in it cannot be; begins with the place: ``workspaces[0].workers[3].activity: ...``.
    """
    with engine.transaction() as tx:
        made = [
            _Gardener(tx, engine.account_sid, part, f"workspaces[{index}]").plant()
            for index, part in enumerate(seed.workspaces)
        ]
    return tuple(engine.store.workspaces[sid] for sid in made)


class _Misplaced(InvalidArgument):
    """An error that says already where it was."""


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say where in the seed it was that something went wrong; the innermost place counts."""
    try:
        yield
    except _Misplaced:
        raise
    except TaskRouterError as error:
        raise _Misplaced(printable(f"{place}: {error.message}")) from error


class _Gardener:
    """Makes one workspace: first what others refer to, then what refers to it."""

    def __init__(self, tx: Transaction, account_sid: str, seed: WorkspaceSeed, place: str) -> None:
        self._tx = tx
        self._seed = seed
        self._place = place
        with _at(place):
            self._workspace = self._create(account_sid)
        self._names = Names(tx.store, self._workspace.sid)

    def plant(self) -> str:
        self._default_activities()
        steps: dict[str, Callable[[Any, str], None]] = {
            "task_channels": self._task_channel,
            "workers": self._worker,
            "task_queues": self._task_queue,
            "workflows": self._workflow,
            "tasks": self._task,
        }
        for name, make in steps.items():
            for index, part in enumerate(getattr(self._seed, name)):
                place = f"{self._place}.{name}[{index}]"
                with _at(place):
                    make(part, place)
        return self._workspace.sid

    def _create(self, account_sid: str) -> Workspace:
        names = ("friendly_name", "event_callback_url", "events_filter", "multi_task_enabled", "prioritize_queue_order")
        form = {name: getattr(self._seed, name) for name in names}
        given = self._seed.activities
        activities = None if given is None else [(one.friendly_name, one.available) for one in given]
        return workspaces.create(self._tx, account_sid, form, activities=activities)

    def _default_activities(self) -> None:
        form = {
            f"{name}_sid": self._named("activity", getattr(self._seed, name), f"{self._place}.{name}")
            for name in ("default_activity", "timeout_activity")
        }
        form = {key: sid for key, sid in form.items() if sid != getattr(self._workspace, key) and sid is not None}
        if form:
            # Part of the creation: no workspace.updated.
            self._workspace = self._tx.update(self._workspace, **form)

    def _task_channel(self, seed: TaskChannelSeed, _place: str) -> None:
        name = seed.friendly_name or TASK_CHANNELS.get(seed.unique_name, seed.unique_name)
        form = {"friendly_name": name, "channel_optimized_routing": seed.channel_optimized_routing}
        if seed.unique_name in TASK_CHANNELS:
            sid = self._names.sid("task_channel", seed.unique_name)
            task_channels.update(self._tx, self._tx.store.task_channels[sid], form)
        else:
            task_channels.create(self._tx, self._workspace, {"unique_name": seed.unique_name, **form})

    def _worker(self, seed: WorkerSeed, place: str) -> None:
        form = {
            "friendly_name": seed.friendly_name,
            "activity_sid": self._named("activity", seed.activity, f"{place}.activity"),
            "attributes": self._json(seed.attributes, f"{place}.attributes"),
        }
        worker = workers.create(self._tx, self._workspace, form)
        for name, channel in seed.channels.items():
            with _at(f"{place}.channels.{name}"):
                key = (worker.sid, self._names.sid("task_channel", name))
                for own in self._tx.store.select(WORKER_CHANNELS_OF, key):
                    worker_channels.update(self._tx, own, msgspec.structs.asdict(channel))

    def _task_queue(self, seed: TaskQueueSeed, place: str) -> None:
        form = msgspec.structs.asdict(seed)
        for name in ("reservation_activity", "assignment_activity"):
            form[f"{name}_sid"] = self._named("activity", form.pop(name), f"{place}.{name}")
        form["target_workers"] = self._names.fill_in(seed.target_workers)
        task_queues.create(self._tx, self._workspace, form)

    def _workflow(self, seed: WorkflowSeed, place: str) -> None:
        form = msgspec.structs.asdict(seed)
        form["configuration"] = self._json(seed.configuration, f"{place}.configuration", self._in_configuration)
        workflows.create(self._tx, self._workspace, form)

    def _task(self, seed: TaskSeed, place: str) -> None:
        target = seed.routing_target
        moment = seed.virtual_start_time
        form = {
            "workflow_sid": self._named("workflow", seed.workflow, f"{place}.workflow"),
            "task_queue_sid": self._named("task_queue", seed.task_queue, f"{place}.task_queue"),
            "task_channel": seed.task_channel,
            "attributes": self._json(seed.attributes, f"{place}.attributes"),
            "priority": seed.priority,
            "timeout": seed.timeout,
            "virtual_start_time": None if moment is None else moment.timestamp(),
            "routing_target": None if target is None else self._names.fill_in(target),
            "ignore_capacity": None if seed.ignore_capacity is None else str(seed.ignore_capacity).lower(),
        }
        task = tasks.create(self._tx, self._workspace, form)
        if seed.priority is not None and task.priority != seed.priority:
            self._tx.update(task, priority=seed.priority)

    def _named(self, kind: str, name: str | None, place: str) -> str | None:
        if name is None:
            return None
        with _at(place):
            return self._names.sid(kind, name)

    def _json(self, value: dict[str, Any] | str, place: str, change: Callable[[str, str], str] | None = None) -> str:
        """Compact JSON text with SIDs where there were names."""
        with _at(place):
            document = read_json(value) if isinstance(value, str) else value
            filled = walk(document, change or self._in_attributes)
            return json.dumps(filled, ensure_ascii=False, separators=(",", ":"), default=_no_json)

    def _in_attributes(self, text: str, _key: str) -> str:
        return self._names.fill_in(text)

    def _in_configuration(self, text: str, key: str) -> str:
        if key in QUEUE_KEYS and not is_sid(text, "WQ") and not text.startswith("$"):
            return self._names.sid("task_queue", text)
        return self._names.fill_in(text)


def _no_json(value: object) -> Any:
    # YAML reads some plain words as dates, and knows sets and bytes.
    raise InvalidArgument(f"{value!r} is no JSON value; put it in quotes if it is meant as text")
