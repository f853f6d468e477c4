"""Requests that a bot does not give up on: whoever took a task sees it through."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from ..errors import BadRequest, Gone, NotFound, RequestError, TokenError, TokenProviderError, Unauthorized
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
        renew: Gets another token; False if there is nobody to ask.
    """

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        renew: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self._sleep, self._chance, self._renew = sleep, chance, renew
        self._handed_back: OrderedDict[str, int] = OrderedDict()

    async def send(self, act: Callable[[], Awaitable[T]], about: str) -> T:
        """Repeat a request while it fails for reasons that pass. It must be one that may be repeated.

        A 401 is one if there is a provider to ask for another token: the one before may have run out while the
        provider did not answer (F52, F53).

        Args:
            act: Sends it.
            about: What it is for, and whose it is, for the log.

        Raises:
            RequestError: It failed for good, or too often.
        """
        fresh = False
        for attempt in range(1, _ATTEMPTS):
            try:
                return await act()
            except Unauthorized as error:
                if fresh:
                    raise
                fresh = await self._renewed(error)
                if fresh:
                    continue
                failure: RequestError = error
            except RequestError as error:
                if not is_transient(error):
                    raise
                failure = error
            delay = backoff(attempt, self._chance)
            _log.warning("%s: attempt %d of %d failed, next in %.1f s: %s", about, attempt, _ATTEMPTS, delay, failure)
            await self._sleep(delay)
        return await act()

    async def _renewed(self, error: Unauthorized) -> bool:
        """Get another token; False if the provider fails, which may pass. Raises the error if that is pointless."""
        try:
            if self._renew is None or not await self._renew():
                raise error
        except TokenProviderError:
            return False
        except TokenError:
            raise error from None
        return True

    async def complete(self, task: TaskInstance, reason: str) -> None:
        """Complete a task, once, whatever happens to the answers (F64).

        Raises:
            RequestError: It cannot be completed.
        """
        try:
            await self.send(lambda: task.complete(reason=reason), f"task {task.sid}: completing it")
        except (BadRequest, Gone, NotFound) as error:
            # An earlier attempt whose answer was lost, or somebody else, may have done it.
            if not await self._is_over(task):
                raise error from None

    async def _is_over(self, task: TaskInstance) -> bool:
        try:
            await self.send(task.fetch, f"task {task.sid}: reading it")
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
        about = f"task {reservation.task_sid}: rejecting reservation {reservation.sid}"
        await self.send(lambda: reservation.reject(activity_sid), about)

    def was_handed_back(self, task_sid: str) -> bool:
        """Whether the task was handed back before."""
        return task_sid in self._handed_back
