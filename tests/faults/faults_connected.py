"""Faults of a live connection."""

from __future__ import annotations

from typing import Final

from fault_row import Fault

__all__ = ["CONNECTED"]

_LIVE: Final = "session/test_session_live.py::"
_BLOCKED: Final = "session/test_session_blocked.py::"
_WATCH: Final = "connection/test_connection_watch.py::"
_CLOCKS: Final = "connection/test_connection_driver_clocks.py::"
_FRAMES: Final = "connection/test_connection_frames.py::"
_SOCKET: Final = "connection/test_connection_websocket.py::"
_CATCHING: Final = "clients/test_worker_catching_up.py::"
_NETWORK: Final = "faults/test_faults_network.py::"
_CLIENT: Final = "faults/test_faults_client.py::"
_DRIFT: Final = "faults/test_faults_drift.py::"

CONNECTED: Final = (
    Fault(
        "F18",
        "a half-open connection",
        "noticed after 60 s of silence; the next one does not wait for it, nor does a request take an idle connection "
        "into the same hole",
        (
            _LIVE + "test_f18_silence_is_found_to_the_second",
            _SOCKET + "test_f18_a_black_hole_is_left_and_the_next_attempt_does_not_wait_for_it",
            _NETWORK + "test_f18_a_black_hole_is_noticed_by_its_silence",
            "requester/test_requester_pool.py::test_f18_what_is_idle_is_dropped_when_connections_cannot_be_trusted",
        ),
        "idle connections through a proxy are not dropped",
    ),
    Fault(
        "F19",
        "reset by the other side",
        "the first attempt within half a second",
        (
            _LIVE + "test_f19_f20_f21_the_first_attempt_after_a_loss_is_within_half_a_second",
            _NETWORK + "test_f19_a_reset_is_answered_within_half_a_second",
        ),
    ),
    Fault(
        "F20",
        "close 1000",
        "connected again",
        (_NETWORK + "test_f20_f21_f22_however_the_service_hangs_up_it_comes_back",),
    ),
    Fault(
        "F21",
        "close 1001, 1012",
        "connected again at once",
        (_LIVE + "test_f19_f20_f21_the_first_attempt_after_a_loss_is_within_half_a_second",),
    ),
    Fault(
        "F22",
        "close 1011, 1013",
        "ever later; 1013 with more patience",
        (_LIVE + "test_f22_waits_grow_when_the_server_keeps_failing", _LIVE + "test_f22_try_again_later_waits_longer"),
    ),
    Fault("F23", "close 1008", "as F05", (_LIVE + "test_f23_a_policy_violation_means_the_token",)),
    Fault(
        "F24",
        "close 1009",
        "a typed error with a hint; no tight loop",
        (
            _LIVE + "test_f25_a_server_that_accepts_and_closes_sees_at_most_15_connections_in_a_minute",
            _CLIENT + "test_f24_f35_a_frame_that_is_too_large",
        ),
    ),
    Fault(
        "F25",
        "accepted and dropped at once",
        "at most 15 connections in a minute",
        (_LIVE + "test_f25_a_server_that_accepts_and_closes_sees_at_most_15_connections_in_a_minute",),
    ),
    Fault(
        "F26",
        "another connection took over",
        "stands by instead of fighting",
        (_LIVE + "test_f26_a_superseded_session_stands_by", _CATCHING + "test_close_existing_sessions"),
    ),
    Fault("F27", "no heartbeats, but data", "any traffic counts", (_LIVE + "test_f27_any_traffic_keeps_it_alive",)),
    Fault(
        "F28",
        "heartbeats, but no events",
        "found by a comparison, 75 s after `ready` and every five minutes (`compare_every`), told, and counted in "
        "`drift_repaired`",
        (
            _LIVE + "test_f28_a_comparison_is_due_at_every_interval_while_the_socket_stays",
            _DRIFT + "test_f28_a_reservation_that_was_not_told_is_found_within_one_interval",
            _DRIFT + "test_f28_a_worker_that_was_moved_and_a_channel_that_was_changed",
            _DRIFT + "test_f28_a_workspace_and_a_queue_compare_themselves",
            _DRIFT + "test_f28_a_comparison_that_fails_is_reported_and_made_again",
            "clients/test_ledger.py::test_for_every_interleaving_each_change_is_told_once_and_the_end_is_true",
            "clients/test_drift.py::test_for_every_interleaving_what_is_told_last_is_true",
        ),
    ),
    Fault(
        "F29",
        "our close is not answered",
        "over after 2 s",
        (_SOCKET + "test_f29_a_close_that_nobody_answers_is_bounded",),
    ),
    Fault(
        "F30",
        "a NAT forgets idle connections",
        "a ping every 20 s",
        (_LIVE + "test_f30_a_ping_goes_out_every_twenty_seconds",),
    ),
    Fault(
        "F31", "3 s late, 1 KB/s", "no reconnect in ten minutes", (_NETWORK + "test_f31_a_slow_network_is_no_dead_one",)
    ),
    Fault(
        "F32",
        "bytes one by one, fragments",
        "the same events",
        (
            _FRAMES + "test_f32_fragments_are_put_together_with_pings_in_between",
            _NETWORK + "test_f32_bytes_in_slices_tell_the_same_story",
        ),
    ),
    Fault(
        "F33",
        "another network",
        "`notify_network_change()` connects at once",
        (
            _CLOCKS + "test_f33_a_changed_network_connects_at_once",
            _NETWORK + "test_f33_the_ready_request_after_a_change_of_network_takes_a_new_connection",
            "faults/test_client_stats.py::test_f33_a_changed_network_is_told_and_the_connection_replaced",
        ),
    ),
    Fault(
        "F34",
        "the loop is blocked",
        "reported once, with the handler and its line, and not taken for silence; logged while it hangs",
        (
            _BLOCKED + "test_f34_a_blocked_loop_is_reported_once_and_not_taken_for_silence",
            _CLOCKS + "test_f34_a_blocked_loop_is_reported",
            _WATCH + "test_f34_the_handler_is_named_with_its_line",
            _WATCH + "test_f34_a_handler_that_blocks_is_reported_with_its_line",
            _WATCH + "test_f34_a_loop_that_hangs_is_logged_while_it_does",
        ),
    ),
)
