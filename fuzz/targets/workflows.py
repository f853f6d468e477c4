"""Configurations of workflows."""

from __future__ import annotations

from contextlib import suppress

from trbridge.emulator.routing.workflow import DEFAULT_FILTER, parse_configuration
from trbridge.errors import ExpressionError
from trbridge.sids import is_sid

from .expressions import compiled
from .oracles import check, check_refusal, text_of

__all__ = ["read_workflow"]


def read_workflow(data: bytes) -> None:
    """Any text is a configuration whose parts can all be used, or is refused with its place."""
    with suppress(UnicodeDecodeError):
        _read(text_of(data))


def _read(text: str) -> None:
    try:
        configuration = parse_configuration(text)
    except ExpressionError as error:
        check_refusal(error)
        return
    for place, target in configuration.places():
        check(is_sid(target.queue, "WQ"), f"{place} names no queue")
        check(target.timeout is None or target.timeout >= 1, f"{place} has a timeout of {target.timeout}")
        for expression in (target.expression, target.skip_if):
            if expression is not None:
                compiled(expression)
    for number, each in enumerate(configuration.filters):
        compiled(each.expression)
        check(len(configuration.targets(number)) >= 1, "a filter without a target")
    check(len(configuration.targets(DEFAULT_FILTER)) <= 1, "more than one default")
