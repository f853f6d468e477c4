"""The builders say what twilio-python's say, call for call, and refuse what could not work."""

from __future__ import annotations

import copy
import pickle
import pprint
from collections.abc import Callable
from typing import Any

import pytest
from twilio.jwt.taskrouter import capabilities as theirs

from trbridge.capabilities import Capability, TaskQueueCapability, WorkerCapability, WorkspaceCapability
from trbridge.claims import describe
from trbridge.errors import InvalidArgument
from trbridge.policies import Policy
from trbridge.tokens import peek_unverified, verify

AC, WS, WK, WQ = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32, "WQ" + "4" * 32
AUTH = "0123456789abcdef" * 2
W = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
NOW = 1_893_456_000

PAIRS: dict[str, tuple[Callable[..., Capability], Callable[..., Any], tuple[str, ...]]] = {
    "workspace": (WorkspaceCapability, theirs.WorkspaceCapabilityToken, (AC, AUTH, WS)),
    "worker": (WorkerCapability, theirs.WorkerCapabilityToken, (AC, AUTH, WS, WK)),
    "taskqueue": (TaskQueueCapability, theirs.TaskQueueCapabilityToken, (AC, AUTH, WS, WQ)),
}
SHARED = [
    "allow_web_sockets",
    "allow_fetch_self",
    "allow_update_self",
    "allow_delete_self",
    "allow_fetch_subresources",
    "allow_update_subresources",
    "allow_delete_subresources",
]
WORKERS = [
    "allow_fetch_activities",
    "allow_fetch_reservations",
    "allow_fetch_worker_reservations",
    "allow_update_activities",
    "allow_update_reservations",
]
HELPERS = [(kind, name) for kind in PAIRS for name in SHARED + (WORKERS if kind == "worker" else [])]
ALIASES = [
    ("workspace", "allow_updates", "allow_update_self"),
    ("workspace", "allow_updates_subresources", "allow_update_subresources"),
    ("workspace", "allow_delete", "allow_delete_self"),
    ("worker", "allow_activity_updates", "allow_update_activities"),
    ("worker", "allow_reservation_updates", "allow_update_reservations"),
]


def timeless(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in ("exp", "nbf")}


def read(token: str) -> dict[str, Any]:
    import jwt

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    claims: dict[str, Any] = jwt.decode(token, AUTH, algorithms=["HS256"])
    return claims


def both(kind: str, **options: Any) -> tuple[Capability, Any]:
    ours, other, sids = PAIRS[kind]
    return ours(*sids, **options), other(*sids, **options)


# -- the same claims as twilio-python


@pytest.mark.parametrize("kind", PAIRS)
def test_a_plain_token_has_the_same_claims(kind: str) -> None:
    ours, other = both(kind)
    mine, his = read(ours.to_jwt()), read(other.to_jwt())
    assert timeless(mine) == timeless(his)
    assert mine.keys() == his.keys()
    assert mine["exp"] - mine["nbf"] == his["exp"] - his["nbf"] == 3600


@pytest.mark.parametrize(("kind", "name"), HELPERS)
def test_each_helper_appends_the_same_policies(kind: str, name: str) -> None:
    ours, other = both(kind)
    assert getattr(ours, name)() is ours, "helpers chain"
    getattr(other, name)()
    assert timeless(read(ours.to_jwt())) == timeless(read(other.to_jwt()))


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(("kind", "name"), HELPERS)
def test_each_keyword_has_the_same_effect_at_the_same_place(kind: str, name: str, value: bool) -> None:
    ours, other = both(kind, **{name: value})
    assert timeless(read(ours.to_jwt())) == timeless(read(other.to_jwt()))


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("value", [True, False])
def test_all_keywords_together_keep_the_order(kind: str, value: bool) -> None:
    ours, other = both(kind, **{name: value for of, name in HELPERS if of == kind})
    assert timeless(read(ours.to_jwt())) == timeless(read(other.to_jwt()))


@pytest.mark.parametrize(("kind", "alias", "name"), ALIASES)
def test_the_names_of_the_javascript_and_php_documents_do_the_same(kind: str, alias: str, name: str) -> None:
    (first, other), (second, _) = both(kind), both(kind)
    getattr(first, alias)()
    getattr(other, name)()
    getattr(second, name)()
    assert timeless(read(first.to_jwt())) == timeless(read(other.to_jwt()))
    assert first.policies == second.policies


def test_another_channel_can_be_opened_too() -> None:
    ours, other = both("worker")
    ours.allow_web_sockets(WS)
    other.allow_web_sockets(WS)
    assert timeless(read(ours.to_jwt())) == timeless(read(other.to_jwt()))


def test_granular_rules_have_the_same_form() -> None:
    ours, other = both("workspace")
    ours.allow(f"{W}/Tasks/*", "get", {"Priority": "5"}, None)
    ours.deny(f"{W}/Tasks/**", "POST", post_filter={"Attributes": {"required": False, "value": "x"}})
    other._make_policy(f"{W}/Tasks/*", "get", True, {"Priority": "5"}, None)
    other._make_policy(f"{W}/Tasks/**", "POST", False, None, {"Attributes": {"required": False, "value": "x"}})
    assert timeless(read(ours.to_jwt())) == timeless(read(other.to_jwt()))


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


# -- secrets


@pytest.mark.parametrize("kind", PAIRS)
def test_a_builder_shows_no_secret(kind: str) -> None:
    builder, _ = both(kind)
    token = builder.to_jwt()
    for text in (
        repr(builder),
        str(builder),
        f"{builder}",
        format(builder),
        pprint.pformat(builder),
        str(builder.claims()),
    ):
        assert AUTH not in text
        assert token not in text
        assert "eyJ" not in text
    assert builder.channel_sid in repr(builder)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            pickle.dumps(builder, protocol)
    with pytest.raises(TypeError):
        copy.copy(builder)
    with pytest.raises(TypeError):
        vars(builder)


# -- least privilege


@pytest.mark.parametrize(
    ("kind", "wide"),
    [
        ("workspace", []),
        ("taskqueue", []),
        (
            "worker",
            [
                f"may read everything below /v1/Workspaces/{WS}/Tasks",
                f"may read everything below /v1/Workspaces/{WS}/Workers/{WK}/Reservations",
            ],
        ),
    ],
)
def test_a_token_gives_away_little_by_default(kind: str, wide: list[str]) -> None:
    """Nothing to delete, nothing to change, no more than an hour (security check 13)."""
    builder, _ = both(kind)
    claims = verify(builder.to_jwt(now=NOW), AUTH, now=NOW)
    assert describe(claims)[1:] == ["expires at 2030-01-01T01:00:00Z", *wide]
    rest = [policy for policy in claims.policies if "event-bridge" not in policy.url]
    assert {policy.method for policy in rest} == {"GET"}


@pytest.mark.parametrize(("kind", "name"), HELPERS)
def test_describing_a_token_tells_of_each_option_that_widens_it(kind: str, name: str) -> None:
    builder, _ = both(kind)
    before = describe(peek_unverified(builder.to_jwt(now=NOW)))
    getattr(builder, name)()
    told = len(describe(peek_unverified(builder.to_jwt(now=NOW)))) - len(before)
    added = {"allow_update_reservations": 2, "allow_fetch_reservations": 1, "allow_fetch_worker_reservations": 1}
    assert told == added.get(name, int("subresources" in name or "delete" in name))
