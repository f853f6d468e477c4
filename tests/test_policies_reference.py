"""Decisions equal those of a slow and obvious reference."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trbridge.policies import Filter, Policy, allows, decide

WS = "WS" + "2" * 32
WK = "WK" + "7" * 32
BASE = "https://taskrouter.twilio.com"
W = f"{BASE}/v1/Workspaces/{WS}"
R = f"{W}/Workers/{WK}"


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
