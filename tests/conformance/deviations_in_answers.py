"""Deviations in what becomes of an answer: errors that v1 never tells, payloads that it cannot read."""

from __future__ import annotations

from typing import Any, Final

import changes as c
import changes_to_events as e
from comparison import Is
from deviation import Deviation
from expectation import Expected
from recording import Step

from trbridge import DecodeError, Forbidden, NotFound, RequestTimeout, ServerError
from trbridge.resources.page import Page
from trbridge.resources.task_channel import TaskChannelInstance
from trbridge.resources.workflow import WorkflowInstance

__all__ = ["ANSWERS"]

_WORKSPACE = "http://-/v1/Workspaces/WS00000000000000000000000000000001"


def _worker(**properties: Any) -> dict[str, Any]:
    url = f"{_WORKSPACE}/Workers/WK00000000000000000000000000000041"
    return {"$entity": "Worker", "resource": url, "properties": properties}


def _task(**properties: Any) -> dict[str, Any]:
    url = f"{_WORKSPACE}/Tasks/WT00000000000000000000000000000051"
    return {"$entity": "Task", "resource": url, "properties": properties}


def _fetches_the_task_again(expected: Expected, step: Step) -> bool:
    return [post.method for post in expected.posts] in (["POST", "GET"], ["GET", "GET"])


ANSWERS: Final = (
    Deviation(
        ("error.list-fetch.500", "error.entity-update.500", "error.create.500", "error.delete.500"),
        "Q1",
        "the callback is called with the error; v1 never calls it",
        c.fails(ServerError, 500),
    ),
    Deviation(
        ("error.entity-update.timeout-never-calls-back",),
        "Q1",
        "the callback is called when the time is over",
        c.fails(RequestTimeout, after=15.0),
    ),
    Deviation(
        ("error.list-fetch.timeout-with-max-retries",),
        "Q1",
        "max_retries=3 makes four attempts of 15 s, then the callback is called",
        c.fails(RequestTimeout, after=80.0, requests=4),
    ),
    Deviation(
        ("error.list-fetch.500-then-nothing-later",),
        "Q1",
        "max_retries=5 makes six attempts, then the callback is called",
        c.fails(ServerError, 500, after=60.0, requests=6),
        steps=frozenset({0}),
    ),
    Deviation(("payload.create-answered-with-201",), "Q3", "any 2xx is a success", c.called_with(_worker())),
    Deviation(("error.list-fetch.202",), "Q3", "any 2xx is a success", c.called_with(None)),
    Deviation(
        ("error.list-fetch.200-empty",),
        "Q7",
        "an empty answer to a fetch is an error, and told",
        c.fails(DecodeError, 200),
    ),
    Deviation(
        ("*.ready.ready-fails-403",),
        "Q5",
        "a ready request that is refused is told, and ends the client",
        e.gives_up_on_ready(Forbidden),
    ),
    Deviation(
        ("*.ready.ready-fails-404",),
        "Q5",
        "a ready request that is refused is told, and ends the client",
        e.gives_up_on_ready(NotFound),
    ),
    Deviation(
        ("*.ready.ready-fails-500", "*.ready.ready-fails-503"),
        "Q5",
        "a ready request that fails is told, and repeated later",
        e.emits(("connected", None), ("error", Is(ServerError))),
    ),
    # -- payloads -----------------------------------------------------------------------------------------
    Deviation(("payload.dates-null",), "Q46", "no date is None", c.result_has(dateCreated={"$date": None})),
    Deviation(
        ("payload.dates-as-digits-in-a-string",),
        "Q46",
        "seconds written as text are read, too",
        c.result_has(dateCreated={"$date": "2021-03-01T10:00:00Z"}),
    ),
    Deviation(
        ("payload.attributes-empty-string",), "Q48", "what is no JSON stays text", c.called_with(_worker(attributes=""))
    ),
    Deviation(
        ("payload.attributes-object",), "Q48", "an object stays one", c.called_with(_worker(attributes={"a": 1}))
    ),
    Deviation(
        ("payload.configuration-not-json",), "Q48", "what is no JSON stays text", c.called_with(Is(WorkflowInstance))
    ),
    Deviation(("payload.addons-not-json",), "Q48", "what is no JSON stays text", c.called_with(_task(addons="nope"))),
    Deviation(
        ("payload.nested-attributes-second-level-is-parsed",),
        "Q49",
        "fields that are not known stay as they were sent, all the way down",
        c.result_has(outer={"task": {"attributes": '{"a_b":1}', "date_created": 1614592800}}),
    ),
    Deviation(
        ("payload.nested-array-of-numbers-is-lost",),
        "Q50",
        "a list of numbers stays one",
        c.result_has(outer={"numbers": [1, 2], "mixed": [None, True, [1], {"a_b": 1}]}),
    ),
    Deviation(
        ("payload.names-that-collide-with-token", "payload.names-that-collide-with-resource-url"),
        "Q51",
        "a field may have any name",
        c.called_with(_worker(sid="WK00000000000000000000000000000041")),
    ),
    Deviation(
        ("payload.event-type-and-callback-nested-throws", "payload.update-nested-deep-throws"),
        "Q51",
        "an object in an object is no trouble",
        c.called_with(_worker(outer={"deepPart": {"aB": 1}})),
    ),
    Deviation(
        ("payload.event-type-and-callback-nested-throws",),
        "Q32",
        "an answer is no event, whatever label it carries",
        e.emits(),
    ),
    Deviation(
        ("payload.update-answered-with-another-sid",),
        "update() changes the object and returns it",
        "so the object is what the answer says; v1 keeps the old URL and returns another object",
        c.target_is_result,
    ),
    Deviation(("payload.task-channel",), "Q34", "task channels are known", c.called_with(Is(TaskChannelInstance))),
    Deviation(
        ("payload.meta-unknown-key-empty", "payload.meta-reservations-without-url"),
        "Q54",
        "a list of whatever it be is a page",
        c.called_with(Is(Page, {"data": []})),
    ),
    # -- answers about reservations -----------------------------------------------------------------------
    Deviation(
        ("entity.reservation.*", "reservation.*"),
        "Q62",
        "the answer is delivered as it comes: no further request, which may fail, is in its way",
        c.posts_only(0),
        when=_fetches_the_task_again,
    ),
    Deviation(
        ("worker.fetchReservations.task-not-found-never-calls-back",),
        "Q61",
        "a task that is no more does not keep the page from being delivered",
        c.called_with(Is(Page, {"page": 0})),
    ),
)
