"""Addresses of pages: they come from the service, and only its own are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.urls import (
    check_page_url,
    same_origin,
)

AC = "AC00000000000000000000000000000001"
WS = "WS00000000000000000000000000000002"
WK = "WK00000000000000000000000000000007"
WA = "WA00000000000000000000000000000003"
BASE = "https://taskrouter.twilio.com/v1"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}/Workspaces/{WS}/Workers?PageSize=50&Page=1&PageToken=PAWK1",
        f"{BASE}/Workspaces/{WS}",
        f"{BASE}/Workspaces/{WS}/",
        f"https://taskrouter.twilio.com:443/v1/Workspaces/{WS}/Tasks/WT1/Reservations?Page=2",
        f"HTTPS://TASKROUTER.twilio.com/v1/Workspaces/{WS}/Activities?x=%2e%2e%2f&FriendlyName=a%20b",
    ],
)
def test_pages_of_the_workspace_are_followed(url: str) -> None:
    assert check_page_url(url, BASE, WS) == url


ROOT = f"/v1/Workspaces/{WS}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        7,
        ROOT,
        f"//evil.example{ROOT}",
        f"https://evil.example{ROOT}",
        f"https://evil.example/?x=https://taskrouter.twilio.com{ROOT}",
        f"https://taskrouter.twilio.com.evil.example{ROOT}",
        f"https://taskrouter.twilio.com.{ROOT}",
        f"https://taskrouter.twilio.com.:443{ROOT}",
        f"https://taskrouter.twilio.com:8443{ROOT}",
        f"https://taskrouter.twilio.com:0{ROOT}",
        f"https://taskrouter.twilio.com:x{ROOT}",
        f"http://taskrouter.twilio.com{ROOT}",
        f"wss://taskrouter.twilio.com{ROOT}",
        f"https://taskrouter.twilio.com@evil.example{ROOT}",
        f"https://user@taskrouter.twilio.com{ROOT}",
        f"https://evil.example\\@taskrouter.twilio.com{ROOT}",
        f"https:\\\\evil.example{ROOT}",
        f"\\\\evil.example{ROOT}",
        f"https://evil.example#@taskrouter.twilio.com{ROOT}",
        f"https://t\u0430skrouter.twilio.com{ROOT}",
        f"https://taskrouter.twilio.com\t{ROOT}",
        f" https://taskrouter.twilio.com{ROOT}",
        f"https://taskrouter.twilio.com{ROOT}\r\nX: y",
        f"https://taskrouter.twilio.com{ROOT}\x00",
        f"https://taskrouter.twilio.com{ROOT}x/Workers",
        f"https://taskrouter.twilio.com{ROOT}/../WS99",
        f"https://taskrouter.twilio.com{ROOT}/%2e%2e/WS99",
        f"https://taskrouter.twilio.com{ROOT}/..;/WS99",
        f"https://taskrouter.twilio.com{ROOT}//evil",
        f"https://taskrouter.twilio.com{ROOT}/Workers#frag",
        f"https://taskrouter.twilio.com{ROOT}/Workers#",
        "https://taskrouter.twilio.com/v1/Workspaces/WS00000000000000000000000000000099/Workers",
        "https://taskrouter.twilio.com/v2/Workspaces",
        "https://taskrouter.twilio.com/",
        f"https://taskrouter.twilio.com{ROOT}/" + "x" * 1_048_576,
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_check_18_nothing_else_is_requested(url: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_page_url(url, BASE, WS)
    assert len(str(caught.value)) < 400


def test_check_18_an_emulators_pages_are_its_own() -> None:
    base = "http://127.0.0.1:8080/v1"
    assert check_page_url(f"{base}/Workspaces/{WS}/Tasks?Page=1", base, WS)
    with pytest.raises(InvalidArgument):
        check_page_url(f"http://127.0.0.1:8081/v1/Workspaces/{WS}/Tasks?Page=1", base, WS)


@given(url=st.text(max_size=200) | st.from_regex(r"https?://[\x20-\x7e]{0,30}/v1/Workspaces/WS0[\x20-\x7e]{0,40}"))
def test_check_18_whatever_is_accepted_starts_with_the_base(url: str) -> None:
    """What every parser reads the same way: the text itself starts with the base, and no dots or ``@`` before ``?``."""
    try:
        check_page_url(url, "https://h/v1", "WS0")
    except InvalidArgument:
        return
    assert url.lower().startswith(("https://h/v1/workspaces/ws0", "https://h:443/v1/workspaces/ws0"))
    path = url.partition("?")[0]
    assert not set(path.removeprefix("https://h")) & set(".@\\%")


def test_same_origin() -> None:
    assert same_origin("https://h:443/a", "https://H/b")
    assert same_origin("http://h/a", "http://h:80/b")
    assert not same_origin("http://h/a", "https://h/b")
    assert not same_origin("not a url", "https://h/b")
