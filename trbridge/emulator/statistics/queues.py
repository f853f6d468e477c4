"""Which workers a queue's statistics are about: those that match it, whatever they are doing (rest-api 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..routing.routing import routing_of

if TYPE_CHECKING:
    from ..state.model import TaskQueue
    from ..state.store import Store

__all__ = ["eligible_activities", "eligible_workers"]


def eligible_workers(store: Store, queue: TaskQueue) -> frozenset[str]:
    """SIDs of the workers that match TargetWorkers, in any activity. Routing knows them already."""
    return routing_of(store).members(queue)


def eligible_activities(store: Store, queue: TaskQueue) -> Mapping[str, int]:
    """How many of them are in each activity, by its SID, without walking them. Not to be changed."""
    return routing_of(store).activities(queue)
