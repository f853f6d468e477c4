"""Access tokens of the second generation: read as Twilio's library writes them, and allowed what their role is."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.emulator.access.tokens_v2 import policies_of, verify_access
from trbridge.errors import InvalidToken, TokenExpired
from trbridge.policies import allows

AC, WS, WK, SK = (prefix + "0" * 32 for prefix in ("AC", "WS", "WK", "SK"))
AUTH_TOKEN = "a" * 32
SECRET = "s" * 32
NOW = 1_900_000_000.0


def access_token(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    grant = {"workspace_sid": WS, "worker_sid": WK, "role": "worker"}
    payload = {
        "jti": f"{SK}-1",
        "iss": SK,
        "sub": AC,
        "exp": NOW + 3600,
        "grants": {"identity": "alice", "task_router": grant},
    }
    return jwt.encode({**payload, **changes}, secret, algorithm=algorithm, headers={"cty": "twilio-fpa;v=1"})


def test_twilios_library_writes_what_we_read() -> None:
    from twilio.jwt.access_token import AccessToken
    from twilio.jwt.access_token.grants import TaskRouterGrant

    token = AccessToken(AC, SK, SECRET, identity="alice", valid_until=int(NOW) + 60)
    token.add_grant(TaskRouterGrant(workspace_sid=WS, worker_sid=WK, role="supervisor"))
    access = verify_access(token.to_jwt(), AUTH_TOKEN, {SK: SECRET}, NOW)
    assert (access.account_sid, access.workspace_sid, access.worker_sid) == (AC, WS, WK)
    assert (access.role, access.expires_at) == ("supervisor", NOW + 60)


def test_the_auth_token_signs_as_well() -> None:
    assert verify_access(access_token(AUTH_TOKEN), AUTH_TOKEN, {}, NOW).role == "worker"


def test_time_is_the_callers() -> None:
    token = access_token(nbf=NOW)
    verify_access(token, AUTH_TOKEN, {SK: SECRET}, NOW)
    with pytest.raises(TokenExpired):
        verify_access(token, AUTH_TOKEN, {SK: SECRET}, NOW + 3600)
    with pytest.raises(InvalidToken, match="does not count yet"):
        verify_access(token, AUTH_TOKEN, {SK: SECRET}, NOW - 1)


@pytest.mark.parametrize(
    ("token", "message"),
    [
        (access_token("x" * 32), "signature is wrong"),
        (access_token(algorithm="HS512", secret="s" * 64), "cannot be verified"),
        (access_token(grants={"identity": "a"}), "not for TaskRouter"),
        (access_token(grants={"task_router": {"role": "worker"}}), "not for TaskRouter"),
        (access_token(grants={"task_router": {"workspace_sid": WS, "role": "worker"}}), "does not say which"),
        (access_token(exp="soon"), "not for TaskRouter"),
        ("a.b.c", "cannot be verified"),
        ("x" * 200_000, "too long"),
    ],
)
def test_what_is_no_access_token_is_refused(token: str, message: str) -> None:
    with pytest.raises(InvalidToken, match=message) as caught:
        verify_access(token, AUTH_TOKEN, {SK: SECRET}, NOW)
    assert token not in str(caught.value)


@given(st.text())
def test_any_text_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        verify_access(token, AUTH_TOKEN, {SK: SECRET}, NOW)


@pytest.mark.parametrize(
    ("method", "path", "roles"),
    [
        ("GET", f"/v1/wschannels/{AC}/{WK}", "worker supervisor"),
        ("POST", f"/v1/wschannels/{AC}/{WK}", "worker supervisor"),
        ("GET", f"/v1/Workspaces/{WS}/Activities", "worker supervisor admin"),
        ("POST", f"/v1/Workspaces/{WS}/Tasks", "worker supervisor admin"),
        ("POST", f"/v1/Workspaces/{WS}/Workers/{WK}", "worker supervisor admin"),
        ("POST", f"/v1/Workspaces/{WS}/Workers/{WK}/Reservations/WR1", "worker supervisor admin"),
        ("POST", f"/v1/Workspaces/{WS}/Workers/WK1", "supervisor admin"),
        ("POST", f"/v1/Workspaces/{WS}/TaskQueues/WQ1", "admin"),
        ("DELETE", f"/v1/Workspaces/{WS}/Workers/{WK}", "admin"),
        ("GET", f"/v1/Workspaces/{WS[:-1]}1/Workers", ""),
        ("GET", "/v1/Workspaces", ""),
    ],
)
def test_a_role_stands_for_policies(method: str, path: str, roles: str) -> None:
    """Ours: what the service lets a role do is not published."""
    for role in ("worker", "supervisor", "admin"):
        grant = {"workspace_sid": WS, "role": role} | ({} if role == "admin" else {"worker_sid": WK})
        access = verify_access(access_token(grants={"task_router": grant}), AUTH_TOKEN, {SK: SECRET}, NOW)
        assert allows(policies_of(access), method, path) is (role in roles.split()), role
