"""URLs are compared by their paths, and a path that can be read in two ways is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import InvalidArgument
from trbridge.paths import quoted, resource_path

_SEGMENT = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://taskrouter.twilio.com/v1/Workspaces", ("v1", "Workspaces")),
        ("http://127.0.0.1:8080/v1/Workspaces/", ("v1", "Workspaces")),
        ("http://[::1]:8080/v1/Workspaces", ("v1", "Workspaces")),
        ("/v1/Workspaces?PageSize=50&Page=1", ("v1", "Workspaces")),
        ("/v1/TaskChannels/my%20channel", ("v1", "TaskChannels", "my channel")),
        ("/v1/TaskChannels/caf%C3%A9", ("v1", "TaskChannels", "café")),
        ("/v1/%57orkspaces", ("v1", "Workspaces")),
        ("https://taskrouter.twilio.com", ()),
        ("https://taskrouter.twilio.com/", ()),
        ("/", ()),
        ("/v1/a...b/.hidden", ("v1", "a...b", ".hidden")),
    ],
)
def test_a_url_is_its_path(url: str, path: tuple[str, ...]) -> None:
    assert resource_path(url) == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "v1/Workspaces",
        "Workspaces/WS1",
        "?Page=1",
        "//evil.example/v1/Workspaces",
        "\\\\evil.example/v1",
        "/v1//Workspaces",
        "/v1/Workspaces//",
        "/v1/Workspaces/../Accounts",
        "/v1/Workspaces/.",
        "/v1/Workspaces/%2e%2e/Accounts",
        "/v1/Workspaces/%2E./Accounts",
        "/v1/Workspaces/%252e%252e/Accounts",
        "/v1/Workspaces/a%2fb",
        "/v1/Workspaces/a%5Cb",
        "/v1/Workspaces/a\\b",
        "/v1/Workspaces/%",
        "/v1/Workspaces/%zz",
        "/v1/Workspaces/%c0%ae%c0%ae/x",
        "/v1/Workspaces/a%00",
        "/v1/Workspaces/a\r\nHost: evil",
        "/v1/Workspaces/a%0d%0a",
        "/v1/Workspaces/\u202egnp",
        "/v1/Workspaces#/../x",
        "/v1/Workspaces?x#y",
        "https:///v1/Workspaces",
        "https://ho st/v1",
        "https:\\\\host\\v1",
    ],
)
def test_what_a_server_could_read_otherwise_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument):
        resource_path(url)


@given(st.lists(_SEGMENT, max_size=6), st.booleans())
def test_plain_segments_come_back_as_they_went_in(segments: list[str], slash: bool) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    assert resource_path(f"https://host{path}{'/' if slash else ''}") == tuple(segments)


@given(st.lists(_SEGMENT, min_size=1, max_size=4))
def test_encoding_a_letter_changes_nothing(segments: list[str]) -> None:
    """Else a rule that refuses could be stepped around by writing %57K for WK."""
    encoded = "".join(f"/{''.join(f'%{ord(letter):02X}' for letter in segment)}" for segment in segments)
    assert resource_path(encoded) == tuple(segments)


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_a_typed_error(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        segments = resource_path(text)
        assert all(segment.isprintable() and segment not in ("", ".", "..") for segment in segments)
        assert not any(forbidden in segment for segment in segments for forbidden in "/\\%")


def test_a_message_quotes_escaped_and_shortened() -> None:
    assert quoted("a\r\n\x1b[31m") == "'a\\r\\n\\x1b[31m'"
    assert len(quoted("x" * 10_000)) <= 201
