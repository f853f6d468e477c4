"""A client's token has one holder, and a bad one never takes its place."""

from __future__ import annotations

import copy
import pickle
import pprint
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from token_samples import AC, AUTH, FIRST, FOREIGN, NOW, OLD, OTHER, SECOND, WK, WQ, WS, Gate

from trbridge.capabilities import TaskQueueCapability, WorkerCapability, WorkspaceCapability
from trbridge.credentials import Credentials
from trbridge.errors import (
    InvalidArgument,
    InvalidToken,
    TokenError,
    TokenExpired,
    WrongIdentity,
    WrongTokenKind,
)

# -- a token


def test_a_token_is_held_and_read() -> None:
    credentials = Credentials(FIRST, "worker")
    assert (credentials.current, credentials.has_token, credentials.can_refresh) == (FIRST, True, False)
    assert (credentials.kind, credentials.channel_sid, credentials.expires_at) == ("worker", WK, NOW + 3600)
    assert credentials.claims.workspace_sid == WS


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", InvalidToken),
        ("a.b.c", InvalidToken),
        (WorkspaceCapability(AC, AUTH, WS).to_jwt(), WrongTokenKind),
        (TaskQueueCapability(AC, AUTH, WS, WQ).to_jwt(), WrongTokenKind),
        (None, InvalidArgument),
        (FIRST.encode(), InvalidArgument),
        (5, InvalidArgument),
        ({"token": FIRST}, InvalidArgument),
    ],
)
def test_a_token_that_cannot_serve_is_refused_before_anything_is_sent(token: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Credentials(token, "worker")


def test_a_coroutine_is_no_provider_and_the_error_says_what_is() -> None:
    gate = Gate()()
    with pytest.raises(InvalidArgument, match="give the function itself"):
        Credentials(gate, "worker")  # type: ignore[arg-type]
    gate.close()


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_limit_is_positive(timeout: float) -> None:
    with pytest.raises(InvalidArgument, match="timeout"):
        Credentials(FIRST, "worker", timeout=timeout)


def test_an_old_token_can_be_given_since_its_client_may_ask_for_another() -> None:
    """v1 fires ``token.expired`` at once then, and goes on (wire-protocol 3.7)."""
    assert Credentials(OLD, "worker").current == OLD


def test_a_worker_token_with_the_workspace_channel_serves_a_workspace() -> None:
    token = WorkerCapability(AC, AUTH, WS, WK).allow_web_sockets(WS).to_jwt()
    credentials = Credentials(token, "workspace")
    assert credentials.channel_sid == WS
    credentials.update(WorkspaceCapability(AC, AUTH, WS).to_jwt())


# -- update


def test_any_kind_of_text_is_held_as_text() -> None:
    """Frameworks have kinds of their own, which no encoder knows."""

    class Text(str):
        __slots__ = ()

    assert type(Credentials(Text(FIRST), "worker").current) is str


def test_an_updated_token_is_what_everybody_sees() -> None:
    credentials = Credentials(FIRST, "worker")
    assert credentials.update(SECOND, now=NOW).expires_at == NOW + 3660
    assert (credentials.current, credentials.expires_at) == (SECOND, NOW + 3660)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("", InvalidToken),
        ("garbage", InvalidToken),
        (None, InvalidToken),
        ("x" * 200_000, InvalidToken),
        (WorkspaceCapability(AC, AUTH, WS).to_jwt(), WrongTokenKind),
        (FOREIGN["worker"], WrongIdentity),
        (FOREIGN["workspace"], WrongIdentity),
        (FOREIGN["account"], WrongIdentity),
        (OLD, TokenExpired),
    ],
)
def test_a_refused_token_leaves_the_old_one_in_place(token: Any, error: type[Exception]) -> None:
    """v1 takes any token that can be decoded (quirk Q11)."""
    credentials = Credentials(FIRST, "worker")
    with pytest.raises(error):
        credentials.update(token, now=NOW)
    assert (credentials.current, credentials.claims.channel_sid) == (FIRST, WK)


def test_a_wrong_identity_names_both() -> None:
    with pytest.raises(WrongIdentity, match=f"for WK{OTHER} of {WS} of {AC}, this client for {WK} of {WS} of {AC}"):
        Credentials(FIRST, "worker").update(FOREIGN["worker"])


@pytest.mark.parametrize(("now", "good"), [(None, True), (NOW - 0.5, True), (NOW, False), (float("nan"), False)])
def test_expiry_is_judged_when_the_time_is_given(now: float | None, good: bool) -> None:
    credentials = Credentials(FIRST, "worker")
    if good:
        credentials.update(OLD, now=now)
    else:
        with pytest.raises(TokenExpired, match="2030-01-01T00:00:00Z"):
            credentials.update(OLD, now=now)


_TOKENS = [FIRST, SECOND, OLD, *FOREIGN.values(), "", "a.b.c", WorkspaceCapability(AC, AUTH, WS).to_jwt()]


@given(st.lists(st.tuples(st.sampled_from(_TOKENS), st.none() | st.sampled_from([NOW - 9.0, NOW + 9.0, NOW + 9e9]))))
def test_whatever_comes_identity_stays_and_only_accepted_tokens_are_held(
    updates: list[tuple[str, float | None]],
) -> None:
    credentials = Credentials(FIRST, "worker")
    held = FIRST
    for token, now in updates:
        try:
            credentials.update(token, now=now)
        except TokenError:
            pass
        else:
            held = token
        assert credentials.current == held
        assert (credentials.claims.account_sid, credentials.claims.workspace_sid, credentials.channel_sid) == (
            AC,
            WS,
            WK,
        )


# -- secrets


def test_credentials_show_no_token() -> None:
    credentials = Credentials(FIRST, "worker")
    endless = Credentials(lambda: "", "worker")
    assert repr(credentials) == f"<Credentials of worker {WK}, expires at 2030-01-01T01:00:00Z>"
    assert repr(endless) == "<Credentials of a worker, no token yet>"
    for text in (
        repr(credentials),
        str(credentials),
        f"{credentials}",
        pprint.pformat(credentials),
        repr(credentials.claims),
    ):
        assert not any(part in text for part in FIRST.split("."))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            pickle.dumps(credentials, protocol)
    with pytest.raises(TypeError):
        copy.deepcopy(credentials)
    with pytest.raises(TypeError):
        vars(credentials)
