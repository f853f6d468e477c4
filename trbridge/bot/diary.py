"""What a bot's log says of its worker, for whoever asks at night why no task comes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..clients.worker import Worker
    from ..resources.reservation import ReservationInstance
    from ..resources.worker import WorkerInstance

__all__ = ["keep_diary"]

_log = logging.getLogger("trbridge.bot")


def keep_diary(worker: Worker, *, is_ending: Callable[[], bool], is_busy: Callable[[], bool]) -> None:
    """Log what decides whether tasks come: the connection, the activity, reservations that were missed.

    What is lost with the connection the client logs itself; each line names the worker.

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

    def moved(_: WorkerInstance) -> None:
        if worker.available or is_ending() or is_busy():
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

    worker.on("ready", ready)
    worker.on("activity.update", moved)
    worker.on("reservation.timeout", missed)
