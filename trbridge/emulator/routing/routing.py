"""Routing: after each change, whoever can be reserved is (routing 2.2, 3.4, 4).

::

    engine = Engine(...)
    routing.install(engine)

When a transaction settles, only what its changes can affect is looked at: the lines that a task came into, and
those of workers who became free. Of all first tasks in these lines the one to go first (routing 3.4) is offered
to the workers of its line in their order; a line nobody of whom is free is left alone. What is reserved is
followed up the same way until nothing changes. The cost depends on what changed and on how many different
lines there are, not on how many workers or tasks.

The exception are steps that read ``worker.channel.*`` or ``taskrouter.*``: there the free workers of the line
are asked in order until one agrees, so a step nobody meets costs as many evaluations as workers are free.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ..expressions import time_variables
from ..state.indexes import TASK_CHANNELS_BY_NAME
from ..state.model import Activity, Task, TaskQueue, Worker
from ..state.store import Store
from ..state.transaction import Transaction
from .candidates import Pool, TaskKey, capacity_percentage
from .eligibility import target_of
from .lifecycle import ASSIGNMENTS_EXCEEDED, cancel_task, reserve, skip_step
from .timeouts import HANDLERS
from .waiting import Situation, waits

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["MAX_ASSIGNMENTS", "Routing", "install", "routing_of", "settle"]

MAX_ASSIGNMENTS: Final = 1_000
"""Times a task may go from pending to reserved (rest-api 1.5). The Worker Reservation page says 10 (routing 4.8)."""

_routings: WeakKeyDictionary[Store, Routing] = WeakKeyDictionary()


def install(engine: Engine, *, max_assignments: int = MAX_ASSIGNMENTS) -> Routing:
    """Make an engine route: settle its transactions, and let its timers do what they should.

    Args:
        engine: The engine.
        max_assignments: After how many rounds of reservations a task is canceled.
    """
    routing = _routings[engine.store] = Routing(engine.store, max_assignments=max_assignments)
    engine.settle_hooks.append(routing.settle)
    for name, fire in HANDLERS.items():
        engine.on_due(name, fire)
    return routing


def settle(tx: Transaction) -> None:
    """Reserve whoever can be reserved after a transaction's changes, with the routing of its store."""
    routing_of(tx.store).settle(tx)


def routing_of(store: Store) -> Routing:
    """The routing of a store; one is made where none was installed."""
    routing = _routings.get(store)
    if routing is None:
        routing = _routings[store] = Routing(store)
    return routing


class Routing:
    """The routing of one store.

    Args:
        store: The store.
        max_assignments: After how many rounds of reservations a task is canceled.

    Attributes:
        situation: What it knows.
    """

    def __init__(self, store: Store, *, max_assignments: int = MAX_ASSIGNMENTS) -> None:
        self.situation = Situation(store)
        self._max_assignments = max_assignments

    def members(self, queue: TaskQueue) -> frozenset[str]:
        """SIDs of the workers in a queue, whatever their activity."""
        self.situation.refresh()
        group = self.situation.membership.of_queue(queue.workspace_sid, queue.target_workers)
        return frozenset(group.members)

    def activities(self, queue: TaskQueue) -> Mapping[str, int]:
        """How many workers of a queue are in each activity, by its SID. Not to be changed."""
        self.situation.refresh()
        membership = self.situation.membership
        return membership.of_queue(queue.workspace_sid, queue.target_workers).activities(membership.members)

    def settle(self, tx: Transaction) -> None:
        """Reserve whoever can be reserved after a transaction's changes.

        A step's ``skip_if`` is asked only of tasks that came into it and were not reserved at once; each time
        it leads on to a later step, so this ends.
        """
        seen = 0
        while seen < len(tx.log):
            entered, seen = _entered(tx, seen), len(tx.log)
            self._limit(tx, entered)
            self._match(tx)
            for sid in entered:
                task = tx.store.tasks.get(sid)
                if task is not None and waits(task) and self._skips(tx, task):
                    skip_step(tx, task)
            if not entered:
                break

    def _limit(self, tx: Transaction, entered: list[str]) -> None:
        for sid in entered:
            task = tx.store.tasks[sid]
            if task.assignment_cycles >= self._max_assignments:
                cancel_task(tx, task, ASSIGNMENTS_EXCEEDED, description=ASSIGNMENTS_EXCEEDED)
            elif task.ignore_capacity:
                # Direct to a worker, whatever that worker is doing (routing 3.3).
                worker = tx.store.get(Worker, task.routing_target)
                if worker is not None:
                    reserve(tx, task, [worker])

    def _match(self, tx: Transaction) -> None:
        active = self.situation.take_active()
        if not active:
            return
        lines = _Lines()
        lines.add(active)
        while (pool := lines.pop()) is not None:
            if self._serve(tx, pool):
                lines.add(self.situation.take_active())
                lines.add({pool})

    def _serve(self, tx: Transaction, pool: Pool) -> bool:
        """Try to reserve the first task of a pool."""
        first = pool.waiting.first()
        if first is None or pool.nobody_is_free():
            return False
        task = tx.store.tasks[first[1]]
        target = target_of(tx.store, task)
        queue = tx.store.get(TaskQueue, task.task_queue_sid)
        members = self.situation.membership.members
        order = pool.order(None if target is None else target.order_by, members, self.situation.freedom)
        chosen = order.line.best(
            1 if queue is None else queue.max_reserved_workers, lambda sid: self._agrees(tx, pool, task, sid)
        )
        if chosen:
            reserve(tx, task, [tx.store.workers[sid] for sid in chosen])
        return bool(chosen)

    def _agrees(self, tx: Transaction, pool: Pool, task: Task, sid: str) -> bool:
        """Ask the part of the step's expression that depends on load and time."""
        step = pool.group.step
        if step.moving is None:
            return True
        member = self.situation.membership.members[sid]
        roots = {
            **member.roots,
            "task": pool.group.task_root,
            "taskrouter": time_variables(tx.now),
            "channel": {name: _channel(tx.store, task.workspace_sid, sid, name) for name in step.channels},
        }
        return step.moving(roots)

    def _skips(self, tx: Transaction, task: Task) -> bool:
        target = target_of(tx.store, task)
        if target is None or target.skip_if is None:
            return False
        if target.skip_if.constant is not None:
            return target.skip_if.constant
        queue = tx.store.task_queues[target.queue]
        group = self.situation.membership.of_queue(task.workspace_sid, queue.target_workers)
        counts = group.activities(self.situation.membership.members)
        workers: dict[str, int] = {"available": 0, "unavailable": 0, **counts}
        for sid, count in counts.items():
            activity = tx.store.get(Activity, sid)
            workers["available" if activity is not None and activity.available else "unavailable"] += count
        return target.skip_if.match({"workers": _Counts(workers)})


class _Counts(dict[str, int]):
    """Counts by name; an activity nobody is in counts 0."""

    def get(self, key: str, _default: Any = None) -> int:
        return super().get(key, 0)


class _Lines:
    """Pools to be served, the one with the first task first."""

    def __init__(self) -> None:
        self._heap: list[tuple[TaskKey, int, Pool]] = []
        self._in: set[Pool] = set()
        self._count = 0

    def add(self, pools: set[Pool]) -> None:
        for pool in pools - self._in:
            first = pool.waiting.first()
            if first is not None:
                self._count += 1
                self._in.add(pool)
                heapq.heappush(self._heap, (first[0], self._count, pool))

    def pop(self) -> Pool | None:
        # Only the pool that is served loses its first task, and it is added again, so the keys in the heap hold.
        if not self._heap:
            return None
        _, _, pool = heapq.heappop(self._heap)
        self._in.discard(pool)
        return pool


def _entered(tx: Transaction, seen: int) -> list[str]:
    """Tasks that came into a step, or were offered again in theirs, in a part of the log."""
    return list(dict.fromkeys(_entering(tx, seen)))


def _entering(tx: Transaction, seen: int) -> Iterator[str]:
    for old, new, _ in tx.log[seen:]:
        if type(new) is not Task or new.assignment_status != "pending" or new.target_index is None:
            continue
        if old is None or old.assignment_status != "pending" or _position(old) != _position(new):
            task = tx.store.tasks.get(new.sid)
            if task is not None and task.assignment_status == "pending" and task.target_index is not None:
                yield new.sid


def _position(task: Task) -> tuple[int | None, int | None]:
    return task.filter_index, task.target_index


def _channel(store: Store, workspace_sid: str, worker_sid: str, unique_name: str) -> dict[str, int]:
    """The variables of ``worker.channel.<unique_name>`` (routing 1.5)."""
    task_channel = store.first(TASK_CHANNELS_BY_NAME, (workspace_sid, unique_name))
    channel = None if task_channel is None else store.worker_channel(worker_sid, task_channel.sid)
    if channel is None:
        return {}
    load = store.channel_load(worker_sid, channel.task_channel_sid)
    return {
        "configured_capacity": channel.configured_capacity,
        "assigned_tasks": store.assigned_tasks(worker_sid, channel.task_channel_sid),
        "available_capacity_percentage": capacity_percentage(load, channel.configured_capacity),
    }
