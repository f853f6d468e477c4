"""Deviations in what a call is: argument forms, tokens, constructors."""

from __future__ import annotations

from typing import Final

import changes as c
import changes_to_events as e
from comparison import Is
from deviation import Deviation
from expectation import Expected
from recording import Step, is_marked

from trbridge import NotFound
from trbridge.clients.base import Client
from trbridge.resources.instance import InstanceResource

__all__ = ["CALLS"]

_NOTHING_IS_SENT = "bad input is refused before anything is sent"
_WORKFLOW = "http://-/v1/Workspaces/WS00000000000000000000000000000001/Workflows/WW00000000000000000000000000000021"
_RESERVATION = {
    "$entity": "Reservation",
    "resource": "http://-/v1/Workspaces/WS00000000000000000000000000000001"
    "/Tasks/WT00000000000000000000000000000051/Reservations/WR00000000000000000000000000000061",
}


def _updates_a_list(expected: Expected, step: Step) -> bool:
    return is_marked(expected.target, "$list")


def _changes_arguments(expected: Expected, step: Step) -> bool:
    return expected.args_after is not None


def _has_an_old_token(expected: Expected, step: Step) -> bool:
    return expected.home.renewed and any(post.token != expected.home.token for post in expected.posts)


CALLS: Final = (
    Deviation(
        ("*.fetch.error-sid-without-callback", "*.fetch.error-params-without-callback", "*.fetch.error-no-arguments"),
        "callbacks or awaitables",
        "a fetch without a callback is sent and can be awaited; v1 refuses it",
        c.asks_for_a_list,
    ),
    Deviation(
        ("statistics.*.error-no-callback",),
        "callbacks or awaitables",
        "statistics without a callback are asked for and can be awaited; v1 refuses",
        c.asks_for_statistics,
    ),
    Deviation(
        ("*.create.callback-only",),
        "a callback is the last argument",
        "create(callback) has no parameters; v1 takes the callback for them and never calls it",
        c.called_with(Is(InstanceResource)),
    ),
    Deviation(
        ("*.update.function-first",),
        "a callback is the last argument",
        "update(callback) changes nothing and calls it; v1 takes it for parameters and never calls it",
        c.called_with(Is(InstanceResource)),
    ),
    Deviation(
        ("*.update.error-number-value", "*.update.single-number-value"),
        "Q16",
        "a value may be a number; it is sent as text",
        c.asks_to_update,
    ),
    Deviation(
        ("*",),
        "Q14",
        "the caller's mapping stays as it was; v1 puts JSON text into it",
        c.keeps_arguments,
        when=_changes_arguments,
    ),
    Deviation(
        ("*",),
        "Q17",
        "a list's update does not touch the list; v1 writes the item's properties onto it",
        c.list_stays_a_list,
        when=_updates_a_list,
    ),
    Deviation(
        ("reservation.reject.callback-first-by-mistake",),
        "Q19",
        "a callback in the place of the activity is a callback",
        c.called_with(_RESERVATION),
    ),
    Deviation(
        ("reservation.dequeue.callback-second-by-mistake",),
        "Q20",
        "a callback is found wherever it stands",
        c.called_with(_RESERVATION),
    ),
    Deviation(
        ("*.update.array", "*.fetch.array-params", "*.fetch.empty-string-sid"),
        _NOTHING_IS_SENT,
        "a list for a mapping and an empty SID are refused",
        c.refused,
    ),
    Deviation(
        (
            "*.fetch.sid-is-not-encoded",
            "*.delete.no-arguments",
            "*.update.undefined-sid",
            "*.update.object-without-sid",
        ),
        _NOTHING_IS_SENT,
        "what is no SID reaches no URL; v1 asks for '/undefined', '/[object Object]' or '/a b/../?x=1'",
        c.refused,
    ),
    Deviation(
        ("statistics.workspace.statistics.update-mutates-then-throws", "statistics.workspace.statistics.delete"),
        "Q22",
        "statistics can be fetched, nothing else",
        c.has_no_such_method,
    ),
    Deviation(
        ("statistics.workflow.link-without-a-url",),
        "Q45",
        "the links of statistics work",
        c.all_of(c.asks_for_the_workflow, c.called_with({"$entity": "Workflow", "resource": _WORKFLOW})),
    ),
    Deviation(("link.task.taskQueue-is-missing",), "Q41", "task.task_queue is there", c.asks_for_the_queue),
    Deviation(
        ("entity.task.update.stale-link-after-workflow-changes",),
        "Q43",
        "a link follows its SID",
        c.target_is_result,
    ),
    # -- tokens -------------------------------------------------------------------------------------------
    Deviation(
        ("*",),
        "Q8, Q9",
        "every request has the client's current token, whatever it is made from",
        c.current_token,
        when=_has_an_old_token,
    ),
    Deviation(
        ("*.client.updateToken.malformed",),
        "Q11",
        "a token that cannot be read changes nothing: requests have the old one",
        c.current_token,
        steps=frozenset({1}),
    ),
    Deviation(
        ("*.client.updateToken.malformed",),
        "Q11",
        "a token that cannot be read changes nothing: the old one's end is told",
        e.emits(("token.expired", None)),
        steps=frozenset({2}),
    ),
    Deviation(
        ("*.token-expired.already-expired", "*.token-expired.within-the-buffer"),
        "Q37",
        "token.expired comes at once, before the socket is even open",
        e.emits_first(("token.expired", None)),
        steps=frozenset({0}),
    ),
    Deviation(
        (
            "*.token-expired.already-expired",
            "*.token-expired.within-the-buffer",
            "*.token-expired.no-exp",
            "*.token-expired.month-long-token-overflows",
        ),
        "Q37",
        "it does not come again, and not for a token without an end, or with one that is far away",
        e.emits(),
        steps=frozenset({1}),
    ),
    Deviation(
        ("worker.connect.token-for-another-channel",),
        "Q39",
        "a channel that is no SID is refused",
        c.refused,
    ),
    Deviation(
        ("taskqueue.connect.token-without-taskqueue-sid",),
        "Q39",
        "the claim channel stands in for the SID that is missing",
        c.all_of(c.replaces("undefined", "WQ00000000000000000000000000000031"), e.gives_up_on_ready(NotFound)),
    ),
    # -- constructors -------------------------------------------------------------------------------------
    Deviation(
        ("*.connect.region-breaks-custom-base",),
        "Q31",
        "a region needs an address of Twilio's",
        c.refused,
    ),
    Deviation(
        ("*.connect.trailing-slash-in-bases",),
        "one address, one writing",
        "a base's trailing slash is left out, so that no path has two in a row",
        c.all_of(c.without_double_slashes, e.emits(("connected", None), ("ready", Is(Client)))),
    ),
)
