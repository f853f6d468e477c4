"""The ready request of one socket: when it was sent, when to send it again, and with which token."""

from __future__ import annotations

from collections.abc import Callable

from .backoff import Backoff
from .effects import Effect, RequestReady
from .options import SessionOptions

__all__ = ["ReadyRequest"]


class ReadyRequest:
    """Keeps asking until it is answered (Q5, F15).

    Args:
        random: Gives numbers in [0, 1).
        options: The times to keep.
        emit: Takes the effects.

    Attributes:
        token_version: Which token it was sent with.
        waits_for_token: Its token was refused; it goes out again with the next one.
    """

    __slots__ = (
        "_answer_by",
        "_attempt",
        "_backoff",
        "_emit",
        "_options",
        "_repeat_at",
        "token_version",
        "waits_for_token",
    )

    def __init__(self, random: Callable[[], float], options: SessionOptions, emit: Callable[[Effect], None]) -> None:
        self._options = options
        self._emit = emit
        self._backoff = Backoff(random, options)
        self._attempt = 0
        self._repeat_at: float | None = None
        self._answer_by: float | None = None
        self.token_version = -1
        self.waits_for_token = False

    @property
    def deadline(self) -> float | None:
        """When to look again; at most one of the two moments is set."""
        return self._repeat_at if self._answer_by is None else self._answer_by

    def begin(self) -> None:
        """A new socket."""
        self._attempt = 0
        self._backoff.reset()

    def send(self, now: float, epoch: int, token_version: int) -> None:
        """Ask now."""
        self._attempt += 1
        self._repeat_at = None
        self._answer_by = now + self._options.ready_timeout
        self.token_version = token_version
        self.waits_for_token = False
        self._emit(RequestReady(epoch, self._attempt))

    def wait_for_token(self) -> None:
        """Ask again when there is another token."""
        self.finish()
        self.waits_for_token = True

    def repeat(self, now: float, *, patient: bool, retry_after: float | None) -> float:
        """Ask again after the returned number of seconds."""
        delay = self._backoff.next_delay(was_open=False, patient=patient, retry_after=retry_after)
        self._answer_by, self._repeat_at = None, now + delay
        return delay

    def finish(self) -> None:
        """It was answered, or the socket is gone."""
        self._repeat_at = self._answer_by = None
        self.waits_for_token = False

    def repeat_due(self, now: float) -> bool:
        """Tell whether to ask again."""
        return self._repeat_at is not None and now >= self._repeat_at

    def overdue(self, now: float) -> bool:
        """Tell whether the answer is missing for too long."""
        return self._answer_by is not None and now >= self._answer_by
