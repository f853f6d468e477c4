"""Capability tokens as text: signing, verifying, and reading without verifying (wire-protocol 1.1).

A token is a compact JWS signed with the account's auth token, always by HS256. Three functions, kept apart
by their types: :func:`peek_unverified` reads what anybody can have written and serves a client, which has no
auth token, to find its channel and its expiry; :func:`verify` checks; :func:`authorize` takes only what
:func:`verify` gave.
"""

from __future__ import annotations

import binascii
import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .claims import UnverifiedClaims, VerifiedClaims, iso_moment, read_claims, wrong_generation
from .errors import InvalidArgument, InvalidToken, TokenError, TokenExpired, WrongTokenKind
from .policies import Decision, Parameters, decide

if TYPE_CHECKING:
    from jwt import PyJWS

__all__ = ["MAX_LENGTH", "authorize", "check_auth_token", "peek_unverified", "sign", "verify"]

ALGORITHM: Final = "HS256"
MAX_LENGTH: Final = 128 * 1024
"""Longest token that is read, in characters; a real one has two or three thousand (reliability F54)."""


def peek_unverified(token: str) -> UnverifiedClaims:
    """Read a token's claims. Nobody checked who wrote them: never decide about access by them.

    Neither signature nor time is looked at. Nothing is remembered: v1 kept every token it ever decoded
    (quirk Q70).

    Raises:
        WrongTokenKind: It is an access token of v2 (``cty`` ``twilio-fpa``, or a claim ``grants``), or encrypted.
        InvalidToken: It is not a token, or a claim is missing or wrong; the message says which.
    """
    try:
        _, payload = _open(token)
        return read_claims(payload, UnverifiedClaims)
    except TokenError as error:
        raise _without_frames(error) from None


def verify(token: str, auth_token: str, *, now: float | None = None) -> VerifiedClaims:
    """Check a token's signature and times, and read its claims.

    The algorithm is HS256 whatever the token says; ``none``, other algorithms and critical extensions are
    refused, and no header makes anything be fetched (RFC 8725 section 3.1).

    Args:
        token: The token.
        auth_token: The auth token of the account that is to have signed it.
        now: Seconds since 1970; the machine's clock when left out.

    Raises:
        InvalidArgument: The auth token cannot be one.
        InvalidToken: As :func:`peek_unverified`; or the signature is wrong, or the token's time has not come.
        WrongTokenKind: As :func:`peek_unverified`.
        TokenExpired: The token's time is over.
    """
    now = time.time() if now is None else now
    try:
        return _verified(token, check_auth_token(auth_token), now)
    except TokenError as error:
        raise _without_frames(error) from None


def _verified(token: str, auth_token: str, now: float) -> VerifiedClaims:
    header, _ = _open(token)
    if header.alg != ALGORITHM:
        raise InvalidToken("the token's header names another algorithm than HS256, the only one there is")
    if header.crit is not msgspec.UNSET or header.b64 is not msgspec.UNSET:
        raise InvalidToken("the token's header asks for an extension; capability tokens have none")
    claims = read_claims(_checked_payload(token, auth_token), VerifiedClaims)
    # "not <" rather than ">=": a NaN for a clock lets nobody in.
    if claims.expires_at is not None and not now < claims.expires_at:
        raise TokenExpired(f"the token expired at {iso_moment(claims.expires_at)}", hint="make a new one")
    if claims.not_before is not None and not now >= claims.not_before:
        raise InvalidToken(
            f"the token does not count before {iso_moment(claims.not_before)}",
            hint="compare the clocks of the machine that made it and of this one",
        )
    return claims


def _without_frames(error: TokenError) -> TokenError:
    """The error without where it came from: crash reporters send local variables, and those were the token in parts."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def authorize(
    claims: VerifiedClaims,
    method: str,
    url: str,
    query: Parameters | None = None,
    form: Parameters | None = None,
    *,
    strict: bool = False,
) -> Decision:
    """Decide whether the bearer of a verified token may make a request (:func:`trbridge.policies.decide`).

    Raises:
        InvalidArgument: The claims are not verified. A type checker says so earlier.
    """
    # Not redundant: callers without a type checker are the ones that would let a forged token in.
    checked: object = claims
    if not isinstance(checked, VerifiedClaims):
        raise InvalidArgument(f"authorize() takes what verify() gives, not {type(checked).__name__}")
    return decide(checked.policies, method, url, query, form, strict=strict)


def sign(claims: dict[str, Any], auth_token: str) -> str:
    """Make a token of claims as they are.

    Args:
        claims: The whole payload. The builders in :mod:`trbridge.capabilities` compose it.
        auth_token: The account's auth token.

    Raises:
        InvalidArgument: The auth token cannot be one, or a claim is not JSON.
    """
    import jwt

    try:
        return jwt.encode(claims, check_auth_token(auth_token), algorithm=ALGORITHM)
    except jwt.InvalidKeyError:
        raise _not_an_auth_token("this is a key file") from None
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"the claims cannot be written as JSON: {error}") from error


class _Header(msgspec.Struct):
    alg: Any = None
    cty: Any = None
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    b64: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_header = msgspec.json.Decoder(_Header).decode

# base64url to base64. What base64 has and base64url has not becomes something that neither has.
_ALPHABET: Final = bytes.maketrans(b"-_+/=", b"+/!!!")


def _open(token: str) -> tuple[_Header, bytes]:
    """Header and payload of what must at least look like a capability token."""
    head, body = _segments(token)
    try:
        header = _decode_header(_decoded(head, "header"))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidToken("the token's header is not a JSON object", hint=_CUT) from error
    if isinstance(header.cty, str) and header.cty.startswith("twilio-fpa"):
        raise wrong_generation()
    return header, _decoded(body, "payload")


_SIGNATURE: Final = re.compile(r"[A-Za-z0-9_-]*")
_BARE: Final = "give the bare token: no white space, no quotes, no word before it, nothing cut off"
_CUT: Final = "was the token cut off or changed on its way?"


def _segments(token: object) -> tuple[str, str]:
    if not isinstance(token, str):
        raise InvalidToken(f"a token is text, not {type(token).__name__}", hint="decode bytes, and await coroutines")
    if not token:
        raise InvalidToken("the token is empty", hint="did the code that fetches it fail?")
    if len(token) > MAX_LENGTH:
        raise InvalidToken(f"the token has {len(token)} characters; more than {MAX_LENGTH} are not read")
    segments = token.split(".", 5)
    if len(segments) == 5:
        raise WrongTokenKind("this is an encrypted token (five segments)", hint="give a capability token")
    if len(segments) != 3:
        raise InvalidToken(
            f"a token has three segments with dots between them; this has {len(segments)}",
            hint="an auth token or a SID is no capability token: make one with WorkspaceCapability or its sisters",
        )
    # It goes into a URL; nothing but the alphabet may follow it there. The other segments get decoded.
    if _SIGNATURE.fullmatch(segments[2]) is None:
        raise InvalidToken("the token's signature is not base64url", hint=_BARE)
    return segments[0], segments[1]


def _decoded(segment: str, name: str) -> bytes:
    if not segment.isascii():
        raise InvalidToken(f"the token's {name} is not base64url", hint=_BARE)
    text = segment.encode().translate(_ALPHABET)
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error:
        raise InvalidToken(f"the token's {name} is not base64url", hint=_BARE) from None


def _checked_payload(token: str, auth_token: str) -> bytes:
    import jwt

    try:
        payload: bytes = _verifier().decode(token, auth_token, algorithms=[ALGORITHM])
    except jwt.InvalidKeyError:
        raise _not_an_auth_token("this is a key file") from None
    except jwt.InvalidSignatureError:
        raise InvalidToken(
            "the token's signature is wrong", hint="it was signed with another auth token, or changed"
        ) from None
    except jwt.InvalidTokenError as error:
        raise InvalidToken(f"the token cannot be verified: {error}") from None
    return payload


@cache
def _verifier() -> PyJWS:
    from jwt import PyJWS

    return PyJWS(algorithms=[ALGORITHM])


def check_auth_token(auth_token: str) -> str:
    """Return the value if it can be an auth token.

    Raises:
        InvalidArgument: It is not ASCII text, or shorter than the 256 bits that a key for HS256 must
            have (RFC 7518 section 3.2; PyJWT only warns). The message does not show it.
    """
    if not isinstance(auth_token, str) or not auth_token.isascii():
        raise _not_an_auth_token("this is not ASCII text")
    if len(auth_token) < 32:
        raise _not_an_auth_token(f"this has {len(auth_token)}")
    return auth_token


def _not_an_auth_token(why: str) -> InvalidArgument:
    return InvalidArgument(f"auth_token must be the account's auth token, of at least 32 characters; {why}")
