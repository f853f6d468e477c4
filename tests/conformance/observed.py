"""What one step of a replay brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from expectation import Posted

__all__ = ["Observed"]


@dataclass
class Observed:
    """What a step brought; the fields of :class:`~expectation.Expected`."""

    posts: list[Posted] = field(default_factory=list)
    raises: Exception | None = None
    fails: BaseException | None = None
    calls: list[tuple[Any, Any]] = field(default_factory=list)
    events: list[tuple[str, Any]] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)
    open_sockets: int = 0
    target: Any = None
    args_before: Any = None
    args_after: Any = None

    @classmethod
    def of_all(cls, steps: Sequence[Observed]) -> Observed:
        """Several steps as one."""
        return cls(
            posts=[post for step in steps for post in step.posts],
            events=[event for step in steps for event in step.events],
            sockets=[socket for step in steps for socket in step.sockets],
            open_sockets=steps[-1].open_sockets,
        )
