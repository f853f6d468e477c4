"""Workflow configurations (routing 2): the JSON document as frozen values, or an error that says where it is wrong.

::

    {"task_routing": {
       "filters": [{"filter_friendly_name": "French", "expression": "lang == 'fr'",
                    "targets": [{"queue": "WQ...", "expression": "task.lang IN worker.langs", "timeout": 30},
                                {"timeout": "60", "priority": "40"}]}],
       "default_filter": {"queue": "WQ..."}}}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from ...errors import ExpressionError
from ...sids import is_sid
from ..expressions import (
    Compiled,
    Context,
    KnownWorker,
    OrderBy,
    compile_expression,
    compile_known_worker,
    compile_order_by,
)

__all__ = ["DEFAULT_FILTER", "MAX_BYTES", "Configuration", "Filter", "Target", "parse_configuration"]

MAX_BYTES = 1_038_576
"""Size of a configuration (routing 9)."""
MAX_PRIORITY = 2**31 - 1
MAX_TIMEOUT = 2**31 - 1
DEFAULT_FILTER = -1
"""``filter_index`` of a task in the default filter."""


class Target(msgspec.Struct, frozen=True):
    """One routing step.

    Attributes:
        queue: SID of its queue, its own or inherited from the target before.
        expression: Which of the queue's workers; None for all of them.
        priority: The task's priority from here on; None to keep it.
        timeout: Seconds that this step adds to the deadline (routing 2.3); None to stay.
        order_by: Which worker first; None for the longest idle.
        skip_if: When to go on at once if nobody can be reserved; None for never.
        known_worker: Where the task names the one worker to ask for; None for no one in particular.
        known_by: ``"sid"`` or ``"friendly_name"``: what ``known_worker`` holds.
    """

    queue: str
    expression: Compiled | None = None
    priority: int | None = None
    timeout: int | None = None
    order_by: OrderBy | None = None
    skip_if: Compiled | None = None
    known_worker: KnownWorker | None = None
    known_by: str = "sid"


class Filter(msgspec.Struct, frozen=True):
    """Which tasks, and the steps they walk through."""

    friendly_name: str
    expression: Compiled
    targets: tuple[Target, ...]


class Configuration(msgspec.Struct, frozen=True):
    """A whole workflow.

    Attributes:
        filters: From top to bottom.
        default: The default filter's one target, if there is one.
    """

    filters: tuple[Filter, ...]
    default: Target | None

    def targets(self, filter_index: int) -> tuple[Target, ...]:
        """The steps of a filter, or of the default filter for :data:`DEFAULT_FILTER`; none if it is not there."""
        if filter_index == DEFAULT_FILTER:
            return () if self.default is None else (self.default,)
        return self.filters[filter_index].targets if filter_index < len(self.filters) else ()

    def places(self) -> Iterator[tuple[str, Target]]:
        """Every target with its place in the document."""
        for i, each in enumerate(self.filters):
            for j, target in enumerate(each.targets):
                yield f"task_routing.filters[{i}].targets[{j}]", target
        if self.default is not None:
            yield "task_routing.default_filter", self.default

    def queues(self) -> frozenset[str]:
        """SIDs of all queues it names."""
        return frozenset(target.queue for _, target in self.places())


def parse_configuration(text: str, queue_exists: Callable[[str], bool] | None = None) -> Configuration:
    """Read a workflow's configuration. The same text is read once.

    Unknown keys are ignored and null counts as absent [?]. ``task_queue_sid`` stands for ``queue`` and
    ``friendly_name`` for ``filter_friendly_name``, as older documents write them.

    Args:
        text: The JSON document, up to 1,038,576 bytes.
        queue_exists: Tells whether a queue's SID is known; unchecked when left out.

    Raises:
        ExpressionError: It is no JSON, too large, lacks something, or holds an expression that cannot be
            understood. The message begins with the place: ``task_routing.filters[0].targets[1].timeout: ...``.
    """
    configuration = _read(text)
    if queue_exists is None:
        return configuration
    for place, target in configuration.places():
        if not queue_exists(target.queue):
            raise ExpressionError(f"{place}.queue: there is no task queue {target.queue} in this workspace")
    return configuration


@lru_cache(maxsize=256)
def _read(text: str) -> Configuration:
    document = _object(_decode(text), "the configuration")
    routing = document.get("task_routing")
    if routing is None:
        raise ExpressionError("task_routing: it is missing; the document is {'task_routing': {'filters': [...]}}")
    routing = _object(routing, "task_routing")
    filters = routing.get("filters")
    items = [] if filters is None else _array(filters, "task_routing.filters")
    default = routing.get("default_filter")
    return Configuration(
        tuple(_filter(item, f"task_routing.filters[{index}]") for index, item in enumerate(items)),
        None if default is None else _target(default, "task_routing.default_filter", None),
    )


def _decode(text: str) -> Any:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ExpressionError(f"the configuration is larger than {MAX_BYTES} bytes")
    try:
        # The standard library's parser, because its errors carry line and column.
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        message = f"the configuration is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise ExpressionError(message, line=error.lineno, column=error.colno) from None
    except ExpressionError:  # NaN and the like; it is a ValueError too
        raise
    except RecursionError:
        raise ExpressionError("the configuration is nested too deeply") from None
    except ValueError:  # an integer of more digits than Python reads
        raise ExpressionError("the configuration is no JSON that can be read: a number is too long") from None


def _no_constant(name: str) -> NoReturn:
    raise ExpressionError(f"the configuration is no JSON: {name} is no JSON value")


def _filter(value: object, place: str) -> Filter:
    source = _object(value, place)
    name = _text(source, "filter_friendly_name", place)
    expression = _compiled(source, "expression", place, lambda text: compile_expression(text, Context.TASK))
    if expression is None:
        _missing(f"{place}.expression", "an expression such as 1==1")
    targets = _array(source.get("targets"), f"{place}.targets")
    if not targets:
        _missing(f"{place}.targets", "at least one target")
    read: list[Target] = []
    for index, item in enumerate(targets):
        read.append(_target(item, f"{place}.targets[{index}]", read[-1].queue if read else None))
    return Filter(name if name is not None else _text(source, "friendly_name", place) or "", expression, tuple(read))


def _target(value: object, place: str, inherited: str | None) -> Target:
    source = _object(value, place)
    known_sid = _compiled(source, "known_worker_sid", place, compile_known_worker)
    known_name = _compiled(source, "known_worker_friendly_name", place, compile_known_worker)
    if known_sid is not None and known_name is not None:
        raise ExpressionError(f"{place}: known_worker_sid and known_worker_friendly_name exclude each other")
    return Target(
        queue=_queue(source, place, inherited),
        expression=_compiled(source, "expression", place, lambda text: compile_expression(text, Context.STEP)),
        priority=_whole_number(source, "priority", place, 0, MAX_PRIORITY),
        # A task stays with the default filter until its TTL (routing 2.2), so a timeout there means nothing.
        timeout=None if place.endswith("default_filter") else _whole_number(source, "timeout", place, 1, MAX_TIMEOUT),
        order_by=_compiled(source, "order_by", place, compile_order_by),
        skip_if=_compiled(source, "skip_if", place, lambda text: compile_expression(text, Context.SKIP)),
        known_worker=known_sid or known_name,
        known_by="sid" if known_name is None else "friendly_name",
    )


def _queue(source: Mapping[str, Any], place: str, inherited: str | None) -> str:
    key = "task_queue_sid" if source.get("queue") is None and source.get("task_queue_sid") is not None else "queue"
    sid = _text(source, key, place)
    if sid is None:
        if inherited is None:
            _missing(f"{place}.queue", "the SID of a task queue")
        return inherited
    if not is_sid(sid, "WQ"):
        raise ExpressionError(f"{place}.{key}: {_shown(sid)} is no SID of a task queue (WQ and 32 hexadecimal digits)")
    return sid


def _compiled(source: Mapping[str, Any], key: str, place: str, compile_text: Callable[[str], Any]) -> Any:
    text = _text(source, key, place)
    if text is None or not text.strip():
        return None  # consoles write "" for a field left empty [I]
    try:
        return compile_text(text)
    except ExpressionError as error:
        message = f"{place}.{key}: {error.message}"
        raise ExpressionError(message, line=error.line, column=error.column) from None


def _whole_number(source: Mapping[str, Any], key: str, place: str, least: int, most: int) -> int | None:
    # A number or a numeric text: the documentation's examples have both (routing 2.1).
    value = source.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise ExpressionError(f"{place}.{key}: {_shown(value)} is no whole number from {least} to {most}")
    return value


def _text(source: Mapping[str, Any], key: str, place: str) -> str | None:
    value = source.get(key)
    if value is not None and not isinstance(value, str):
        raise ExpressionError(f"{place}.{key}: {_shown(value)} is no text")
    return value


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ExpressionError(f"{place}: {_shown(value)} is no object")
    return value


def _array(value: object, place: str) -> list[Any]:
    if value is None:
        _missing(place, "a list")
    if not isinstance(value, list):
        raise ExpressionError(f"{place}: {_shown(value)} is no list")
    return value


def _missing(place: str, wanted: str) -> NoReturn:
    raise ExpressionError(f"{place}: it is missing; give {wanted}")


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    # As JSON, so that what was sent is shown as it was sent, with control characters escaped (security check 28).
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
