"""What a token says is read claim by claim, and a token that contradicts itself is not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trbridge.claims import (
    ChannelKind,
    Claims,
    UnverifiedClaims,
    VerifiedClaims,
    describe,
    read_claims,
    require_channel,
)
from trbridge.errors import InvalidToken, WrongTokenKind
from trbridge.policies import Policy

AC, WS, WK, WQ = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32, "WQ" + "4" * 32
PLAIN: dict[str, Any] = {"account_sid": AC, "workspace_sid": WS, "channel": WS}


def read(**claims: Any) -> UnverifiedClaims:
    return read_claims(json.dumps({**PLAIN, **claims}).encode(), UnverifiedClaims)


def test_every_claim_is_found_again() -> None:
    claims = read(
        iss=AC,
        exp=1_893_459_600,
        nbf=1_893_456_000.5,
        iat=1_893_456_000,
        version="v1",
        friendly_name="Alice",
        channel=WK,
        worker_sid=WK,
        policies=[{"url": "https://taskrouter.twilio.com/v1/**", "method": "GET", "allow": True}],
    )
    assert claims == UnverifiedClaims(
        account_sid=AC,
        workspace_sid=WS,
        channel=WK,
        worker_sid=WK,
        version="v1",
        friendly_name="Alice",
        expires_at=1_893_459_600.0,
        not_before=1_893_456_000.5,
        policies=(Policy("https://taskrouter.twilio.com/v1/**", "GET", allow=True),),
    )
    assert isinstance(claims.expires_at, float)
    assert (claims.kind, claims.channel_sid) == ("worker", WK)


def test_three_claims_are_enough_as_in_v1() -> None:
    """v1 asks for account_sid, channel and workspace_sid, no more (wire-protocol 1.2)."""
    claims = read()
    assert (claims.kind, claims.channel_sid, claims.policies) == ("workspace", WS, ())
    assert (claims.expires_at, claims.not_before, claims.version, claims.friendly_name) == (None, None, "", "")


@pytest.mark.parametrize(
    ("claims", "kind", "sid"),
    [
        ({"channel": WS}, "workspace", WS),
        ({"channel": WK, "worker_sid": WK}, "worker", WK),
        ({"channel": WS, "worker_sid": WK}, "worker", WK),
        ({"channel": WK}, "worker", WK),
        ({"channel": WK, "worker_sid": "", "taskqueue_sid": None}, "worker", WK),
        ({"channel": WQ, "taskqueue_sid": WQ}, "taskqueue", WQ),
        ({"channel": WS, "taskqueue_sid": WQ}, "taskqueue", WQ),
        ({"channel": WQ}, "taskqueue", WQ),
    ],
)
def test_whose_channel_it_is(claims: dict[str, Any], kind: str, sid: str) -> None:
    """Never "undefined", which v1 puts in the URL for a missing worker_sid (quirk Q39)."""
    assert (read(**claims).kind, read(**claims).channel_sid) == (kind, sid)


@pytest.mark.parametrize(
    "claims",
    [
        {"channel": "WS" + "3" * 32},
        {"channel": "WK" + "8" * 32, "worker_sid": WK},
        {"channel": "WQ" + "8" * 32, "taskqueue_sid": WQ},
        {"channel": WQ, "worker_sid": WK},
        {"channel": WK, "taskqueue_sid": WQ},
        {"channel": WS, "worker_sid": WK, "taskqueue_sid": WQ},
    ],
)
def test_a_token_that_speaks_for_two_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken, match=r"contradicts itself|at once"):
        read(**claims)


@pytest.mark.parametrize("name", ["account_sid", "workspace_sid", "channel"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_claim_is_named(name: str, value: str | None) -> None:
    with pytest.raises(InvalidToken, match=f"no claim {name}"):
        read(**{name: value})
    with pytest.raises(InvalidToken, match=f"no claim {name}"):
        read_claims(json.dumps({key: sid for key, sid in PLAIN.items() if key != name}).encode(), VerifiedClaims)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"account_sid": WS}, "claim account_sid must be a SID that starts with AC"),
        ({"workspace_sid": "WS/../AC"}, "claim workspace_sid must be a SID"),
        ({"channel": "AC" + "1" * 32}, "claim channel must be a SID"),
        ({"worker_sid": WS}, "claim worker_sid must be a SID that starts with WK"),
        ({"taskqueue_sid": WK}, "claim taskqueue_sid must be a SID that starts with WQ"),
        ({"account_sid": 5}, r"\$.account_sid"),
        ({"version": 1}, r"\$.version"),
        ({"policies": {}}, r"\$.policies"),
        ({"policies": [{"url": "x", "method": "GET"}]}, r"\$.policies\[0\]"),
        ({"policies": [{"url": "/v1", "method": "GET"}, {"method": "GET"}]}, r"\$.policies\[1\]"),
    ],
)
def test_a_wrong_claim_is_named(claims: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidToken, match=words):
        read(**claims)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [
        "1893459600",
        '"soon"',
        "true",
        "[1]",
        "{}",
        "-1",
        "-1e300",
        "1e30",
        "1e400",
        "9" * 31,
        "9" * 6000,
        "NaN",
    ],
)
def test_a_time_that_is_none_is_a_typed_error(name: str, value: str) -> None:
    """Never an overflow, wherever the number goes later (security check 10)."""
    payload = json.dumps(PLAIN)[:-1] + f', "{name}": {value}}}'
    if value == "1893459600":
        assert read_claims(payload.encode(), UnverifiedClaims).account_sid == AC
    else:
        with pytest.raises(InvalidToken):
            read_claims(payload.encode(), UnverifiedClaims)


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_digits_are_a_time_to_a_client_and_to_nobody_who_verifies(name: str) -> None:
    """v1's arithmetic reads them (transcripts *.token-expired.exp-as-string); RFC 7519 wants a number."""
    payload = json.dumps({**PLAIN, name: "1893459600"}).encode()
    claims = read_claims(payload, UnverifiedClaims)
    assert (claims.expires_at, claims.not_before) == (
        1_893_459_600 if name == "exp" else None,
        1_893_459_600 if name == "nbf" else None,
    )
    with pytest.raises(InvalidToken, match=f"claim {name} must be a number"):
        read_claims(payload, VerifiedClaims)


@pytest.mark.parametrize("text", ["", " 1", "-1", "1e9", "0x10", "9" * 13, "253402300800", "\u0661"])
def test_other_text_is_no_time(text: str) -> None:
    """In v1 it makes the token run out at once (Q37)."""
    with pytest.raises(InvalidToken, match="claim exp must be"):
        read(exp=text)


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff", b"[" * 100_000, b'{"account_sid": "\xff"}', b"[]", b"null", b'"x"']
)
def test_what_is_no_json_object_is_a_typed_error(payload: bytes) -> None:
    with pytest.raises(InvalidToken):
        read_claims(payload, UnverifiedClaims)


def test_grants_mean_the_other_generation() -> None:
    with pytest.raises(WrongTokenKind, match="access token"):
        read_claims(b'{"jti": "SK1", "sub": "AC1", "grants": {"identity": "alice"}}', UnverifiedClaims)


# -- one kind of client, one kind of token


@pytest.mark.parametrize("kind", ["workspace", "worker", "taskqueue"])
@pytest.mark.parametrize(("channel", "of"), [(WS, "workspace"), (WK, "worker"), (WQ, "taskqueue")])
def test_a_client_takes_its_own_kind_of_token(kind: ChannelKind, channel: str, of: str) -> None:
    claims = read(channel=channel)
    if kind == of:
        assert require_channel(claims, kind) == channel
    else:
        with pytest.raises(WrongTokenKind, match=rf"{of} token.* {kind} token is needed.*Capability"):
            require_channel(claims, kind)


def test_a_worker_token_that_opens_the_workspace_channel_serves_a_workspace_client() -> None:
    """``allow_web_sockets(workspace_sid)`` is there for that, and v1 takes it."""
    rule = {"url": f"https://event-bridge.twilio.com/v1/wschannels/{AC}/{WS}", "method": "GET", "allow": True}
    claims = read(channel=WK, policies=[rule])
    assert require_channel(claims, "workspace") == WS
    assert require_channel(claims, "worker") == WK
    with pytest.raises(WrongTokenKind):
        require_channel(claims, "taskqueue")


# -- two types


def test_the_two_kinds_of_claims_are_no_kin() -> None:
    """So that nothing that takes verified claims takes the others (security check 11)."""
    assert not issubclass(UnverifiedClaims, VerifiedClaims)
    assert not issubclass(VerifiedClaims, UnverifiedClaims)
    payload = json.dumps(PLAIN).encode()
    one: Claims = read_claims(payload, UnverifiedClaims)
    other: Claims = read_claims(payload, VerifiedClaims)
    assert (type(one), type(other)) == (UnverifiedClaims, VerifiedClaims)
    assert one != other


def test_a_rule_stays_in_its_line() -> None:
    """Whoever made the token wrote it (security check 28)."""
    line = describe(
        read(policies=[{"url": "https://taskrouter.twilio.com/v1/**", "method": "\x1b[2J", "allow": True}])
    )[-1]
    assert line.isprintable()
    assert "\\x1b" in line


def test_a_token_without_an_end_is_described_as_such() -> None:
    assert describe(read()) == [f"workspace token for {WS} of {WS} in {AC}", "never expires"]
    assert describe(read(exp=253_402_300_799))[1] == "expires at 9999-12-31T23:59:59Z"
