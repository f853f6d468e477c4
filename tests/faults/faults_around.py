"""Faults of tokens, clocks, processes and requests."""

from __future__ import annotations

from typing import Final

from fault_row import Fault

__all__ = ["AROUND"]

_TOKEN: Final = "session/test_session_token.py::"
_CLOCKS: Final = "connection/test_connection_driver_clocks.py::"
_END: Final = "connection/test_connection_driver_end.py::"
_CLIENT: Final = "faults/test_faults_client.py::"
_RETRIES: Final = "requester/test_requester_retries.py::"
_REFRESH: Final = "test_credentials_refresh.py::"

AROUND: Final = (
    Fault(
        "F51",
        "the token runs out while connected",
        "renewed a minute early",
        (_TOKEN + "test_f51_a_provider_is_asked_a_minute_early", _CLIENT + "test_f51_an_hour_of_short_tokens"),
    ),
    Fault(
        "F52",
        "the token ran out while offline",
        "renewed before the attempt",
        (_TOKEN + "test_f52_an_expired_token_is_renewed_before_the_attempt",),
    ),
    Fault(
        "F53",
        "the provider fails or hangs",
        "asked again; connected while the old token lives",
        (
            _TOKEN + "test_f53_a_failing_provider_is_asked_again_while_the_socket_stays",
            _TOKEN + "test_f53_a_provider_that_hangs_has_failed",
        ),
    ),
    Fault(
        "F54",
        "the provider gives a token that cannot be used",
        "refused; the old one stays",
        (
            _REFRESH + "test_a_provider_that_fails_is_a_typed_error_and_the_old_token_stays",
            _TOKEN + "test_f54_a_token_for_another_channel_ends_a_session_that_needs_one",
        ),
    ),
    Fault("F55", "many ask for a token", "one call", ("test_credentials_shared.py::test_many_callers_share_one_call",)),
    Fault(
        "F56",
        "a revoked token",
        "`run()` raises after two attempts",
        (_CLIENT + "test_f05_f56_a_refused_token_is_renewed_once_then_run_raises",),
    ),
    Fault(
        "F57",
        "a wrong clock",
        "corrected by the `Date` of the service; no overflow",
        (
            _CLOCKS + "test_f57_the_date_of_the_handshake_corrects_a_wrong_clock",
            _TOKEN + "test_q37_f57_a_far_expiry_does_not_overflow",
        ),
    ),
    Fault(
        "F58",
        "eight hours of sleep",
        "back within five seconds, with a new token",
        (_CLOCKS + "test_f58_after_a_night_it_is_back_within_five_seconds_with_a_new_token",),
    ),
    Fault(
        "F59",
        "the wall clock jumps",
        "nothing happens",
        (_TOKEN + "test_f59_a_wall_clock_set_back_and_small_steps_mean_nothing",),
    ),
    Fault("F60", "a fork", "the child is refused", (_END + "test_f60_a_forked_child_is_refused",)),
    Fault(
        "F61",
        "cancelled at any await",
        "nothing is left behind",
        (
            "clients/test_cancellation.py::test_cancelled_at_any_await_nothing_is_left",
            "connection/test_connection_cancelled.py::test_f61_a_task_that_uses_a_client_is_cancelled_at_any_turn",
        ),
    ),
    Fault(
        "F62",
        "SIGTERM, SIGINT twice",
        "",
        missing="a client installs no signal handlers; a bot drains at the first and stops at the second",
    ),
    Fault(
        "F63",
        "HTTP 429; three expression lists a second",
        "held back before the limit is met, and as long as the service says",
        (
            "requester/test_requester_limits.py::test_a_hundred_expression_lists_never_meet_a_429",
            "requester/test_requester_emulator.py::test_thirty_expression_lists_finish_without_a_429",
        ),
    ),
    Fault(
        "F64",
        "the answer to a change is lost",
        "looked up before it is repeated",
        (
            "clients/test_worker_reservations.py::test_a_lost_answer_is_resolved_by_reading",
            "resources/test_resource_reservation_outcome.py::test_an_accept_whose_answer_was_lost_is_looked_up",
            _RETRIES + "test_a_create_whose_answer_was_lost_is_not_sent_again",
        ),
    ),
    Fault(
        "F65",
        "the reservation is gone",
        "`ReservationGone` with its status",
        (
            "resources/test_resource_reservation_outcome.py::test_f65_a_reservation_that_is_over_is_told_by_its_status",
            "clients/test_worker_reservations.py::test_a_reservation_that_is_gone",
        ),
    ),
    Fault(
        "F66",
        "HTML, half an answer, a gzip bomb",
        "typed errors, bounded memory",
        (
            "test_answers.py::test_a_web_page_in_place_of_an_answer_is_called_one",
            "test_answers.py::test_a_gzip_bomb_never_takes_more_memory_than_the_limit",
            "requester/test_requester_network.py::test_an_answer_that_breaks_off_leaves_a_change_in_doubt",
        ),
    ),
    Fault(
        "F67",
        "page URLs elsewhere, pages in circles",
        "never asked for; a walk in circles ends",
        (
            "resources/test_resource_page.py::test_a_foreign_page_url_is_never_asked_for",
            "resources/test_resource_page.py::test_a_walk_in_circles_ends",
        ),
        "a walk whose page fails raises; it does not resume by itself",
    ),
    Fault(
        "F68",
        "somebody else was faster (412)",
        "`attributes.patch()` reads again and starts over, a bounded number of times",
        (
            "resources/test_resource_attributes.py::test_patch_starts_over_when_somebody_else_was_faster",
            "resources/test_resource_attributes.py::test_patch_gives_up_in_the_end",
            "requester/test_requester_emulator.py::test_an_old_version_changes_nothing",
        ),
    ),
)
