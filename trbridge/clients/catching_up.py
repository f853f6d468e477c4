"""What a worker's client does at every ``ready``, and now and then: find out what it missed, and go to work.

The socket tells nothing of the past, and not whether it told everything. So reservations come from a list, once
each however often the client connects (Q35, Q59, F45, F28). What is told that way has the origin ``"reconcile"``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ..errors import RequestError, TaskRouterError
from ..retry import backoff, is_transient
from ..session import State
from .comparing import Comparing
from .desk import Desk

if TYPE_CHECKING:
    from .worker import Worker

__all__ = ["CatchingUp"]


class CatchingUp:
    """Keeps one worker's desk and activity right across connections.

    Args:
        worker: The client.
        desk: Its reservations.
        comparing: Finds out what is new.
        sleep: Waits between attempts, when the service cannot answer.
        chance: Numbers in [0, 1), to spread them.
    """

    def __init__(
        self,
        worker: Worker,
        desk: Desk,
        comparing: Comparing,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._worker = worker
        self._desk = desk
        self._comparing = comparing
        self._sleep, self._chance = sleep, chance
        self._lock = asyncio.Lock()
        self._connection = 0
        self._first = True
        self._may_go = False
        desk.on_cleared = self._cleared

    def reset(self) -> None:
        """The client was closed; the next connection is a first one again."""
        self._first, self._may_go = True, False
        # What came and went while nobody wanted to hear of it is not told.
        self._desk.ledger.compared = False

    async def run(self) -> None:
        """Catch up. Where the service does not answer, what the socket brings need not wait for it."""
        self._connection += 1
        if not await self._attempt():
            self._worker._context.start(self._keep_trying(self._connection), _ignore)

    async def _keep_trying(self, connection: int) -> None:
        for attempt in range(1, 1_000):
            await self._sleep(backoff(attempt, self._chance))
            # The next ready catches up by itself.
            if connection != self._connection or self._worker.state is not State.READY or await self._attempt():
                return

    async def compare(self) -> None:
        """On a socket that stays: compare, unless that is under way. What fails is reported; there is a next time."""
        if not self._lock.locked():
            await self._trying(self._compare())

    async def _attempt(self) -> bool:
        return await self._trying(self._catch_up())

    async def _catch_up(self) -> None:
        # As v1 does; what came and went meanwhile is over, and is found by the comparison, which costs more.
        await self._go_to_work(await self._comparing.deliver_pending())

    async def _compare(self) -> None:
        await self._comparing.compare_reservations()
        await self._comparing.compare_channels()

    async def _trying(self, work: Coroutine[Any, Any, None]) -> bool:
        """Try; False if it is worth another try. Every failure is reported (Q65: v1 swallows it)."""
        try:
            async with self._lock:
                await self._desk.idle()
                await work
        except TaskRouterError as error:
            self._worker.emitter.report(error)
            return not (isinstance(error, RequestError) and is_transient(error))
        return True

    # -- the activity ------------------------------------------------------------------------------

    async def _go_to_work(self, pending: bool) -> None:
        """Go to the connect activity: at first, and when the service has sent the worker away meanwhile (Q35).

        With something pending it waits until the desk is clear: a single-tasking worker's activity belongs to
        the reservation (routing 4.5).
        """
        worker = self._worker
        sent_away = worker.activity_sid == worker.disconnect_activity_sid
        self._may_go = self._may_go or self._first or sent_away
        if self._may_go and not pending:
            await self._go()
        self._first = False

    async def _go(self) -> None:
        worker, target = self._worker, self._worker.connect_activity_sid
        # At the first ready it is asked for even if the worker seems to be there, as in v1.
        if target is not None and (self._first or worker.activity_sid != target):
            await worker._update({"ActivitySid": target})
        self._may_go = False

    def _cleared(self) -> None:
        if self._may_go and self._worker.state is State.READY and not self._lock.locked():
            self._may_go = False
            self._worker._context.start(self._go(), self._gone_to_work)

    def _gone_to_work(self, error: TaskRouterError | None, _: None) -> None:
        if error is not None:
            self._worker.emitter.report(error)


def _ignore(error: TaskRouterError | None, _: None) -> None:
    """What ends the attempts is the client's closing."""
