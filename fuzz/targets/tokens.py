"""Capability tokens: text from anywhere, and claims that were signed with the right key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from trbridge.claims import Claims, VerifiedClaims, describe
from trbridge.errors import TokenError
from trbridge.sids import is_sid
from trbridge.tokens import authorize, peek_unverified, verify

from .oracles import check, check_refusal, text_of

__all__ = ["KEY", "read_token", "signed"]

KEY = "0123456789abcdef" * 2
_NOW = 1_700_000_000.0


def read_token(data: bytes) -> None:
    """Bytes with a zero in them are header and payload of a token that is signed; others are the text of one."""
    head, zero, payload = data.partition(b"\0")
    try:
        token = signed(head, payload) if zero else text_of(data)
    except UnicodeDecodeError:
        return
    _read(peek_unverified, token)
    claims = _read(lambda text: verify(text, KEY, now=_NOW), token)
    if claims is None:
        return
    check(_is_signed(token), "claims were believed that nobody signed")
    check(isinstance(claims, VerifiedClaims), "these are not verified")
    if isinstance(claims, VerifiedClaims):
        authorize(claims, "GET", f"/v1/Workspaces/{claims.workspace_sid}/Tasks", {"Page": "1"})


def _read(read: Callable[[str], Claims], token: str) -> Claims | None:
    try:
        claims = read(token)
    except TokenError as error:
        check_refusal(error)
        check(len(token) < 40 or token not in str(error), "the refusal shows the token")
        return None
    check(is_sid(claims.account_sid, "AC"), "an account that is no SID")
    check(is_sid(claims.channel_sid, "WS", "WK", "WQ"), "a channel that is no SID")
    for line in describe(claims):
        check(line.isprintable(), f"the description breaks out of its line: {line!r}")
    return claims


def signed(header: bytes, payload: bytes) -> str:
    """A token of these bytes, rightly signed."""
    text = f"{_segment(header)}.{_segment(payload)}"
    return f"{text}.{_segment(_digest(text))}"


def _is_signed(token: str) -> bool:
    """By the letter of RFC 7515 section 5.2, without any library's help."""
    text, _, signature = token.rpartition(".")
    padded = signature + "=" * (-len(signature) % 4)
    return hmac.compare_digest(base64.urlsafe_b64decode(padded), _digest(text))


def _digest(text: str) -> bytes:
    return hmac.digest(KEY.encode(), text.encode(), hashlib.sha256)


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
