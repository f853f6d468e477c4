"""What was said to the emulator and by it, for tests to assert on: requests, sockets, frames, callbacks.

No token and no secret is in it: paths have no query, and parameters that sound like a secret are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

__all__ = ["Entry", "Record", "What", "matches"]

What = Literal["rest", "bridge", "socket", "frame", "callback"]
Params = Mapping[str, Any]

_HIDDEN: Final = ("token", "password", "secret")
_NOTHING: Final[Params] = {}
_SHOWN: Final = (
    "number", "when", "what", "method", "path", "channel", "event_type", "params", "payload", "status", "error", "fault"
)  # fmt: skip


class Entry:
    """One exchange.

    Attributes:
        number: Rises by one with each.
        when: When it began, epoch seconds of the engine's clock.
        what: ``rest`` and ``bridge`` are requests (the latter the calls within the event bridge's POSTs),
            ``socket`` a websocket that was asked for, ``frame`` something sent on one, ``callback`` a request
            that the emulator made.
        method: The request's method.
        path: The request's path without query; for a callback the URL.
        channel: SID of the event bridge's channel.
        event_type: The frame's or the event callback's; ``heartbeat`` for a blank frame.
        status: HTTP status of the answer; 101 for a socket that was opened. None while there is none.
        error: Why there was no answer.
        fault: Number of the fault rule that was applied to it.
    """

    __slots__ = (
        "_params", "_payload", "channel", "error", "event_type", "fault", "method", "number", "path", "status", "what",
        "when",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        when: float,
        what: What,
        method: str | None = None,
        path: str | None = None,
        channel: str | None = None,
        event_type: str | None = None,
        *,
        params: Params | Callable[[], Params] = _NOTHING,
        payload: Any | Callable[[], Any] = None,
    ) -> None:
        self.number = number
        self.when = when
        self.what = what
        self.method = method
        self.path = path
        self.channel = channel
        self.event_type = event_type
        self.status: int | None = None
        self.error: str | None = None
        self.fault: int | None = None
        self._params = params if callable(params) else _without_secrets(params)
        self._payload = payload

    @property
    def params(self) -> Params:
        """Query and form, name to value, or to a list of values where it was repeated.

        Read when asked for: most entries nobody looks at.
        """
        if callable(self._params):
            self._params = _without_secrets(self._params())
        return self._params

    @property
    def payload(self) -> Any:
        """The frame's payload, or what a callback was answered."""
        if callable(self._payload):
            self._payload = self._payload()
        return self._payload

    @payload.setter
    def payload(self, value: Any) -> None:
        self._payload = value

    def view(self) -> dict[str, Any]:
        """As JSON shows it: what there is of it."""
        values = {name: getattr(self, name) for name in _SHOWN}
        return {name: value for name, value in values.items() if value is not None and value != {}}

    def __repr__(self) -> str:
        return f"Entry({', '.join(f'{name}={value!r}' for name, value in self.view().items())})"


class Record:
    """The latest exchanges, oldest first.

    Args:
        now: Tells the engine's time.
        size: How many are kept.

    Example::

        accepted = emulator.record.find("bridge", method="POST", path="*/Reservations/*")
        assert accepted[-1].params["ReservationStatus"] == "accepted"
    """

    def __init__(self, now: Callable[[], float], size: int = 10_000) -> None:
        self._now = now
        self._entries: deque[Entry] = deque(maxlen=size)
        self._number = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def note(
        self,
        what: What,
        method: str | None = None,
        path: str | None = None,
        channel: str | None = None,
        event_type: str | None = None,
        *,
        params: Params | Callable[[], Params] = _NOTHING,
        payload: Any | Callable[[], Any] = None,
    ) -> Entry:
        """Write down an exchange that begins; what comes of it is filled in later.

        Args:
            what: Its kind; see :class:`Entry` for the others.
            method: The method.
            path: The path, or URL.
            channel: The channel's SID.
            event_type: The event type.
            params: The parameters, or a function that reads them when somebody asks.
            payload: The payload, likewise.
        """
        self._number = number = self._number + 1
        entry = Entry(number, self._now(), what, method, path, channel, event_type, params=params, payload=payload)
        self._entries.append(entry)
        return entry

    def find(
        self,
        what: What | None = None,
        *,
        method: str | None = None,
        path: str | None = None,
        channel: str | None = None,
        event_type: str | None = None,
        since: int = 0,
    ) -> list[Entry]:
        """Entries that match all that is given, oldest first.

        Args:
            what: The kind.
            method: The method.
            path: The path, with ``*`` for anything.
            channel: The channel's SID.
            event_type: The event type, with ``*`` for anything.
            since: Only those with a greater number.
        """
        return [
            entry
            for entry in self._entries
            if entry.number > since
            and what in {None, entry.what}
            and method in {None, entry.method}
            and channel in {None, entry.channel}
            and matches(path, entry.path)
            and matches(event_type, entry.event_type)
        ]

    def clear(self) -> None:
        """Forget them all. Numbers go on rising."""
        self._entries.clear()


def matches(pattern: str | None, text: str | None) -> bool:
    """Whether a text fits a pattern with ``*`` for anything; without a pattern anything fits."""
    return pattern is None or (text is not None and fnmatchcase(text, pattern))


def _without_secrets(params: Params) -> Params:
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in params.items()
        if not any(word in name.lower() for word in _HIDDEN)
    }
