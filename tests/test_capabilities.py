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
