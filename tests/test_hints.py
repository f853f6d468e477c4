"""Hints: each failure says what to do, and a 403 names the helper that the token lacks."""

from __future__ import annotations

import pytest

from trbridge.hints import hint_for_kind, hint_for_status
from trbridge.wire import Request

WS, WK, WQ = f"WS{'1' * 32}", f"WK{'2' * 32}", f"WQ{'3' * 32}"
BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
WORKER, QUEUE = f"{BASE}/Workers/{WK}", f"{BASE}/TaskQueues/{WQ}"

# wire-protocol 1.6: which helper appends the rule that such a request needs.
HELPERS = [
    (WS, "GET", f"{BASE}/", None, "allow_fetch_self()"),
    (WS, "POST", BASE, None, "allow_update_self()"),
    (WS, "DELETE", BASE, None, "allow_delete_self()"),
    (WS, "GET", f"{BASE}/Tasks?PageSize=50", None, "allow_fetch_subresources()"),
    (WS, "POST", f"{BASE}/Activities", None, "allow_update_subresources()"),
    (WS, "DELETE", f"{BASE}/Activities/WA1", None, "allow_delete_subresources()"),
    (WK, "GET", WORKER, None, "allow_fetch_self()"),
    (WK, "POST", WORKER, {"ActivitySid": "WA1"}, "allow_update_activities()"),
    (WK, "POST", WORKER, {"Attributes": "{}"}, "allow_update_self()"),
    (WK, "GET", f"{BASE}/Activities", None, "allow_fetch_activities()"),
    (WK, "GET", f"{BASE}/Tasks", None, "allow_fetch_reservations()"),
    (WK, "GET", f"{BASE}/Tasks/WT1/Reservations/WR1", None, "allow_fetch_reservations()"),
    (WK, "POST", f"{BASE}/Tasks/WT1", None, "allow_update_reservations()"),
    (WK, "GET", f"{WORKER}/Reservations", None, "allow_fetch_worker_reservations()"),
    (WK, "POST", f"{WORKER}/Reservations/WR1", None, "allow_update_reservations()"),
    (WK, "POST", f"{WORKER}/Channels/WC1", None, "allow_update_subresources()"),
    (WQ, "GET", f"{QUEUE}/Statistics", None, "allow_fetch_subresources()"),
    (WQ, "POST", QUEUE, None, "allow_update_self()"),
]


@pytest.mark.parametrize(("channel", "method", "url", "params", "helper"), HELPERS)
def test_a_403_names_the_missing_helper(
    channel: str, method: str, url: str, params: dict[str, str | list[str]] | None, helper: str
) -> None:
    hint = hint_for_status(403, Request(method, url, params), channel)
    assert hint == f"the token has no policy for this: make it with {helper}"


@pytest.mark.parametrize(
    ("channel", "method", "url"),
    [
        (WK, "GET", f"{BASE}/Workers/WK9"),
        (WK, "DELETE", f"{BASE}/Tasks/WT1"),
        (WK, "GET", f"{BASE}/Activities/WA1"),
        (WK, "GET", BASE),
        (WQ, "GET", f"{BASE}/Tasks"),
        ("wschannels", "GET", f"{BASE}/Tasks"),
        (WS, "PATCH", f"{BASE}/Tasks"),
    ],
)
def test_a_403_that_no_helper_grants_names_the_policy(channel: str, method: str, url: str) -> None:
    hint = hint_for_status(403, Request(method, f"{url}?Page=1"), channel)
    path = url.partition("/v1")[2]
    assert hint == f"the token has no policy for {method} {path}: add one, or use a workspace's token"


@pytest.mark.parametrize(
    "message",
    [
        "Invalid token: the token does not count before 2026-11-22T00:05:37Z",
        "The token of account AC1 has no channel of AC2.",
        "The token is for channel WS1, not WK1.",
        "Token has expired",
        "Signature verification failed",
    ],
)
def test_a_403_about_the_token_itself_does_not_blame_its_policies(message: str) -> None:
    """The bridge answers both with 403 (wire-protocol 4.4)."""
    assert "the token itself" in (hint_for_status(403, Request("GET", BASE), WS, message) or "")


@pytest.mark.parametrize(
    "message", ["", "Forbidden", "The token does not allow this: no policy for GET /v1/Workspaces."]
)
def test_any_other_403_is_about_policies(message: str) -> None:
    assert "no policy" in (hint_for_status(403, Request("GET", BASE), WS, message) or "")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (302, "event_bridge_base_url"),
        (401, "update_token"),
        (405, "method"),
        (409, "fetch it again"),
        (410, "reservation is over"),
        (412, "new version"),
        (429, "max_retries"),
        (500, "max_retries"),
        (503, "max_retries"),
    ],
)
def test_each_status_says_what_to_do(status: int, word: str) -> None:
    assert word in (hint_for_status(status, Request("GET", BASE), WS) or "")


def test_a_lost_task_may_just_be_finished() -> None:
    """Completed and canceled tasks answer 404 after about five minutes (rest-api 1.5)."""
    task = hint_for_status(404, Request("GET", f"{BASE}/Tasks/WT1"), WS) or ""
    activity = hint_for_status(404, Request("GET", f"{BASE}/Activities/WA1"), WS) or ""
    assert "five minutes" in task
    assert "five minutes" not in activity
    assert "SID" in activity


def test_a_plain_400_speaks_for_itself() -> None:
    assert hint_for_status(400, Request("GET", BASE), WS) is None


@pytest.mark.parametrize(("kind", "word"), [("dns", "name"), ("refused", "emulator"), ("tls", "ssl_context")])
def test_network_trouble_has_hints_too(kind: str, word: str) -> None:
    assert word in (hint_for_kind(kind) or "")
    assert hint_for_kind("network") is None
