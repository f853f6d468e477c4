"""Reading without verifying: claims, or a typed error that says what is wrong, and nothing else."""

from __future__ import annotations

import base64
import hmac
import json
import traceback
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trbridge.capabilities import WorkspaceCapability
from trbridge.claims import UnverifiedClaims
from trbridge.errors import InvalidToken, TokenError, WrongTokenKind
from trbridge.tokens import MAX_LENGTH, peek_unverified, verify

AC, WS, WK = "AC" + "1" * 32, "WS" + "2" * 32, "WK" + "7" * 32
AUTH = "0123456789abcdef" * 2
NOW = 1_893_456_000
TOKEN = WorkspaceCapability(AC, AUTH, WS).to_jwt(now=NOW)
PLAIN: dict[str, Any] = {"account_sid": AC, "workspace_sid": WS, "channel": WS}


def segment(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forge(header: Any, claims: Any = PLAIN, key: str = AUTH, digest: str = "sha256") -> str:
    """A token with any header, signed by HMAC all the same."""
    text = f"{segment(header)}.{segment(claims)}"
    return f"{text}.{segment(hmac.new(key.encode(), text.encode(), digest).digest())}"


def test_peeking_looks_at_neither_signature_nor_time() -> None:
    head, body, _ = TOKEN.split(".")
    claims = peek_unverified(f"{head}.{body}.")
    assert isinstance(claims, UnverifiedClaims)
    assert claims.expires_at == NOW + 3600
    assert peek_unverified(forge({"alg": "none"})).channel == WS


@pytest.mark.parametrize("characters", range(4))
def test_a_payload_of_any_length_is_read(characters: int) -> None:
    """base64url leaves the padding away."""
    assert peek_unverified(forge({"alg": "HS256"}, {**PLAIN, "friendly_name": "x" * characters})).account_sid == AC


def test_peeking_reads_letters_beyond_ascii() -> None:
    assert (
        peek_unverified(forge({"alg": "HS256"}, {**PLAIN, "friendly_name": "Zoë >>> ???"})).friendly_name
        == "Zoë >>> ???"
    )


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "text, not NoneType"),
        (b"a.b.c", "text, not bytes"),
        (bytearray(b"a.b.c"), "text, not bytearray"),
        (5, "text, not int"),
        (["a", "b", "c"], "text, not list"),
        ("", "empty"),
        (f"{TOKEN}\n", "signature is not base64url.*white space"),
        (f" {TOKEN}", "header is not base64url.*white space"),
        (f"'{TOKEN}'", "signature is not base64url.*quotes"),
        (f"Bearer {TOKEN}", "header is not base64url.*no word before it"),
        (f"{TOKEN}&closeExistingSessions=true", "signature is not base64url"),
        (TOKEN.replace(".", ".é", 1), "payload is not base64url"),
        ("é.é.e", "header is not base64url"),
        ("\ud800.a.b", "header is not base64url"),
        (AUTH, "three segments with dots between them; this has 1"),
        ("a.b", "this has 2"),
        ("a.b.c.d", "this has 4"),
        ("." * 9, "this has 6"),
        ("x" * (MAX_LENGTH + 1), f"more than {MAX_LENGTH}"),
        ("=.b.c", "header is not base64url"),
        ("a.b.c", "header is not base64url"),
        ("+/+/.b.c", "header is not base64url"),
        (f"{segment(b'x')}.b.c", "header is not a JSON object"),
        (f"{segment([])}.b.c", "header is not a JSON object"),
        (f"{segment(b'[' * 90_000)}.b.c", "header is not a JSON object"),
        (f"{segment({})}.b.c", "payload is not base64url"),
        (f"{segment({})}..c", "payload is not JSON"),
        (f"{segment({})}.{segment(b'{')}.c", "payload is not JSON"),
        (f"{segment({})}.{segment([])}.c", "not those of a capability token"),
        (f"{segment({})}.{segment({})}.c", "no claim account_sid"),
    ],
)
def test_what_is_no_token_is_refused_in_words(token: Any, words: str) -> None:
    with pytest.raises(InvalidToken, match=words):
        peek_unverified(token)
    with pytest.raises(InvalidToken):
        verify(token, AUTH, now=NOW)


@pytest.mark.parametrize(
    "token",
    [
        forge({"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}, {"iss": "SK1"}),
        forge({"alg": "HS256"}, {"jti": "SK1-1", "sub": AC, "grants": {"task_router": {}}}),
        forge({"alg": "HS512", "cty": "twilio-fpa;v=1"}, {**PLAIN, "grants": {}}),
        "a.b.c.d.e",
    ],
)
def test_a_token_of_the_other_generation_is_recognised(token: str) -> None:
    """People have both at hand, and the service only says 403."""
    for read in (peek_unverified, lambda text: verify(text, AUTH, now=NOW)):
        with pytest.raises(WrongTokenKind, match="capability token"):
            read(token)


_ANYTHING = st.one_of(
    st.text(),
    st.binary(),
    st.binary().map(bytearray),
    st.none(),
    st.integers(),
    st.from_regex(r"[A-Za-z0-9_-]{0,9}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,9}", fullmatch=True),
    st.builds(lambda head, body: f"{segment(head)}.{segment(body)}.c", st.binary(max_size=20), st.binary(max_size=60)),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "account_sid": st.just(AC) | _JSON,
        "workspace_sid": st.just(WS) | _JSON,
        "channel": st.sampled_from([WS, WK]) | _JSON,
        "worker_sid": st.just(WK) | _JSON,
        "exp": st.floats() | st.integers() | _JSON,
        "nbf": st.floats() | st.integers() | _JSON,
        "policies": st.lists(st.dictionaries(st.sampled_from(["url", "method", "allow", "post_filter"]), _JSON))
        | _JSON,
    },
)
_LONG_NUMBER = b'{"exp":' + b"9" * 90_000 + b"}"
_HEADER = st.dictionaries(st.sampled_from(["alg", "typ", "cty", "crit", "kid"]), st.just("HS256") | _JSON)


@pytest.mark.parametrize(
    "broken", [f"{TOKEN}=", TOKEN[:-20] + "\n", f"{TOKEN}.x", TOKEN.replace(".", ".!", 1), "e" + TOKEN]
)
def test_a_crash_report_shows_no_part_of_a_refused_token(broken: str) -> None:
    """One that sends local variables, as many do. Variables called token are its own, and masked by most."""
    for read in (peek_unverified, lambda token: verify(token, AUTH, now=NOW)):
        with pytest.raises(TokenError) as caught:
            read(broken)
        error: BaseException | None = caught.value
        assert error is not None
        assert error.__cause__ is None
        assert error.__context__ is None
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename != __file__:
                kept = {name: repr(value) for name, value in frame.f_locals.items() if "token" not in name}
                assert not any(part in text for text in kept.values() for part in broken.split(".") if len(part) > 15)


@given(_ANYTHING)
@example("." * 200_000)
@example(f"{segment(b'[' * 90_000)}..")
@example(f"{segment({})}.{segment(b'[' * 90_000)}.")
@example(f"{segment({})}.{segment(_LONG_NUMBER)}.")
def test_anything_at_all_is_claims_or_a_token_error(token: Any) -> None:
    for read in (peek_unverified, lambda text: verify(text, AUTH, now=NOW)):
        try:
            assert read(token).account_sid
        except TokenError as refused:
            shown = str(refused)
        else:
            continue
        assert shown.isprintable()


@given(_HEADER | _JSON, _CLAIMS | _JSON)
def test_any_json_in_a_token_is_claims_or_a_token_error(header: Any, claims: Any) -> None:
    token = forge(header, claims)
    for read in (peek_unverified, lambda text: verify(text, AUTH, now=NOW)):
        try:
            read(token)
        except TokenError as refused:
            shown = str(refused)
        else:
            continue
        assert token not in shown
        assert len(shown) < 1000
