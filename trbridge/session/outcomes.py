"""What a failure means for the next attempt: one table for failed attempts, closed sockets and ready requests.

Which close codes and statuses Twilio's bridge uses is documented nowhere (reliability, "What is uncertain"), so
every row can be changed: ``SessionOptions(outcomes={"http 403": "retry"})``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from .. import close_codes as close
from ..errors import InvalidArgument, TaskRouterError

__all__ = ["OUTCOMES", "Failure", "Verdict", "check_outcomes", "classify"]


class Verdict(StrEnum):
    """What to do next."""

    RETRY = "retry"
    """Try again, backing off."""
    RETRY_LATER = "retry later"
    """As RETRY, with some seconds more: the service asked for patience."""
    REFRESH = "refresh"
    """Try once more with a new token, then stop."""
    STAND_BY = "stand by"
    """Leave the channel to whoever took it; look again much later."""
    STOP = "stop"
    """Give up."""


class Failure(msgspec.Struct, frozen=True):
    """Why an attempt to open the socket failed.

    Attributes:
        kind: In a word, as in :class:`~trbridge.errors.ConnectionFailed`.
        error: The whole story.
        status: HTTP status, if the server answered the upgrade with one.
        retry_after: Seconds that the server asked to wait.
    """

    kind: str
    error: TaskRouterError
    status: int | None = None
    retry_after: float | None = None


OUTCOMES: Final[Mapping[str, Verdict]] = {
    # Attempts that were not answered. A bad certificate does not get better, and trying again gives an
    # attacker more chances (F03); names and networks come back.
    "dns": Verdict.RETRY,
    "refused": Verdict.RETRY,
    "unreachable": Verdict.RETRY,
    "reset": Verdict.RETRY,
    "timeout": Verdict.RETRY,
    "network": Verdict.RETRY,
    "protocol": Verdict.RETRY,
    "proxy": Verdict.RETRY,
    "proxy 407": Verdict.STOP,
    "tls": Verdict.STOP,
    "configuration": Verdict.STOP,
    # Attempts that were answered, and ready requests. 2xx and 3xx come from captive portals (F10, F11).
    "http 2xx": Verdict.RETRY,
    "http 3xx": Verdict.RETRY,
    "http 401": Verdict.REFRESH,
    "http 408": Verdict.RETRY,
    "http 425": Verdict.RETRY_LATER,
    "http 429": Verdict.RETRY_LATER,
    "http 4xx": Verdict.STOP,
    "http 5xx": Verdict.RETRY,
    # Ready requests without an answer.
    "ready": Verdict.RETRY,
    # Sockets that were closed. 1000 that we did not ask for is no reason to stay away (F20).
    f"close {close.POLICY_VIOLATION}": Verdict.REFRESH,
    f"close {close.TRY_AGAIN_LATER}": Verdict.RETRY_LATER,
    "close 3000": Verdict.REFRESH,  # IANA: Unauthorized
    "close 3003": Verdict.STOP,  # IANA: Forbidden
    f"close {close.SUPERSEDED}": Verdict.STAND_BY,
    f"close {close.TOKEN_EXPIRED}": Verdict.REFRESH,
    f"close {close.TOKEN_REVOKED}": Verdict.REFRESH,
    f"close {close.CHANNEL_GONE}": Verdict.STOP,
    "close": Verdict.RETRY,
}
"""``kind``, ``kind number`` or ``kind Nxx`` to verdict; the most precise row counts, and no row means RETRY."""

_KEY: Final = re.compile(r"[a-z]+(?: (?:[0-9]{3,4}|[1-5]xx))?")


def classify(outcomes: Mapping[str, Verdict], kind: str, number: int | None = None) -> Verdict:
    """The verdict for a failure.

    Args:
        outcomes: The caller's changes to the table.
        kind: ``http``, ``close``, ``ready`` or a kind of failure.
        number: HTTP status or close code.
    """
    for key in _keys(kind, number):
        verdict = outcomes.get(key) or OUTCOMES.get(key)
        if verdict is not None:
            return verdict
    return Verdict.RETRY


def _keys(kind: str, number: int | None) -> Iterator[str]:
    if number is not None:
        yield f"{kind} {number}"
        if kind != "close":
            yield f"{kind} {number // 100}xx"
        if kind == "ready":
            yield from _keys("http", number)
    yield kind


def check_outcomes(outcomes: Mapping[str, Verdict | str]) -> dict[str, Verdict]:
    """The caller's changes to the table, with verdicts for their names.

    Raises:
        InvalidArgument: A row's name or verdict is none.
    """
    checked: dict[str, Verdict] = {}
    for key, verdict in outcomes.items():
        if not isinstance(key, str) or _KEY.fullmatch(key) is None:
            raise InvalidArgument(
                f"outcomes: {key!r} is no row; give one such as 'http 403', 'http 4xx' or 'close 4001'"
            )
        try:
            checked[key] = Verdict(verdict)
        except ValueError:
            names = ", ".join(repr(str(known)) for known in Verdict)
            raise InvalidArgument(f"outcomes: {key!r} must be one of {names}, not {verdict!r}") from None
    return checked
