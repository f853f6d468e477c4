"""The emulator, webhooks, and how the package is made."""

from __future__ import annotations

from typing import Final

from check_row import Check

__all__ = ["SERVERS"]

_PACKAGE: Final = "security/test_security_package.py::"
_RELEASE: Final = "release/test_release.py::"
_SIGNATURES: Final = "test_signatures.py::"
_REFUSALS: Final = "test_webhooks_refusals.py::"
_ACCOUNTS: Final = "security/test_security_accounts.py::"
_SEED: Final = "emulator/seeds/test_emulator_seed_faults.py::"
_SOCKETS: Final = "emulator/bridge/test_emulator_sockets.py::"

_EMULATOR: Final = "The emulator"
_WEBHOOKS: Final = "Webhooks"
_SUPPLY: Final = "Supply chain and process"

SERVERS: Final = (
    Check(
        30,
        _EMULATOR,
        "it listens on this machine unless told otherwise (`trbridge serve` on 127.0.0.1 and ::1), and serves no other "
        "Host",
        (
            "emulator/test_emulator_server.py::test_wider_than_this_machine_warns",
            "emulator/test_emulator_server.py::test_names_on_this_machine_and_its_other_address",
            "emulator/test_emulator_server.py::test_localhost_is_both_addresses",
            "emulator/rest/test_emulator_rest.py::test_a_name_that_points_here_is_not_served",
            _SOCKETS + "TestRefusals::test_for_another_host",
            "emulator/test_emulator_web.py::test_a_foreign_host_is_refused_unless_remote_ones_are_allowed",
            "test_hosts.py::test_what_parsers_may_disagree_about_is_none",
        ),
        "an emulator in a program listens on 127.0.0.1 alone, unless it is given `localhost`",
    ),
    Check(
        31,
        _EMULATOR,
        "pages of elsewhere open no websocket, and reach neither REST nor admin commands by a browser's credentials",
        (
            _SOCKETS + "TestRefusals::test_for_a_page_of_another_machine",
            "emulator/test_emulator_admin.py::test_pages_of_elsewhere_do_nothing_here",
            "emulator/rest/test_emulator_rest.py::test_a_page_of_elsewhere_changes_nothing",
            "emulator/test_emulator_admin.py::test_nothing_is_done_without_credentials",
        ),
        "there is no console yet",
    ),
    Check(
        32,
        _EMULATOR,
        "callbacks go to this machine and to hosts that are named, decided by the address; never to metadata services",
        (
            "emulator/callbacks/test_emulator_outbound.py::test_other_hosts_need_leave_whatever_their_name",
            "emulator/callbacks/test_emulator_outbound.py::test_metadata_and_nobodys_addresses_are_refused_even_with_leave",
            "emulator/callbacks/test_emulator_outbound.py::test_the_address_that_was_checked_is_the_one_that_is_connected_to",
        ),
    ),
    Check(
        33,
        _EMULATOR,
        "seeds are plain data: no YAML tags or aliases, no pickle, a size, a depth, a schema",
        (
            _SEED + "test_what_is_no_seed_is_refused",
            _SEED + "test_a_tower_of_brackets_is_refused",
            _SEED + "test_a_seed_has_a_size",
            _SEED + "test_deep_attributes_are_refused",
            _PACKAGE + "test_what_the_code_never_does",
        ),
        "a seed names no other file and is no archive, so there is no path to leave",
    ),
    Check(
        34,
        _EMULATOR,
        "the emulator reads variables of its own, and takes credentials that look real only on request; clients keep "
        "the tokens of its demo account from Twilio",
        (
            "cli/test_cli_serve.py::test_a_seed_a_random_seed_and_an_account_of_ones_own",
            _ACCOUNTS + "test_a_real_accounts_secret_is_taken_only_on_request",
            _ACCOUNTS + "test_a_demo_accounts_token_does_not_go_to_twilio",
            _ACCOUNTS + "test_nor_one_of_a_provider",
        ),
    ),
    Check(
        35,
        _WEBHOOKS,
        "a callback's signature covers the whole URL and the sorted parameters, is compared in constant time, and "
        "comes once; replays outside a window are refused; what is not signed is taken from this machine only, and of "
        "no web page",
        (
            _SIGNATURES + "test_every_signature_is_twilios",
            _SIGNATURES + "test_any_change_spoils_it",
            _SIGNATURES + "test_it_is_compared_in_constant_time",
            _SIGNATURES + "test_with_and_without_the_port_as_twilio_does_it",
            _REFUSALS + "test_only_who_knows_the_secret_is_heard",
            _REFUSALS + "test_a_header_that_comes_twice_is_refused",
            _REFUSALS + "test_a_replay_outside_the_window_is_refused",
            _REFUSALS + "test_unsigned_from_elsewhere_is_refused",
            "clients/test_webhooks_live.py::test_who_does_not_know_the_secret_is_not_heard",
        ),
        "the window is off unless you ask for it: how long the service repeats callbacks is not published",
    ),
    Check(
        36,
        _SUPPLY,
        "`make release-check` asks for known vulnerabilities of everything that is installed with trbridge, and says "
        "so if it could ask nobody",
        (
            _RELEASE + "test_an_advisory_is_told_with_where_it_is_mended",
            _RELEASE + "test_what_could_not_be_looked_up_does_not_pass",
        ),
        "not in continuous integration, which does without the network; there is no lock file, as an application has "
        "its own",
    ),
    Check(
        37,
        _SUPPLY,
        "the SDK depends on six packages, each for a reason, and no other comes in unnoticed",
        (_PACKAGE + "test_the_core_depends_on_what_is_allowed_and_nothing_else",),
        "not three or fewer: websocket, HTTP, JWT, JSON and events are left to those who do them well",
    ),
    Check(
        38,
        _SUPPLY,
        "the wheel holds the package and nothing else, and is the same byte by byte when it is built again",
        (_PACKAGE + "test_a_wheel_holds_the_package_and_nothing_else_and_is_reproducible",),
    ),
    Check(
        39,
        _SUPPLY,
        "`make release-check` writes a bill of materials (CycloneDX) of the wheel as installed, validated, with a "
        "license of each component",
        (_RELEASE + "test_the_bill_lists_what_is_needed_with_its_license",),
        "attestations: nothing was released yet, so there is no release workflow",
    ),
    Check(
        40,
        _SUPPLY,
        "importing does no I/O and starts nothing; `--help` prints no warning in development mode",
        (
            _PACKAGE + "test_importing_does_no_io_and_starts_nothing",
            _PACKAGE + "test_help_prints_no_warning",
            "test_exports.py::test_importing_trbridge_and_its_clients_brings_nothing_heavy",
        ),
    ),
    Check(
        41,
        _SUPPLY,
        "ruff's security rules are on for the package, and every exception has a reason; no `assert` guards anything",
        (
            _PACKAGE + "test_the_security_rules_of_ruff_are_on_and_every_exception_has_a_reason",
            _PACKAGE + "test_what_the_code_never_does",
            _RELEASE + "test_the_rules_hold_and_their_excuses_are_counted",
        ),
        "the suite does not run with `-O`: its own asserts would be gone",
    ),
    Check(
        42,
        _SUPPLY,
        "whatever reads what comes from outside is tried with anything: frames, answers, tokens, page URLs, "
        "expressions, workflows, seeds, requests to the emulator and to webhooks, checkpoints",
        (
            "test_wire.py::test_any_frame_is_read_or_refused",
            "test_answers.py::test_every_answer_is_a_reply_or_a_request_error",
            "test_tokens_peek.py::test_anything_at_all_is_claims_or_a_token_error",
            "test_urls_pages.py::test_check_18_whatever_is_accepted_starts_with_the_base",
            "resources/test_resource_decoding.py::test_any_bytes_are_read_or_refused_with_our_error",
            "emulator/expressions/test_emulator_expressions_properties.py::test_any_text_compiles_or_is_refused_with_a_place",
            "emulator/routing/test_emulator_workflow.py::test_any_document_is_read_or_refused",
            "emulator/bridge/test_emulator_bridge.py::test_any_body_is_answered",
            "test_webhooks.py::test_anything_at_all_is_answered",
            "test_checkpoints.py::test_any_bytes_are_a_position_or_refused",
            "fuzzing/test_fuzz_corpus.py::test_the_corpus_is_read_or_refused",
            "fuzzing/test_fuzz_targets.py::test_what_breaks_a_promise_is_found",
        ),
        "fuzzers led by coverage (Atheris) look for new inputs in `make fuzz`, not in continuous integration; they are "
        "of frames, answers, callbacks, tokens, page URLs, expressions, workflows and seeds",
    ),
)
