"""Which host a text names, whoever reads it (checks 15, 18, 30)."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.hosts import host_of, is_loopback


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("taskrouter.twilio.com", "taskrouter.twilio.com"),
        ("LocalHost:8080", "localhost"),
        ("127.0.0.1:1", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("[0:0::1]", "::1"),
        ("a_b-c.d", "a_b-c.d"),
    ],
)
def test_a_host_with_or_without_a_port(authority: str, host: str) -> None:
    assert host_of(authority) == host


@pytest.mark.parametrize(
    "authority",
    [
        *("", ":80", "[::1", "::1", "[]", "[12345::]", "[127.0.0.1]", "[::1]x", "x[::1]", "][::1]", "[::1][::1]"),
        *("a@localhost", "a:b@localhost", "localhost/", "localhost#", "localhost?", "localhost\\", "a b", "a%2eb"),
        *("localhost:80:80", "localhost:", "localhost:x", "localhost:123456", "\u0661.0.0.1", "a\n", "a\0"),
    ],
)
def test_what_parsers_may_disagree_about_is_none(authority: str) -> None:
    assert host_of(authority) == ""
    assert not is_loopback(host_of(authority))


@given(st.text("abc.:[]@-_1%/\\\n", max_size=24) | st.text(max_size=12))
def test_another_parser_reads_the_same_host(authority: str) -> None:
    """Httpx reads by RFC 3986, urllib by its own rules."""
    host = host_of(authority)
    if host:
        try:
            read = httpx.URL(f"https://{authority}/").host
        except httpx.InvalidURL:
            return  # a name that IDNA refuses
        assert host_of(f"[{read}]" if ":" in read else read) == host
