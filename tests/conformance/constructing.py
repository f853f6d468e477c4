"""What a client is made with: tokens with recorded claims, and positional arguments."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import jwt

__all__ = ["mint", "with_defaults"]

_SECRET = "the auth token of the recording, which nobody checks"
_LATER = 1_700_000_000

_DEFAULTS: Mapping[str, list[Any]] = {
    "workspace": [None, False, None, 0, None, None],
    "taskqueue": [None, False, None, 0, None, None],
    "worker": [None, False, None, None, False, None, 0, None, None],
}


def with_defaults(client: str, args: list[Any]) -> list[Any]:
    """Positional arguments: where JavaScript has ``undefined``, Python has the default."""
    defaults = _DEFAULTS[client]
    given = args or [None]
    return [default if each is None else each for each, default in zip(given, defaults, strict=False)]


def mint(claims: Mapping[str, Any], transcript: str) -> str:
    """A token with these claims; some transcripts are about one that is damaged."""
    claims = {**claims, "exp": _LATER} if claims.get("exp") == "<a day from now>" else dict(claims)
    token = jwt.encode(claims, _SECRET, algorithm="HS256")
    header, payload, signature = token.split(".")
    case = transcript.rpartition(".")[2]
    if case == "two-segment-token":
        return f"{header}.{payload}"
    if case == "undecodable-token":
        return f"{header}.!!!!.{signature}"
    if case == "token-payload-not-json":
        return f"{header}.{base64.urlsafe_b64encode(b'hello').decode().rstrip('=')}.{signature}"
    if case == "bad-signature-is-not-noticed":
        return f"{header}.{payload}.{signature[::-1]}"
    return token
