"""HTTP as far as we speak it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.emulator.web import check_host, is_loopback, origin_allowed, parse_form, read_body
from trbridge.errors import ApiError, BadRequest, Forbidden
from trbridge.wire import encode_params


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "LOCALHOST", "app.localhost:1", "127.0.0.1:9", "127.8.8.8", "[::1]:80", "[::1]"],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.test",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "0x7f000001",
        "2130706433",
        "0.0.0.0",  # noqa: S104  only a text here
        "10.0.0.1",
        "[::ffff:10.0.0.1]",
        "[",
        "",
        "evil@127.0.0.2.example",
        "evil.example@localhost",
        "evil.example[::1]",
        "[::1]evil.example",
        "localhost:80:80",
        "localhost/",
    ],
)
def test_other_machines(host: str) -> None:
    """By name and address as sent, never by looking it up: DNS rebinding (security checks 15 and 30)."""
    assert not is_loopback(host)


def test_a_foreign_host_is_refused_unless_remote_ones_are_allowed() -> None:
    headers = {b"host": b"evil.example"}
    with pytest.raises(Forbidden, match=r"'evil\.example' is not this machine"):
        check_host(headers, allow_remote=False)
    assert check_host(headers, allow_remote=True) == "evil.example"
    assert check_host({}, allow_remote=False) == "localhost"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("null", False),
        ("http://evil@localhost", False),
        ("http://localhost:3000", True),
        ("https://127.0.0.1", True),
        ("https://flex.example", True),
        ("HTTPS://FLEX.EXAMPLE", True),
        ("https://flex.example:444", False),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("localhost", False),
    ],
)
def test_pages_of_this_machine_and_named_ones_may_ask(origin: str | None, allowed: bool) -> None:
    headers = {} if origin is None else {b"origin": origin.encode()}
    assert origin_allowed(headers, ("https://flex.example",), allow_remote=False) is allowed
    assert origin_allowed(headers, (), allow_remote=True)


def test_a_form_keeps_repeated_keys_and_blank_values() -> None:
    assert parse_form(b"a=1&a=2&b=&c=%C3%A4+b") == {"a": ["1", "2"], "b": [""], "c": ["ä b"]}
    assert parse_form(b"") == {}


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 3000)])
def test_a_form_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_form(body)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_what_a_client_encodes_is_what_is_read(values: dict[str, str]) -> None:
    """Encoded, never concatenated (security check 21)."""
    from urllib.parse import urlencode

    encoded = encode_params(values)
    assert parse_form(urlencode(encoded).encode()) == {name: [value] for name, value in values.items()}


async def body_of(parts: list[bytes], headers: dict[bytes, bytes], limit: int = 10) -> bytes:
    messages: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": True} for part in parts
    ]
    messages[-1]["more_body"] = False

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    return await read_body(receive, headers, limit)


async def test_a_body_comes_in_parts_and_has_a_largest_size() -> None:
    assert await body_of([b"abc", b"de"], {}) == b"abcde"
    for parts, headers in (
        ([b"123456", b"123456"], {}),
        ([b""], {b"content-length": b"11"}),
        ([b""], {b"content-length": b"9" * 18}),
    ):
        with pytest.raises(ApiError, match="more than 10 bytes") as caught:
            await body_of(parts, headers)
        assert caught.value.status == 413


async def test_a_caller_that_goes_away_leaves_no_half_request() -> None:
    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(BadRequest, match="broke off"):
        await read_body(receive, {}, 10)


@given(st.text(alphabet="ab=&%+;20é ", max_size=12))
def test_a_form_without_escapes_is_read_like_any_other(text: str) -> None:
    """There is a short way for it; the long one is the standard library's."""
    form: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(text.encode().decode("ascii"), keep_blank_values=True, errors="strict"):
            form.setdefault(name, []).append(value)
    except ValueError:
        with pytest.raises(BadRequest):
            parse_form(text.encode())
    else:
        assert parse_form(text.encode()) == form
