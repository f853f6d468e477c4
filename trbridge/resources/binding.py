"""How a payload becomes an instance, and what ties it to its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..errors import DecodeError
from .decoding import decode_any, decode_struct, is_object, split_items, split_object

if TYPE_CHECKING:
    from .context import Context
    from .instance import ReadOnlyInstance
    from .page import Page

__all__ = ["Bound", "bind", "decode_instance", "read_instance"]

R = TypeVar("R", bound="ReadOnlyInstance")


class _Sid(msgspec.Struct):
    sid: Any = None


class Bound:
    """The client an instance belongs to, and the JSON it came in; one for all items of a page.

    Args:
        context: The client's context.
        raw: The JSON, of the whole page for a page's item.
        key: Name of the list in ``raw``, or None if ``raw`` is the instance's own.
    """

    __slots__ = ("_items", "context", "key", "raw")

    def __init__(self, context: Context, raw: msgspec.Raw, key: str | None = None) -> None:
        self.context = context
        self.raw = raw
        self.key = key
        self._items: dict[str | None, msgspec.Raw] | None = None

    def sent(self, sid: str) -> dict[str, Any]:
        """All members of the JSON object that the instance with this SID came in."""
        try:
            value = decode_any(self.raw if self.key is None else self._by_sid(self.key).get(sid, b"{}"))
        except DecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    def _by_sid(self, key: str) -> dict[str | None, msgspec.Raw]:
        # A page is taken apart once, however many of its items are asked.
        if self._items is None:
            items = split_items(split_object(self.raw)[key])
            self._items = {_sid_of(item): item for item in items}
        return self._items


def _sid_of(item: msgspec.Raw) -> str | None:
    sid = decode_struct(_Sid, item).sid if is_object(item) else None
    return sid if isinstance(sid, str) else None


def bind(instance: R, bound: Bound) -> R:
    """Tie an instance to its client."""
    vars(instance)["_bound"] = bound
    return instance


def read_instance(cls: type[R], raw: msgspec.Raw, context: Context) -> R:
    """The payload as this resource, in either dialect (wire-protocol 7.1).

    Raises:
        DecodeError: It is no JSON object.
    """
    instance = bind(decode_struct(cls, raw), Bound(context, raw))
    instance._complete(raw)
    return instance


def decode_instance(cls: type[R], raw: msgspec.Raw, context: Context) -> R | Page[Any] | Any:
    """The payload of an answer as the resource that was asked for; as what it is if it is none."""
    from .registry import materialize  # the registry knows all classes, so it imports this module

    if is_object(raw):
        instance = read_instance(cls, raw, context)
        if instance.sid[:2] == cls.prefix:
            return instance
    return materialize(raw, context)
