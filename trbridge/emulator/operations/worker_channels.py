"""Workers' channels (rest-api 3.4). They come and go with workers and task channels."""

from __future__ import annotations

from typing import Final

from ..state.model import WorkerChannel
from ..state.transaction import Transaction
from . import checks
from .checks import Form

__all__ = ["update"]

_MOST: Final = 2**31 - 1


def update(tx: Transaction, channel: WorkerChannel, form: Form) -> WorkerChannel:
    """Change a worker's capacity or availability on a channel.

    What the worker has already stays with them, also above the new capacity. The worker's version goes up
    with the channel's (rest-api 1.3).

    Args:
        tx: The transaction.
        channel: The worker's channel.
        form: ``capacity`` (0 for no new reservations) and ``available``.

    Raises:
        BadRequest: The capacity is negative.
    """
    capacity, available = form.get("capacity"), form.get("available")
    if capacity is None and available is None:
        return channel
    before = channel
    channel = tx.update(
        channel,
        configured_capacity=before.configured_capacity
        if capacity is None
        else checks.whole_number(form, "capacity", 0, _MOST),
        available=before.available if available is None else available,
    )
    tx.touch(tx.store.workers[channel.worker_sid])
    # Sent but unchanged: no event, as nothing was updated [I].
    if channel.configured_capacity != before.configured_capacity:
        tx.emit("worker.capacity.update", channel, worker_channel_previous_capacity=before.configured_capacity)
    if channel.available != before.available:
        tx.emit("worker.channel.availability.update", channel)
    return channel
