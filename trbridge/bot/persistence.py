"""Requests that a bot does not give up on: whoever took a task sees it through."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from ..errors import BadRequest, Gone, NotFound, RequestError
from ..retry import backoff, is_transient

if TYPE_CHECKING:
    from ..resources.reservation import ReservationInstance
    from ..resources.task import TaskInstance

__all__ = ["Persistence"]

T = TypeVar("T")

_log = logging.getLogger("trbridge.bot")

_ATTEMPTS: Final = 20
"""With waits of up to 30 s this outlasts some five minutes of trouble."""
_LONGEST_PAUSE: Final = 8.0
"""Seconds before a task that keeps coming back is handed back again. While it waits, it holds a place of the
worker's capacity; and it should not time out, which would send the worker away (routing 4.4)."""
_MOST_REMEMBERED: Final = 1_000


class Persistence:
    """How one bot's requests are repeated.

    Args:
        sleep: Waits.
        chance: Numbers in [0, 1), which spread the waits.
    """

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep, self._chance = sleep, chance
        self._handed_back: OrderedDict[str, int] = OrderedDict()

    async def send(self, act: Callable[[], Awaitable[T]]) -> T:
        """Repeat a request while it fails for reasons that pass. It must be one that may be repeated.

        Raises:
            RequestError: It failed for good, or too often.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await act()
            except RequestError as error:
                if attempt == _ATTEMPTS or not is_transient(error):
                    raise
                _log.info("trying again after %s", error)
            await self._sleep(backoff(attempt, self._chance))

    async def complete(self, task: TaskInstance, reason: str) -> None:
        """Complete a task, once, whatever happens to the answers (F64).

        Raises:
            RequestError: It cannot be completed.
        """
        try:
            await self.send(lambda: task.complete(reason=reason))
        except (BadRequest, Gone, NotFound) as error:
            # An earlier attempt whose answer was lost, or somebody else, may have done it.
            if not await self._is_over(task):
                raise error from None

    async def _is_over(self, task: TaskInstance) -> bool:
        try:
            await self.send(task.fetch)
        except NotFound:
            return True
        return task.assignment_status in {"completed", "canceled"}

    async def pause_before(self, reservation: ReservationInstance) -> None:
        """Wait before a reservation is handed back: not the first time, longer each time its task comes back.

        TaskRouter may offer a rejected task to the same worker again at once; without a pause the two would
        throw it at each other as fast as the network can.
        """
        sid = reservation.task_sid or ""
        times = self._handed_back.pop(sid, 0)
        self._handed_back[sid] = times + 1
        if len(self._handed_back) > _MOST_REMEMBERED:
            self._handed_back.popitem(last=False)
        if times:
            # At least half of it, so that chance does not make it a tight loop after all.
            await self._sleep(min(_LONGEST_PAUSE, 2.0 ** (times - 1)) * (0.5 + self._chance() / 2))

    async def reject(self, reservation: ReservationInstance, activity_sid: str | None = None) -> None:
        """Reject a reservation.

        Args:
            reservation: The reservation.
            activity_sid: Activity to move the worker to.

        Raises:
            RequestError: It cannot be rejected.
        """
        await self.send(lambda: reservation.reject(activity_sid))

    def was_handed_back(self, task_sid: str) -> bool:
        """Whether the task was handed back before."""
        return task_sid in self._handed_back
