"""SIDs: two letters that say what it is, and 32 hexadecimal digits (rest-api 1.4)."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from .errors import InvalidArgument

__all__ = ["DEMO_ACCOUNT_SID", "KINDS", "SidFactory", "check_sid", "is_sid", "kind_of"]

KINDS: dict[str, str] = {
    "AC": "account",
    "WS": "workspace",
    "WA": "activity",
    "WK": "worker",
    "WC": "worker channel",
    "WQ": "task queue",
    "WW": "workflow",
    "WT": "task",
    "WR": "reservation",
    "TC": "task channel",
    "TT": "transfer",
    "EV": "event",
    "CA": "call",
    "SK": "API key",
}
"""Prefix to what it stands for."""

DEMO_ACCOUNT_SID: Final = "AC" + "de30" * 8
"""The account of an emulator that was given none. Nobody's account at Twilio, so it can be told apart."""

# [0-9], not \d: \d also takes the digits of other scripts (security check 19).
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")


def is_sid(value: object, *prefixes: str) -> bool:
    """Tell whether a value is a SID, and of one of the given kinds if any are given."""
    if not isinstance(value, str) or _SID.fullmatch(value) is None:
        return False
    return not prefixes or value[:2] in prefixes


def kind_of(sid: str) -> str:
    """The resource's name for a SID, such as ``"worker"``; the prefix itself if it is unknown."""
    return KINDS.get(sid[:2], sid[:2])


def check_sid(value: object, *prefixes: str, name: str = "sid") -> str:
    """Return the value if it is a SID of one of the kinds.

    A SID becomes part of a URL, so nothing else may get there: ``../`` in a "SID" makes the original
    client ask for other people's resources (reliability J10).

    Raises:
        InvalidArgument: It is something else; the message shows the value, shortened.
    """
    if is_sid(value, *prefixes):
        return str(value)
    wanted = " or ".join(f"{prefix} ({KINDS.get(prefix, '?')})" for prefix in prefixes) or "two capital letters"
    raise InvalidArgument(
        f"{name} must be a SID that starts with {wanted} and has 32 hexadecimal digits, not {_shown(value)}"
    )


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


class SidFactory:
    """Makes SIDs.

    Args:
        random: Where the digits come from. A seeded one makes the same SIDs in the same order.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def __call__(self, prefix: str) -> str:
        """A new SID with this prefix."""
        return f"{prefix}{self._random.getrandbits(128):032x}"
