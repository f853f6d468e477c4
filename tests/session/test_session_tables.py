"""The tables themselves, the options, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_bench import Bench, failure

from trbridge import close_codes
from trbridge.errors import Forbidden, InvalidArgument, WrongIdentity
from trbridge.session import (
    OUTCOMES,
    TRANSITIONS,
    Input,
    SessionOptions,
    State,
    Verdict,
    classify,
    full_jitter,
    mermaid,
)

PAGE = Path(__file__).parents[2] / "docs" / "connecting.md"


def test_every_state_has_a_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    reached = {target for inputs in TRANSITIONS.values() for targets in inputs.values() for target in targets}
    assert reached == set(State)


def test_every_state_but_the_last_can_be_closed() -> None:
    for state, inputs in TRANSITIONS.items():
        assert (Input.CLOSE in inputs) == (state is not State.CLOSED)


def in_state(state: State) -> Bench:
    """A session in this state."""
    bench = Bench(can_refresh=state is State.REFRESHING, expires_at=0.0 if state is State.REFRESHING else None)
    ways: dict[State, Callable[[], object]] = {
        State.IDLE: lambda: None,
        State.REFRESHING: bench.connect,
        State.CONNECTING: bench.connect,
        State.CONNECTED: lambda: (bench.connect(), bench.open()),
        State.READY: bench.up,
        State.DISCONNECTED: lambda: (bench.connect(), bench.fail()),
        State.STANDBY: lambda: (bench.up(), bench.lose(close_codes.SUPERSEDED)),
        State.STOPPED: lambda: (bench.connect(), bench.fail("http", 401)),
        State.CLOSED: lambda: bench.do(bench.session.close),
    }
    ways[state]()
    assert bench.state() is state
    return bench


def happen(bench: Bench, happened: Input) -> None:
    """Let something happen, whether it makes sense or not."""
    session = bench.session
    inputs: dict[Input, Callable[[], object]] = {
        Input.CONNECT: lambda: session.connect(bench.now),
        Input.OPENED: lambda: session.opened(bench.now, session.epoch),
        Input.READY_SUCCEEDED: lambda: session.ready_succeeded(bench.now, session.epoch),
        Input.READY_FAILED: lambda: session.ready_failed(bench.now, session.epoch, Forbidden("no")),
        Input.FAILED: lambda: session.failed(bench.now, session.epoch, failure("tls")),
        Input.LOST: lambda: session.lost(bench.now, session.epoch, 1000, ""),
        Input.TOKEN_UPDATED: lambda: session.token_updated(bench.now, None),
        Input.REFRESH_FAILED: lambda: session.refresh_failed(bench.now, WrongIdentity("no")),
        Input.RECONNECT: lambda: session.reconnect(bench.now),
        Input.NETWORK_CHANGED: lambda: session.network_changed(bench.now),
        Input.DISCONNECT: lambda: session.disconnect(bench.now),
        Input.CLOSE: lambda: session.close(bench.now),
        Input.ABANDON: lambda: session.abandon(bench.now, Forbidden("no")),
        Input.WAKE: lambda: session.wake(bench.now + 1e4),
    }
    inputs[happened]()


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("happened", list(Input))
def test_every_input_in_every_state_is_in_the_table_or_ignored(state: State, happened: Input) -> None:
    bench = in_state(state)
    happen(bench, happened)
    found = bench.take()
    targets = TRANSITIONS[state].get(happened)
    if targets is None:
        assert (bench.state(), found) == (state, [])
    else:
        assert bench.state() in targets | {state}


def test_the_most_precise_row_counts() -> None:
    assert classify({}, "http", 401) is Verdict.REFRESH
    assert classify({}, "http", 499) is Verdict.STOP
    assert classify({}, "http", 500) is Verdict.RETRY
    assert classify({}, "http", 101) is Verdict.RETRY
    assert classify({}, "ready", 403) is Verdict.STOP
    assert classify({}, "ready") is Verdict.RETRY
    assert classify({}, "close", 4999) is Verdict.RETRY
    assert classify({}, "unheard of") is Verdict.RETRY
    changed = {"ready 403": Verdict.RETRY, "close": Verdict.STOP}
    assert classify(changed, "ready", 403) is Verdict.RETRY
    assert classify(changed, "http", 403) is Verdict.STOP
    assert classify(changed, "close", 1000) is Verdict.STOP
    assert classify(changed, "close", 1008) is Verdict.REFRESH


def test_the_callers_class_of_statuses_does_not_hide_a_precise_row() -> None:
    assert classify({"http 4xx": Verdict.RETRY}, "http", 401) is Verdict.REFRESH
    assert classify({"http 4xx": Verdict.RETRY}, "http", 403) is Verdict.RETRY


@pytest.mark.parametrize("key", ["", "HTTP 403", "http 4XX", "close  4001", "http 40", "close 44444", "x\n", 7])
def test_a_row_that_is_none_is_refused(key: Any) -> None:
    with pytest.raises(InvalidArgument, match="no row"):
        SessionOptions(outcomes={key: "stop"})


def test_rows_may_be_a_number_a_class_or_a_kind() -> None:
    rows = {"http": "stop", "http 4xx": Verdict.RETRY, "close 4001": "refresh"}
    assert set(SessionOptions(outcomes=rows).verdicts.values()) == {Verdict.STOP, Verdict.RETRY, Verdict.REFRESH}


def test_a_verdict_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="'retry', 'retry later', 'refresh', 'stand by', 'stop'"):
        SessionOptions(outcomes={"http 403": "perhaps"})


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), "10", None, True])
def test_a_time_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="silence_limit must be a positive number of seconds"):
        SessionOptions(silence_limit=value)


@given(failures=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True), longest=st.floats(0.1, 1e6))
def test_a_wait_is_within_v1s_limits(failures: int, chance: float, longest: float) -> None:
    wait = full_jitter(lambda: chance, failures, longest)
    assert 0.0 <= wait <= min(longest, 2.0 ** min(failures, 50) - 1)


def test_every_code_of_ours_has_a_meaning_and_an_outcome() -> None:
    ours = [code for code in close_codes.MEANINGS if code >= 4000]
    assert len(ours) == 4
    for code in ours:
        assert f"close {code}" in OUTCOMES


def test_the_page_shows_the_tables() -> None:
    """Change the page when this fails: put the text that it names in."""
    page = PAGE.read_text()
    assert mermaid() in page, f"the diagram in docs/connecting.md should be:\n{mermaid()}"
    assert outcome_table() in page, f"the table in docs/connecting.md should be:\n{outcome_table()}"


WORDS = {
    "dns": "the name did not resolve",
    "refused": "nothing listens there",
    "unreachable": "no way to that network",
    "reset": "the connection broke off during the attempt",
    "timeout": "the attempt took longer than 10 s",
    "network": "any other trouble of the network",
    "protocol": "an answer that is neither HTTP nor a websocket's",
    "proxy": "trouble with the proxy",
    "proxy 407": "the proxy wants a password",
    "tls": "the certificate is not accepted",
    "configuration": "the address or the proxy's cannot be used",
    "http 2xx": "a web page: a captive portal, a wrong address",
    "http 3xx": "a redirect; it is not followed, since the token would go along",
    "http 4xx": "any other refusal",
    "http 5xx": "the service is in trouble",
    "http 425": "too early",
    "ready": "the ready request was not answered",
    "close 3000": "unauthorized",
    "close 3003": "forbidden",
    "close": "any other code, or none",
}


def outcome_table() -> str:
    rows = [f"| `{key}` | {words(key)} | {verdict} |" for key, verdict in OUTCOMES.items()]
    return "\n".join(["| row | what happened | what follows |", "| --- | --- | --- |", *rows])


def words(key: str) -> str:
    if key in WORDS:
        return WORDS[key]
    kind, number = key.split()
    return close_codes.MEANINGS[int(number)] if kind == "close" else HTTPStatus(int(number)).phrase.lower()
