"""The signature of requests, compared with twilio-python's."""

from __future__ import annotations

import copy
import hmac
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from trbridge import signatures
from trbridge.errors import InvalidArgument
from trbridge.signatures import Secrets, algorithm_of, signature, url_forms

SECRET = "0123456789abcdef0123456789abcdef"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
"""The example of Twilio's documentation of signatures."""


def test_the_documentations_example() -> None:
    """Its parameters, URL, auth token and outcome."""
    assert signature("12345", URL, FORM) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(texts, st.dictionaries(texts, texts, max_size=8), st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]))
def test_every_signature_is_twilios(query: str, form: dict[str, str], algorithm: str) -> None:
    url = f"https://example.com/events?{query}"
    expected: str = RequestValidator(SECRET).compute_signature(url, form, algorithm)
    assert signature(SECRET, url, form, algorithm) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/events",
        "https://example.com:443/events",
        "https://example.com:8443/events?a=b",
        "http://example.com/events",
        "http://127.0.0.1:8000/",
        "http://example.com:80",
    ],
)
def test_with_and_without_the_port_as_twilio_does_it(url: str) -> None:
    """The service is not of one mind about ports."""
    validator = RequestValidator(SECRET)
    for form_of_url in url_forms(url):
        given_signature = signature(SECRET, form_of_url, FORM)
        assert validator.validate(url, FORM, given_signature)
        assert Secrets([SECRET]).have_signed(given_signature, url, FORM)


@pytest.mark.parametrize(
    ("url", "forms"),
    [
        ("https://[::1]:8443/x", ("https://[::1]/x", "https://[::1]:8443/x")),
        ("https://user:pass@example.com/x", ("https://example.com/x", "https://example.com:443/x")),
        ("https://example.com:/x", ("https://example.com/x", "https://example.com:443/x")),
    ],
)
def test_where_twilio_python_errs(url: str, forms: tuple[str, str]) -> None:
    assert url_forms(url) == forms


@pytest.mark.parametrize(
    "url", ["", "example.com/x", "ftp://example.com/", "http://", "https://x:99999/", "https://:443/"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument):
        url_forms(url)


@given(st.text(max_size=40))
def test_no_other_text_is_a_signature(text: str) -> None:
    expected = signature(SECRET, URL, FORM)
    assert Secrets([SECRET]).have_signed(text, URL, FORM) == (text == expected)


def test_any_change_spoils_it() -> None:
    """The whole URL and every parameter count (check 35)."""
    good = signature(SECRET, URL, FORM)
    assert Secrets(["f" * 32, SECRET]).have_signed(good, URL, FORM)
    assert not Secrets(["f" * 32]).have_signed(good, URL, FORM)
    assert not Secrets([]).have_signed(good, URL, FORM)
    for url in (URL.replace("https", "http"), URL + "3", URL.replace("my", "your", 1), URL.replace("foo=1&", "")):
        assert not Secrets([SECRET]).have_signed(good, url, FORM)
    for name in FORM:
        assert not Secrets([SECRET]).have_signed(good, URL, FORM | {name: "x"})
        assert not Secrets([SECRET]).have_signed(good, URL, {key: value for key, value in FORM.items() if key != name})
    assert not Secrets([SECRET]).have_signed(good, URL, FORM | {"More": ""})


def test_it_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hmac.compare_digest, for every secret and form of the URL, found or not (check 35)."""
    compared: list[Any] = []

    class Watched:
        digest = staticmethod(hmac.digest)

        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append(one)
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(signatures, "hmac", Watched)
    for text in (signature(SECRET, url_forms(URL)[0], FORM), "x"):
        compared.clear()
        Secrets([SECRET, "f" * 32]).have_signed(text, URL, FORM)
        assert len(compared) == 4


@pytest.mark.parametrize(
    ("settings", "algorithm"),
    [
        (None, "HMAC_SHA1"),
        ("", "HMAC_SHA1"),
        ("key=webhooks_sharedkey_1", "HMAC_SHA1"),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", "HMAC_SHA256"),
        ("algorithm=hmac_sha256", "HMAC_SHA256"),
        ("algorithm=none", None),
        ("algorithm=MD5,key=x", None),
    ],
)
def test_the_algorithm_is_one_of_two(settings: str | None, algorithm: str | None) -> None:
    assert algorithm_of(settings) == algorithm


def test_secrets_show_nothing() -> None:
    secrets = Secrets([SECRET, "f" * 32])
    assert repr(secrets) == "<2 secrets>"
    for spread in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="auth token"):
            spread(secrets)
