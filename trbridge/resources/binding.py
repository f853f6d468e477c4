"""How a payload becomes an instance, and what ties it to its client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..errors import DecodeError, NotReady
from .decoding import NULL, decode_any, decode_struct, is_object, split_items, split_object

if TYPE_CHECKING:
    from .context import Context
    from .instance import ReadOnlyInstance
    from .page import Page

__all__ = ["Bound", "bind", "bound_of", "decode_instance", "linked", "read_instance"]

R = TypeVar("R", bound="ReadOnlyInstance")
B = TypeVar("B")


class Bound(msgspec.Struct, eq=False):  # a struct, since one is made for every event: 0.3 x the time of a class
    """The client an instance belongs to, and the JSON it came in; one for all items of a page.

    Attributes:
        context: The client's context.
        raw: The JSON, of the whole page for a page's item.
        key: Name of the list in ``raw``, or None if ``raw`` is the instance's own.
        name: Name of the member that tells the list's items apart.
    """

    context: Context
    raw: msgspec.Raw
    key: str | None = None
    name: str = "sid"
    _items: dict[str | None, msgspec.Raw] | None = None

    def sent(self, sid: str | None) -> dict[str, Any]:
        """All members of the JSON object that the instance with this SID came in."""
        try:
            value = decode_any(self.raw if self.key is None else self._by_sid(self.key).get(sid, NULL))
        except DecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    def _by_sid(self, key: str) -> dict[str | None, msgspec.Raw]:
        # A page is taken apart once, however many of its items are asked.
        if self._items is None:
            items = [item for item in split_items(split_object(self.raw)[key]) if is_object(item)]
            self._items = {self._sid_of(item): item for item in items}
        return self._items

    def _sid_of(self, item: msgspec.Raw) -> str | None:
        sid = decode_any(split_object(item).get(self.name, NULL))
        return sid if isinstance(sid, str) else None


def bind(instance: B, bound: Bound) -> B:
    """Tie an instance, or statistics, to its client."""
    instance.__dict__["_bound"] = bound
    return instance


def linked(owner: object, cls: type[R], field: str) -> R | None:
    """The resource a foreign key points to: only its SID until fetched; None for no SID (Q40-Q45).

    The same object for the same SID; another as soon as the field changes (Q43).
    """
    sid = getattr(owner, field)
    if not sid:
        return None
    links: dict[str, Any] | None = owner.__dict__.get("_links")
    link: R | None = links.get(field) if links else None
    if link is None or link.sid != sid:
        link = bind(cls(sid=sid), Bound(bound_of(owner).context, NULL))
        owner.__dict__.setdefault("_links", {})[field] = link
    return link


def bound_of(owner: object) -> Bound:
    """What ties it to its client.

    Raises:
        NotReady: Nothing does.
    """
    bound: Bound | None = vars(owner).get("_bound")
    if bound is None:
        raise NotReady(f"this {type(owner).__name__} belongs to no client; fetch it from one")
    return bound


def read_instance(cls: type[R], raw: msgspec.Raw, context: Context) -> R:
    """The payload as this resource, in either dialect (wire-protocol 7.1).

    Raises:
        DecodeError: It is no JSON object.
    """
    instance = decode_struct(cls, raw)
    instance.__dict__["_bound"] = Bound(context, raw)
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
