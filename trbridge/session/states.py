"""The states of a session, and which input may lead from where to where. Everything else is ignored."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final

__all__ = ["TRANSITIONS", "Input", "State", "mermaid"]


class State(StrEnum):
    """Where a session stands. Compares equal to its text: ``client.state == "ready"``."""

    IDLE = "idle"
    """Not started, or disconnected on request; nothing is scheduled."""
    REFRESHING = "refreshing"
    """A new token is needed before the next attempt, and has been asked for."""
    CONNECTING = "connecting"
    """An attempt is under way."""
    CONNECTED = "connected"
    """The socket is open; the ready request is under way or will be repeated."""
    READY = "ready"
    """The socket is open and the ready request was answered."""
    DISCONNECTED = "disconnected"
    """No socket; the next attempt is scheduled."""
    STANDBY = "standby"
    """Another connection of the same channel took over; the next attempt is a long way off."""
    STOPPED = "stopped"
    """Given up: trying again would not help."""
    CLOSED = "closed"
    """Closed for good."""


class Input(Enum):
    """What can happen to a session; each is a method of it."""

    CONNECT = "connect"
    OPENED = "opened"
    READY_SUCCEEDED = "ready succeeded"
    READY_FAILED = "ready failed"
    FAILED = "failed"
    LOST = "lost"
    TOKEN_UPDATED = "token updated"  # noqa: S105  the name of an input
    REFRESH_FAILED = "refresh failed"
    RECONNECT = "reconnect"
    NETWORK_CHANGED = "network changed"
    DISCONNECT = "disconnect"
    CLOSE = "close"
    ABANDON = "abandon"
    WAKE = "wake"


Targets = frozenset[State]

_STAY: Final[Targets] = frozenset()
_STOP: Final = frozenset({State.STOPPED})
_DIAL: Final = frozenset({State.CONNECTING, State.REFRESHING})
_OVER: Final = _DIAL | {State.DISCONNECTED, State.STANDBY, State.STOPPED}
_END: Final[Mapping[Input, Targets]] = {
    Input.DISCONNECT: frozenset({State.IDLE}),
    Input.CLOSE: frozenset({State.CLOSED}),
}
_QUIT: Final[Mapping[Input, Targets]] = {Input.ABANDON: _STOP, **_END}
_AGAIN: Final[Mapping[Input, Targets]] = {Input.RECONNECT: _DIAL, Input.NETWORK_CHANGED: _DIAL}
_TOKEN: Final[Mapping[Input, Targets]] = {Input.TOKEN_UPDATED: _STAY, Input.REFRESH_FAILED: _STAY}

TRANSITIONS: Final[Mapping[State, Mapping[Input, Targets]]] = {
    State.IDLE: {
        Input.CONNECT: _DIAL,
        Input.RECONNECT: _DIAL,
        Input.TOKEN_UPDATED: _STAY,
        Input.CLOSE: _END[Input.CLOSE],
    },
    State.REFRESHING: {
        Input.TOKEN_UPDATED: frozenset({State.CONNECTING}),
        Input.REFRESH_FAILED: _STOP,
        Input.RECONNECT: _STAY,
        Input.NETWORK_CHANGED: _STAY,
        Input.WAKE: _STAY,
        **_QUIT,
    },
    State.CONNECTING: {
        Input.OPENED: frozenset({State.CONNECTED}),
        Input.FAILED: _OVER,
        Input.WAKE: _OVER,
        **_AGAIN,
        **_TOKEN,
        **_QUIT,
    },
    State.CONNECTED: {
        Input.READY_SUCCEEDED: frozenset({State.READY}),
        Input.READY_FAILED: _STOP,
        Input.LOST: _OVER,
        Input.WAKE: _OVER,
        **_AGAIN,
        Input.TOKEN_UPDATED: _STAY,
        Input.REFRESH_FAILED: _STOP,
        **_QUIT,
    },
    State.READY: {Input.LOST: _OVER, Input.WAKE: _OVER, **_AGAIN, **_TOKEN, **_QUIT},
    State.DISCONNECTED: {Input.WAKE: _DIAL, **_AGAIN, **_TOKEN, **_QUIT},
    # The hint that the network changed must not restart the fight that standing by has ended (F26).
    State.STANDBY: {Input.WAKE: _DIAL, Input.RECONNECT: _DIAL, **_TOKEN, **_QUIT},
    # A token that arrives after its predecessor was refused is what was missing.
    State.STOPPED: {Input.CONNECT: _DIAL, Input.RECONNECT: _DIAL, Input.TOKEN_UPDATED: _DIAL, **_END},
    State.CLOSED: {},
}
"""State to input to the states it may lead to; an empty set keeps the state, a missing input is ignored."""

AT_REST: Final = frozenset({State.IDLE, State.STOPPED, State.CLOSED})
"""States in which nothing is scheduled."""

OPEN: Final = frozenset({State.CONNECTED, State.READY})
"""States in which there is an open socket."""


def mermaid() -> str:
    """The table as a Mermaid diagram, without what leads to the end from everywhere."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for source, inputs in TRANSITIONS.items():
        for name, targets in inputs.items():
            for target in sorted(targets - {source}) if name not in _QUIT else ():
                arrows.setdefault((source, target), []).append(name.value)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.IDLE}", *lines])
