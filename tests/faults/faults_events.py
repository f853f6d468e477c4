"""Faults of frames, events and handlers."""

from __future__ import annotations

from typing import Final

from fault_row import Fault

__all__ = ["EVENTS"]

_FRAMES: Final = "connection/test_connection_frames.py::"
_SOCKET: Final = "connection/test_connection_websocket.py::"
_CATCHING: Final = "clients/test_worker_catching_up.py::"
_EVENTS: Final = "clients/test_worker_events.py::"
_CLIENT: Final = "faults/test_faults_client.py::"
_HANDLERS: Final = "faults/test_faults_handlers.py::"
_HANDLERS_TIME: Final = "faults/test_faults_handlers_time.py::"
_DRIFT: Final = "faults/test_faults_drift.py::"
_LEDGER: Final = "clients/test_ledger.py::"
_MANY: Final = "faults/test_faults_many.py::"
_MACHINE: Final = "faults/test_faults_worker_machine.py::test_each_reservation_is_told_once_and_in_order"

EVENTS: Final = (
    Fault(
        "F35",
        "a frame above 1 MiB",
        "1009, a typed error, later attempts ever later",
        (
            _FRAMES + "test_f35_f36_check_23_a_server_that_breaks_the_rules_is_left",
            _CLIENT + "test_f24_f35_a_frame_that_is_too_large",
        ),
    ),
    Fault(
        "F36",
        "a compression bomb",
        "compression is not offered; what is compressed all the same is refused",
        (_FRAMES + "test_f35_f36_check_23_a_server_that_breaks_the_rules_is_left",),
    ),
    Fault(
        "F37",
        "invalid UTF-8",
        "reported; later events arrive",
        (
            _FRAMES + "test_f37_invalid_utf8_is_the_clients_to_judge",
            _CLIENT + "test_f37_f38_f39_what_is_no_event_is_counted_and_the_next_one_arrives",
        ),
    ),
    Fault(
        "F38",
        "malformed JSON",
        "reported; later events arrive",
        (_CLIENT + "test_f37_f38_f39_what_is_no_event_is_counted_and_the_next_one_arrives",),
    ),
    Fault(
        "F39",
        "JSON bombs",
        "reported or read; later events arrive",
        (
            "test_wire.py::test_any_frame_is_read_or_refused",
            _CLIENT + "test_f37_f38_f39_what_is_no_event_is_counted_and_the_next_one_arrives",
        ),
    ),
    Fault(
        "F40",
        "an unknown event",
        "passed on under its name",
        (_EVENTS + "test_transfers_and_events_of_tomorrow_are_passed_through",),
    ),
    Fault(
        "F41",
        "missing, null or odd fields",
        "read as far as possible",
        (
            _EVENTS + "test_frames_that_make_no_sense_hurt_nobody",
            "resources/test_resource_decoding.py::test_any_object_is_read_without_an_error",
        ),
    ),
    Fault(
        "F42",
        "an event that lacks its task",
        "fetched once, then told; nothing overtakes it",
        (
            _EVENTS + "test_q60_a_task_that_is_missing_is_fetched_once_and_nothing_overtakes",
            _EVENTS + "test_a_reservation_without_even_a_task_sid_is_read_first",
        ),
    ),
    Fault("F43", "a frame twice", "told once", (_EVENTS + "test_duplicates_and_late_events_are_dropped", _MACHINE)),
    Fault(
        "F44",
        "an old frame, or an answer that comes late, after a new one",
        "dropped; the state does not go back; where nothing tells which is newer it is asked for again",
        (
            _LEDGER + "test_f44_in_whatever_order_frames_come_the_end_is_the_last",
            _EVENTS + "test_whatever_the_order_no_event_is_told_twice_and_the_end_is_final",
            "clients/test_freshness.py::test_the_last_one_believed_has_the_highest_version",
            "resources/test_resource_lateness.py::test_whatever_overtakes_what_no_state_goes_back",
            "clients/test_late_answers.py::test_an_accept_whose_answer_comes_after_the_end",
            "clients/test_late_answers.py::test_a_plain_resource_keeps_the_newer_of_two_answers",
        ),
    ),
    Fault(
        "F45",
        "events while offline",
        "told after `ready`, marked `reconcile`; what came and went by a comparison, 75 s later",
        (
            _CATCHING + "test_what_ended_while_the_line_was_cut_is_told_once",
            _CATCHING + "test_an_accepted_reservation_whose_event_was_lost",
            _DRIFT + "test_f45_what_came_and_went_while_away_is_told",
            _DRIFT + "test_f45_what_was_over_before_the_client_came_is_not_told",
            _DRIFT + "test_a_lost_created_frame_is_told_before_the_end",
            _LEDGER + "test_for_every_interleaving_each_change_is_told_once_and_the_end_is_true",
            _MACHINE,
        ),
        "what came and went before a client's first comparison, or was deleted by the service, five minutes after "
        "its end, is not told",
    ),
    Fault(
        "F46",
        "frames before `ready`",
        "kept, told after it",
        (
            _CATCHING + "test_an_event_that_comes_while_catching_up_is_delivered_exactly_once",
            _CLIENT + "test_f15_f46_three_failures_and_frames_before_ready",
        ),
    ),
    Fault(
        "F47",
        "10,000 events and a slow consumer",
        "each handler and each `listen()` holds so many, in order; what does not fit is dropped, counted and "
        "reported once, or the socket waits, or the client gives up, as you say",
        (
            _HANDLERS + "test_f47_so_many_run_the_others_wait_and_the_order_is_kept",
            _HANDLERS + "test_f47_what_does_not_fit_is_dropped_counted_and_reported_once",
            _HANDLERS + "test_f47_no_event_is_lost_uncounted",
            _CLIENT + "test_f47_a_burst_for_a_slow_consumer",
            _CLIENT + "test_f47_a_handler_that_blocks_loses_nothing",
            _CLIENT + "test_f47_a_handler_that_must_not_miss_anything_ends_the_client",
        ),
    ),
    Fault(
        "F48",
        "a handler raises",
        "reported; the others and the next event go on",
        (
            "test_events.py::test_a_handler_that_raises_is_reported_and_the_next_one_runs",
            "test_events.py::test_a_coroutine_handler_that_raises_is_reported",
        ),
    ),
    Fault(
        "F49",
        "a handler never returns",
        "the others go on; with a `timeout` it is cancelled, reported and replaced, even if it ignores that",
        (
            _HANDLERS + "test_f49_a_slow_handler_holds_up_nobody_else",
            _HANDLERS_TIME + "test_f49_one_that_takes_too_long_is_cancelled_reported_and_replaced",
            _HANDLERS_TIME + "test_f49_one_that_swallows_its_cancellation_is_left_to_itself",
            _CLIENT + "test_f49_a_handler_that_never_returns_holds_nobody_up",
        ),
    ),
    Fault(
        "F50",
        "leaks over many reconnects",
        "none",
        (
            _MANY + "test_f50_reconnecting_leaves_nothing_in_a_client",
            _MANY + "test_f50_what_ended_is_forgotten",
            _SOCKET + "test_f50_a_thousand_reconnects_leave_nothing",
        ),
    ),
)
