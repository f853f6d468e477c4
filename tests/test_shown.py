"""What is shown holds no token, however much there is of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trbridge.shown import printable, redacted

PLAINLY = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,4}")
"""What a token is; searched for like this it takes time that grows with the square."""


@given(
    st.lists(st.sampled_from(["eyJ", "aaaaa", "a", ".", "-", " ", "/", "é", "eyJhbGciOi"]), max_size=24).map("".join)
)
@example("eyJaaaaa.")
@example("eyJa.eyJaaaaa.b.c.d.e.f")
def test_tokens_are_found_as_by_the_plain_pattern(text: str) -> None:
    assert redacted(text) == PLAINLY.sub("***", re.sub(r"(//)[^/?#\s@]*@", r"\1", text))


@pytest.mark.parametrize(
    "text", ["eyJ" * 100_000, "eyJaaaaa" * 50_000, "eyJaaaaa." * 50_000, "eyJ." * 50_000, "//" * 100_000]
)
def test_much_is_looked_through_at_once(text: str) -> None:
    """An attribute or an error may be made to be slow; the pattern alone would take minutes for the first."""
    shown = redacted(text)
    assert shown == text or "***" in shown


def test_a_line_has_an_end() -> None:
    assert printable("a" * 2000) == "a" * 997 + "..."
    assert printable("a\r\n\x1b\u202e", 40) == "a\\r\\n\\x1b\\u202e"
