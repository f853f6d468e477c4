"""Who is free, who comes first, and which task waits for whom: the ordered side of routing.

* :class:`Freedom` knows for each task channel which workers can take one more task there, and since when they
  have been without a new one.
* A :class:`Pool` joins a group of workers and a task channel. Its tasks ask for the same workers, so they stand
  in one line; its workers are kept in an :class:`Order` for each ``order_by`` that is in use.

Both sides are heaps whose entries are checked when they come up: what is no longer so is dropped then. So a
change costs a push, and the first of either side costs amortised O(log n), however many there are.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ..expressions import OrderBy
from ..state.indexes import OPEN_RESERVATIONS, RESERVATIONS_OF, WORKER_CHANNELS_OF
from ..state.model import Activity, Task, TaskQueue, Worker, WorkerChannel, Workspace
from ..state.store import Store
from .membership import Group, Member

__all__ = ["Freedom", "IdleKey", "Line", "Order", "Pool", "TaskKey", "capacity_percentage", "task_key"]

IdleKey: TypeAlias = tuple[float, int, int]
"""When the worker was last reserved (never: -1), by which reservation, and the worker's place by creation."""
TaskKey: TypeAlias = tuple[int, float, float, int]
"""Kind of queue, priority, time, place by creation: the smallest goes first (routing 3.4)."""

K = TypeVar("K")
_SLACK: Final = 64


class Line(Generic[K]):
    """Names in order of their keys; the key of a name may change at any time."""

    __slots__ = ("_heap", "keys")

    def __init__(self) -> None:
        self.keys: dict[str, K] = {}
        self._heap: list[tuple[K, str]] = []

    def put(self, name: str, key: K) -> None:
        """Put a name in its place, or in another one."""
        if self.keys.get(name) != key:
            self.keys[name] = key
            heapq.heappush(self._heap, (key, name))
            if len(self._heap) > 2 * len(self.keys) + _SLACK:
                self._heap = [(key, name) for name, key in self.keys.items()]
                heapq.heapify(self._heap)

    def take(self, name: str) -> None:
        """Take a name out, if it is in."""
        self.keys.pop(name, None)

    def first(self) -> tuple[K, str] | None:
        """The first name with its key, or None."""
        heap, keys = self._heap, self.keys
        while heap and keys.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def best(self, wanted: int, accept: Callable[[str], bool]) -> list[str]:
        """The first names that are accepted, at most so many. Costs as many steps as names are looked at."""
        found: list[str] = []
        aside: dict[str, K] = {}
        while len(found) < wanted and self.first() is not None:
            key, name = heapq.heappop(self._heap)
            if name in aside:
                continue  # a name that came back to a former key is in the heap twice
            aside[name] = key
            if accept(name):
                found.append(name)
        for name, key in aside.items():
            heapq.heappush(self._heap, (key, name))
        return found

    def __len__(self) -> int:
        return len(self.keys)


class Order:
    """A pool's free workers, the one to be reserved next first.

    Args:
        by: The ``order_by``; None for the longest idle only (routing 4.2).
    """

    __slots__ = ("by", "line")

    def __init__(self, by: OrderBy | None) -> None:
        self.by = by
        self.line: Line[Any] = Line()

    def put(self, member: Member, idle: IdleKey | None) -> None:
        """Note that a worker is free, or (``idle`` None) is not."""
        if idle is None:
            self.line.take(member.sid)
        else:
            self.line.put(member.sid, idle if self.by is None else (self.by.key(member.attributes), idle))


class Pool:
    """Workers that meet the same criteria, on one task channel, and the tasks that wait for them.

    Attributes:
        group: The workers, free or not.
        channel: SID of the task channel.
        waiting: SIDs of the tasks, the one to be served next first.
        orders: Text of an ``order_by`` (None: without one) to the free workers in its order.
    """

    __slots__ = ("channel", "group", "orders", "waiting")

    def __init__(self, group: Group, channel: str) -> None:
        self.group = group
        self.channel = channel
        self.waiting: Line[TaskKey] = Line()
        self.orders: dict[str | None, Order] = {}

    def order(self, by: OrderBy | None, members: dict[str, Member], freedom: Freedom) -> Order:
        """The free workers in some order. Made when first asked for, then kept right."""
        text = None if by is None else by.text
        order = self.orders.get(text)
        if order is None:
            order = self.orders[text] = Order(by)
            free = freedom.on(self.channel)
            few, many = sorted((self.group.members, free), key=len)
            for sid in few:
                if sid in many:
                    order.put(members[sid], free[sid])
        return order

    def nobody_is_free(self) -> bool:
        """Tell at little cost that there is no use in looking further. False: perhaps somebody is."""
        return any(order.line.first() is None for order in self.orders.values())

    def put(self, member: Member, idle: IdleKey | None) -> None:
        """Note that a worker of the group is free, or is not."""
        for order in self.orders.values():
            order.put(member, idle)

    def forget(self, sid: str) -> None:
        """Note that a worker is no longer in the group."""
        for order in self.orders.values():
            order.line.take(sid)


class Freedom:
    """For each task channel the workers that can take one more task on it (routing 4.1, 5).

    Args:
        store: Where they are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._free: dict[str, dict[str, IdleKey]] = {}
        self._channels: dict[str, set[str]] = {}

    def on(self, channel_sid: str) -> dict[str, IdleKey]:
        """The free workers of a task channel. Do not change it."""
        return self._free.get(channel_sid, {})

    def refresh(self, sid: str) -> set[str]:
        """Look at a worker again; return the SIDs of the task channels on which something about that changed."""
        now = dict(self._look(sid))
        before = self._channels.get(sid, set())
        changed = {channel for channel, idle in now.items() if self.on(channel).get(sid) != idle}
        for channel in changed:
            self._free.setdefault(channel, {})[sid] = now[channel]
        for channel in before - now.keys():
            del self._free[channel][sid]
            changed.add(channel)
        if now:
            self._channels[sid] = set(now)
        else:
            self._channels.pop(sid, None)
        return changed

    def _look(self, sid: str) -> Iterator[tuple[str, IdleKey]]:
        store = self._store
        worker = store.workers.get(sid)
        activity = None if worker is None else store.get(Activity, worker.activity_sid)
        workspace = None if worker is None else store.get(Workspace, worker.workspace_sid)
        if worker is None or workspace is None or activity is None or not activity.available:
            return
        if not workspace.multi_task_enabled and store.count(OPEN_RESERVATIONS, sid):
            return  # one thing at a time
        newest = next(store.newest(RESERVATIONS_OF, sid), None)
        latest = 0 if newest is None else store.ordinal(newest.sid)
        for channel in store.each(WORKER_CHANNELS_OF, sid):
            if not workspace.multi_task_enabled or self._has_room(channel):
                yield channel.task_channel_sid, (self._since(worker, channel), latest, store.ordinal(sid))

    def _has_room(self, channel: WorkerChannel) -> bool:
        load = self._store.channel_load(channel.worker_sid, channel.task_channel_sid)
        return channel.available and load < channel.configured_capacity

    def _since(self, worker: Worker, channel: WorkerChannel) -> float:
        # Reservations made at the same moment (a clock that stands still) are told apart by the next part of the key.
        task_channel = self._store.task_channels[channel.task_channel_sid]
        own = task_channel.channel_optimized_routing
        last = channel.last_reserved_at if own else worker.last_reserved_at
        return -1.0 if last is None else last


def task_key(workspace: Workspace, queue: TaskQueue | None, task: Task, ordinal: int) -> TaskKey:
    """Where a task stands among all that wait (routing 3.4).

    FIFO queues: the highest priority, then the earliest. LIFO queues: the latest, whatever the priority. One
    kind before the other, as the workspace's ``prioritize_queue_order`` says. Across queues of a kind by the
    same rule [I]. Ties by creation [?].
    """
    kind = "FIFO" if queue is None else queue.task_order
    rank = 0 if kind == workspace.prioritize_queue_order else 1
    if kind == "LIFO":
        return rank, 0.0, -task.virtual_start_time, -ordinal
    return rank, float(-task.priority), task.virtual_start_time, ordinal


def capacity_percentage(load: int, capacity: int) -> int:
    """``available_capacity_percentage``, rounded down; 0 for no capacity and for more load than that (rest-api 3.4)."""
    return max(0, (capacity - load) * 100 // capacity) if capacity > 0 else 0
