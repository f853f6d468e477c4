"""Access tokens, by which clients of the second generation identify themselves (wire-protocol 1.7).

They carry a role in place of policies; what a role may do is decided by the service and not published. Here a
role stands for policies of our own [I], so that one decision serves both generations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ...errors import InvalidToken, TokenExpired
from ...policies import Policy
from ...tokens import MAX_LENGTH

__all__ = ["ROLES", "Access", "policies_of", "sign_access", "verify_access"]

_ALGORITHM: Final = "HS256"

ROLES: Final = ("worker", "supervisor", "admin")
"""From the least to the most."""


class _Grant(msgspec.Struct):
    workspace_sid: str
    worker_sid: str | None = None
    role: str = "worker"


class _Grants(msgspec.Struct):
    task_router: _Grant
    identity: str | None = None


class _Payload(msgspec.Struct):
    iss: str
    sub: str
    exp: int | float
    grants: _Grants
    nbf: int | float = 0


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What an access token says.

    Attributes:
        account_sid: The account.
        workspace_sid: The workspace.
        worker_sid: The worker, or None.
        role: ``worker``, ``supervisor`` or ``admin``.
        expires_at: When it runs out, epoch seconds.
    """

    account_sid: str
    workspace_sid: str
    worker_sid: str | None
    role: str
    expires_at: float


_decode: Final = msgspec.json.Decoder(_Payload).decode


def sign_access(access: Access, auth_token: str) -> str:
    """Write an access token, as Twilio's helper libraries do, but signed with the auth token [I]."""
    import jwt

    grant = {"workspace_sid": access.workspace_sid, "worker_sid": access.worker_sid, "role": access.role}
    payload = {
        "iss": access.account_sid,
        "sub": access.account_sid,
        "exp": int(access.expires_at),
        "grants": {"task_router": {name: value for name, value in grant.items() if value is not None}},
    }
    return jwt.encode(payload, auth_token, algorithm=_ALGORITHM, headers={"cty": "twilio-fpa;v=1"})


def verify_access(
    token: str, auth_token: str, api_keys: Mapping[str, str], now: float, latest: float | None = None
) -> Access:
    """Check an access token's signature and times, and read it.

    Args:
        token: The token.
        auth_token: Signs as well [I]: an emulator needs no API key.
        api_keys: API key SID to secret.
        now: The moment, epoch seconds.
        latest: The moment by which it must count, if that is another.

    Raises:
        InvalidToken: It is none, or badly signed, or not for TaskRouter.
        TokenExpired: Its time is over.
    """
    if len(token) > MAX_LENGTH:
        raise InvalidToken("the token is too long")
    payload = _payload(token, [auth_token, *api_keys.values()])
    if not now < payload.exp:
        raise TokenExpired("the access token has expired", hint="make a new one")
    if not (now if latest is None else latest) >= payload.nbf:
        raise InvalidToken("the access token does not count yet")
    grant = payload.grants.task_router
    if grant.role == "worker" and grant.worker_sid is None:
        raise InvalidToken("the access token is for a worker, and does not say which")
    return Access(
        account_sid=payload.sub,
        workspace_sid=grant.workspace_sid,
        worker_sid=grant.worker_sid,
        role=grant.role,
        expires_at=float(payload.exp),
    )


def _payload(token: str, secrets: list[str]) -> _Payload:
    import jwt  # takes a while, and most emulators never see an access token

    reader = jwt.PyJWS(algorithms=[_ALGORITHM])
    for secret in secrets:
        try:
            return _decode(reader.decode(token, secret, algorithms=[_ALGORITHM]))
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, jwt.InvalidKeyError) as error:
            raise InvalidToken(f"the access token cannot be verified: {error}") from None
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise InvalidToken(f"the access token is not for TaskRouter: {error}") from None
    raise InvalidToken("the access token's signature is wrong", hint="sign it with the auth token or a known API key")


def policies_of(access: Access) -> tuple[Policy, ...]:
    """What a role may do [I]: read the workspace; change tasks, and oneself; supervisors other workers; admins all."""
    channel = access.worker_sid or access.workspace_sid
    bridge = f"/v1/wschannels/{access.account_sid}/{channel}"
    workspace = f"/v1/Workspaces/{access.workspace_sid}"
    rules = [(bridge, "GET"), (bridge, "POST"), (f"{workspace}/**", "GET"), (f"{workspace}/Tasks/**", "POST")]
    if access.worker_sid is not None:
        rules.append((f"{workspace}/Workers/{access.worker_sid}/**", "POST"))
    if access.role == "supervisor":
        rules.append((f"{workspace}/Workers/**", "POST"))
    if access.role == "admin":
        rules += [(f"{workspace}/**", "POST"), (f"{workspace}/**", "DELETE")]
    return tuple(Policy(url=url, method=method, allow=True) for url, method in rules)
