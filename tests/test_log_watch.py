"""What looks like a secret is found in a log, and what is none is not (security check 1)."""

from __future__ import annotations

import logging

import pytest
from log_watch import secrets_in, watched

log = logging.getLogger("trbridge.tests")
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
AUTH = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def no_secret_is_logged() -> None:
    """In place of the one that every test has: here they are."""


@pytest.mark.parametrize("text", [TOKEN, TOKEN[:20], f"?token={TOKEN}&x", f"auth token {AUTH}", f"'AC{AUTH}:{AUTH}'"])
def test_a_secret_is_found(text: str) -> None:
    assert secrets_in(text)
    with pytest.raises(AssertionError, match="a log holds what looks like a secret"), watched():
        log.warning("%s", text)


def test_one_in_a_traceback_is_found() -> None:
    error = ValueError(TOKEN)
    with pytest.raises(AssertionError, match="looks like a secret"), watched():
        log.warning("it failed", exc_info=error)


@pytest.mark.parametrize("text", [f"AC{AUTH}", f"/Workers/WK{AUTH}", AUTH[:31], "token=***", AUTH.upper(), f"x{AUTH}"])
def test_what_is_none_is_not(text: str) -> None:
    assert not secrets_in(text)
    with watched():
        log.warning("%s", text)


def test_what_was_there_before_is_there_after() -> None:
    before = list(logging.getLogger().handlers)
    with watched():
        assert len(logging.getLogger().handlers) == len(before) + 1
    assert logging.getLogger().handlers == before
