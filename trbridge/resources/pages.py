"""A list's answer to a page of resources, in one pass over the JSON."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import DecodeError
from .binding import Bound
from .combined import TaskQueueStatisticsItem
from .decoding import decode_struct, is_object, split_items, split_object
from .instance import ReadOnlyInstance
from .page import Meta, Page

if TYPE_CHECKING:
    from .context import Context
    from .listing import ReadOnlyList

__all__ = ["decode_page"]


@cache
def _decoder(item: type[msgspec.Struct], key: str) -> msgspec.json.Decoder[Any]:
    fields = [("meta", Meta, msgspec.field(default_factory=Meta)), ("items", list[item], msgspec.field(name=key))]  # type: ignore[valid-type]
    return msgspec.json.Decoder(msgspec.defstruct("Listed", fields, kw_only=True, gc=False), strict=False)


def decode_page(
    item: type[ReadOnlyInstance | TaskQueueStatisticsItem],
    key: str,
    raw: msgspec.Raw,
    context: Context,
    resource: ReadOnlyList[Any] | None = None,
) -> Page[Any] | None:
    """Read a page of these resources; None if the answer is no such page.

    Items that are no objects at all are left out: there is nothing they could be.

    Args:
        item: Class of the resources, or of the statistics.
        key: Name of the list in the answer.
        raw: The answer.
        context: The client's context.
        resource: The list that was asked, if any.
    """
    try:
        listed = _decoder(item, key).decode(raw)
        items, meta = listed.items, listed.meta
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        try:
            items, meta = _decode_one_by_one(item, key, raw)
        except (DecodeError, KeyError):
            return None
    bound = Bound(context, raw, key, "sid" if issubclass(item, ReadOnlyInstance) else "task_queue_sid")
    for each in items:
        each.__dict__["_bound"] = bound
    return Page(items, meta, context, resource)


def _decode_one_by_one(item: type[msgspec.Struct], key: str, raw: msgspec.Raw) -> tuple[list[Any], Meta]:
    members = split_object(raw)
    items = [decode_struct(item, each) for each in split_items(members[key]) if is_object(each)]
    meta = members.get("meta")
    return items, decode_struct(Meta, meta) if meta is not None and is_object(meta) else Meta()
