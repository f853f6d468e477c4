"""Faults while connecting."""

from __future__ import annotations

from typing import Final

from fault_row import Fault

__all__ = ["CONNECTING"]

_CONNECTING: Final = "session/test_session_connecting.py::"
_READY: Final = "session/test_session_ready.py::"
_DRIVER: Final = "connection/test_connection_driver.py::"
_FAILURES: Final = "connection/test_connection_failures.py::"
_SOCKET: Final = "connection/test_connection_websocket.py::"
_CATCHING: Final = "clients/test_worker_catching_up.py::"
_NETWORK: Final = "faults/test_faults_network.py::"
_CLIENT: Final = "faults/test_faults_client.py::"
_MANY: Final = "faults/test_faults_many.py::"

CONNECTING: Final = (
    Fault(
        "F01",
        "connection refused",
        "tried again, at most 30 times in ten minutes",
        (
            _CONNECTING + "test_f01_a_refusing_server_sees_at_most_30_attempts_in_ten_minutes",
            _DRIVER + "test_f01_ten_minutes_of_refusals_are_at_most_30_attempts",
            _NETWORK + "test_f01_who_is_refused_waits_longer_and_comes_back",
        ),
    ),
    Fault(
        "F02",
        "the name does not resolve",
        "tried again; the error's kind is `dns`",
        (_FAILURES + "test_f02_a_name_that_does_not_resolve",),
    ),
    Fault(
        "F03",
        "bad certificate",
        "one attempt, a typed error, no token sent",
        (_FAILURES + "test_f03_check_14_a_bad_certificate_ends_it_before_the_token_was_sent",),
    ),
    Fault(
        "F04",
        "a handshake that hangs",
        "given up after 10 s",
        (
            _SOCKET + "test_f04_a_handshake_that_hangs_is_given_up",
            _SOCKET + "test_f04_a_tls_handshake_that_hangs_is_given_up",
            _NETWORK + "test_f18_a_black_hole_that_takes_connections_too",
        ),
    ),
    Fault(
        "F05",
        "HTTP 401",
        "the token is renewed once, then it is over",
        (
            _CONNECTING + "test_f05_a_refused_token_is_renewed_once_then_it_is_over",
            _CLIENT + "test_f05_f56_a_refused_token_is_renewed_once_then_run_raises",
        ),
    ),
    Fault(
        "F06",
        "HTTP 403",
        "over after one attempt; the service's words are told",
        (
            _CONNECTING + "test_f03_f06_f07_trouble_that_stays_ends_it_after_one_attempt",
            _FAILURES + "test_f06_the_services_own_words_are_told",
        ),
    ),
    Fault(
        "F07",
        "HTTP 400, 404",
        "over after one attempt; the hint has the URL without its query",
        (
            _CONNECTING + "test_f03_f06_f07_trouble_that_stays_ends_it_after_one_attempt",
            _FAILURES + "test_f05_to_f10_a_refusal_says_what_to_do",
        ),
    ),
    Fault(
        "F08",
        "HTTP 429 with Retry-After",
        "waited for, up to five minutes; nonsense is clamped",
        (
            _CONNECTING + "test_f08_retry_after_is_kept_and_clamped",
            _FAILURES + "test_f08_retry_after",
            _DRIVER + "test_f08_retry_after_is_kept",
        ),
    ),
    Fault(
        "F09",
        "HTTP 5xx",
        "tried again, ever later",
        (_CONNECTING + "test_f09_f10_f11_answers_that_may_change_are_retried",),
    ),
    Fault(
        "F10",
        "a web page in place of a websocket",
        "tried again; the page is not shown",
        (
            _CONNECTING + "test_f09_f10_f11_answers_that_may_change_are_retried",
            _FAILURES + "test_f10_a_body_that_tells_nothing_is_not_shown",
        ),
    ),
    Fault("F11", "a redirect", "not followed", (_FAILURES + "test_f11_check_16_a_redirect_is_not_followed",)),
    Fault(
        "F12",
        "trouble with a proxy",
        "407 ends it, anything else is tried again",
        ("connection/test_connection_proxies.py::test_f12_a_proxy_in_trouble",),
    ),
    Fault(
        "F13",
        "connected, but no word from the service",
        "the ready request is repeated at its deadline",
        (
            _READY + "test_a_ready_request_without_an_answer_is_repeated",
            _NETWORK + "test_f04_f13_a_line_that_breaks_at_every_byte_of_the_opening",
        ),
        "v1's protocol has no `init`; the ready request is its counterpart",
    ),
    Fault(
        "F14",
        "the service names somebody else",
        "",
        missing="v1's protocol tells no identity on the socket, and the ready request asks for ours by its SID",
    ),
    Fault(
        "F15",
        "the ready request fails",
        "repeated; frames wait for its answer",
        (
            _READY + "test_f15_a_failing_ready_request_is_reported_and_repeated",
            _DRIVER + "test_f15_a_failing_ready_request_is_repeated",
            _CLIENT + "test_f15_f46_three_failures_and_frames_before_ready",
        ),
    ),
    Fault(
        "F16",
        "a page of the reservations fails",
        "the list is read again; each reservation is told once",
        (
            _CATCHING + "test_a_failed_start_is_tried_again_and_new_events_need_not_wait",
            _CLIENT + "test_f16_a_page_in_the_middle_fails",
        ),
        "`ready` does not wait for the list: reservations are told one by one, after it",
    ),
    Fault(
        "F17",
        "500 clients after a restart of the service",
        "spread over 30 s, with `first_retry=30`",
        (
            _MANY + "test_f17_five_hundred_clients_come_back_spread",
            _CONNECTING + "test_f17_without_being_told_they_meet_once_and_spread_afterwards",
        ),
        "by default the first attempt comes within half a second, as F19 wants it",
    ),
)
