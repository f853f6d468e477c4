"""How an outcome of trbridge differs from the recorded one. Each change is made to the expectation, and so tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from comparison import Fails
from expectation import Expected, Posted
from recording import Step
from translation import written

from trbridge import NotFound, TaskRouterError

Change = Callable[[Expected, Step], None]

_LISTS = {
    "activities": "Activities",
    "workflows": "Workflows",
    "taskqueues": "TaskQueues",
    "workers": "Workers",
    "tasks": "Tasks",
}
ENTITIES = {
    "activity": "/Activities/WA00000000000000000000000000000011",
    "workflow": "/Workflows/WW00000000000000000000000000000021",
    "taskqueue": "/TaskQueues/WQ00000000000000000000000000000031",
    "taskqueue-client": "/TaskQueues/WQ00000000000000000000000000000031",
    "taskqueues": "/TaskQueues",
    "worker": "/Workers/WK00000000000000000000000000000041",
    "worker-client": "/Workers/WK00000000000000000000000000000041",
    "workers": "/Workers",
    "task": "/Tasks/WT00000000000000000000000000000051",
    "workspace": "",
    "workerchannel": "/Workers/WK00000000000000000000000000000041/Channels/WC00000000000000000000000000000082",
    "reservation": "/Tasks/WT00000000000000000000000000000051/Reservations/WR00000000000000000000000000000061",
}
STATISTICS = {
    "statistics": "Statistics",
    "realtimeStats": "RealTimeStatistics",
    "cumulativeStats": "CumulativeStatistics",
}


def all_of(*changes: Change) -> Change:
    """One after the other."""

    def change(expected: Expected, step: Step) -> None:
        for each in changes:
            each(expected, step)

    return change


# -- the call itself -----------------------------------------------------------------------------------


def refused(expected: Expected, step: Step) -> None:
    """The call raises, and nothing is sent."""
    expected.raises = "TaskRouterError" if step["op"] == "construct" else "InvalidArgument"
    expected.posts, expected.called, expected.target = [], 0, None


def has_no_such_method(expected: Expected, step: Step) -> None:
    """There is nothing to call."""
    expected.raises = "AttributeError"
    expected.posts, expected.called, expected.target = [], 0, None


def keeps_arguments(expected: Expected, step: Step) -> None:
    """The caller's mapping is not changed."""
    expected.args_after = None


def list_stays_a_list(expected: Expected, step: Step) -> None:
    """No property of the item appears on the list."""
    items = expected.target["properties"]
    lists = {name: value for name, value in items.items() if isinstance(value, dict) and "$list" in value}
    expected.target = {**expected.target, "properties": lists, "absent": sorted(items.keys() - lists.keys())}


# -- what is sent --------------------------------------------------------------------------------------


def asks_for_a_list(expected: Expected, step: Step) -> None:
    """Without a callback it is awaited: the request goes out."""
    name = step["call"]["object"].rpartition(".")[2]
    sid = next((f"/{each}" for each in step["call"]["args"] if isinstance(each, str)), "")
    _asks(expected, step, "GET", f"/{_LISTS[name]}{sid}")


def asks_for_statistics(expected: Expected, step: Step) -> None:
    """Without a callback it is awaited: the request goes out."""
    parent = ENTITIES[expected.home.transcript.split(".")[1]]
    _asks(expected, step, "GET", f"{parent}/{STATISTICS[step['call']['object'].rpartition('.')[2]]}")


def asks_for_the_queue(expected: Expected, step: Step) -> None:
    """The task's queue can be fetched."""
    _asks(expected, step, "GET", ENTITIES["taskqueue"])


def asks_for_the_workflow(expected: Expected, step: Step) -> None:
    """The statistics' workflow can be fetched."""
    _asks(expected, step, "GET", ENTITIES["workflow"])


def asks_to_update(expected: Expected, step: Step) -> None:
    """A value need not be text."""
    call, parts = step["call"], expected.home.transcript.split(".")
    name = call["object"].rpartition(".")[2]
    if name in _LISTS:
        path = f"/{_LISTS[name]}/{call['args'][0]}"
    elif parts[1] == "client":
        path = "/" if parts[0] == "workspace" else ENTITIES[parts[0]]
    else:
        path = ENTITIES[parts[1]]
    key, value = [each for each in call["args"] if not isinstance(each, dict)][-2:]
    _asks(expected, step, "POST", path, {key: value})


def _asks(expected: Expected, step: Step, method: str, path: str, params: dict[str, Any] | None = None) -> None:
    # Nobody recorded an answer, so the bridge says that there is no such thing.
    home = expected.home
    given = params or next((each for each in step["call"]["args"] if _is_mapping(each)), None)
    expected.raises = None
    expected.posts = [Posted(home.channel, home.workspace_url + path, method, home.token, written(given))]
    if expected.called is None:
        expected.fails = Fails(NotFound, 404)
    else:
        expected.called, expected.error, expected.result = 1, Fails(NotFound, 404), None


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and not any(key.startswith("$") for key in value)


def current_token(expected: Expected, step: Step) -> None:
    """All requests carry the client's current token."""
    for post in expected.posts:
        post.token = expected.home.token


def replaces(old: str, new: str) -> Change:
    """Another text in the URLs of requests."""

    def change(expected: Expected, step: Step) -> None:
        for post in expected.posts:
            post.channel, post.url = post.channel.replace(old, new), post.url.replace(old, new)
        expected.answers = [((method, url.replace(old, new)), answer) for (method, url), answer in expected.answers]

    return change


def without_double_slashes(expected: Expected, step: Step) -> None:
    """No URL has two slashes in a row, but for the scheme's."""
    replaces("//", "/")(expected, step)
    replaces(":/", "://")(expected, step)


def posts_only(*kept: int) -> Change:
    """Of the recorded requests only these are made."""

    def change(expected: Expected, step: Step) -> None:
        expected.posts = [expected.posts[index] for index in kept]

    return change


# -- what comes back -----------------------------------------------------------------------------------


def fails(error: type[TaskRouterError], status: int | None = None, *, after: float = 0.0, requests: int = 1) -> Change:
    """The callback is called, once, with this error; after so many seconds and requests."""

    def change(expected: Expected, step: Step) -> None:
        expected.called, expected.error, expected.result = 1, Fails(error, status), None
        expected.target = None
        expected.posts *= requests
        expected.advance = after

    return change


def called_with(value: Any) -> Change:
    """The callback is called, once, with this result."""

    def change(expected: Expected, step: Step) -> None:
        expected.called, expected.error, expected.result = 1, None, value
        expected.target = None

    return change


def result_has(**properties: Any) -> Change:
    """The result has these properties."""

    def change(expected: Expected, step: Step) -> None:
        expected.result["properties"].update(properties)

    return change


def result_lacks(name: str) -> Change:
    """A property of the result is not compared."""

    def change(expected: Expected, step: Step) -> None:
        del expected.result["properties"][name]

    return change


def target_is_result(expected: Expected, step: Step) -> None:
    """The update's object is its result."""
    expected.target = expected.result


def set_to(**values: Any) -> Change:
    """Other values of the expectation itself."""

    def change(expected: Expected, step: Step) -> None:
        for name, value in values.items():
            setattr(expected, name, value)

    return change
