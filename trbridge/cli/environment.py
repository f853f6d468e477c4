"""What the commands take from the environment: secrets, which an argument would show to everybody (``ps``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from ..errors import InvalidArgument

__all__ = ["ACCOUNT_SID", "AUTH_TOKEN", "credentials", "emulator_credentials", "setting"]

ACCOUNT_SID: Final = "TWILIO_ACCOUNT_SID"
AUTH_TOKEN: Final = "TWILIO_AUTH_TOKEN"  # noqa: S105  a variable's name


def setting(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A variable, or None if it is missing or blank."""
    return (os.environ if environ is None else environ).get(name, "").strip() or None


def credentials() -> tuple[str, str]:
    """Account SID and auth token.

    Raises:
        InvalidArgument: One is missing; says which.
    """
    account_sid, auth_token = setting(ACCOUNT_SID), setting(AUTH_TOKEN)
    if account_sid is None or auth_token is None:
        missing = ACCOUNT_SID if account_sid is None else AUTH_TOKEN
        raise InvalidArgument(
            f"the environment variable {missing} is not set",
            hint=f"{ACCOUNT_SID} and {AUTH_TOKEN} are read from the environment only, never from arguments",
        )
    return account_sid, auth_token


def emulator_credentials() -> dict[str, str]:
    """What an emulator is to be given: variables of its own, so that a real account's never end up in it.

    ``TRBRIDGE_ACCOUNT_SID``, ``TRBRIDGE_AUTH_TOKEN``: the account it plays. Whatever is missing is made up.
    """
    given = {"account_sid": setting("TRBRIDGE_ACCOUNT_SID"), "auth_token": setting("TRBRIDGE_AUTH_TOKEN")}
    return {name: value for name, value in given.items() if value is not None}
