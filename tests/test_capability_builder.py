"""A builder refuses what could not work in production: lifetimes, rules and identities."""

from __future__ import annotations

from typing import Any

import pytest

from trbridge.capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability
from trbridge.errors import InvalidArgument
from trbridge.policies import Policy

AC, WS, WK, WQ = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32, "WQ" + "4" * 32
AUTH = "0123456789abcdef" * 2
W = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
NOW = 1_893_456_000

# -- times


@pytest.mark.parametrize(
    ("options", "ttl", "exp", "nbf"),
    [
        ({}, None, NOW + 3600, NOW),
        ({"ttl": 60}, None, NOW + 60, NOW),
        ({"ttl": 60}, 90, NOW + 90, NOW),
        ({"valid_until": NOW + 5.7}, None, NOW + 5, NOW),
        ({"valid_until": NOW + 5, "ttl": 60}, None, NOW + 5, NOW),
        ({"valid_until": NOW + 5, "ttl": 60}, 90, NOW + 90, NOW),
        ({"nbf": None}, None, NOW + 3600, None),
        ({"nbf": NOW - 60.5}, None, NOW + 3600, NOW - 61),
        ({"nbf": ...}, None, NOW + 3600, NOW),
    ],
)
def test_which_lifetime_wins(options: dict[str, Any], ttl: int | None, exp: int, nbf: int | None) -> None:
    claims = WorkspaceCapability(AC, AUTH, WS, **options).claims(ttl=ttl, now=NOW + 0.9)
    assert (claims["exp"], claims.get("nbf")) == (exp, nbf)


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": 1.5},
        {"ttl": True},
        {"ttl": "3600"},
        {"valid_until": "2030"},
        {"valid_until": float("nan")},
        {"valid_until": 1e30},
        {"valid_until": -1},
        {"valid_until": True},
        {"nbf": "now"},
        {"nbf": float("inf")},
    ],
)
def test_a_time_that_is_none_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        WorkspaceCapability(AC, AUTH, WS, **options)


@pytest.mark.parametrize(
    ("options", "ttl"),
    [({"valid_until": NOW}, None), ({"nbf": NOW + 60}, 60), ({}, 10**12), ({"ttl": 10**30}, None)],
)
def test_a_token_that_would_never_count_is_not_made(options: dict[str, Any], ttl: int | None) -> None:
    with pytest.raises(InvalidArgument, match="end before it begins"):
        WorkspaceCapability(AC, AUTH, WS, **options).to_jwt(ttl=ttl, now=NOW)


def test_to_jwt_refuses_a_lifetime_that_is_none() -> None:
    with pytest.raises(InvalidArgument, match="ttl"):
        WorkspaceCapability(AC, AUTH, WS).to_jwt(ttl=0)


# -- rules


@pytest.mark.parametrize(
    ("url", "full"),
    [
        (f"{W}/Activities", f"{W}/Activities"),
        ("http://127.0.0.1:8080/v1/Workspaces", "http://127.0.0.1:8080/v1/Workspaces"),
        (f"/v1/Workspaces/{WS}/Tasks", f"{W}/Tasks"),
        ("Tasks/**", f"{W}/Tasks/**"),
        ("*", f"{W}/*"),
    ],
)
def test_a_rule_takes_a_url_or_a_path(url: str, full: str) -> None:
    builder = WorkspaceCapability(AC, AUTH, WS, allow_web_sockets=False, allow_fetch_self=False)
    assert builder.allow(url, "GET").deny(url, "delete").policies == (
        Policy(full, "GET", allow=True),
        Policy(full, "DELETE", allow=False),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", "GET"), "below the workspace"),
        (("/Tasks", "GET"), "from /v1/"),
        (("v1/Workspaces", "GET"), "from /v1/"),
        ((f"Workspaces/{WS}", "GET"), "from /v1/"),
        ((5, "GET"), "text, not int"),
        (("Tasks/../..", "GET"), "read in two ways"),
        (("Tasks?Page=1", "GET"), "query_filter"),
        (("*/Channels", "GET"), "only at the end"),
        (("**/Channels/*", "GET"), "only at the end"),
        (("Tasks", "FETCH"), "GET, POST, DELETE"),
        (("Tasks", None), "GET, POST, DELETE"),
        (("Tasks", "GET", {"Page": 1}), "this is no policy"),
        (("Tasks", "GET", ["Page"]), "this is no policy"),
        (("Tasks", "POST", None, {"Priority": {"requierd": True}}), "not 'requierd'"),
    ],
)
def test_a_rule_that_could_not_work_is_refused(arguments: tuple[Any, ...], words: str) -> None:
    """It would show as a 403 in production."""
    builder = WorkspaceCapability(AC, AUTH, WS)
    with pytest.raises(InvalidArgument) as caught:
        builder.allow(*arguments)
    assert words in str(caught.value)
    with pytest.raises(InvalidArgument):
        builder.deny(*arguments)
    assert len(builder.policies) == 3


def test_a_filter_is_the_builders_own_copy() -> None:
    constraint = {"ActivitySid": {"required": True}}
    builder = WorkspaceCapability(AC, AUTH, WS).allow("Tasks", "POST", post_filter=constraint)  # type: ignore[arg-type]
    constraint["ActivitySid"]["required"] = False
    assert builder.policies[-1].post_filter == {"ActivitySid": {"required": True}}


def test_add_policy_takes_policies() -> None:
    policy = Policy(f"{W}/Tasks", "GET", allow=True)
    assert WorkspaceCapability(AC, AUTH, WS).add_policy(policy).policies[-1] is policy
    with pytest.raises(InvalidArgument, match="takes a Policy, not dict"):
        WorkspaceCapability(AC, AUTH, WS).add_policy({"url": W})  # type: ignore[arg-type]


# -- identity


@pytest.mark.parametrize(
    ("build", "sids", "name"),
    [
        (WorkspaceCapability, (WS, AUTH, WS), "account_sid"),
        (WorkspaceCapability, (AC, AUTH, WK), "workspace_sid"),
        (WorkspaceCapability, (AC, AUTH, None), "workspace_sid"),
        (WorkspaceCapability, (AC, AUTH, "WS/../x"), "workspace_sid"),
        (WorkerCapability, (AC, AUTH, WS, WQ), "worker_sid"),
        (TaskQueueCapability, (AC, AUTH, WS, WK), "taskqueue_sid"),
        (WorkspaceCapability, (AC, "short", WS), "auth_token"),
        (WorkspaceCapability, (AC, None, WS), "auth_token"),
        (WorkspaceCapability, (AC, "é" * 32, WS), "auth_token"),
    ],
)
def test_what_is_not_an_identity_is_refused_by_name(build: Any, sids: tuple[Any, ...], name: str) -> None:
    with pytest.raises(InvalidArgument, match=name):
        build(*sids)


def test_a_public_key_does_not_sign() -> None:
    """Else whoever has the public half could sign too (security check 8)."""
    pem = "-----BEGIN PUBLIC KEY-----\n" + "A" * 64 + "\n-----END PUBLIC KEY-----\n"
    with pytest.raises(InvalidArgument, match="auth_token") as caught:
        WorkspaceCapability(AC, pem, WS).to_jwt()
    assert "AAAA" not in str(caught.value)


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="channel_id"):
        WorkspaceCapability(AC, AUTH, WS).allow_web_sockets(AC)


def test_an_unknown_keyword_is_a_type_error_as_everywhere_in_python() -> None:
    with pytest.raises(TypeError, match=r"WorkspaceCapability\(\) got an unexpected keyword argument 'allow_all'"):
        WorkspaceCapability(AC, AUTH, WS, allow_all=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="allow_fetch_activities"):
        TaskQueueCapability(AC, AUTH, WS, WQ, allow_fetch_activities=True)  # type: ignore[call-arg]
