"""The argument forms of the original and of Python, read into one (wire-protocol 5.7, Q16-Q18).

``fetch()``, ``fetch(sid)``, ``fetch({"Available": "true"})``, ``update("FriendlyName", "x")``,
``update({...})``, ``update(friendly_name="x")``, each with a callback as the last positional argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, NoReturn

from ..errors import InvalidArgument
from ..sids import check_sid, is_sid
from ..wire import encode_params, wire_name

__all__ = [
    "Call",
    "check_sid_or_name",
    "read_create",
    "read_delete",
    "read_fetch",
    "read_instance_update",
    "read_list_update",
    "read_query",
    "refuse_keyword",
    "split_callback",
    "take_if_match",
]

Args = tuple[Any, ...]
Keywords = Mapping[str, Any]
Encoded = dict[str, str | list[str]]
Check = Callable[[Any], str]
"""Returns what it is given, if that may be part of a URL; raises :class:`InvalidArgument` otherwise."""


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


def read_fetch(args: Args, keywords: Keywords, *, check: Check, known: Collection[str]) -> Call:
    """``fetch([sid | params], [callback], **filters)``."""
    values, callback = split_callback(args, most=1)
    if not values:
        return Call(None, _params(None, keywords, known), callback)
    if isinstance(values[0], str):
        if keywords:
            raise InvalidArgument("a fetch by SID takes no filters; leave out the SID to search")
        return Call(check(values[0]), None, callback)
    return Call(None, _params(_mapping(values[0], "a SID or query parameters"), keywords, known), callback)


def read_query(args: Args, keywords: Keywords, *, known: Collection[str]) -> Call:
    """``fetch([params], [callback], **parameters)`` of what has no SIDs."""
    values, callback = split_callback(args, most=1)
    params = _mapping(values[0], "query parameters") if values else None
    return Call(None, _params(params, keywords, known), callback)


def read_create(args: Args, keywords: Keywords, *, known: Collection[str]) -> Call:
    """``create([params], [callback], **parameters)``."""
    values, callback = split_callback(args, most=1)
    params = _mapping(values[0], "parameters") if values and values[0] is not None else None
    return Call(None, _params(params, keywords, known), callback)


def read_delete(args: Args, *, check: Check) -> Call:
    """``delete(sid, [callback])`` on a list."""
    values, callback = split_callback(args, most=1)
    if not values:
        raise InvalidArgument("say which one to delete: delete(sid)")
    return Call(check(values[0]), None, callback)


def read_list_update(args: Args, keywords: Keywords, *, check: Check, known: Collection[str]) -> Call:
    """``update(sid, name, value | params, [callback], **parameters)`` on a list."""
    values, callback = split_callback(args, most=3)
    if not values:
        raise InvalidArgument("say which one to update: update(sid, ...)")
    sid = check(values[0])
    return Call(sid, _changes(values[1:], keywords, known, callback), callback)


def read_instance_update(args: Args, keywords: Keywords, *, sid: str, known: Collection[str]) -> Call:
    """``update(name, value | params, [callback], **parameters)`` on an instance.

    The documentation of the original also passes the instance's own SID first, which its code does not
    take (Q18); here it is taken, as long as it is the right one.
    """
    values, callback = split_callback(args, most=3)
    if values and is_sid(values[0]) and (len(values) == 3 or isinstance(values[-1], Mapping) or len(values) == 1):
        if values[0] != sid:
            raise InvalidArgument(f"this is {sid}; to update {values[0]} use the list's update(sid, ...)")
        values = values[1:]
    return Call(sid, _changes(values, keywords, known, callback), callback)


def split_callback(args: Args, *, most: int) -> tuple[Args, Callable[..., object] | None]:
    """The values among positional arguments, and the callback if there is one.

    A None in the callback's place is no callback (v1 threw, Q16).

    Raises:
        InvalidArgument: More than ``most`` values, or one after the callback.
    """
    values = [value for value in args if not callable(value)]
    callbacks = [value for value in args if callable(value)]
    # v1 calls the first function it is given and ignores what comes after it.
    if callbacks and any(not callable(value) for value in args[args.index(callbacks[0]) :]):
        raise InvalidArgument("the callback must be the last argument")
    if not callbacks and values and values[-1] is None:
        values.pop()
    if len(values) > most:
        raise InvalidArgument(f"the last argument, {values[-1]!r}, is one too many; a callback must be a function")
    return tuple(values), callbacks[0] if callbacks else None


# Visible ASCII: what an entity tag is made of (RFC 9110 section 8.8.3), and nothing that could end a header (check 20).
_ENTITY_TAG: Final = re.compile(r"[\x21-\x7e]{1,200}")


def take_if_match(keywords: dict[str, Any], *, versioned: bool) -> str | None:
    """Take ``if_match`` out of the keywords: it becomes a header, not a parameter (rest-api 1.3)."""
    value = keywords.pop("if_match", None)
    if value is None:
        return None
    if not versioned:
        raise InvalidArgument("if_match works on tasks, workers and reservations; nothing else has a version")
    if not isinstance(value, str) or _ENTITY_TAG.fullmatch(value) is None:
        raise InvalidArgument("if_match must be a version as `etag` shows it, such as '\"15\"'")
    return value


_UNIQUE_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def check_sid_or_name(value: Any, *prefixes: str) -> str:
    """Return the value if it is a SID of these kinds or a task channel's unique name (rest-api 3.4, 3.5)."""
    if isinstance(value, str) and not is_sid(value) and _UNIQUE_NAME.fullmatch(value):
        return value
    return check_sid(value, *prefixes)


def _changes(
    values: Args, keywords: Keywords, known: Collection[str], callback: Callable[..., object] | None
) -> Encoded | None:
    if not values and not keywords:
        if callback is not None:
            return None  # v1 sends a callback alone as an update of nothing, and refuses only nothing at all
        raise InvalidArgument("nothing to update: give a parameter and its value, a mapping, or keywords")
    params: Mapping[str, Any] | None = None
    if len(values) == 2:
        if isinstance(values[0], Mapping):
            raise InvalidArgument(f"after a mapping comes at most a callback, which {values[1]!r} is not")
        if not isinstance(values[0], str):
            raise InvalidArgument(f"a parameter's name must be text, not {values[0]!r}")
        params = {values[0]: values[1]}
    elif values:
        if isinstance(values[0], str):
            raise InvalidArgument(f"{values[0]} needs a value: update({values[0]!r}, value)")
        params = _mapping(values[0], "a parameter and its value, or a mapping")
    encoded = _params(params, keywords, known) or {}
    if not encoded and params is None:
        raise InvalidArgument("nothing to update: None leaves a parameter out; to empty a text give ''")
    return encoded


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


_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def _check_keyword(keyword: str, known: Collection[str]) -> None:
    # A misspelt parameter would be ignored by the service without a word (rest-api 1, "unknown params").
    if known and wire_name(keyword) not in known:
        refuse_keyword(keyword, [_CAPITAL.sub("_", name).lower() for name in known])


def refuse_keyword(keyword: str, names: Collection[str]) -> NoReturn:
    """Say that a keyword is no parameter, and which one was probably meant.

    Raises:
        InvalidArgument: Always.
    """
    if keyword == "callback":
        raise InvalidArgument("the callback is the last positional argument, not a keyword")
    import difflib  # for this message only: 0.5 ms

    close = difflib.get_close_matches(keyword, names, n=1)
    advice = f"did you mean {close[0]}?" if close else f"it takes {', '.join(sorted(names)) or 'none'}"
    raise InvalidArgument(f"there is no parameter {keyword} here; {advice} (A mapping is sent as it is, unchecked.)")
