"""The emulator's debugger: what the service would warn about in its console.

A callback that was not answered, an instruction that could not be carried out, a known worker who does not
exist: nothing fails over them, so somebody has to keep them (routing 2.5 and 6).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from .state.store import Store

__all__ = ["MEANINGS", "Alert", "Alerts", "alerts_of"]

_log = logging.getLogger("trbridge.emulator.alerts")

MEANINGS: Final = {
    11200: "HTTP retrieval failure",
    11205: "HTTP connection failure",
    40000: "assignment callback answered with 200, but not with JSON",
    40001: "assignment callback answered with JSON that cannot be read",
    40005: "assignment callback answered with JSON without an instruction",
    40152: "known worker is not in the task queue",
    40154: "known worker is missing or does not exist",
    40155: "known worker is in another workspace",
    55555: "unknown instruction",
}
"""What the codes mean that the emulator itself raises; those of instructions are in routing 6.2."""


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One warning.

    Attributes:
        code: The debugger's code, such as 40001.
        message: What happened.
        when: Epoch seconds of the engine's clock.
        resource_sid: What it is about: a reservation, task or workspace.
        url: The callback's, if it is about one, without credentials.
    """

    code: int
    message: str
    when: float
    resource_sid: str | None = None
    url: str | None = None


class Alerts:
    """The latest alerts, oldest first.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int = 1000) -> None:
        self._alerts: deque[Alert] = deque(maxlen=size)

    def __len__(self) -> int:
        return len(self._alerts)

    def __iter__(self) -> Iterator[Alert]:
        return iter(list(self._alerts))

    def codes(self) -> list[int]:
        """The codes alone, oldest first."""
        return [alert.code for alert in self._alerts]

    def add(self, code: int, message: str, when: float, **about: Any) -> Alert:
        """Raise an alert; it goes to the log ``trbridge.emulator.alerts`` too."""
        alert = Alert(code=code, message=message, when=when, **about)
        self._alerts.append(alert)
        _log.warning("%d: %s", code, message)
        return alert

    def clear(self) -> None:
        """Forget them all."""
        self._alerts.clear()


_alerts: WeakKeyDictionary[Store, Alerts] = WeakKeyDictionary()


def alerts_of(store: Store) -> Alerts:
    """The alerts of the emulator that a store belongs to."""
    alerts = _alerts.get(store)
    if alerts is None:
        alerts = _alerts[store] = Alerts()
    return alerts
