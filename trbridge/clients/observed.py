"""What can be seen of a client from outside: its figures, and for OpenTelemetry its spans and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .. import telemetry
from ..client_stats import ClientStats
from ..connection.dialling import default_dial
from ..requester import RetryInfo
from .listening import Listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from ..claims import ChannelKind
    from ..connection import Dial
    from ..credentials import Credentials
    from ..events import Waiting
    from ..session import State
    from .link import Link

__all__ = ["Observed"]


class Observed(Listening):
    """The part of a client that shows how it fares."""

    kind: ClassVar[ChannelKind]
    """Which channel the token must be for: ``workspace``, ``worker`` or ``taskqueue``."""

    _credentials: Credentials
    _link: Link
    _stats: ClientStats
    _telemetry: telemetry.Telemetry | None
    _tracing: telemetry.Tracing | None = None
    _on_retry: Callable[[RetryInfo], None] | None

    @property
    def state(self) -> State:
        """Where the connection stands."""
        raise NotImplementedError

    @property
    def stats(self) -> ClientStats:
        """What the client has been through: connects, drops, frames, duplicates, retries and so on.

        The same object each time; what waits, and the lag, are those of the moment in which it is asked for.
        """
        self._stats.lag, self._stats.waiting = self.emitter.backlog(*self._waiting())
        return self._stats

    @property
    def channel_sid(self) -> str:
        """SID of the workspace, worker or task queue whose events come."""
        return self._credentials.claims.channel_sid

    def _waiting(self) -> list[Waiting]:
        return [self._link.held]

    def _begin_telemetry(self) -> None:
        found = self._telemetry or telemetry.of_process()
        self._tracing = None if found is None else found.attend(self)
        self.emitter.trace(self._tracing)

    def _end_telemetry(self) -> None:
        found = self._telemetry or telemetry.of_process()
        if found is not None:
            found.leave(self)

    def _detached(self, start: Callable[[], None]) -> None:
        """Start something that outlives the span that is current."""
        start() if self._tracing is None else self._tracing.detached(start)

    def _dial(self, ssl_context: ssl.SSLContext | None) -> Dial:
        dial = default_dial(ssl_context)
        return dial if self._tracing is None else self._tracing.dial(dial)

    def _retrying(self, retry: RetryInfo) -> None:
        self._stats.retries += 1
        if self._tracing is not None:
            self._tracing.retried(retry.attempt, retry.delay)
        if self._on_retry is not None:
            self._on_retry(retry)
