"""The argument forms of the original and of Python, read into one (wire-protocol 5.7, Q16-Q18).

``fetch()``, ``fetch(sid)``, ``fetch({"Available": "true"})``, ``update("FriendlyName", "x")``,
``update({...})``, ``update(friendly_name="x")``, each with a callback as the last positional argument.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from ..errors import InvalidArgument
from ..sids import check_sid, is_sid
from ..wire import encode_params, wire_name

__all__ = ["Call", "read_create", "read_delete", "read_fetch", "read_instance_update", "read_list_update"]

Args = tuple[Any, ...]
Keywords = Mapping[str, Any]
Encoded = dict[str, str | list[str]]


class Call(NamedTuple):
    """A call as it was meant.

    Attributes:
        sid: The SID it names, if it does.
        params: Encoded parameters; None if the call has none at all.
        callback: Where the result goes, if not to an awaitable.
    """

    sid: str | None
    params: Encoded | None
    callback: Callable[..., object] | None


def read_fetch(args: Args, keywords: Keywords, *, prefixes: Collection[str], known: Collection[str]) -> Call:
    """``fetch([sid | params], [callback], **filters)``."""
    values, callback = _split(args, most=1)
    if not values:
        return Call(None, _params(None, keywords, known), callback)
    if isinstance(values[0], str):
        if keywords:
            raise InvalidArgument("a fetch by SID takes no filters; leave out the SID to search")
        return Call(check_sid(values[0], *prefixes), None, callback)
    return Call(None, _params(_mapping(values[0], "a SID or query parameters"), keywords, known), callback)


def read_create(args: Args, keywords: Keywords, *, known: Collection[str]) -> Call:
    """``create([params], [callback], **parameters)``."""
    values, callback = _split(args, most=1)
    params = _mapping(values[0], "parameters") if values and values[0] is not None else None
    return Call(None, _params(params, keywords, known), callback)


def read_delete(args: Args, *, prefixes: Collection[str]) -> Call:
    """``delete(sid, [callback])`` on a list."""
    values, callback = _split(args, most=1)
    if not values:
        raise InvalidArgument("say which one to delete: delete(sid)")
    return Call(check_sid(values[0], *prefixes), None, callback)


def read_list_update(args: Args, keywords: Keywords, *, prefixes: Collection[str], known: Collection[str]) -> Call:
    """``update(sid, name, value | params, [callback], **parameters)`` on a list."""
    values, callback = _split(args, most=3)
    if not values:
        raise InvalidArgument("say which one to update: update(sid, ...)")
    sid = check_sid(values[0], *prefixes)
    return Call(sid, _changes(values[1:], keywords, known), callback)


def read_instance_update(args: Args, keywords: Keywords, *, sid: str, known: Collection[str]) -> Call:
    """``update(name, value | params, [callback], **parameters)`` on an instance.

    The documentation of the original also passes the instance's own SID first, which its code does not
    take (Q18); here it is taken, as long as it is the right one.
    """
    values, callback = _split(args, most=3)
    if values and is_sid(values[0]) and (len(values) == 3 or isinstance(values[-1], Mapping) or len(values) == 1):
        if values[0] != sid:
            raise InvalidArgument(f"this is {sid}; to update {values[0]} use the list's update(sid, ...)")
        values = values[1:]
    return Call(sid, _changes(values, keywords, known), callback)


def _split(args: Args, *, most: int) -> tuple[Args, Callable[..., object] | None]:
    values = [value for value in args if not callable(value)]
    callbacks = [value for value in args if callable(value)]
    # v1 calls the first function it is given and ignores what comes after it.
    if callbacks and any(not callable(value) for value in args[args.index(callbacks[0]) :]):
        raise InvalidArgument("the callback must be the last argument")
    if len(values) > most:
        raise InvalidArgument(f"the last argument, {values[-1]!r}, is one too many; a callback must be a function")
    return tuple(values), callbacks[0] if callbacks else None


def _changes(values: Args, keywords: Keywords, known: Collection[str]) -> Encoded:
    if not values and not keywords:
        raise InvalidArgument("nothing to update: give a parameter and its value, a mapping, or keywords")
    params: Mapping[str, Any] | None = None
    if len(values) == 2:
        if not isinstance(values[0], str):
            raise InvalidArgument(f"a parameter's name must be text, not {values[0]!r}")
        params = {values[0]: values[1]}
    elif values:
        if isinstance(values[0], str):
            raise InvalidArgument(f"{values[0]} needs a value: update({values[0]!r}, value)")
        params = _mapping(values[0], "a parameter and its value, or a mapping")
    return _params(params, keywords, known) or {}


def _mapping(value: Any, wanted: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InvalidArgument(f"expected {wanted}, not {value!r}")


def _params(params: Mapping[str, Any] | None, keywords: Keywords, known: Collection[str]) -> Encoded | None:
    if params is None and not keywords:
        return None
    for keyword in keywords:
        _check_keyword(keyword, known)
    return encode_params(params, keywords)


def _check_keyword(keyword: str, known: Collection[str]) -> None:
    # A misspelt keyword would be ignored by the service without a word (rest-api 1, "unknown params").
    if not known or wire_name(keyword) in known:
        return
    names = sorted(known)
    close = difflib.get_close_matches(wire_name(keyword), names, n=1)
    advice = f"did you mean {close[0]}?" if close else f"it takes {', '.join(names)}"
    raise InvalidArgument(
        f"there is no parameter {wire_name(keyword)} here; {advice} (A mapping is sent as it is, unchecked.)"
    )
