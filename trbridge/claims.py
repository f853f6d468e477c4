"""What a capability token says: its claims (wire-protocol 1.2), read from the payload.

There are two types with the same fields and no way from one to the other: :class:`UnverifiedClaims`, which
anybody can have written, and :class:`VerifiedClaims`, which only :func:`trbridge.tokens.verify` makes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import msgspec

from .errors import InvalidArgument, InvalidToken, WrongTokenKind
from .policies import Policy, allows, widenings
from .shown import printable
from .sids import check_sid

__all__ = [
    "LATEST",
    "ChannelKind",
    "Claims",
    "UnverifiedClaims",
    "VerifiedClaims",
    "describe",
    "iso_moment",
    "read_claims",
    "require_channel",
    "wrong_generation",
]

LATEST: Final = 253_402_300_799
"""The last second of the year 9999, after which datetime cannot tell the time."""

ChannelKind = Literal["workspace", "worker", "taskqueue"]
"""What a channel belongs to; spelled as on the wire, where ``taskqueue_sid`` is one word."""

BUILDERS: Final[dict[ChannelKind, str]] = {
    "workspace": "WorkspaceCapability",
    "worker": "WorkerCapability",
    "taskqueue": "TaskQueueCapability",
}


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that both kinds of claims have. Made by neither you nor us: see the two below.

    Attributes:
        account_sid: The account (``AC``).
        workspace_sid: The workspace (``WS``).
        channel: The claim ``channel`` as it stands.
        worker_sid: The worker (``WK``) of a worker's token, else None.
        taskqueue_sid: The task queue (``WQ``) of a task queue's token, else None.
        version: Version of the policies, ``"v1"``; empty if the token does not say.
        friendly_name: Free text, mostly the channel's SID; empty if the token does not say.
        expires_at: Seconds since 1970 from which on the token is over, or None if it never is.
        not_before: Seconds since 1970 before which the token does not count yet, or None.
        policies: The rules, in the token's order.
    """

    account_sid: str
    workspace_sid: str
    channel: str
    worker_sid: str | None = None
    taskqueue_sid: str | None = None
    version: str = ""
    friendly_name: str = ""
    expires_at: float | None = None
    not_before: float | None = None
    policies: tuple[Policy, ...] = ()

    @property
    def kind(self) -> ChannelKind:
        """What the token is for."""
        return "worker" if self.worker_sid else "taskqueue" if self.taskqueue_sid else "workspace"

    @property
    def channel_sid(self) -> str:
        """The SID that goes into the channel's URL: the worker's, task queue's or workspace's.

        Not the claim ``channel``, which v1 ignores too (wire-protocol 2.2).
        """
        return self.worker_sid or self.taskqueue_sid or self.workspace_sid


class UnverifiedClaims(Claims, frozen=True, kw_only=True):
    """Claims whose signature nobody checked: good for finding one's way, never for letting anybody in."""


class VerifiedClaims(Claims, frozen=True, kw_only=True):
    """Claims that the account's auth token signed and that were in force when they were checked."""


_C = TypeVar("_C", UnverifiedClaims, VerifiedClaims)


class _Payload(msgspec.Struct):
    account_sid: str | None = None
    workspace_sid: str | None = None
    channel: str | None = None
    worker_sid: str | None = None
    taskqueue_sid: str | None = None
    version: str | None = None
    friendly_name: str | None = None
    exp: Any = None
    nbf: Any = None
    iat: Any = None
    policies: tuple[Policy, ...] | None = None
    grants: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_payload = msgspec.json.Decoder(_Payload).decode
_NOT_JSON: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def read_claims(payload: bytes, cls: type[_C]) -> _C:
    """Read a token's decoded payload.

    Raises:
        WrongTokenKind: It is a v2 access token.
        InvalidToken: It is not a JSON object, a claim is missing, or a claim is not what it must be; the
            message names the claim.
    """
    try:
        claims = _decode_payload(payload)
    except msgspec.ValidationError as error:
        raise InvalidToken(f"the token's claims are not those of a capability token: {error}") from None
    except _NOT_JSON as error:
        raise InvalidToken("the token's payload is not JSON", hint="was the token cut off or changed?") from error
    if claims.grants is not msgspec.UNSET:
        raise wrong_generation()
    times = _times(claims, as_text=cls is UnverifiedClaims)
    return cls(
        **_sids(claims),
        version=claims.version or "",
        friendly_name=claims.friendly_name or "",
        expires_at=times["exp"],
        not_before=times["nbf"],
        policies=claims.policies or (),
    )


def wrong_generation() -> WrongTokenKind:
    """The error for a v2 access token (wire-protocol 1.7)."""
    return WrongTokenKind(
        "this is an access token, as TaskRouter.js v2 takes it; trbridge speaks to the v1 event bridge",
        hint="give a capability token, made with WorkspaceCapability, WorkerCapability or TaskQueueCapability",
    )


_DIGITS: Final = re.compile(r"[0-9]{1,12}")


def _times(claims: _Payload, *, as_text: bool) -> dict[str, float | None]:
    """The claims that are times.

    Args:
        claims: All of them.
        as_text: Take digits for a number, as v1's arithmetic does. Whoever verifies must not (RFC 7519 section 2).
    """
    found: dict[str, float | None] = {}
    for name in ("exp", "nbf", "iat"):
        value = getattr(claims, name)
        if as_text and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        found[name] = value if value is None else _moment(name, value)
    return found


def _moment(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidToken(f"claim {name} must be a number of seconds since 1970, not a {type(value).__name__}")
    if not 0 <= value <= LATEST:
        raise InvalidToken(f"claim {name} must be a time between the years 1970 and 9999, in seconds")
    return float(value)


def _sids(claims: _Payload) -> dict[str, Any]:
    """The claims that say whose token it is, checked one by one and against each other.

    v1 lets a missing worker_sid become "undefined" in the URL (quirk Q39). Here ``channel`` stands in for
    it where it is of the kind; and where both are given they must agree, but for a worker's channel being
    its workspace, as one document has it (wire-protocol 1.2).
    """
    account = _sid(claims, "account_sid", "AC")
    workspace = _sid(claims, "workspace_sid", "WS")
    channel = _sid(claims, "channel", "WS", "WK", "WQ")
    worker = _sid(claims, "worker_sid", "WK") if claims.worker_sid else channel if channel[:2] == "WK" else None
    queue = _sid(claims, "taskqueue_sid", "WQ") if claims.taskqueue_sid else channel if channel[:2] == "WQ" else None
    if worker and queue:
        raise InvalidToken("the token speaks for a worker and for a task queue at once: make two tokens of it")
    if channel not in (workspace, worker, queue):
        name = {"WS": "workspace_sid", "WK": "worker_sid", "WQ": "taskqueue_sid"}[channel[:2]]
        raise InvalidToken(f"the token contradicts itself: claim channel is {channel}, which is not its {name}")
    return {
        "account_sid": account,
        "workspace_sid": workspace,
        "channel": channel,
        "worker_sid": worker,
        "taskqueue_sid": queue,
    }


def _sid(claims: _Payload, name: str, *prefixes: str) -> str:
    value = getattr(claims, name)
    if not value:
        raise InvalidToken(
            f"the token has no claim {name}",
            hint="capability tokens made with trbridge or a Twilio library have it; is this one of another product?",
        )
    try:
        return check_sid(value, *prefixes, name=f"claim {name}")
    except InvalidArgument as error:
        raise InvalidToken(error.message) from None


def require_channel(claims: Claims, kind: ChannelKind) -> str:
    """The SID of the channel that a client of this kind opens with the token.

    A token speaks for one channel, and through ``allow_web_sockets(workspace_sid)`` perhaps for its
    workspace's too; a Workspace client may use that one, as in v1.

    Raises:
        WrongTokenKind: The token is for another kind of client.
    """
    if claims.kind == kind:
        return claims.channel_sid
    if kind == "workspace":
        channel = f"/v1/wschannels/{claims.account_sid}/{claims.workspace_sid}"
        if allows(claims.policies, "GET", channel):
            return claims.workspace_sid
    raise WrongTokenKind(
        f"this is a {claims.kind} token, for {claims.channel_sid}; a {kind} token is needed",
        hint=f"make it with {BUILDERS[kind]}",
    )


def iso_moment(seconds: float) -> str:
    """A time claim in words: ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe(claims: Claims) -> list[str]:
    """What a token is and what it gives away, a line each: to read before handing it out.

    The first two lines say whose it is and until when; the others list each rule that allows deleting, or
    reaches everything below a resource (:func:`trbridge.policies.widenings`).
    """
    until = "never expires" if claims.expires_at is None else f"expires at {iso_moment(claims.expires_at)}"
    return [
        f"{claims.kind} token for {claims.channel_sid} of {claims.workspace_sid} in {claims.account_sid}",
        until,
        *map(printable, widenings(claims.policies)),  # a rule is whatever the token's maker wrote
    ]
