"""Secondary indexes of the store, declared in a table: what to find, by which key.

An index groups entities of one kind under keys that are a function of the entity alone; the store keeps the
groups right on every change. Add one here and it exists; nothing else needs to know.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, Generic, TypeVar

from .model import (
    KINDS,
    LIVE_TASK,
    OPEN_RESERVATION,
    Activity,
    Entity,
    EventRecord,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

__all__ = [
    "ACTIVITIES_BY_NAME",
    "BY_WORKSPACE",
    "EVENTS_OF",
    "INDEXES",
    "OPEN_RESERVATIONS",
    "QUEUES_BY_ACTIVITY",
    "QUEUES_BY_NAME",
    "RESERVATIONS_BY_STATUS",
    "RESERVATIONS_OF",
    "TASKS_BY_CHANNEL",
    "TASKS_BY_PRIORITY",
    "TASKS_BY_STATUS",
    "TASKS_LIVE",
    "TASKS_OF",
    "TASK_CHANNELS_BY_NAME",
    "WORKERS_BY_ACTIVITY",
    "WORKERS_BY_NAME",
    "WORKER_CHANNELS_BY_TASK_CHANNEL",
    "WORKER_CHANNELS_OF",
    "WORKFLOWS_BY_NAME",
    "WORKSPACES_OF",
    "Index",
    "Ordinals",
]

E = TypeVar("E", bound=Entity)

_BLOCK: Final = 512


class Ordinals:
    """A set of whole numbers in order, in blocks, so that a hundred thousand of them stay cheap to change.

    The numbers are the store's: each entity gets the next one when it is first put, so their order is the
    order of creation, and a number is a place in a list that stays valid after its entity has gone.
    """

    __slots__ = ("_blocks", "_count")

    def __init__(self) -> None:
        self._blocks: list[list[int]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        for block in self._blocks:
            yield from block

    def __contains__(self, ordinal: int) -> bool:
        at = self._block_of(ordinal)
        if at == len(self._blocks):
            return False
        block = self._blocks[at]
        return block[bisect_left(block, ordinal)] == ordinal

    def first(self) -> int:
        """The least number; there must be one."""
        return self._blocks[0][0]

    def add(self, ordinal: int) -> None:
        """Put a number in; one that is there already must not be added again."""
        self._count += 1
        blocks = self._blocks
        if not blocks:
            blocks.append([ordinal])
        elif ordinal > blocks[-1][-1]:  # nearly always: ordinals rise
            if len(blocks[-1]) < _BLOCK:
                blocks[-1].append(ordinal)
            else:
                blocks.append([ordinal])
        else:
            at = self._block_of(ordinal)
            block = blocks[at]
            insort(block, ordinal)
            if len(block) > 2 * _BLOCK:
                blocks[at : at + 1] = [block[:_BLOCK], block[_BLOCK:]]

    def remove(self, ordinal: int) -> None:
        """Take a number out; it must be there."""
        at = self._block_of(ordinal)
        block = self._blocks[at]
        del block[bisect_left(block, ordinal)]
        self._count -= 1
        if not block:
            del self._blocks[at]

    def after(self, ordinal: int) -> Iterator[int]:
        """The numbers greater than this one, in rising order."""
        at = self._block_of(ordinal + 1)
        if at < len(self._blocks):
            block = self._blocks[at]
            yield from block[bisect_right(block, ordinal) :]
            for block in self._blocks[at + 1 :]:
                yield from block

    def before(self, ordinal: int) -> Iterator[int]:
        """The numbers less than this one, in falling order."""
        at = self._block_of(ordinal)
        if at < len(self._blocks):
            block = self._blocks[at]
            yield from reversed(block[: bisect_left(block, ordinal)])
        for block in reversed(self._blocks[:at]):
            yield from reversed(block)

    def search(self, reached: Callable[[int], bool]) -> int | None:
        """The first number for which ``reached`` is true, where it is false for all before and true from there on."""
        at = bisect_left(self._blocks, True, key=lambda block: reached(block[-1]))
        if at == len(self._blocks):
            return None
        block = self._blocks[at]
        return block[bisect_left(block, True, key=reached)]

    def _block_of(self, ordinal: int) -> int:
        """Index of the block that holds the number if any does: the first whose last is not less."""
        if not self._blocks or ordinal > self._blocks[-1][-1]:
            return len(self._blocks)
        return bisect_left(self._blocks, ordinal, key=_last)


def _last(block: list[int]) -> int:
    return block[-1]


class Index(Generic[E]):
    """Groups entities of a kind by keys.

    Args:
        name: What it is called in errors and tests.
        kind: The entities' class.
        keys: The keys of an entity, a tuple without repetitions; an entity is in the group of each. They may
            depend on nothing but the entity.
    """

    __slots__ = ("keys", "kind", "name")

    def __init__(self, name: str, kind: type[E], keys: Callable[[E], tuple[Hashable, ...]]) -> None:
        self.name = name
        self.kind = kind
        self.keys = keys

    def __repr__(self) -> str:
        return f"Index({self.name!r})"


def _present(*keys: Hashable) -> tuple[Hashable, ...]:
    return tuple([key for key in keys if key is not None])


def _scopes(task: Task) -> tuple[str, ...]:
    """SIDs a task is counted under: workspace, queue, workflow."""
    queue, workflow = task.task_queue_sid, task.workflow_sid
    if queue is not None and workflow is not None:  # nearly always, and this runs on every change of a task
        return task.workspace_sid, queue, workflow
    return tuple(sid for sid in (task.workspace_sid, queue, workflow) if sid is not None)


def _under(task: Task, value: object) -> tuple[tuple[str, object], ...]:
    """The scopes of a task, each with a value."""
    return tuple([(sid, value) for sid in _scopes(task)])  # a list is quicker to fill than a generator


BY_WORKSPACE: Final[dict[type[Entity], Index[Any]]] = {
    kind: Index(f"{kind.kind} by workspace", kind, lambda entity: (entity.workspace_sid,)) for kind in KINDS.values()
}
"""Every kind by ``workspace_sid``: what the REST lists walk. (Events: :data:`EVENTS_OF`.)"""
del BY_WORKSPACE[EventRecord]

WORKSPACES_OF: Final = Index("workspaces by account", Workspace, lambda w: (w.account_sid,))
ACTIVITIES_BY_NAME: Final = Index(
    "activities by name", Activity, lambda a: ((a.workspace_sid, a.friendly_name.casefold()),)
)
TASK_CHANNELS_BY_NAME: Final = Index(
    "task channels by unique name", TaskChannel, lambda c: ((c.workspace_sid, c.unique_name),)
)
WORKERS_BY_NAME: Final = Index("workers by name", Worker, lambda w: ((w.workspace_sid, w.friendly_name.casefold()),))
"""By ``(workspace_sid, friendly_name.casefold())``: worker names are unique without regard to case."""
WORKERS_BY_ACTIVITY: Final = Index("workers by activity", Worker, lambda w: (w.activity_sid,))
WORKER_CHANNELS_OF: Final = Index(
    "worker channels by worker", WorkerChannel, lambda c: (c.worker_sid, (c.worker_sid, c.task_channel_sid))
)
"""By ``worker_sid``, and one alone by ``(worker_sid, task_channel_sid)``."""
WORKER_CHANNELS_BY_TASK_CHANNEL: Final = Index(
    "worker channels by task channel", WorkerChannel, lambda c: (c.task_channel_sid,)
)
QUEUES_BY_NAME: Final = Index("task queues by name", TaskQueue, lambda q: ((q.workspace_sid, q.friendly_name),))
QUEUES_BY_ACTIVITY: Final = Index(
    "task queues by activity",
    TaskQueue,
    lambda q: tuple({sid: None for sid in (q.reservation_activity_sid, q.assignment_activity_sid) if sid is not None}),
)
WORKFLOWS_BY_NAME: Final = Index("workflows by name", Workflow, lambda w: ((w.workspace_sid, w.friendly_name),))

TASKS_OF: Final = Index("tasks by queue and workflow", Task, lambda t: _scopes(t)[1:])
"""By ``task_queue_sid`` and by ``workflow_sid``."""
TASKS_BY_STATUS: Final = Index("tasks by status", Task, lambda t: _under(t, t.assignment_status))
"""By ``(sid, assignment_status)``, the SID being the workspace's, the queue's or the workflow's."""
TASKS_LIVE: Final = Index("live tasks", Task, lambda t: _scopes(t) if t.assignment_status in LIVE_TASK else ())
"""Tasks that are not over, by the SID of the workspace, the queue or the workflow."""
TASKS_BY_PRIORITY: Final = Index(
    "live tasks by priority",
    Task,
    lambda t: _under(t, t.priority) if t.assignment_status in LIVE_TASK else (),
)
TASKS_BY_CHANNEL: Final = Index(
    "live tasks by task channel", Task, lambda t: (t.task_channel_sid,) if t.assignment_status in LIVE_TASK else ()
)

RESERVATIONS_OF: Final = Index("reservations by task and worker", Reservation, lambda r: (r.task_sid, r.worker_sid))
"""By ``task_sid`` and by ``worker_sid``."""
RESERVATIONS_BY_STATUS: Final = Index(
    "reservations by status",
    Reservation,
    lambda r: (
        (r.task_sid, r.reservation_status),
        (r.worker_sid, r.reservation_status),
        (r.worker_sid, r.task_channel_sid, r.reservation_status),
    ),
)
"""By ``(task_sid | worker_sid, reservation_status)`` and ``(worker_sid, task_channel_sid, reservation_status)``."""
OPEN_RESERVATIONS: Final = Index(
    "open reservations",
    Reservation,
    lambda r: (
        (r.task_sid, r.worker_sid, (r.worker_sid, r.task_channel_sid))
        if r.reservation_status in OPEN_RESERVATION
        else ()
    ),
)
"""Reservations that take capacity, by ``task_sid``, ``worker_sid`` and ``(worker_sid, task_channel_sid)``."""

EVENTS_OF: Final = Index(
    "events",
    EventRecord,
    lambda e: _present(
        e.workspace_sid,
        (e.workspace_sid, e.event_type),
        e.task_sid,
        e.worker_sid,
        e.reservation_sid,
        e.task_queue_sid,
        e.workflow_sid,
        e.task_channel_sid,
    ),
)
"""By the SID of whatever the event is about, and by ``(workspace_sid, event_type)``; in time order."""

INDEXES: Final[tuple[Index[Any], ...]] = (
    *BY_WORKSPACE.values(),
    *(value for value in list(globals().values()) if isinstance(value, Index)),
)
"""All of them."""
