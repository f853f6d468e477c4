"""Addresses: what is accepted, what the token is sent to, and what never is."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.urls import (
    API_BASE_URL,
    API_VARIABLE,
    EVENT_BRIDGE_BASE_URL,
    EVENT_BRIDGE_VARIABLE,
    Bases,
    channel_url,
    is_loopback,
    redacted,
    websocket_url,
    without_query,
)

AC = "AC00000000000000000000000000000001"
WS = "WS00000000000000000000000000000002"
WK = "WK00000000000000000000000000000007"
WA = "WA00000000000000000000000000000003"
BASE = "https://taskrouter.twilio.com/v1"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"


def resolve(*args: Any, environ: dict[str, str] | None = None, **kwargs: Any) -> Bases:
    return Bases.resolve(*args, environ=environ or {}, **kwargs)


# -- bases -------------------------------------------------------------------------------------------------------


def test_the_bases_are_twilios() -> None:
    assert resolve() == Bases(api=API_BASE_URL, event_bridge=EVENT_BRIDGE_BASE_URL)


def test_the_environment_moves_them_and_the_arguments_win() -> None:
    environ = {API_VARIABLE: "http://127.0.0.1:1/v1", EVENT_BRIDGE_VARIABLE: "http://127.0.0.1:1"}
    assert resolve(environ=environ) == Bases("http://127.0.0.1:1/v1", "http://127.0.0.1:1")
    assert resolve("http://127.0.0.1:2/v1", environ=environ) == Bases("http://127.0.0.1:2/v1", "http://127.0.0.1:1")
    assert resolve(None, "http://[::1]:3", environ=environ).event_bridge == "http://[::1]:3"


def test_the_real_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(API_VARIABLE, "http://localhost:4/v1")
    monkeypatch.setenv(EVENT_BRIDGE_VARIABLE, "http://localhost:4")
    assert Bases.resolve().api == "http://localhost:4/v1"


def test_an_empty_variable_is_none() -> None:
    assert resolve(environ={API_VARIABLE: "", EVENT_BRIDGE_VARIABLE: ""}) == resolve()


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/v1///", "http://127.0.0.1:8080/v1"),
        ("HTTPS://TaskRouter.Example/V1", "https://taskrouter.example/V1"),
        ("ws://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("wss://bridge.example", "https://bridge.example"),
    ],
)
def test_bases_are_tidied(given_url: str, kept: str) -> None:
    assert resolve(given_url, given_url) == Bases(kept, kept)


@pytest.mark.parametrize(
    "url",
    [
        "taskrouter.twilio.com/v1",
        "//taskrouter.twilio.com/v1",
        "ftp://taskrouter.twilio.com",
        "https://",
        "https:///v1",
        "https://user:secret@taskrouter.twilio.com/v1",
        "https://@taskrouter.twilio.com/v1",
        "https://taskrouter.twilio.com/v1?x=1",
        "https://taskrouter.twilio.com/v1?",
        "https://taskrouter.twilio.com/v1#x",
        "https://taskrouter.twilio.com:port/v1",
        "https://taskrouter.twilio.com:0/v1",
        "https://taskrouter.twilio.com:99999/v1",
        "https://task router.twilio.com/v1",
        "https://taskrouter.twilio.com/v1\r\nHost: evil",
        "https://taskrouter.twilio.com\\@evil.example/v1",
        "https://taskr\u043euter.twilio.com/v1",
        "https://[::1/v1",
        "https://taskrouter.twilio.com:secret/v1",
        "https://user:secret",
        "https://[user:secret@::1]/v1",
        "https://[::secret%25eth0]/v1",
        "https://[12345::]/v1",
        "https://a%2eb/v1",
        "https://a/" + "b" * 3000,
        7,
    ],
)
def test_what_is_no_base_is_refused(url: Any) -> None:
    for arguments in ((url, None), (None, url)):
        with pytest.raises(InvalidArgument) as caught:
            resolve(*arguments)
        assert "secret" not in str(caught.value)
        assert "base_url" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("[::1]", True),
        ("0:0:0:0:0:0:0:1", True),
        ("localhost.evil.example", False),
        ("localhost.", False),
        ("127.0.0.1.nip.io", False),
        ("0x7f000001", False),
        ("2130706433", False),
        ("127.1", False),
        ("0177.0.0.1", False),
        ("::ffff:1.2.3.4", False),
        ("::ffff:127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  a name to refuse, not to bind
        ("::", False),
        ("128.0.0.1", False),
        ("", False),
    ],
)
def test_check_15_loopback_is_decided_by_address(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("host", ["127.0.0.1.nip.io", "0x7f000001", "[::ffff:1.2.3.4]", "10.0.0.1", "bridge.example"])
@pytest.mark.parametrize("scheme", ["http", "ws"])
def test_check_15_a_token_does_not_go_over_a_network_in_clear(scheme: str, host: str) -> None:
    with pytest.raises(InvalidArgument, match="in clear") as caught:
        resolve(None, f"{scheme}://{host}:80")
    assert "allow_insecure" in str(caught.value)
    assert resolve(None, f"{scheme}://{host}:80", allow_insecure=True).event_bridge == f"http://{host}:80"


@pytest.mark.parametrize("host", ["evil.example[::1]", "][::1]", "[::1]evil.example", "[::1][::1]", "[127.0.0.1]"])
def test_check_15_what_parsers_disagree_about_is_no_host(host: str) -> None:
    """``urlsplit`` takes each of them for ``::1``, which would let a token go in clear to wherever others see."""
    with pytest.raises(InvalidArgument):
        resolve(None, f"http://{host}/v1")


# -- region ------------------------------------------------------------------------------------------------------


def test_a_region_moves_the_bridge_only() -> None:
    assert resolve(None, None, "ie1-ix") == Bases(API_BASE_URL, "https://event-bridge.ie1-ix.us1.twilio.com")


def test_the_default_region_changes_nothing() -> None:
    assert resolve(region="us1") == resolve(region="") == resolve(region=None) == resolve()


def test_port_and_path_stay() -> None:
    base = "https://event-bridge.twilio.com:8443/x"
    assert resolve(None, base, "ie1").event_bridge == "https://event-bridge.ie1.us1.twilio.com:8443/x"


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://twilio.com.evil.example", "https://eviltwilio.com"])
def test_q31_a_region_of_somebody_else_is_refused(base: str) -> None:
    """The original made ``http://127.0.0.1:9r1.us1.twilio.com`` of it."""
    with pytest.raises(InvalidArgument, match="region belongs to Twilio"):
        resolve(None, base, "r1")


def test_a_program_with_a_region_still_runs_against_an_emulator() -> None:
    environ = {EVENT_BRIDGE_VARIABLE: "http://127.0.0.1:9"}
    assert resolve(region="ie1", environ=environ).event_bridge == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "region", ["IE1", "ie1.evil.example/", "ie1 ", "-ie1", "ie1-", "ie_1", "i\u00e91", "x" * 41, 7]
)
def test_a_region_is_a_name(region: Any) -> None:
    with pytest.raises(InvalidArgument, match="region must be a name"):
        resolve(region=region)


# -- the channel -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sid", [WS, WK, "WQ00000000000000000000000000000009"])
def test_the_channel_is_the_posts_target(sid: str) -> None:
    expected = f"https://event-bridge.twilio.com/v1/wschannels/{AC}/{sid}"
    assert channel_url("https://event-bridge.twilio.com/", AC, sid) == expected


@pytest.mark.parametrize(("account", "channel"), [(WS, WS), (AC, AC), ("undefined", WS), (AC, None), (AC, f"{WK}/..")])
def test_q39_a_channel_without_its_sids_is_refused(account: Any, channel: Any) -> None:
    with pytest.raises(InvalidArgument):
        channel_url(EVENT_BRIDGE_BASE_URL, account, channel)


def test_the_websockets_url_is_the_originals() -> None:
    """wire-protocol 2.5, in the original's order."""
    channel = channel_url(EVENT_BRIDGE_BASE_URL, AC, WK)
    wss = channel.replace("https", "wss")
    assert websocket_url(channel, TOKEN) == f"{wss}?token={TOKEN}&closeExistingSessions=false"
    assert (
        websocket_url(channel, TOKEN, close_existing_sessions=True, disconnect_activity_sid=WA)
        == f"{wss}?token={TOKEN}&closeExistingSessions=true&disconnectActivitySid={WA}"
    )


def test_q30_http_becomes_ws() -> None:
    assert websocket_url("http://127.0.0.1:9/v1/wschannels/x", "t").startswith("ws://127.0.0.1:9/v1/wschannels/x?")


def test_the_activity_must_be_one() -> None:
    with pytest.raises(InvalidArgument, match="disconnect_activity_sid"):
        websocket_url("http://127.0.0.1:9/x", "t", disconnect_activity_sid=f"{WA}&token=x")


@given(token=st.text(min_size=1))
def test_q36_check_21_the_token_survives_the_query(token: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in token):
        return
    query = urlsplit(websocket_url("https://h/c", token)).query
    assert parse_qsl(query, keep_blank_values=True) == [("token", token), ("closeExistingSessions", "false")]


# -- what is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"wss://h/c?token={TOKEN}&closeExistingSessions=true", "wss://h/c?token=***&closeExistingSessions=true"),
        ("GET /c?token=secret HTTP/1.1", "GET /c?token=*** HTTP/1.1"),
        ("https://user:pass@h/c and http://u@h", "https://h/c and http://h"),
        (f"Bearer {TOKEN}", "Bearer ***"),
        ("https://x/?next=wss%3A%2F%2Fh%3Ftoken%3Dabc", "https://x/?next=wss%3A%2F%2Fh%3Ftoken%3D***"),
        ("?TOKEN=abc#x", "?TOKEN=***#x"),
        ("nothing to hide: a@b.example", "nothing to hide: a@b.example"),
    ],
)
def test_check_3_tokens_and_passwords_are_not_shown(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_an_errors_url_has_no_query() -> None:
    assert without_query(f"wss://u:p@h:1/c?token={TOKEN}") == "wss://h:1/c"
    assert without_query("wss://h/c#token=x") == "wss://h/c"


@given(token=st.from_regex(r"eyJ[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{10,40}\.[A-Za-z0-9_-]{10,40}", fullmatch=True))
def test_check_1_no_part_of_a_token_is_left(token: str) -> None:
    for text in (websocket_url("https://h/c", token), f"failed with {token}!", f"'{token}'"):
        shown = redacted(text)
        assert token[:20] not in shown
        assert all(part not in shown for part in token.split("."))
