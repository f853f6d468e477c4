"""Whether what trbridge delivers is what the recording says, up to how Python writes it.

The renderings that hold everywhere, and are therefore no deviations:

* ``camelCase`` is ``snake_case``; unknown fields are under ``extra``; an object of the original is a struct or dict;
* a ``Date`` is an aware datetime, and so are the moments that v1 left as text (Q47);
* an ``HttpError`` is an :class:`~trbridge.ApiError` with the same status (Q4);
* what only JavaScript has, ``undefined`` and functions, is None and a method.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from recording import is_marked
from translation import member, moment, snake_case

from trbridge import ApiError, Disconnected, TaskRouterError
from trbridge.clients.base import Client
from trbridge.clients.resource_client import ResourceClient
from trbridge.resources.instance import InstanceResource
from trbridge.resources.page import Page

__all__ = ["Fails", "Is", "differences"]


_EXACT = 2**53
"""Beyond it JavaScript has no exact whole numbers; Python has."""


class _Missing:
    def __repr__(self) -> str:
        return "nothing of that name"


_MISSING = _Missing()
_OF_THE_CLIENT = frozenset({"updateToken"})
"""There is one token for each client, so only the client can change it (Q9)."""
_OF_NO_SERVICE = {
    "ReservationList": frozenset({"create", "delete"}),
    "WorkerChannelList": frozenset({"create", "delete"}),
}
"""Inherited in v1, but the service can do none of it (Q22)."""


class Is(msgspec.Struct, frozen=True):
    """Expected by a deviation: an object of this type, with these attributes."""

    type: type[Any]
    attributes: dict[str, Any] = {}


class Fails(msgspec.Struct, frozen=True):
    """Expected by a deviation: an error of this class, with this HTTP status, if it has one."""

    type: type[TaskRouterError]
    status: int | None = None


def differences(expected: Any, actual: Any, where: str) -> Iterator[str]:
    """Every place where the two differ, with both values."""
    if isinstance(expected, Is):
        yield from _special(expected, actual, where)
    elif isinstance(expected, Fails):
        if not isinstance(actual, expected.type) or actual.status != expected.status:
            yield f"{where}: {expected.type.__name__} {expected.status} expected, got {actual!r}"
    elif isinstance(expected, dict):
        yield from _object(expected, actual, where)
    elif isinstance(expected, list):
        yield from _array(expected, actual, where)
    elif not _same_scalar(expected, actual):
        yield f"{where}: {expected!r} expected, got {actual!r}"


def _special(expected: Is, actual: Any, where: str) -> Iterator[str]:
    if not isinstance(actual, expected.type):
        yield f"{where}: {expected.type.__name__} expected, got {actual!r}"
        return
    for name, value in expected.attributes.items():
        yield from differences(value, getattr(actual, name, _MISSING), f"{where}.{name}")


def _object(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    for mark, check in _MARKS.items():
        if mark in expected:
            yield from check(expected, actual, where)
            return
    for name, value in expected.items():
        yield from differences(value, _field(actual, name), f"{where}.{name}")


def _array(expected: list[Any], actual: Any, where: str) -> Iterator[str]:
    if not isinstance(actual, Sequence) or isinstance(actual, str) or len(actual) != len(expected):
        yield f"{where}: {expected!r} expected, got {actual!r}"
        return
    for index, (value, mine) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(value, mine, f"{where}[{index}]")


def _same_scalar(expected: Any, actual: Any) -> bool:
    if isinstance(expected, str) and isinstance(actual, datetime):
        return moment(expected) == actual
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int) and isinstance(actual, int) and abs(expected) > _EXACT:
        return float(expected) == float(actual)
    return bool(expected == actual)


def _field(thing: Any, name: str) -> Any:
    """A property by its JavaScript name, wherever trbridge keeps it."""
    if name.isdigit() and isinstance(thing, (Page, list)):  # a list of statistics is a list here (Q52)
        return thing[int(name)] if int(name) < len(thing) else _MISSING
    if isinstance(thing, dict):
        return thing.get(name, thing.get(snake_case(name), _MISSING))
    if isinstance(thing, ResourceClient) and not hasattr(thing, snake_case(name)):
        thing = thing.resource
    try:
        return member(thing, name)
    except AttributeError:
        extra = getattr(thing, "extra", None)
        return extra.get(snake_case(name), _MISSING) if isinstance(extra, dict) else _MISSING


def _entity(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    kind = expected["$entity"]
    if not str(expected.get("resource", "http")).startswith(
        "http"
    ):  # in statistics v1 has these, and they lead nowhere (Q45)
        return
    if not isinstance(actual, (InstanceResource, Client)) or type(actual).__name__ not in (kind, f"{kind}Instance"):
        yield f"{where}: a {kind} expected, got {actual!r}"
        return
    yield from _resource(expected, actual, where)


def _list(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    kind = expected["$list"]
    mine = actual.resource if isinstance(actual, Page) and actual.resource is not None else actual
    if not hasattr(mine, "fetch") and not isinstance(actual, Page):
        yield f"{where}: a {kind} expected, got {actual!r}"
        return
    yield from _resource(expected, actual, where)


def _resource(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    url = _field(actual, "resourceUrl")
    if "resource" in expected and url is not _MISSING and _path(url) != _path(expected["resource"]):
        yield f"{where}: {expected['resource']} expected, got {url}"
    for name, value in expected.get("properties", {}).items():
        yield from differences(value, _field(actual, name), f"{where}.{name}")
    for name in expected.get("absent", ()):
        if _field(actual, name) is not _MISSING:
            yield f"{where}.{name}: should not be there"
    for name in [*expected.get("links", ()), *expected.get("methods", ())]:
        missing = _field(actual, name) is _MISSING
        if missing and name not in _OF_THE_CLIENT | _OF_NO_SERVICE.get(expected.get("$list", ""), frozenset()):
            yield f"{where}.{name}: is not there"


def _date(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    text = expected["$date"]
    wanted = None if text is None else moment(text)
    if actual != wanted or isinstance(actual, str):
        yield f"{where}: {wanted!r} expected, got {actual!r}"


def _error(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    status = expected["$http_error"]["code"]
    if not isinstance(actual, ApiError) or actual.status != status:
        yield f"{where}: an ApiError {status} expected, got {actual!r}"


def _nothing(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    if actual is not None and actual is not _MISSING:
        yield f"{where}: nothing expected, got {actual!r}"


def _function(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    if not callable(actual):
        yield f"{where}: a function expected, got {actual!r}"


def _number(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    wanted = float(expected["$number"])
    if not (isinstance(actual, float) and (actual == wanted or (math.isnan(actual) and math.isnan(wanted)))):
        yield f"{where}: {expected['$number']} expected, got {actual!r}"


def _client(expected: dict[str, Any], actual: Any, where: str) -> Iterator[str]:
    if not isinstance(actual, Client):
        yield f"{where}: the client expected, got {actual!r}"
    for name, value in expected["properties_set"].items():
        yield from differences(value, _field(actual, name), f"{where}.{name}")


_MARKS = {
    "$entity": _entity,
    "$list": _list,
    "$date": _date,
    "$http_error": _error,
    "$undefined": _nothing,
    "$function": _function,
    "$number": _number,
    "$client": _client,
}

_LOST = "Websocket disconnected due to lost connectivity"


def event_argument(name: str, args: list[Any]) -> Any:
    """What an event of the recording brings, in Python: errors and losses are objects of their own (Q4, Q28)."""
    value = args[0] if args else {"$undefined": True}
    if name == "disconnected" and isinstance(value, dict) and value.get("message") == _LOST:
        return Is(Disconnected)
    if name == "error" and isinstance(value, dict) and is_marked(value.get("response"), "$dom_event"):
        return Is(TaskRouterError)
    return value


def _path(url: str) -> str:
    """Without the host: v1 takes some lists' from the answer, which was recorded with the service's own."""
    return re.sub(r"^https?://[^/]+", "", url)
