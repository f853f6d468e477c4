"""What happens when time is up: one handler for each timer of :mod:`..state.deadlines` (routing 3.2, 2.3, 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ..state.deadlines import Fire
from ..state.model import Reservation, Task
from ..state.transaction import Transaction
from .eligibility import split_step, target_of
from .lifecycle import discard_task, expire_task, system_delete_task, time_out, time_out_step
from .walk import next_clock_change

__all__ = ["HANDLERS"]


def _reservation(tx: Transaction, reservation: Reservation) -> None:
    time_out(tx, reservation)


def _step(tx: Transaction, task: Task) -> None:
    time_out_step(tx, task)


def _clock(tx: Transaction, task: Task) -> None:
    # The change of the deadline is what makes routing look at the task again; nobody has updated it.
    target = target_of(tx.store, task)
    names = (
        frozenset[str]() if target is None or target.expression is None else split_step(target.expression.text).clock
    )
    tx.put(msgspec.structs.replace(task, clock_deadline=next_clock_change(tx.now, names)))


def _ttl(tx: Transaction, task: Task) -> None:
    expire_task(tx, task)


HANDLERS: Final[Mapping[str, Fire]] = {
    "reservation.timeout": _reservation,
    "task.step": _step,
    "task.clock": _clock,
    "task.ttl": _ttl,
    "task.assigned": system_delete_task,
    "task.ended": discard_task,
}
"""Timer name to what it does, for :meth:`Engine.on_due <trbridge.emulator.engine.Engine.on_due>`."""
