"""The decision over policies is the one of wire-protocol 1.4, in one place for client and emulator."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


# -- the same decision, by a slow and obvious reference


def _reference(policies: list[Policy], method: str, path: str, query: dict[str, str], form: dict[str, str]) -> bool:
    """Wire-protocol 1.4 read aloud: patterns as regular expressions, filters one sentence at a time."""
    best: list[tuple[tuple[int, int, int], bool]] = []
    for policy in policies:
        pattern = policy.url.removeprefix(BASE)
        if pattern.endswith("/**"):
            base, specificity, tail = pattern[:-3], 0, r"(/[^/]+)*"
        elif pattern.endswith("/*"):
            base, specificity, tail = pattern[:-2], 1, r"/[^/]+"
        else:
            base, specificity, tail = pattern, 2, ""
        if policy.method != method or not re.fullmatch(re.escape(base) + tail + "/?", path):
            continue
        if _filtered_out(policy.query_filter, query) or _filtered_out(policy.post_filter, form):
            continue
        has_filter = int(bool(policy.query_filter) or bool(policy.post_filter))
        best.append(((base.count("/"), specificity, has_filter), policy.allow))
    verdicts = {verdict for rank, verdict in best if rank == max(rank for rank, _ in best)}
    return verdicts == {True}


def _filtered_out(constraint: Filter | None, given: dict[str, str]) -> bool:
    if not constraint:
        return False
    if set(given) - set(constraint):
        return True
    for name, wanted in constraint.items():
        matcher = {"required": True, "value": wanted} if isinstance(wanted, str) else wanted
        if name not in given and matcher.get("required"):
            return True
        if name in given and matcher.get("value") not in (None, given[name]):
            return True
    return False


# Few names, so that rules and requests meet often.
_path = st.lists(st.sampled_from(["A", "B"]), max_size=3).map(
    lambda names: "".join(f"/{name}" for name in ["v1", *names])
)
_value = st.sampled_from(["1", "2"])
_matcher: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional={"required": st.booleans(), "value": _value})
_filter: st.SearchStrategy[Any] = st.none() | st.dictionaries(
    st.sampled_from(["P", "Q"]), _value | _matcher, max_size=2
)
_method = st.sampled_from(["GET", "POST"])
_policy = st.builds(
    lambda path, tail, method, verdict, query, post: Policy(f"{BASE}{path}{tail}", method, verdict, query, post),
    _path,
    st.sampled_from(["", "/*", "/**"]),
    _method,
    st.booleans(),
    _filter,
    _filter,
)
_given = st.dictionaries(st.sampled_from(["P", "Q", "R"]), _value, max_size=2)


@given(st.lists(_policy, max_size=6), _method, _path, st.sampled_from(["", "/"]), _given, _given)
def test_decisions_equal_the_reference(
    policies: list[Policy], method: str, path: str, slash: str, query: dict[str, str], form: dict[str, str]
) -> None:
    decision = decide(policies, method, f"http://localhost{path}{slash}", query, form)
    assert decision.allowed is _reference(policies, method, path, query, form)
    assert decision.reason
    assert decision.policy is None or decision.policy in policies


@given(st.lists(_policy, max_size=6), _method, st.text(max_size=30))
def test_a_path_that_steps_upwards_is_never_allowed(policies: list[Policy], method: str, tail: str) -> None:
    for step in ("/..", "/%2e%2e", "/.%2E", "//", "/.", "/%2f", "/%252e%252e"):
        assert not allows(policies, method, f"/v1/A{step}/{tail}")


@given(st.lists(_policy, max_size=5), _policy, _method, _path)
def test_a_rule_that_refuses_never_widens(policies: list[Policy], rule: Policy, method: str, path: str) -> None:
    refusing = Policy(rule.url, rule.method, False, rule.query_filter, rule.post_filter)
    assert allows([*policies, refusing], method, path) <= allows(policies, method, path)
