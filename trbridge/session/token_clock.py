"""When to get a new token, and when to say that the old one runs out."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Final

from .backoff import full_jitter
from .effects import Effect, RefreshToken, TokenExpired
from .options import SessionOptions

__all__ = ["EARLY", "EXPIRED", "REJECTED", "TokenClock"]

EARLY: Final = "early"
EXPIRED: Final = "expired"
REJECTED: Final = "rejected"

_SHORTEST: Final = 1.0
"""Seconds between two requests for a token, however short its life."""


class TokenClock:
    """Watches over one token at a time.

    Args:
        random: Gives numbers in [0, 1).
        options: The times to keep.
        can_refresh: There is a provider to ask.
        emit: Takes the effects.

    Attributes:
        can_refresh: There is a provider to ask.
        version: Grows with each token, so that a refused one can be told from its successor.
        pending: The provider was asked and has not answered.
        reason: What for: ``early``, ``expired`` or ``rejected``.
    """

    __slots__ = (
        "_answer_by",
        "_emit",
        "_expires_at",
        "_failures",
        "_notice_at",
        "_options",
        "_random",
        "_refresh_at",
        "_repeat_at",
        "_running",
        "_told",
        "can_refresh",
        "pending",
        "reason",
        "version",
    )

    def __init__(
        self, random: Callable[[], float], options: SessionOptions, can_refresh: bool, emit: Callable[[Effect], None]
    ) -> None:
        self._random = random
        self._options = options
        self._emit = emit
        self.can_refresh = can_refresh
        self.version = 0
        self.pending = False
        self.reason = EARLY
        self._expires_at: float | None = None
        self._running = False
        self._told = False
        self._failures = 0
        self._notice_at: float | None = None
        self._refresh_at: float | None = None
        self._repeat_at: float | None = None  # after a failure; unlike the one above, it does not hang on the expiry
        self._answer_by: float | None = None

    @property
    def deadline(self) -> float | None:
        """When :meth:`fire` has something to do, or None."""
        moments = (self._notice_at, self._refresh_at, self._repeat_at, self._answer_by)
        return min((moment for moment in moments if moment is not None), default=None)

    def start(self, now: float) -> None:
        """Begin to watch."""
        self._running = True
        self._schedule(now)

    def stop(self) -> None:
        """Watch no longer; v2 went on and told of the expiry of a closed client's token (reliability J8)."""
        self._running = self.pending = False
        self._notice_at = self._refresh_at = self._repeat_at = self._answer_by = None

    def renewed(self, now: float, expires_at: float | None) -> None:
        """There is another token.

        Args:
            now: The time.
            expires_at: When it runs out, on the axis of ``now``; None if never (Q37).
        """
        self.version += 1
        asked, self.pending = self.pending, False
        self._told = False
        self._answer_by = self._repeat_at = None
        self.reason = EARLY
        self._set(expires_at)
        # A provider that hands out tokens which are over already must not be asked in a tight loop.
        self._failures = self._failures + 1 if asked and self.is_over(now) else 0
        self._schedule(now)

    def corrected(self, now: float, expires_at: float | None) -> None:
        """The same token runs out at another time than thought (F57)."""
        self._set(expires_at)
        self._schedule(now)

    def slept(self, now: float, seconds: float) -> None:
        """Time passed that the axis of ``now`` does not show."""
        if self._expires_at is not None:
            self.corrected(now, self._expires_at - seconds)

    def is_over(self, now: float) -> bool:
        """Tell whether the token has run out."""
        return self._expires_at is not None and now >= self._expires_at

    def must_refresh(self, now: float) -> bool:
        """Tell whether to get another token before the next attempt, since this one is over or was refused (F52)."""
        return self.can_refresh and (self.reason == REJECTED or self.is_over(now))

    def ask(self, now: float, reason: str) -> None:
        """Ask the provider, unless it is being asked (F55)."""
        if not self.pending:
            self.pending, self.reason = True, reason
            self._refresh_at = self._repeat_at = None
            self._answer_by = now + self._options.refresh_timeout
            self._emit(RefreshToken(reason=reason, attempt=self._failures + 1))

    def failed(self, now: float) -> float:
        """The provider failed; returns the seconds until it is asked again (F53)."""
        self._failures += 1
        delay = self._pause()
        self.pending, self._answer_by, self._repeat_at = False, None, now + delay
        return delay

    def fire(self, now: float) -> bool:
        """Do what is due. Returns True if the provider has not answered in time."""
        if _is_due(self._notice_at, now):
            self._notice_at, self._told = None, True
            self._emit(TokenExpired())
        if _is_due(self._refresh_at, now) or _is_due(self._repeat_at, now):
            self.ask(now, self.reason)
        return _is_due(self._answer_by, now)

    def _set(self, expires_at: float | None) -> None:
        self._expires_at = expires_at if expires_at is not None and isfinite(expires_at) else None

    def _pause(self) -> float:
        return max(_SHORTEST, full_jitter(self._random, self._failures, self._options.longest_retry))

    def _schedule(self, now: float) -> None:
        self._notice_at = self._refresh_at = None
        if not self._running or self._expires_at is None:
            return
        notice = self._options.expiry_notice
        if self.can_refresh:
            # Early, but not before half-time; spread, so that a fleet does not ask its provider in one second.
            lead = min(self._options.refresh_lead, max(self._expires_at - now, 0.0) / 2)
            notice = min(notice, lead / 2)
            pause = self._pause() if self._failures else _SHORTEST
            moment = self._expires_at - lead * (1 + self._random() / 2)
            if not self.pending and self._repeat_at is None:
                self._refresh_at = max(moment, now + pause)
        if not self._told:
            self._notice_at = max(self._expires_at - notice, now)


def _is_due(moment: float | None, now: float) -> bool:
    return moment is not None and now >= moment
