"""What handlers that do not keep up may do to the connection that brings their events (F47)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import TaskRouterError
    from .link import Link

__all__ = ["ConnectionBrake"]


class ConnectionBrake:
    """Keeps a client's connection from reading as long as one of its handlers is full.

    Args:
        link: Has the connection.
    """

    __slots__ = ("_full", "_link")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._full: tuple[object, ...] = ()  # nearly always; an empty set or list of its own each client would keep

    def hold(self, lane: object) -> None:
        """Read nothing more, for the sake of this handler."""
        if lane not in self._full:
            self._full = (*self._full, lane)
        self.apply()

    def release(self, lane: object) -> None:
        """This handler keeps up again; others may not."""
        if lane in self._full:
            self._full = tuple(other for other in self._full if other is not lane)
            self.apply()

    def apply(self) -> None:
        """Hold the present connection, or let it go on."""
        if self._link._connection is not None:
            self._link._connection.hold(bool(self._full))

    def give_up(self, error: TaskRouterError) -> None:
        """Stop for good."""
        if self._link._connection is not None:
            self._link._connection.abandon(error)
