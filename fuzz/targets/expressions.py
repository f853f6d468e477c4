"""Expressions, orders and references to workers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from trbridge.emulator.expressions import (
    Compiled,
    Context,
    compile_expression,
    compile_known_worker,
    compile_order_by,
    time_variables,
)
from trbridge.errors import ExpressionError

from .oracles import check, check_refusal, text_of

__all__ = ["ROOTS", "compiled", "read_expression"]

_ATTRIBUTES: Final[dict[str, Any]] = {
    "a": 1,
    "langs": ["fr", 5, None, ["en"], {"a": 1}],
    "lvl": 4.5,
    "name": "Alice",
    "x": {"y": [{"z": "7"}]},
    "no": None,
    "yes": True,
}
ROOTS: Final[list[dict[str, Any]]] = [
    {},
    {
        "worker": _ATTRIBUTES,
        "task": _ATTRIBUTES,
        "fields": {"sid": "WK" + "1" * 32, "friendly_name": "Alice", "activity_name": "Available"},
        "channel": {"chat": {"configured_capacity": 1, "assigned_tasks": 0}},
        "taskrouter": time_variables(0.0),
        "workers": {"available": 1, "unavailable": 0},
    },
    {"worker": {"a": [[]] * 3, "langs": {}, "name": ["x"]}, "task": {"a": "NaN", "name": 10**30}},
]


def read_expression(data: bytes) -> None:
    """Any text compiles and then answers yes or no, or is refused with a place."""
    with suppress(UnicodeDecodeError):
        text = text_of(data)
        for context in Context:
            found = _attempt(lambda context=context: compile_expression(text, context))  # type: ignore[misc]
            if found is not None:
                compiled(found)
        order = _attempt(lambda: compile_order_by(text))
        if order is not None:
            sorted(_workers(), key=order.key)
        known = _attempt(lambda: compile_known_worker(text))
        if known is not None:
            check(known.value(_ATTRIBUTES) is None or isinstance(known.value(_ATTRIBUTES), str), "no name of a worker")


def compiled(expression: Compiled) -> None:
    """It answers for whatever attributes there are, and the same when it says that it is constant."""
    for roots in ROOTS:
        answer = expression.match(roots)
        check(isinstance(answer, bool), f"it answered {answer!r}")
        check(expression.constant in (None, answer), "a constant that changes")


def _workers() -> list[dict[str, Any]]:
    return [roots.get("worker", {}) for roots in ROOTS]


def _attempt(compile_text: Callable[[], Any]) -> Any:
    try:
        return compile_text()
    except ExpressionError as error:
        check_refusal(error)
        check((error.line or 1) >= 1 and (error.column or 1) >= 1, "the place is none")
        return None
