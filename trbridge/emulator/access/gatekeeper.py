"""Who may use a channel: the token's signature, time, account, channel and policies (wire-protocol 1)."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ...errors import Forbidden, NotFound, TokenError, TokenExpired, Unauthorized, WrongTokenKind
from ...policies import Policy, decide
from ...tokens import peek_unverified, verify
from ..options import Options
from ..rest.parameters import shown
from ..state.model import Entity, TaskQueue, Worker, Workspace
from .tokens_v2 import policies_of, verify_access

if TYPE_CHECKING:
    from ..engine import Engine

__all__ = ["Bearer", "Gatekeeper"]

_REMEMBERED: Final = 1000
_SOON: Final = 60.0
_MODELS: Final[dict[str, type[Entity]]] = {"WS": Workspace, "WK": Worker, "WQ": TaskQueue}


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever brought a good token, of either generation.

    Attributes:
        account_sid: The account.
        workspace_sid: The workspace.
        channel_sid: The workspace, worker or queue whose channel it is.
        expires_at: When the token runs out, epoch seconds; None if it never does.
        policies: What it allows.
    """

    account_sid: str
    workspace_sid: str
    channel_sid: str
    expires_at: float | None
    policies: tuple[Policy, ...]


class Gatekeeper:
    """Checks tokens, by the emulator's own time.

    A token that was good is remembered with what it says until it expires, because checking a signature
    takes longer than most requests (perf 2.7).

    Args:
        engine: The emulator's core; its account and secret are what tokens are checked against.
        options: The emulator's choices, for the API keys.
    """

    def __init__(self, engine: Engine, options: Options) -> None:
        self._engine = engine
        self._api_keys = options.api_keys
        self._bearers: OrderedDict[str, Bearer] = OrderedDict()

    def check(self, token: str, channel: tuple[str, str] | None, method: Literal["GET", "POST"]) -> Bearer:
        """Let a token through to a channel, or say why not.

        Args:
            token: The token.
            channel: Account and channel SID from the URL; None for the one the token names, as the second
                generation has it.
            method: ``GET`` opens the websocket, ``POST`` makes a request; each needs its policy.

        Raises:
            Unauthorized: The token is missing or has expired.
            Forbidden: It is not this account's, not this channel's, or no policy allows it.
            NotFound: The channel's workspace, worker or queue does not exist.
        """
        if not token:
            raise Unauthorized("Authenticate: the token is missing")
        bearer = self._bearer(token)
        own = bearer.account_sid, bearer.channel_sid
        account_sid, channel_sid = channel or own
        if bearer.account_sid != self._engine.account_sid or account_sid != bearer.account_sid:
            raise Forbidden(f"The token of account {shown(bearer.account_sid)} has no channel of {shown(account_sid)}.")
        if channel_sid != bearer.channel_sid:
            raise Forbidden(f"The token is for channel {shown(bearer.channel_sid)}, not {shown(channel_sid)}.")
        decision = decide(bearer.policies, method, f"/v1/wschannels/{account_sid}/{channel_sid}")
        if not decision:
            raise Forbidden(f"The token does not allow this: {decision.reason}.")
        model = _MODELS.get(channel_sid[:2])
        entity = None if model is None else self._engine.store.get(model, channel_sid)
        if entity is None or entity.workspace_sid != bearer.workspace_sid:
            raise NotFound(f"There is no {shown(channel_sid)} in workspace {shown(bearer.workspace_sid)}.")
        return bearer

    def _bearer(self, token: str) -> Bearer:
        now = self._engine.now()
        bearer = self._bearers.get(token)
        if bearer is not None and (bearer.expires_at is None or now < bearer.expires_at):
            return bearer
        try:
            bearer = self._verified(token, now)
        except TokenExpired as error:
            raise Unauthorized(f"Authenticate: {error.message}{_by_another_clock(now)}") from None
        except TokenError as error:
            raise Forbidden(f"Invalid token: {error.message}") from None
        self._bearers[token] = bearer
        if len(self._bearers) > _REMEMBERED:
            self._bearers.popitem(last=False)
        return bearer

    def _verified(self, token: str, now: float) -> Bearer:
        try:
            claims = verify(token, self._engine.auth_token, now=_moment(token, now))
        except WrongTokenKind:
            access = verify_access(token, self._engine.auth_token, self._api_keys, now, max(now, time.time()))
            return Bearer(
                account_sid=access.account_sid,
                workspace_sid=access.workspace_sid,
                channel_sid=access.worker_sid or access.workspace_sid,
                expires_at=access.expires_at,
                policies=policies_of(access),
            )
        return Bearer(
            account_sid=claims.account_sid,
            workspace_sid=claims.workspace_sid,
            channel_sid=claims.channel_sid,
            expires_at=claims.expires_at,
            policies=claims.policies,
        )


def _by_another_clock(now: float) -> str:
    """Said where time is not the machine's, by which most tokens are made: the date alone would puzzle."""
    if abs(now - time.time()) < _SOON:
        return ""
    return f"; here it is {datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}, by a clock that is moved by hand"


def _moment(token: str, now: float) -> float:
    """When to check a token: now, or as soon as it counts if that is now by the machine's clock.

    Tokens are mostly made by the machine's clock, and begin to count at once. An emulator whose clock stands
    still would refuse every token that was made a second after its start.
    """
    not_before = peek_unverified(token).not_before
    return now if not_before is None or not now < not_before <= time.time() else not_before
