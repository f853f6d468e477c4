"""Undecoded JSON to objects: fast when it is as documented, forgiving when it is not.

The original loses the whole answer over one odd field (Q46-Q54). Here an odd field is set aside: the
object comes without it, and ``extra`` still shows what was sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

from ..errors import DecodeError

__all__ = ["NULL", "decode_any", "decode_struct", "parse_document"]

S = TypeVar("S", bound=msgspec.Struct)

NULL = msgspec.Raw(b"null")


@cache
def _decoder(cls: type[S]) -> msgspec.json.Decoder[S]:
    # strict=False: the socket writes moments as seconds and flags as 0 and 1 (wire-protocol 7.1).
    return msgspec.json.Decoder(cls, strict=False)


def decode_struct(cls: type[S], raw: msgspec.Raw | bytes) -> S:
    """Decode a JSON object as a struct.

    Raises:
        DecodeError: It is no JSON object at all.
    """
    try:
        return _decoder(cls).decode(raw)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise DecodeError(f"the payload is not JSON: {error}") from error
    value = decode_any(raw)
    if not isinstance(value, dict):
        raise DecodeError(f"expected a JSON object for {cls.__name__}, not a {type(value).__name__}")
    return _convert_leniently(cls, value)


def decode_any(raw: msgspec.Raw | bytes) -> Any:
    """Decode JSON into plain values.

    Raises:
        DecodeError: It is not JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise DecodeError(f"the payload is not JSON: {error}") from error


def parse_document(raw: msgspec.Raw) -> Any:
    """The value of a field that holds JSON as text: ``attributes``, ``configuration``, ``addons``.

    Text that is not JSON stays text, a value that is no text stays what it is (Q48, Q49).
    """
    value = decode_any(raw)
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


def _convert_leniently(cls: type[S], value: dict[str, Any]) -> S:
    result = cls()
    hints = get_type_hints(cls)
    for field in msgspec.structs.fields(cls):
        if field.encode_name in value:
            setattr(
                result, field.name, _convert(value[field.encode_name], hints[field.name], getattr(result, field.name))
            )
    return result


def _convert(value: Any, hint: Any, default: Any) -> Any:
    if hint is msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(value))
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError:
        moment = _moment(value) if hint == datetime | None else None
        return default if moment is None else moment


def _moment(value: Any) -> datetime | None:
    """A moment written without a zone, which is UTC's: the service knows no other."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
