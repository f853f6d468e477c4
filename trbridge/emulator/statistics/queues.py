"""Which workers a queue's statistics are about: those that match it, whatever they are doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..expressions import compile_target_workers
from ..model import Worker
from ..searches import attributes

if TYPE_CHECKING:
    from ..model import TaskQueue
    from ..store import Store

__all__ = ["eligible_workers"]


def eligible_workers(store: Store, queue: TaskQueue) -> list[Worker]:
    """Workers that match TargetWorkers, in any activity (rest-api 4.4)."""
    target = compile_target_workers(queue.target_workers)
    workers = store.in_workspace(Worker, queue.workspace_sid)
    return [worker for worker in workers if target.match({"worker": attributes(worker.attributes)})]
