"""Undecoded JSON to objects: fast when it is as documented, forgiving when it is not.

The original loses the whole answer over one odd field (Q46-Q54). Here an odd field is set aside: the
object comes without it, and ``extra`` still shows what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    NamedTuple,
    NoReturn,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from ..errors import DecodeError
from ..wire import mend

__all__ = [
    "NULL",
    "Field",
    "Moment",
    "decode_any",
    "decode_struct",
    "fields_of",
    "is_object",
    "parse_document",
    "split_items",
    "split_object",
]

S = TypeVar("S", bound=msgspec.Struct)

NULL: Final = msgspec.Raw(b"null")

Moment = Annotated[datetime, msgspec.Meta(tz=True)] | None
"""A moment with its time zone, or None."""

# What msgspec raises on bytes that it cannot read; each is somebody else's fault, none may escape.
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeError)

JSON = msgspec.Raw | bytes
_BRACE: Final = ord("{")


class Field(NamedTuple):
    """A field of a struct.

    Attributes:
        name: Its name in Python.
        sent_as: Its name in JSON.
        hint: Its type.
        default: Its default.
    """

    name: str
    sent_as: str
    hint: Any
    default: Any


@cache
def fields_of(cls: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a struct; to find them out takes a while, so it is done once."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        Field(field.name, field.encode_name, hints[field.name], field.default) for field in msgspec.structs.fields(cls)
    )


@cache
def _decode(cls: type[Any]) -> Callable[[JSON], Any]:
    # strict=False: the socket writes moments as seconds and flags as 0 and 1 (wire-protocol 7.1).
    return msgspec.json.Decoder(cls, strict=False).decode


def decode_struct(cls: type[S], raw: JSON) -> S:
    """Decode a JSON object as a struct; all of its fields must have defaults.

    A field whose value is not of its type keeps its default, and its name is noted in ``_odd``.

    Raises:
        DecodeError: It is no JSON object at all.
    """
    try:
        read: S = _decode(cls)(raw)
    except _UNREADABLE:
        return _decode_field_by_field(cls, split_object(raw))
    return read


def decode_any(raw: JSON) -> Any:
    """Decode JSON into plain values.

    Raises:
        DecodeError: It is not JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except _UNREADABLE:
        pass
    import json  # for what msgspec does not take only: 1 ms

    try:
        # Takes numbers beyond a double, as JavaScript does.
        return json.loads(mend(bytes(raw)), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the payload is not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def is_object(raw: JSON) -> bool:
    """Whether the JSON text begins an object; a look at its first characters."""
    text = memoryview(raw)
    return bool(text) and (text[0] == _BRACE or bytes(text[:64]).lstrip()[:1] == b"{")


def parse_document(raw: msgspec.Raw) -> Any:
    """The value of a field that holds JSON as text: ``attributes``, ``configuration``, ``addons``.

    Text that is not JSON stays text, a value that is no text stays what it is (Q48, Q49).
    """
    value = decode_any(raw)
    if not isinstance(value, str):
        return value
    try:
        return decode_any(value.encode())
    except DecodeError:
        return value


def split_object(raw: JSON) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, each still undecoded.

    Raises:
        DecodeError: It is no JSON object.
    """
    return _split(raw, dict[str, msgspec.Raw], "object")


def split_items(raw: JSON) -> list[msgspec.Raw]:
    """The items of a JSON array, each still undecoded.

    Raises:
        DecodeError: It is no JSON array.
    """
    return _split(raw, list[msgspec.Raw], "array")


P = TypeVar("P")


def _split(raw: JSON, kind: type[P], name: str) -> P:
    try:
        return msgspec.json.decode(raw, type=kind)
    except _UNREADABLE:
        pass
    try:
        return msgspec.json.decode(mend(bytes(raw)), type=kind)
    except _UNREADABLE as error:
        raise DecodeError(f"the payload is no JSON {name}: {error}") from None


# -- when it is not as documented ----------------------------------------------------------------------


def _decode_field_by_field(cls: type[S], members: dict[str, msgspec.Raw]) -> S:
    values: dict[str, Any] = {}
    odd: set[str] = set()
    for name, sent_as, hint, _ in fields_of(cls):
        raw = members.get(sent_as)
        if raw is None or (raw == NULL and hint is not msgspec.Raw):
            continue
        try:
            values[name] = _decode_value(hint, raw)
        except DecodeError:
            odd.add(sent_as)
    result = cls(**values)
    if odd and hasattr(result, "__dict__"):
        vars(result)["_odd"] = frozenset(odd)
    return result


def _decode_value(hint: Any, raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw, type=hint, strict=False)
    except _UNREADABLE as error:
        if hint == Moment:
            return _moment(decode_any(raw))
        return _decode_part(_without_none(hint), raw, error)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, UnionType):
        return hint
    rest = [each for each in get_args(hint) if each is not NoneType]
    return rest[0] if len(rest) == 1 else hint


def _decode_part(hint: Any, raw: msgspec.Raw, error: Exception) -> Any:
    """What can be saved of a container: its good items, and the good fields of its bad ones."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return decode_struct(hint, raw)
    if origin is list:
        return _save_all(arguments[0], enumerate(split_items(raw)), list)
    if origin is dict:
        return _save_all(arguments[1], split_object(raw).items(), dict)
    raise DecodeError(f"unexpected value: {error}") from None


def _save_all(hint: Any, items: Any, kind: type[Any]) -> Any:
    saved: dict[Any, Any] = {}
    for key, raw in items:
        try:
            saved[key] = _decode_value(hint, raw)
        except DecodeError:
            continue
    return saved if kind is dict else [*saved.values()]


def _moment(value: Any) -> datetime:
    """A moment written otherwise: without a zone, which is UTC's for a service that knows no other, or as in e-mail.

    rest-api 1 tells of "RFC 2822" in the service's own documentation.
    """
    from email.utils import parsedate_to_datetime  # needed for odd answers only

    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(value)
        except (TypeError, ValueError, IndexError, AttributeError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise DecodeError(f"{value!r} is no moment")
