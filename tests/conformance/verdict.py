"""Compares what a step brought with what it should have brought."""

from __future__ import annotations

from collections.abc import Iterator

from comparison import differences
from expectation import Expected, Posted
from observed import Observed

__all__ = ["compare"]

_OK = 200


def compare(expected: Expected, observed: Observed) -> Iterator[str]:
    """Every difference, in words."""
    if expected.raises is not None or observed.raises is not None:
        yield from _raised(expected, observed)
        return
    if expected.fails is not None:
        yield from differences(expected.fails, observed.fails, "await")
    elif observed.fails is not None and all(answer.get("status") == _OK for _, answer in expected.answers):
        yield f"await: {observed.fails!r}, though every answer was a success"
    if observed.posts != expected.posts:
        yield f"requests: {_lines(expected.posts)} expected, got {_lines(observed.posts)}"
    if observed.sockets != expected.sockets:
        yield f"sockets: {expected.sockets} expected, got {observed.sockets}"
    if expected.open_sockets is not None and observed.open_sockets != expected.open_sockets:
        yield f"sockets: {expected.open_sockets} open ones expected, got {observed.open_sockets}"
    yield from _callback(expected, observed)
    yield from _events(expected, observed)
    if expected.target is not None:
        yield from differences(expected.target, observed.target, "target")
    if expected.args_after is not None:
        yield from differences(expected.args_after, observed.args_after, "arguments")
    elif repr(observed.args_after) != repr(observed.args_before):
        yield f"arguments: {observed.args_before} were changed to {observed.args_after}"


def _raised(expected: Expected, observed: Observed) -> Iterator[str]:
    names = [cls.__name__ for cls in type(observed.raises).__mro__]
    if expected.raises not in names:
        yield f"call: {expected.raises} to be raised, got {observed.raises!r}"
    if observed.posts or observed.calls:
        yield f"call: it was refused, but not before {_lines(observed.posts)} {observed.calls}"


def _callback(expected: Expected, observed: Observed) -> Iterator[str]:
    if len(observed.calls) != (expected.called or 0):
        yield f"callback: {expected.called} calls expected, got {observed.calls}"
    elif expected.called:
        yield from differences(expected.error, observed.calls[0][0], "error")
        yield from differences(expected.result, observed.calls[0][1], "result")


def _events(expected: Expected, observed: Observed) -> Iterator[str]:
    names = [name for name, _ in expected.events]
    mine = [name for name, _ in observed.events]
    if names != mine:
        yield f"events: {names} expected, got {observed.events}"
        return
    for (name, value), (_, argument) in zip(expected.events, observed.events, strict=True):
        yield from differences(value, argument, f"event {name}")


def _lines(posts: list[Posted]) -> str:
    return "; ".join(map(str, posts)) or "none"
