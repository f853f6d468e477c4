"""What a bot's log says of its worker, for whoever asks at night why no task comes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..clients.worker import Worker
    from ..events import Disconnected
    from ..resources.reservation import ReservationInstance
    from ..resources.worker import WorkerInstance

__all__ = ["keep_diary"]

_log = logging.getLogger("trbridge.bot")

_LONG: Final = 60.0
"""Seconds without a connection that somebody should know of: standing by, or a service that asks for patience."""


def keep_diary(worker: Worker, *, is_ending: Callable[[], bool], is_busy: Callable[[], bool]) -> None:
    """Log what decides whether tasks come: the connection, the activity, reservations that were missed.

    A connection that is lost and soon tried again is in the client's log; each line names the worker.

    Args:
        worker: The bot's client.
        is_ending: Whether the bot drains, so that going away is its own doing.
        is_busy: Whether it works on something: a single-tasking worker is away then, as it should be (routing 4.5).
    """

    def ready(_: Worker) -> None:
        if worker.available or worker.connect_activity_sid is not None:
            _log.info("%r: ready, in activity %s", worker, worker.activity_name)
        else:
            _log.warning(
                "%r: ready, but in activity %s, which is not available: no task comes until it is moved to one that "
                "is; give the bot a connect_activity_sid",
                worker,
                worker.activity_name,
            )

    away = False  # the service moves a worker that it has lost, and the client brings it back (Q35)

    def moved(_: WorkerInstance) -> None:
        nonlocal away
        comes_back = away and worker.activity_sid == worker.disconnect_activity_sid
        away = away and not comes_back
        if worker.available or comes_back or is_ending() or is_busy():
            _log.info("%r: now in activity %s", worker, worker.activity_name)
        else:
            _log.warning(
                "%r: now in activity %s, which is not available: no task comes until it is moved back",
                worker,
                worker.activity_name,
            )

    def missed(reservation: ReservationInstance) -> None:
        _log.warning(
            "task %s: reservation %s timed out before %r had accepted it; another worker may get the task, and "
            "TaskRouter moves this one to the workspace's timeout activity",
            reservation.task_sid,
            reservation.sid,
            worker,
        )

    def lost(disconnected: Disconnected) -> None:
        nonlocal away
        away = worker.connect_activity_sid is not None
        again = disconnected.retry_in
        if not is_ending() and (again is None or again >= _LONG):
            then = "it stays so" if again is None else f"next attempt in {again:.0f} s, and until then no task comes"
            _log.warning("%r: lost its connection (%s); %s", worker, disconnected.message, then)

    def token_expires() -> None:
        why = "its provider gave no other yet" if worker.can_refresh_token else "there is no provider to give another"
        _log.warning("%r: its token runs out, and %s; without one all requests are refused", worker, why)

    worker.on("ready", ready)
    worker.on("disconnected", lost)
    worker.on("token.expired", token_expires)
    worker.on("activity.update", moved)
    worker.on("reservation.timeout", missed)
