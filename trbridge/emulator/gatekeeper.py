"""Who may use a channel: the token's signature, time, account, channel and policies (wire-protocol 1)."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

from ..claims import VerifiedClaims
from ..errors import Forbidden, NotFound, TokenError, TokenExpired, Unauthorized
from ..policies import decide
from ..tokens import verify
from .model import Entity, TaskQueue, Worker, Workspace
from .parameters import shown

if TYPE_CHECKING:
    from .engine import Engine

__all__ = ["Gatekeeper"]

_REMEMBERED: Final = 1000
_KINDS: Final[dict[str, type[Entity]]] = {"workspace": Workspace, "worker": Worker, "taskqueue": TaskQueue}


class Gatekeeper:
    """Checks capability tokens, by the emulator's own time.

    A token that was good is remembered with its claims until it expires, because checking a signature takes
    longer than most requests (perf 2.7).

    Args:
        engine: The emulator's core; its account and secret are what tokens are checked against.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._verified: OrderedDict[str, VerifiedClaims] = OrderedDict()

    def check(self, token: str, channel: tuple[str, str], method: Literal["GET", "POST"]) -> VerifiedClaims:
        """Let a token through to a channel, or say why not.

        Args:
            token: The token.
            channel: Account and channel SID, from the URL.
            method: ``GET`` opens the websocket, ``POST`` makes a request; each needs its policy.

        Raises:
            Unauthorized: The token is missing or has expired.
            Forbidden: It is not this account's, not this channel's, or no policy allows it.
            NotFound: The channel's workspace, worker or queue does not exist.
        """
        if not token:
            raise Unauthorized("Authenticate: the token is missing")
        claims = self._claims(token)
        account_sid, channel_sid = channel
        if claims.account_sid != self._engine.account_sid or account_sid != claims.account_sid:
            raise Forbidden(f"The token of account {claims.account_sid} has no channel of {shown(account_sid)} here.")
        if channel_sid != claims.channel_sid:
            raise Forbidden(f"The token is for channel {claims.channel_sid}, not {shown(channel_sid)}.")
        decision = decide(claims.policies, method, f"/v1/wschannels/{account_sid}/{channel_sid}")
        if not decision:
            raise Forbidden(f"The token does not allow this: {decision.reason}.")
        entity = self._engine.store.get(_KINDS[claims.kind], channel_sid)
        if entity is None or entity.workspace_sid != claims.workspace_sid:
            raise NotFound(f"There is no {claims.kind} {channel_sid} in workspace {claims.workspace_sid}.")
        return claims

    def _claims(self, token: str) -> VerifiedClaims:
        now = self._engine.now()
        claims = self._verified.get(token)
        if claims is not None and (claims.expires_at is None or now < claims.expires_at):
            return claims
        try:
            claims = verify(token, self._engine.auth_token, now=now)
        except TokenExpired as error:
            raise Unauthorized(f"Authenticate: {error.message}") from None
        except TokenError as error:
            raise Forbidden(f"Invalid token: {error.message}") from None
        self._verified[token] = claims
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return claims
