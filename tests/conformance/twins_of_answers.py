"""Statistics of every parent in every form, and every failure of every kind of call: see ``twins``."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from typing import Any

from changes import ENTITIES, STATISTICS
from recording import Step, Transcript, load

__all__ = ["twins_of_answers"]

_URL = "{api}/Workspaces/WS00000000000000000000000000000001"
_REFUSALS = (400, 401, 403, 404, 405, 409, 410, 412, 413, 418, 429, 502, 503, 504)
"""What v1 calls back with, at once (wire-protocol 4.4); 500 it does not call back at all (Q1)."""
_FORMS: dict[str, tuple[list[Any], Any]] = {
    "callback": ([{"$callback": True}], None),
    "params": (
        [{"Minutes": "240", "TaskChannel": "chat"}, {"$callback": True}],
        {"Minutes": "240", "TaskChannel": "chat"},
    ),
    "fails": ([{"$callback": True}], None),
}
_READS_AGAIN = {("accept", status) for status in (400, 410, 502, 504)}
"""Here the reservation is read, to tell what became of it: tests/resources/test_resource_reservation_outcome.py."""


@cache
def twins_of_answers() -> dict[str, Transcript]:
    """All that were not recorded, by the names that they would have."""
    found = (*_statistics(), *_failures())
    return {each.id: each for each in found if each.id not in load()}


# -- statistics ----------------------------------------------------------------------------------------


def _statistics() -> Iterator[Transcript]:
    parents = {name.split(".")[1] for name in load() if name.startswith("statistics.")}
    for parent in sorted(parents):
        base = next(
            each for name, each in load().items() if name.startswith(f"statistics.{parent}.") and _has_call(each)
        )
        for which in STATISTICS:
            if parent in ("worker", "worker-client") and which != "statistics":
                continue  # a worker has no others (wire-protocol 5.6)
            for form in _FORMS:
                yield _statistics_of(base, parent, which, form)


def _statistics_of(base: Transcript, parent: str, which: str, form: str) -> Transcript:
    args, params = _FORMS[form]
    answer, outcome = _sampled(parent, which)
    if form == "fails":
        answer, outcome = _refusal(403)
    call = base.steps[0]["call"]
    url = f"{_URL}{ENTITIES[parent]}/{STATISTICS[which]}"
    body = {"url": url, "method": "GET", "token": next(iter(base.tokens)), **({"params": params} if params else {})}
    step = {
        "op": "call",
        "call": {"object": f"{call['object'].rpartition('.')[0]}.{which}", "method": "fetch", "args": args},
        "requests": [{"channel": _channel(base), "body": body}],
        "response_given": [answer],
        "callback_result": outcome,
        "events_emitted": [],
    }
    return replace(base, id=f"statistics.{parent}.{which}.{form}", steps=(step,))


def _has_call(transcript: Transcript) -> bool:
    call = transcript.steps[0].get("call", {})
    return call.get("object", "").rpartition(".")[2] in STATISTICS


def _channel(transcript: Transcript) -> str:
    channel: str = transcript.connect[0]["requests"][0]["channel"]
    return channel


def _sampled(parent: str, which: str) -> tuple[Any, Any]:
    """A recorded answer of this kind, of this parent's if there is one, and what v1 made of it."""
    names = [name for name in load() if name.startswith("statistics.") and f".{which}." in name]
    names.sort(key=lambda name: name.split(".")[1] != parent)
    for name in names:
        step = load()[name].steps[0]
        given, outcome = step.get("response_given") or [], step.get("callback_result") or {}
        if given and given[0]["status"] == HTTPStatus.OK and outcome.get("result") and "by-a-list" not in name:
            return given[0], outcome
    raise AssertionError(f"no {which} were recorded")


# -- failures ------------------------------------------------------------------------------------------


def _failures() -> Iterator[Transcript]:
    for name, transcript in load().items():
        first, call, status, *_ = [*name.split("."), "", ""]
        if first != "error" or not status.isdecimal() or int(status) not in _REFUSALS or _body(transcript) is None:
            continue
        for other in _REFUSALS:
            if (call, other) not in _READS_AGAIN:
                answer, outcome = _refusal(other)
                step: Step = {
                    **copy.deepcopy(transcript.steps[0]),
                    "response_given": [answer],
                    "callback_result": outcome,
                }
                yield replace(transcript, id=f"error.{call}.{other}", steps=(step,))


def _body(transcript: Transcript) -> Any:
    given = transcript.steps[0].get("response_given") or [{}]
    return given[0].get("body") if len(given) == 1 else None


def _refusal(status: int) -> tuple[Any, Any]:
    phrase = HTTPStatus(status).phrase
    body = {"code": 20000 + status, "message": phrase, "status": status}
    error = {"$http_error": {"code": status, "message": phrase}, "enumerable": []}
    answer = {"status": status, "status_text": phrase, "body": body}
    return json.loads(json.dumps(answer)), {"called": 1, "error": error, "result": None, "argument_count": 2}
