"""Tasks that somebody has under way, and has to end."""

from __future__ import annotations

import asyncio

__all__ = ["UnderWay"]


class UnderWay(dict[asyncio.Task[None], None]):
    """Tasks, until they are done.

    A dict where a set is meant: a set keeps 216 bytes once something was in it, and each client has two that are empty
    nearly always.
    """

    __slots__ = ()

    def note(self, task: asyncio.Task[None]) -> None:
        """Keep a task until it is done."""
        self[task] = None
        task.add_done_callback(self._forget)

    def others(self) -> set[asyncio.Task[None]]:
        """All but the task that asks."""
        return self.keys() - {asyncio.current_task()}

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self[task]
        if not self:
            self.clear()  # lets go of its table, which deleting does not
