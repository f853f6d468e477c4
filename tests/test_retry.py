"""Retries: what is sent again, when, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.errors import (
    DecodeError,
    RequestError,
    RequestTimeout,
    ServerError,
    TransportError,
    api_error,
)
from trbridge.retry import MAX_WAIT, backoff, decide, is_repeatable, is_transient, parse_retry_after
from trbridge.wire import Request

WS = f"WS{'1' * 32}"
BASE = f"https://taskrouter.twilio.com/v1/Workspaces/{WS}"
TASK = f"{BASE}/Tasks/WT{'2' * 32}"
RESERVATION = f"{TASK}/Reservations/WR{'3' * 32}"
WORKER = f"{BASE}/Workers/WK{'4' * 32}"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC).timestamp()

REPEATABLE = [
    Request("GET", f"{BASE}/Tasks"),
    Request("DELETE", TASK),
    Request("POST", TASK, {"Attributes": "{}", "Priority": "3"}),
    Request("POST", f"{BASE}/", {"EventsFilter": ""}),
    Request("POST", WORKER, {"ActivitySid": f"WA{'5' * 32}"}),
    Request("POST", f"{WORKER}/Channels/WC{'6' * 32}", {"Capacity": "3"}),
    Request("POST", RESERVATION, {"ReservationStatus": "accepted"}, if_match="3"),
    Request("POST", f"{BASE}/TaskQueues/RealTimeStatistics", {"QueueSids": ["WQ"]}),
    Request("POST", f"{TASK}?FriendlyName=x", {"Priority": "3"}),
    Request("POST", TASK),
]
NOT_REPEATABLE = [
    Request("POST", f"{BASE}/Tasks", {"WorkflowSid": "WW"}),
    Request("POST", f"{BASE}/Tasks", {"WorkflowSid": "WW"}, if_match="3"),
    Request("POST", "https://taskrouter.twilio.com/v1/Workspaces", {"FriendlyName": "x"}),
    Request("POST", TASK, {"AssignmentStatus": "completed", "Reason": "solved"}),
    Request("POST", RESERVATION, {"ReservationStatus": "accepted"}),
    Request("POST", RESERVATION, {"Instruction": "call", "CallFrom": "+1", "CallUrl": "https://x.example"}),
    Request("POST", WORKER, {"ActivitySid": f"WA{'5' * 32}", "RejectPendingReservations": "true"}),
    Request("POST", f"{WORKER}/Transfers", {"To": "WK", "Mode": "COLD"}),
    Request("POST", f"{WORKER}/Transfers/TT{'7' * 32}", {"TransferStatus": "canceled"}),
    Request("POST", f"{WORKER}/HoldWorkerParticipant", {"Hold": "true"}),
]

ANY_REQUEST = st.sampled_from(REPEATABLE + NOT_REPEATABLE)
CHANCE = st.floats(0, 1, exclude_max=True)


def transport(kind: str, *, unknown: bool = False) -> TransportError:
    error = TransportError("no answer")
    error.kind, error.outcome_unknown = kind, unknown
    return error


def answered(status: int, *, unknown: bool = False, retry_after: float | None = None) -> RequestError:
    error = api_error(status, "failed")
    error.outcome_unknown = unknown
    if retry_after is not None:
        error.retry_after = retry_after  # type: ignore[attr-defined]
    return error


@st.composite
def errors(draw: st.DrawFn) -> RequestError:
    kinds = ["dns", "refused", "unreachable", "reset", "tls", "proxy", "protocol", "network"]
    error: RequestError = draw(
        st.one_of(
            st.builds(RequestTimeout),
            st.builds(DecodeError),
            st.sampled_from(kinds).map(transport),
            st.integers(300, 599).map(answered),
            st.floats(0, 1e9).map(lambda after: answered(429, retry_after=after)),
            st.floats(0, 1e9).map(lambda after: answered(503, retry_after=after)),
        )
    )
    error.outcome_unknown = draw(st.booleans())
    return error


@pytest.mark.parametrize("request_", REPEATABLE, ids=lambda request: f"{request.method} {request.url[-30:]}")
def test_a_request_is_repeatable_if_the_second_time_changes_nothing(request_: Request) -> None:
    assert is_repeatable(request_)


@pytest.mark.parametrize("request_", NOT_REPEATABLE, ids=lambda request: f"{request.method} {request.url[-30:]}")
def test_creates_actions_and_changes_of_status_are_not_repeatable(request_: Request) -> None:
    assert not is_repeatable(request_)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_busy_and_broken_services_are_worth_another_try(status: int) -> None:
    """v1 did not count 429, 502, 503 and 504 (Q2)."""
    assert is_transient(answered(status))


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 410, 412, 418, 501, 505])
def test_other_answers_would_be_the_same_again(status: int) -> None:
    assert decide(Request("GET", TASK), answered(status), 1, 5, lambda: 0.5) is None


def test_a_bad_certificate_is_never_tried_again() -> None:
    """Check 14: once, and no more."""
    assert decide(Request("GET", TASK), transport("tls"), 1, 5, lambda: 0.5) is None
    assert decide(Request("GET", TASK), transport("refused"), 1, 5, lambda: 0.5) is not None


def test_by_default_nothing_is_repeated() -> None:
    """max_retries is 0, as in v1."""
    assert decide(Request("GET", TASK), answered(500), 1, 0, lambda: 0.5) is None


@pytest.mark.parametrize("request_", NOT_REPEATABLE)
@pytest.mark.parametrize("error", [RequestTimeout(), transport("reset"), answered(502), answered(503), DecodeError()])
def test_what_was_perhaps_done_is_not_done_twice(request_: Request, error: RequestError) -> None:
    """F64: a create whose answer was lost may exist already."""
    error.outcome_unknown = True
    assert decide(request_, error, 1, 5, lambda: 0.5) is None


@pytest.mark.parametrize("request_", REPEATABLE + NOT_REPEATABLE)
@pytest.mark.parametrize("error", [answered(429), answered(503, retry_after=2.0), transport("refused")])
def test_what_was_certainly_not_done_is_repeated_whatever_it_is(request_: Request, error: RequestError) -> None:
    assert decide(request_, error, 1, 5, lambda: 0.5) is not None


def test_the_service_is_given_the_time_it_asked_for() -> None:
    """F63: from Retry-After on, and a little later at random, so that not everybody comes back at once."""
    request, error = Request("GET", TASK), answered(429, retry_after=7.0)
    assert decide(request, error, 1, 3, lambda: 0.0) == 7.0
    later = decide(request, error, 1, 3, lambda: 0.99)
    assert later is not None
    assert 7.0 < later < 8.0


def test_an_absurd_retry_after_is_cut_to_a_minute() -> None:
    assert decide(Request("GET", TASK), answered(429, retry_after=86400.0), 1, 3, lambda: 0.0) == MAX_WAIT


def test_the_back_off_doubles_up_to_half_a_minute() -> None:
    assert [round(backoff(attempt, lambda: 1.0), 3) for attempt in range(1, 9)] == [
        0.8,
        1.6,
        3.2,
        6.4,
        12.8,
        25.6,
        30.0,
        30.0,
    ]


@given(st.integers(-5, 10**9), CHANCE)
def test_a_back_off_is_never_negative_and_never_longer_than_the_cap(attempt: int, chance: float) -> None:
    assert 0 <= backoff(attempt, lambda: chance) <= 30.0


@given(ANY_REQUEST, errors(), st.integers(1, 50), st.integers(0, 10), CHANCE)
def test_decisions_hold_their_promises(
    request: Request, error: RequestError, attempt: int, max_retries: int, chance: float
) -> None:
    """Bounded in number and in time, safe, and later attempts are never allowed where earlier ones are not."""
    delay = decide(request, error, attempt, max_retries, lambda: chance)
    if delay is None:
        assert attempt > max_retries or not is_transient(error) or error.outcome_unknown
        return
    assert attempt <= max_retries
    assert 0 <= delay <= MAX_WAIT + 0.8
    assert not error.outcome_unknown or is_repeatable(request)
    after = getattr(error, "retry_after", None)
    assert after is None or delay >= min(after, MAX_WAIT)
    assert decide(request, error, 1, max_retries, lambda: chance) is not None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("1000000000", 86400.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("Sun, 01 Mar 2020 12:00:30 GMT", 0.0),
        ("Sun, 01 Mar 9999 12:00:30 GMT", 86400.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("1_000", None),
        ("\u0661\u0662", None),  # digits, but not HTTP's
        ("Sun, 99 Mar 2026 99:99:99 GMT", None),
        ("x" * 1000, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.one_of(st.text(), st.from_regex(r"-?[0-9]{1,400}(\.[0-9]*)?", fullmatch=True)), st.floats(-1e12, 1e12))
def test_any_retry_after_gives_sane_seconds_or_nothing(value: str, now: float) -> None:
    """It comes from outside; whatever it is, it must neither raise nor stop us for ever (F08)."""
    seconds = parse_retry_after(value, now)
    assert seconds is None or 0 <= seconds <= 86400


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(0, 86400))  # noqa: DTZ001
def test_a_date_means_the_time_until_then(now: datetime, seconds: int) -> None:
    start = now.replace(microsecond=0).timestamp()
    header = format_datetime(datetime.fromtimestamp(start + seconds, UTC), usegmt=True)
    assert parse_retry_after(header, start) == pytest.approx(seconds)


def test_server_errors_carry_their_retry_after() -> None:
    """A 503 may name a time as well; the attribute exists on the class, so that reading it is always safe."""
    assert ServerError("down").retry_after is None
