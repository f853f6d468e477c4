"""Tells a real account's credentials from made-up ones, by their looks (security check 34)."""

from __future__ import annotations

import re
from typing import Final

from ..errors import InvalidArgument

__all__ = ["check_made_up"]

_DIGITS: Final = re.compile(r"[0-9a-f]{32}")
_FEWEST: Final = 9
"""Different digits: of 32 that chance chose, fewer are one case in 300,000."""


def check_made_up(account_sid: str | None, auth_token: str | None, *, allowed: bool) -> None:
    """Take a real account's secret only from who says so: it is easily pasted, and an emulator is no safe for it.

    Raises:
        InvalidArgument: Both look like chance chose them, and ``allowed`` is not given. They are not shown.
    """
    if allowed or account_sid is None or auth_token is None:
        return
    if _is_by_chance(account_sid[2:]) and _is_by_chance(auth_token):
        raise InvalidArgument(
            "account_sid and auth_token look like those of a real account",
            hint="leave them out, and they are made up; or, if programs that use this account are to be tested, say "
            "real_account=True (trbridge serve --real-account)",
        )


def _is_by_chance(text: str) -> bool:
    return _DIGITS.fullmatch(text) is not None and len(set(text)) >= _FEWEST and text[:16] != text[16:]
