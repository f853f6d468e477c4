"""A list's answer to a page of resources, in one pass over the JSON."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from .decoding import decode_any, decode_struct
from .instance import Bound, InstanceResource
from .page import Meta, Page

if TYPE_CHECKING:
    from .context import Context
    from .listing import ReadOnlyList

__all__ = ["decode_page"]


@cache
def _decoder(item: type[msgspec.Struct], key: str) -> msgspec.json.Decoder[Any]:
    fields = [("meta", Meta, msgspec.field(default_factory=Meta)), ("items", list[item], msgspec.field(name=key))]  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Listed", fields, kw_only=True), strict=False)


def decode_page(
    item: type[msgspec.Struct], key: str, raw: msgspec.Raw, context: Context, resource: ReadOnlyList[Any] | None = None
) -> Page[Any] | None:
    """Read a page of these resources; None if the answer is no such page.

    Args:
        item: Class of the resources.
        key: Name of the list in the answer.
        raw: The answer.
        context: The client's context.
        resource: The list that was asked, if any.
    """
    try:
        listed = _decoder(item, key).decode(raw)
        items, meta = listed.items, listed.meta
    except msgspec.ValidationError:
        value = decode_any(raw)
        if not (isinstance(value, dict) and isinstance(value.get(key), list) and isinstance(value.get("meta"), dict)):
            return None
        meta = decode_struct(Meta, msgspec.json.encode(value["meta"]))
        items = [decode_struct(item, msgspec.json.encode(each)) for each in value[key] if isinstance(each, dict)]
    if issubclass(item, InstanceResource):
        bound = Bound(context, raw, key)
        for instance in items:
            instance.__dict__["_bound"] = bound
    return Page(items, meta, context, resource)
