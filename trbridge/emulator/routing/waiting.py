"""Everything routing knows about the store, kept up to date: who is where, who is free, who waits.

It is a cache. Observers only note what has changed; :meth:`Situation.refresh` then looks at those things as
the store holds them. So nothing needs undoing when a transaction fails, and a journal needs no more than to
be loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, NamedTuple

from ..state.indexes import BY_WORKSPACE, TASKS_BY_STATUS, WORKERS_BY_ACTIVITY
from ..state.model import (
    Activity,
    Entity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from ..state.store import Store
from .candidates import Freedom, Pool, TaskKey, task_key
from .eligibility import criteria_of, decoded
from .membership import Member, Membership

__all__ = ["Place", "Situation", "waits"]


class Place(NamedTuple):
    """Where a task waits."""

    pool: Pool
    key: TaskKey
    clock_deadline: float | None


def waits(task: Task) -> bool:
    """Tell whether a task stands in a line. One that ignores capacity never does: it is reserved at once."""
    return task.assignment_status == "pending" and task.target_index is not None and not task.ignore_capacity


class Situation:
    """Membership, freedom and waiting tasks of one store.

    Args:
        store: The store; it is observed from now on.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.membership = Membership(store)
        self.freedom = Freedom(store)
        self.places: dict[str, Place] = {}
        self._workers: dict[str, None] = {}
        self._tasks: dict[str, None] = {}
        self._wider: list[tuple[Any, Any]] = []
        self._active: set[Pool] = set()
        store.observe(Worker, self._worker_changed)
        store.observe(WorkerChannel, self._channel_changed)
        store.observe(Reservation, self._reservation_changed)
        store.observe(Task, self._task_changed)
        for kind in (Workspace, Activity, TaskChannel, TaskQueue, Workflow):
            store.observe(kind, self._other_changed)

    # What the store tells

    def _worker_changed(self, old: Worker | None, new: Worker | None) -> None:
        self._workers[_either(old, new).sid] = None

    def _channel_changed(self, old: WorkerChannel | None, new: WorkerChannel | None) -> None:
        self._workers[_either(old, new).worker_sid] = None

    def _reservation_changed(self, old: Reservation | None, new: Reservation | None) -> None:
        self._workers[_either(old, new).worker_sid] = None

    def _task_changed(self, old: Task | None, new: Task | None) -> None:
        self._tasks[_either(old, new).sid] = None

    def _other_changed(self, old: Entity | None, new: Entity | None) -> None:
        read = _READ[type(_either(old, new))]
        if old is None or new is None or read(old) != read(new):
            self._wider.append((old, new))

    # Looking again

    def take_active(self) -> set[Pool]:
        """Look again at what has changed; return the pools in which somebody might have become matchable.

        Those are the pools that a task came into or changed its place in, and those of workers who became
        free, or are still free and not as they were, since this was last asked. Who asks sees to them.
        """
        self.refresh()
        if not self._active:
            return set()
        active, self._active = self._active, set()
        return {pool for pool in active if pool.waiting}

    def refresh(self) -> None:
        """Look again at what has changed."""
        if not (self._wider or self._workers or self._tasks):
            return  # most changes are none of routing's business
        wider, self._wider = self._wider, []
        for old, new in wider:
            self._widen(old, new)
        active = self._active
        workers, self._workers = self._workers, {}
        for sid in workers:
            active.update(self._refresh_worker(sid))
        tasks, self._tasks = self._tasks, {}
        for sid in tasks:
            active.update(self._refresh_task(sid))
        for old, new in wider:
            if new is None and isinstance(old, Workspace):
                self.membership.forget_workspace(old.sid)

    def _widen(self, old: Any, new: Any) -> None:
        """Turn a change of something that many depend on into the workers and tasks to look at."""
        entity, store = _either(old, new), self._store
        match entity:
            case TaskQueue() | Workflow():
                self._note_tasks(store.each(TASKS_BY_STATUS, (entity.sid, "pending")))
            case Activity():
                self._workers.update((worker.sid, None) for worker in store.each(WORKERS_BY_ACTIVITY, entity.sid))
            case TaskChannel():
                self._note_workers(entity.workspace_sid)
            case Workspace():
                self._note_workers(entity.sid)
                self._note_tasks(store.each(TASKS_BY_STATUS, (entity.sid, "pending")))

    def _note_tasks(self, tasks: Iterable[Task]) -> None:
        self._tasks.update((task.sid, None) for task in tasks)

    def _note_workers(self, workspace_sid: str) -> None:
        self._workers.update((worker.sid, None) for worker in self._store.each(BY_WORKSPACE[Worker], workspace_sid))

    def _refresh_worker(self, sid: str) -> Iterable[Pool]:
        seen_otherwise = self.membership.refresh(sid)
        changed = self.freedom.refresh(sid)
        member = self.membership.members.get(sid)
        if member is None or not (seen_otherwise or changed):
            # Load that only expressions can see (worker.channel.*) may still have changed.
            return [] if member is None else self._moving_pools(member)
        pools = []
        for group in member.groups:
            for pool in group.pools.values():
                idle = self.freedom.on(pool.channel).get(sid)
                pool.put(member, idle)
                if idle is not None:
                    pools.append(pool)
        return pools

    def _moving_pools(self, member: Member) -> list[Pool]:
        return [
            pool
            for group in member.groups
            if group.step.moving is not None
            for pool in group.pools.values()
            if member.sid in self.freedom.on(pool.channel)
        ]

    def _refresh_task(self, sid: str) -> Iterable[Pool]:
        task = self._store.tasks.get(sid)
        before = self.places.get(sid)
        if task is None or not waits(task):
            if before is not None:
                before.pool.waiting.take(sid)
                del self.places[sid]
            return ()
        place = self._place(task)
        if before is not None and before.pool is not place.pool:
            before.pool.waiting.take(sid)
        place.pool.waiting.put(sid, place.key)
        self.places[sid] = place
        return () if place == before else (place.pool,)

    def _place(self, task: Task) -> Place:
        group = self.membership.group(criteria_of(self._store, task), decoded(task.attributes))
        pool = group.pools.get(task.task_channel_sid)
        if pool is None:
            pool = group.pools[task.task_channel_sid] = Pool(group, task.task_channel_sid)
        workspace = self._store.workspaces[task.workspace_sid]
        queue = self._store.get(TaskQueue, task.task_queue_sid)
        return Place(pool, task_key(workspace, queue, task, self._store.ordinal(task.sid)), task.clock_deadline)


def _either(old: Any, new: Any) -> Any:
    return old if new is None else new


_READ: Final[dict[type[Entity], Callable[[Any], Any]]] = {
    TaskQueue: attrgetter("target_workers", "task_order"),
    Workflow: attrgetter("configuration"),
    Activity: attrgetter("friendly_name", "available"),
    TaskChannel: attrgetter("channel_optimized_routing"),
    Workspace: attrgetter("prioritize_queue_order", "multi_task_enabled"),
}
"""What routing reads of each of these: other changes of theirs need no second look."""
