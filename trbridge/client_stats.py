"""What a client has been through, in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClientStats"]


@dataclass(slots=True)
class ClientStats:
    """Figures of one client since it was made. ``dataclasses.asdict`` makes a dict of them.

    All but the last two are counters, which only grow. Those two are of the moment in which ``client.stats`` was
    read.

    Attributes:
        connects: Websockets that were opened.
        drops: Open websockets that were lost, by whatever side; a close on request is none.
        failures: Attempts to connect, ready requests and token refreshes that failed and were tried again.
        frames: Messages of the socket, heartbeats included.
        unreadable: Messages that were no event: no JSON, or without a name.
        overflows: Messages and events that were dropped, since too many waited: for the client to be up to date,
            for a place in a coroutine handler (F47), or in ``listen()``.
        duplicates: Events that were late or told before, so no handler heard of them (F43, F44).
        reconciled: Events that the socket did not bring and a comparison with the service did (F45).
        comparisons: Comparisons with the service on a socket that stayed (F28).
        drift_repaired: Differences that those found: each is an event that was lost on a live line.
        retries: Requests that were sent again.
        refreshes: Tokens that came from the provider.
        waiting: Events that wait now: for the client to be up to date, for a place in a coroutine handler, or to be
            taken from ``listen()``.
        lag: Seconds since the one of them came that has waited longest; 0 if none waits.
    """

    connects: int = 0
    drops: int = 0
    failures: int = 0
    frames: int = 0
    unreadable: int = 0
    overflows: int = 0
    duplicates: int = 0
    reconciled: int = 0
    comparisons: int = 0
    drift_repaired: int = 0
    retries: int = 0
    refreshes: int = 0
    waiting: int = 0
    lag: float = 0.0
