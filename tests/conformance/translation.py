"""From the recorded JavaScript call to the Python call: the same names in snake_case, the same arguments."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from trbridge.resources.page import Page

__all__ = ["camel_case", "iso", "member", "moment", "python_value", "resolve", "snake_case", "written"]

_STEP = re.compile(r"\.?(\w+)|\[(\d+)\]")
_REPEATED = frozenset({"StatusCallbackEvent", "DequeueStatusCallbackEvent", "ConferenceStatusCallbackEvent"})
"""Parameters that take several values: their lists stay lists, whatever else is nested becomes JSON text."""


def snake_case(name: str) -> str:
    """``realtimeStats`` is ``realtime_stats``; what starts with a capital or has none stays."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", name)


def camel_case(name: str) -> str:
    """``activity_sid`` is ``activitySid``."""
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def member(thing: Any, name: str) -> Any:
    """A member by its JavaScript name. A page of the original is the list itself; here it refers to it.

    Raises:
        AttributeError: There is none.
    """
    python = snake_case(name)
    if isinstance(thing, Page) and not hasattr(thing, python):
        return getattr(thing.resource, python)
    return getattr(thing, python)


def resolve(path: str, names: Mapping[str, Any]) -> Any:
    """The object a path such as ``reservations.data[0].task`` leads to."""
    root, rest = re.fullmatch(r"(\w+)(.*)", path).groups()  # type: ignore[union-attr]
    thing = names[root]
    for name, index in _STEP.findall(rest):
        thing = thing[int(index)] if index else member(thing, name)
    return thing


def python_value(value: Any, callback: Callable[..., Any], tokens: Mapping[str, str]) -> Any:
    """An argument as a Python program would give it."""
    if isinstance(value, list):
        return [python_value(each, callback, tokens) for each in value]
    if not isinstance(value, dict):
        return tokens.get(value, value) if isinstance(value, str) else value
    if "$callback" in value or "$function" in value:
        return callback
    if "$undefined" in value:
        return None
    if "$date" in value:
        return moment(value["$date"])
    if "$number" in value:
        return math.nan
    return {name: python_value(each, callback, tokens) for name, each in value.items()}


def iso(seconds: float) -> str:
    """A moment as text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def moment(text: str) -> datetime:
    """A moment of the recording, which was made with ``TZ=UTC``."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def written(params: Any) -> Any:
    """Recorded parameters in trbridge's writing of the same (Q15): scalars are text, nested values JSON text.

    What is null in the recording is left out, moments have no milliseconds. The service reads both the same
    way (wire-protocol 4.1).
    """
    if not isinstance(params, dict):
        return params
    return {name: _written(name, value) for name, value in params.items() if value is not None}


def _written(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return re.sub(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.000Z$", r"\1Z", value)
    if isinstance(value, list) and name in _REPEATED:
        return value
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
