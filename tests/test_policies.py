"""The decision over policies is the one of wire-protocol 1.4, in one place for client and emulator."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from trbridge.errors import InvalidArgument
from trbridge.policies import Decision, Filter, Policy, allows, decide, widenings

WS = "WS" + "2" * 32
WK = "WK" + "7" * 32
BASE = "https://taskrouter.twilio.com"
W = f"{BASE}/v1/Workspaces/{WS}"
R = f"{W}/Workers/{WK}"


def allow(url: str, method: str = "GET", query: Filter | None = None, post: Filter | None = None) -> Policy:
    return Policy(url, method, True, query, post)


def deny(url: str, method: str = "GET", query: Filter | None = None, post: Filter | None = None) -> Policy:
    return Policy(url, method, False, query, post)


# -- patterns: the table of wire-protocol 1.4, with the slash and the query of 2.3


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        (W, W, True),
        (W, f"{W}/", True),
        (f"{W}/", W, True),
        (W, f"{W}?PageSize=50", True),
        (f"{W}?Page=1", W, True),
        (W, f"{W}x", False),
        (W, f"{W}/Tasks", False),
        (W, f"{BASE}/v1/Workspaces", False),
        (W, W.replace("WS", "ws"), False),
        (f"{W}/*", f"{W}/Tasks", True),
        (f"{W}/*", f"{W}/Tasks/", True),
        (f"{W}/*", f"{W}/", False),
        (f"{W}/*", W, False),
        (f"{W}/*", f"{W}/Tasks/WT1", False),
        (f"{W}/*", f"{W}x/Tasks", False),
        (f"{W}/**", W, True),
        (f"{W}/**", f"{W}/", True),
        (f"{W}/**", f"{W}/Tasks", True),
        (f"{W}/**/", f"{W}/Tasks", True),
        (f"{W}/**", f"{W}/Tasks/WT1/Reservations/WR1", True),
        (f"{W}/**", f"{BASE}/v1/Workspaces", False),
        (f"{W}/**", f"{W}x", False),
        (f"{W}/**", f"{W}x/Tasks", False),
        (f"{W}/**", f"{W}/../{WS}x", False),
        (f"{W}/**", f"{W}/%2e%2e/{WS}x", False),
        (f"{W}/**", f"{W}//Tasks", False),
        (f"{W}/**", f"{W}/..", False),
        (f"{BASE}/**", W, True),
        (f"{W}/*/Channels", f"{W}/Workers/Channels", False),
        (f"{W}/Ta**", f"{W}/Tasks", False),
        (f"{W}/%2A%2A", f"{W}/Tasks", False),
        (f"{W}/%2A", f"{W}/Tasks", False),
        (f"{W}/Tasks", f"{W}/%54asks", True),
        (f"{W}/Tasks", "no path", False),
    ],
)
def test_what_a_pattern_covers(pattern: str, url: str, expected: bool) -> None:
    assert allows([allow(pattern)], "GET", url) is expected


@pytest.mark.parametrize(("url", "expected"), [(R, False), (f"{R}/", False), (f"{R}/Channels", True)])
def test_strictly_a_double_star_does_not_cover_the_resource_itself(url: str, expected: bool) -> None:
    assert allows([allow(f"{R}/**")], "GET", url, strict=True) is expected


def test_hosts_do_not_count_so_that_a_production_token_works_on_an_emulator() -> None:
    assert allows([allow(f"{R}/Reservations/**")], "GET", R.replace(BASE, "http://127.0.0.1:4567") + "/Reservations")


def test_methods_are_compared_in_capitals() -> None:
    assert Policy(W, "get", allow=True).method == "GET"
    assert allows([allow(W, "get")], "get", W)
    assert not allows([allow(W)], "POST", W)


# -- precedence


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ([], False),
        ([allow(f"{W}/**"), deny(f"{W}/Tasks/**")], False),
        ([deny(f"{W}/**"), allow(f"{W}/Tasks/**")], True),
        ([deny(f"{W}/*"), allow(f"{W}/Tasks")], True),
        ([deny(f"{W}/**"), allow(f"{W}/*")], True),
        ([deny(f"{W}/Tasks/**"), allow(f"{W}/Tasks")], True),
        ([deny(f"{W}/*"), allow(f"{W}/Tasks/**")], True),
        ([deny(f"{W}/Tasks", query={"Page": {"required": False}}), allow(f"{W}/Tasks")], False),
        ([allow(f"{W}/Tasks", query={"Page": {"required": False}}), deny(f"{W}/Tasks")], True),
        ([deny(f"{W}/Tasks", query={"Page": "1"}), allow(f"{W}/Tasks")], True),
        ([allow(f"{W}/Tasks"), deny(f"{W}/Tasks")], False),
        ([allow(f"{W}/Tasks"), allow(f"{W}/Tasks")], True),
        ([allow(f"{W}/Tasks"), deny(f"{W}/Tasks", "POST")], True),
    ],
)
def test_the_most_specific_rule_decides_whatever_the_order(policies: list[Policy], expected: bool) -> None:
    assert allows(policies, "GET", f"{W}/Tasks") is expected
    assert allows(policies[::-1], "GET", f"{W}/Tasks") is expected


# -- filters


@pytest.mark.parametrize(
    ("constraint", "form", "expected"),
    [
        (None, {"Anything": "1"}, True),
        ({}, {"Anything": "1"}, True),
        ({"ActivitySid": "WA1"}, {"ActivitySid": "WA1"}, True),
        ({"ActivitySid": "WA1"}, {"ActivitySid": ["WA1"]}, True),
        ({"ActivitySid": "WA1"}, {"ActivitySid": ["WA1", "WA1"]}, False),
        ({"ActivitySid": "WA1"}, {"ActivitySid": "WA2"}, False),
        ({"ActivitySid": "WA1"}, {}, False),
        ({"ActivitySid": "WA1"}, None, False),
        ({"ActivitySid": "WA1"}, {"ActivitySid": []}, False),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": "WA2"}, True),
        ({"ActivitySid": {"required": True}}, {"activitySid": "WA2"}, False),
        ({"ActivitySid": {"required": True}}, {}, False),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": "WA2", "FriendlyName": "x"}, False),
        ({"ActivitySid": {"required": False}}, {}, True),
        ({"ActivitySid": {}}, {}, True),
        ({"ActivitySid": {"value": "WA1"}}, {}, True),
        ({"ActivitySid": {"value": "WA1"}}, {"ActivitySid": "WA2"}, False),
        ({"ActivitySid": {"required": True, "value": "WA1"}}, {"ActivitySid": "WA1"}, True),
        ({"ActivitySid": {"required": True, "value": None}}, {"ActivitySid": "WA1"}, True),
        ({"Priority": "5"}, {"Priority": 5}, True),
        ({"Available": "true"}, {"Available": True}, True),
        ({"Attributes": '{"a":1}'}, {"Attributes": {"a": 1}}, True),
        ({"ActivitySid": {"required": True}}, {"ActivitySid": "WA1", "FriendlyName": None}, False),
    ],
)
def test_what_a_filter_lets_through(constraint: Filter | None, form: dict[str, Any] | None, expected: bool) -> None:
    assert allows([allow(R, "POST", post=constraint)], "POST", R, form=form) is expected
    assert allows([allow(R, "GET", query=constraint)], "GET", R, query=form) is expected


def test_the_query_of_a_page_url_is_filtered_like_parameters() -> None:
    policies = [allow(f"{W}/Tasks", query={"PageSize": "50", "Name": {"required": False}})]
    assert allows(policies, "GET", f"{W}/Tasks?PageSize=50")
    assert allows(policies, "GET", f"{W}/Tasks?PageSize=50", {"Name": "x"})
    assert not allows(policies, "GET", f"{W}/Tasks?PageSize=50&PageSize=50")
    assert not allows(policies, "GET", f"{W}/Tasks?PageSize=50", {"PageSize": "50"})
    assert not allows(policies, "GET", f"{W}/Tasks?PageSize=50&Other=")


# -- reasons


@pytest.mark.parametrize(
    ("policies", "method", "url", "words"),
    [
        ([allow(R)], "GET", R, ("a policy allows", f"GET {R}")),
        ([deny(R)], "GET", R, ("a policy refuses", f"GET {R}")),
        ([allow(R), deny(R)], "GET", R, ("contradict each other", f"GET {R}", "remove one")),
        ([], "GET", R, ("no policy of the token covers", "GET /v1/Workspaces", "allow_*")),
        ([allow(R), deny(R, "DELETE")], "POST", R, ("allow only GET here", "not 'POST", "allow(url, method)")),
        ([allow(R, post={"A": "1"}), allow(W)], "GET", R, (f"GET {R}", "post_filter wants 'A'", "missing")),
        ([allow(R, query={"A": "1"})], "GET", f"{R}?A=2", ("query_filter wants 'A' once",)),
        ([allow(R, query={"A": "1"})], "GET", f"{R}?B=2", ("query_filter does not name 'B'",)),
        ([allow(R)], "GET", f"{W}/../x", ("read in two ways", "'..'")),
    ],
)
def test_the_reason_says_what_to_do(policies: list[Policy], method: str, url: str, words: tuple[str, ...]) -> None:
    reason = decide(policies, method, url).reason
    assert [word for word in words if word not in reason] == []


def test_a_reason_names_no_value_and_no_raw_control_character() -> None:
    reason = decide([allow(R, "POST", post={"A": "1"})], "POST", R, form={"A\x1b": "secret", "A": "secret"}).reason
    assert "secret" not in reason
    assert reason.isprintable()
    assert decide([], "P\r\nX", "/v1").reason.isprintable()


def test_a_decision_is_a_condition() -> None:
    """``if decide(...)`` must never be true for a refusal."""
    assert decide([allow(R)], "GET", R)
    assert not decide([], "GET", R)
    assert decide([allow(R)], "GET", R).policy == allow(R)
    assert Decision(False, None, "").policy is None


# -- claims


def test_a_policy_in_a_token_needs_only_url_and_method() -> None:
    policy = msgspec.json.decode(json.dumps({"url": R, "method": "post", "later": 1}), type=Policy)
    assert policy == Policy(R, "POST", allow=False, query_filter=None, post_filter=None)
    assert policy == msgspec.convert({"url": R, "method": "POST", "query_filter": {}, "post_filter": None}, Policy)


def test_a_policy_is_written_as_the_helper_libraries_write_it() -> None:
    policy = allow(R, "post", post={"ActivitySid": {"required": True}})
    claim = policy.to_claim()
    assert claim == {
        "url": R,
        "method": "POST",
        "allow": True,
        "query_filter": {},
        "post_filter": {"ActivitySid": {"required": True}},
    }
    assert msgspec.json.decode(json.dumps(claim), type=Policy) == policy


@pytest.mark.parametrize(
    "claim",
    [
        {"method": "GET"},
        {"url": R},
        {"url": R, "method": 5},
        {"url": R, "method": "GET", "allow": "true"},
        {"url": R, "method": "GET", "allow": 1},
        {"url": R, "method": "GET", "post_filter": []},
        {"url": R, "method": "GET", "post_filter": {"A": 1}},
        {"url": R, "method": "GET", "post_filter": {"A": {"required": "yes"}}},
        {"url": f"{R}/../x", "method": "GET"},
        {"url": "", "method": "GET"},
    ],
)
def test_a_claim_that_is_no_policy_is_refused(claim: dict[str, Any]) -> None:
    """Also one that could match nothing: it may be the one that was to say no."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(claim), type=Policy)


def test_a_policy_by_hand_is_checked_too() -> None:
    with pytest.raises(InvalidArgument):
        Policy("Workspaces", "GET", allow=True)


def test_widenings_name_deletes_and_double_stars_that_are_allowed() -> None:
    policies = [
        allow(R),
        allow(R, "POST"),
        allow(f"{W}/Tasks/**"),
        allow(f"{W}/*", "DELETE"),
        allow(f"{W}/**", "POST"),
        allow(R, "DELETE"),
        deny(f"{W}/**", "DELETE"),
        allow(f"{W}/**", "PATCH"),
    ]
    assert widenings(policies) == [
        f"may read everything below /v1/Workspaces/{WS}/Tasks",
        f"may delete each child of /v1/Workspaces/{WS}",
        f"may change everything below /v1/Workspaces/{WS}",
        f"may delete /v1/Workspaces/{WS}/Workers/{WK}",
        f"may PATCH everything below /v1/Workspaces/{WS}",
    ]
