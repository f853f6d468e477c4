"""Secrets, tokens, transport, requests, resource limits, logs: what a client promises."""

from __future__ import annotations

from typing import Final

from check_row import Check

__all__ = ["CLIENTS"]

_LOGS: Final = "security/test_security_logs.py::"
_SHOWN: Final = "security/test_security_shown.py::"
_OUTPUTS: Final = "security/test_security_outputs.py::"
_PACKAGE: Final = "security/test_security_package.py::"
_SIDS: Final = "security/test_security_sids.py::"
_JSON: Final = "security/test_security_json.py::"
_NETWORK: Final = "requester/test_requester_network.py::"
_REQUESTER: Final = "requester/test_requester.py::"
_LIMITS: Final = "requester/test_requester_limits.py::"
_FAILURES: Final = "connection/test_connection_failures.py::"
_PROXIES: Final = "connection/test_connection_proxies.py::"
_SOCKET: Final = "connection/test_connection_websocket.py::"
_FRAMES: Final = "connection/test_connection_frames.py::"
_SECRETS: Final = "connection/test_connection_secrets.py::"
_TOKENS: Final = "test_tokens.py::"
_URLS: Final = "test_urls.py::"
_PAGES: Final = "test_urls_pages.py::"
_ANSWERS: Final = "test_answers.py::"
_EXPRESSIONS: Final = "emulator/expressions/test_emulator_expressions_properties.py::"

_SECRETS_TOPIC: Final = "Secrets"
_JWT: Final = "Tokens and policies"
_TRANSPORT: Final = "Transport"
_REQUESTS: Final = "Requests"
_RESOURCES: Final = "Limits"
_OUTPUT: Final = "Logs and output"

CLIENTS: Final = (
    Check(
        1,
        _SECRETS_TOPIC,
        "with every logger at DEBUG, those of the libraries included, no log of clients, emulator or webhooks holds a "
        "token or secret, nor a part of one",
        (
            _LOGS + "test_a_whole_story_at_debug_shows_no_secret",
            _SECRETS + "test_check_1_the_log_holds_no_token",
            _SECRETS + "test_check_1_over_tls",
            _NETWORK + "test_no_log_at_any_level_holds_the_token_or_a_parameter",
            "emulator/bridge/test_emulator_sockets.py::test_no_token_reaches_any_log",
            _URLS + "test_check_1_no_part_of_a_token_is_left",
            "test_log_redaction.py::test_a_provider_that_fails_with_the_token_in_its_words",
            "test_log_watch.py::test_a_secret_is_found",
        ),
        "what every other test logs is looked through as well (`tests/log_watch.py`), but at the usual level, for its "
        "time; `pytest --log-level=DEBUG` does it with every logger at DEBUG",
    ),
    Check(
        2,
        _SECRETS_TOPIC,
        "no `repr`, `str`, format, `pprint`, `vars`, pickle or traceback of what holds a secret shows it",
        (
            _SHOWN + "test_nothing_that_holds_a_secret_shows_it",
            _SHOWN + "test_a_connected_client_shows_none_either",
            _SHOWN + "test_no_error_shows_one",
            _SHOWN + "test_every_holder_is_one",
            _NETWORK + "test_a_server_that_repeats_the_token_does_not_get_it_printed",
            _TOKENS + "test_no_error_shows_the_token",
            "test_tokens_peek.py::test_a_crash_report_shows_no_part_of_a_refused_token",
        ),
        "a crash reporter that sends local variables sees a token that you give to a constructor or builder, under the "
        "names `token` and `auth_token`, as it does in your own functions; most mask these names",
    ),
    Check(
        3,
        _SECRETS_TOPIC,
        "URLs in errors and logs have no token, no password, no query",
        (
            _URLS + "test_check_3_tokens_and_passwords_are_not_shown",
            _URLS + "test_an_errors_url_has_no_query",
            _FAILURES + "test_a_body_that_repeats_the_token_is_redacted",
            "emulator/callbacks/test_emulator_outbound.py::test_credentials_are_never_shown_nor_signed",
        ),
    ),
    Check(
        4,
        _SECRETS_TOPIC,
        "exports, records of exchanges, data files, spans and metrics hold no token, auth token or API key secret",
        (
            "security/test_security_telemetry.py::test_check_4_no_span_or_metric_holds_a_secret",
            _OUTPUTS + "test_neither_export_nor_record_nor_data_file_holds_a_secret",
            "emulator/faults/test_emulator_record.py::test_what_sounds_like_a_secret_is_not_kept",
        ),
        "`trbridge serve --json` tells the auth token of the emulator, which is made up, since whoever starts it needs "
        "it; a password that you put into a callback URL is part of an export, so that it can be imported again",
    ),
    Check(5, _SECRETS_TOPIC, "crash reports", (), "there is no command that writes one"),
    Check(
        6,
        _SECRETS_TOPIC,
        "no command takes a secret as an argument, where `ps` shows it to everybody; environment, file or stdin",
        (
            _OUTPUTS + "test_no_command_takes_a_secret_as_an_argument",
            _OUTPUTS + "test_one_that_is_given_all_the_same_is_refused_and_not_repeated",
            "cli/test_cli_token.py::test_there_is_no_option_for_a_secret",
            "cli/test_cli_listen.py::test_a_token_comes_from_a_variable_or_a_file_or_stdin",
        ),
    ),
    Check(
        7,
        _JWT,
        "tokens are verified by HS256 and nothing else, whatever their header says",
        (
            _TOKENS + "test_only_hs256_whatever_the_header_says",
            _TOKENS + "test_another_digest_is_no_signature",
            _TOKENS + "test_signing_is_plain_hs256",
        ),
    ),
    Check(
        8,
        _JWT,
        "a public key is no secret, and keys below 256 bits are refused",
        (
            _TOKENS + "test_a_public_key_is_no_secret",
            _TOKENS + "test_a_weak_key_is_refused_rather_than_warned_about",
            "test_capability_builder.py::test_a_public_key_does_not_sign",
        ),
    ),
    Check(
        9,
        _JWT,
        "no header of a token makes anything be fetched or read",
        (
            _TOKENS + "test_no_header_makes_anything_be_fetched",
            _TOKENS + "test_no_extension_is_honoured",
        ),
    ),
    Check(
        10,
        _JWT,
        "times that are none are a typed error",
        ("test_claims.py::test_a_time_that_is_none_is_a_typed_error",),
    ),
    Check(
        11,
        _JWT,
        "`peek_unverified` is the only reader that does not verify, and nothing decides by what it gives",
        (
            _TOKENS + "test_an_unverified_token_is_not_decided_about",
            "test_claims.py::test_the_two_kinds_of_claims_are_no_kin",
            "test_tokens_peek.py::test_anything_at_all_is_claims_or_a_token_error",
        ),
    ),
    Check(
        12,
        _JWT,
        "the emulator enforces policies as documented; no policy is no permission",
        (
            "test_policies_reference.py::test_decisions_equal_the_reference",
            "test_policies_reference.py::test_a_path_that_steps_upwards_is_never_allowed",
            "emulator/bridge/test_emulator_bridge.py::test_what_no_policy_allows_is_refused_with_the_policy_that_is_missing",
            "emulator/bridge/test_emulator_bridge.py::test_a_filter_lets_one_parameter_through_and_no_other",
            "emulator/bridge/test_emulator_bridge.py::test_without_the_channels_own_policies_nothing_goes",
        ),
    ),
    Check(
        13,
        _JWT,
        "builders give little by default: no DELETE, no change, an hour; what widens a token can be listed",
        (
            "test_capabilities.py::test_a_token_gives_away_little_by_default",
            "test_capabilities.py::test_describing_a_token_tells_of_each_option_that_widens_it",
            "test_policies.py::test_widenings_name_deletes_and_double_stars_that_are_allowed",
        ),
    ),
    Check(
        14,
        _TRANSPORT,
        "a bad certificate ends it, once, and before the token was sent: expired, self-signed, another host's",
        (
            _NETWORK + "test_a_certificate_nobody_vouches_for_is_refused_once_and_gets_no_token",
            _NETWORK + "test_a_certificate_for_another_host_is_refused",
            _FAILURES + "test_f03_check_14_a_bad_certificate_ends_it_before_the_token_was_sent",
            "test_retry.py::test_a_bad_certificate_is_never_tried_again",
        ),
        "certificates with a weak signature are left to OpenSSL, whose default refuses them",
    ),
    Check(
        15,
        _TRANSPORT,
        "plain `http` and `ws` go to this machine only, or are allowed with a warning; decided by address, not by name",
        (
            _URLS + "test_check_15_loopback_is_decided_by_address",
            _URLS + "test_check_15_a_token_does_not_go_over_a_network_in_clear",
            _URLS + "test_check_15_what_parsers_disagree_about_is_no_host",
            _PACKAGE + "test_plain_http_to_another_machine_is_refused_or_said_loudly",
        ),
    ),
    Check(
        16,
        _TRANSPORT,
        "no redirect is followed",
        (
            _REQUESTER + "test_redirects_are_not_followed",
            _FAILURES + "test_f11_check_16_a_redirect_is_not_followed",
            _FAILURES + "test_the_library_cannot_be_made_to_connect_elsewhere",
        ),
    ),
    Check(
        17,
        _TRANSPORT,
        "proxies come from the environment, never for this machine; their password stays with them",
        (
            _NETWORK + "test_loopback_is_never_asked_for_through_a_proxy",
            _NETWORK + "test_other_hosts_are_unless_told_otherwise",
            _PROXIES + "test_check_17_this_machine_is_never_reached_through_a_proxy",
            _PROXIES + "test_check_17_a_proxys_password_stays_with_the_proxy",
        ),
    ),
    Check(
        18,
        _REQUESTS,
        "a page's URL is followed below the workspace's own base only, in whatever dress it comes",
        (
            _PAGES + "test_check_18_nothing_else_is_requested",
            _PAGES + "test_check_18_whatever_is_accepted_starts_with_the_base",
            "resources/test_resource_page.py::test_a_foreign_page_url_is_never_asked_for",
            "resources/test_resource_page.py::test_a_walk_in_circles_ends",
        ),
    ),
    Check(
        19,
        _REQUESTS,
        "every SID argument is checked before anything is sent",
        (
            _SIDS + "test_what_is_no_sid_is_refused_before_anything_is_sent",
            _SIDS + "test_a_sid_of_another_kind_is_refused",
            _SIDS + "test_no_other_text_gets_into_a_url",
            "test_sids.py::test_anything_else_is_none",
        ),
        "capital hexadecimal digits pass: the service's published form of a SID is `[0-9a-fA-F]{32}`",
    ),
    Check(
        20,
        _REQUESTS,
        "no value breaks out of a header",
        (
            _REQUESTER + "test_a_version_that_is_no_header_value_is_refused_before_anything_is_sent",
            "resources/test_resource_arguments.py::test_a_version_cannot_break_out_of_its_header",
        ),
    ),
    Check(
        21,
        _REQUESTS,
        "queries and forms are encoded, never put together as text",
        (
            "emulator/test_emulator_web.py::test_what_a_client_encodes_is_what_is_read",
            _URLS + "test_q36_check_21_the_token_survives_the_query",
        ),
    ),
    Check(
        22,
        _REQUESTS,
        "answers are limited in size, after inflating too, and in time; forms that come to webhooks in size",
        (
            _ANSWERS + "test_a_gzip_bomb_never_takes_more_memory_than_the_limit",
            _ANSWERS + "test_other_compressions_are_refused",
            _REQUESTER + "test_an_answer_larger_than_allowed_is_refused",
            _LIMITS + "test_bytes_that_trickle_in_do_not_extend_it",
            "requester/test_requester_speaking.py::test_what_is_not_the_body_has_an_end",
            "test_webhooks_refusals.py::test_a_body_has_an_end",
        ),
    ),
    Check(
        23,
        _RESOURCES,
        "frames are limited to 1 MiB, fragments included; compression is not offered",
        (
            _FRAMES + "test_f35_f36_check_23_a_server_that_breaks_the_rules_is_left",
            _FRAMES + "test_check_23_ten_thousand_empty_fragments_take_no_room",
        ),
    ),
    Check(
        24,
        _RESOURCES,
        "JSON that was made to hurt is read or refused, and the session lives on",
        (
            _JSON + "test_it_is_read_or_refused_with_our_error",
            _JSON + "test_size_alone_is_no_trouble",
            "faults/test_faults_client.py::test_f37_f38_f39_what_is_no_event_is_counted_and_the_next_one_arrives",
        ),
    ),
    Check(
        25,
        _RESOURCES,
        "queues and memories have an end: events that wait, duplicates, rate classes, records, positions",
        (
            "test_events.py::test_a_slow_consumer_is_told_about_the_gap",
            "clients/test_freshness.py::test_memory_is_bounded",
            "following/test_following_doubles.py::test_memory_has_an_end",
            "following/test_following_window.py::test_a_position_holds_what_is_done_of_the_overlap_only",
            "following/test_following_window.py::test_a_long_log_is_read_in_parts_that_are_bounded",
            "test_limiter.py::test_the_memory_for_classes_is_bounded",
            "emulator/faults/test_emulator_record.py::test_entries_are_numbered_and_dated_and_only_the_latest_are_kept",
            "faults/test_faults_many.py::test_f50_reconnecting_leaves_nothing_in_a_client",
            "security/test_security_flood.py::test_a_thousand_events_are_all_handled",
        ),
        "the million events whose memory must stay flat are `make flood`, a minute or two, not part of the tests",
    ),
    Check(
        26,
        _RESOURCES,
        "expressions are never run as Python, and too long or too deep ones are refused at once",
        (
            _EXPRESSIONS + "test_any_text_compiles_or_is_refused_with_a_place",
            _EXPRESSIONS + "test_any_text_is_a_safe_order_by_and_known_worker",
            _PACKAGE + "test_what_the_code_never_does",
        ),
    ),
    Check(
        27,
        _RESOURCES,
        "the emulator bounds connections, sockets, heads and bodies of requests, and what waits for who does not read",
        (
            "emulator/bridge/test_emulator_channels.py::test_who_does_not_read_is_dropped",
            "emulator/test_emulator_listener.py::test_who_never_reads_is_dropped",
            "emulator/test_emulator_web.py::test_a_body_comes_in_parts_and_has_a_largest_size",
            "emulator/test_emulator_heads.py::test_a_head_without_an_end_is_refused",
            "emulator/test_emulator_heads.py::test_connections_have_a_greatest_number",
        ),
        "timers have no limit of their own: each belongs to a task or reservation that somebody with the account's "
        "secret has made, and of tasks there may be as many as fit, as in the service",
    ),
    Check(
        28,
        _OUTPUT,
        "what comes from outside stays in its line: no line breaks, escapes, bidirectional controls",
        (
            _LOGS + "test_what_comes_from_outside_stays_in_its_line",
            _ANSWERS + "test_words_from_outside_are_fit_for_a_log",
            _ANSWERS + "test_printable_text_is_one_visible_line",
            "cli/test_cli_token.py::test_nothing_that_moves_the_cursor_is_printed",
            "test_webhooks_refusals.py::test_a_refusal_says_which_url_was_meant_and_no_secret",
            "emulator/seeds/test_emulator_seed_faults.py::test_a_fault_is_told_in_one_line",
            "test_claims.py::test_a_rule_stays_in_its_line",
        ),
        "attributes are yours to print",
    ),
    Check(
        29,
        _OUTPUT,
        "close reasons and the service's messages have a greatest length",
        (
            _ANSWERS + "test_words_from_outside_are_fit_for_a_log",
            _SOCKET + "test_a_reason_from_outside_is_fit_for_a_log",
            _JSON + "test_it_is_read_or_refused_with_our_error",
        ),
    ),
)
