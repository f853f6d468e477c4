"""The times a session keeps. All in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite

from ..errors import InvalidArgument
from .outcomes import Verdict, check_outcomes

__all__ = ["SessionOptions"]


@dataclass(frozen=True, kw_only=True)
class SessionOptions:
    """The times a session keeps, all in seconds.

    Raises:
        InvalidArgument: A time is no positive number, or a row of ``outcomes`` is none.
    """

    attempt_timeout: float = 10.0
    """An attempt that takes longer is given up (F04); v1 waited for ever (Q26)."""
    first_retry: float = 0.5
    """Longest wait after a live connection was lost for the first time (F19, F21). A fleet of clients on one
    service may want 30: it spreads them after the service restarts (F17)."""
    longest_retry: float = 30.0
    """Longest wait between two attempts; v1's ``min(30, 2^k - 1)``."""
    stable_after: float = 60.0
    """A connection that lived this long was a good one: the next loss starts from the first wait again (F25)."""
    patience: float = 5.0
    """Added to the wait when the service asked for patience without saying how much (F22)."""
    longest_retry_after: float = 300.0
    """Longest wait that a ``Retry-After`` may ask for (F08)."""
    standby: float = 600.0
    """Wait after another connection of the same channel took over (F26)."""
    silence_limit: float = 60.0
    """A socket that brings nothing for this long, not even a heartbeat or a pong, is dead (F18)."""
    ping_interval: float = 20.0
    """Time between pings of ours (F30)."""
    ready_timeout: float = 30.0
    """A ready request that is not answered in this time is repeated (F13)."""
    refresh_lead: float = 60.0
    """A provider is asked this long before the token runs out, or at half-time of a short-lived one (F51)."""
    refresh_timeout: float = 30.0
    """A provider that does not answer in this time has failed (F53)."""
    expiry_notice: float = 5.0
    """``token.expired`` comes this long before the token runs out, as in v1 (wire-protocol 3.7)."""
    compare_every: float | None = 300.0
    """How often a client that stays connected compares what it holds with the service, which finds events that were
    lost on a live socket (F28); and 75 s after each ``ready``. A tenth earlier at most, so that a fleet does not ask
    in one second; None for never."""
    sleep_check: float = 4.0
    """How often to look whether the machine slept (F58)."""
    blocked_limit: float = 5.0
    """A timer that fires this late was kept waiting by a handler: say so (F34)."""
    outcomes: Mapping[str, Verdict | str] = field(default_factory=dict)
    """Changes to the table of outcomes: ``{"close 4409": "stand by", "http 403": "retry"}``."""

    verdicts: Mapping[str, Verdict] = field(init=False, repr=False, compare=False, default_factory=dict)
    """``outcomes`` as the session reads them."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in ("outcomes", "verdicts") or (value is None and one.name == "compare_every"):
                continue
            if not _is_time(value):
                raise InvalidArgument(f"{one.name} must be a positive number of seconds, not {value!r}")
        object.__setattr__(self, "verdicts", check_outcomes(self.outcomes))


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and value > 0
