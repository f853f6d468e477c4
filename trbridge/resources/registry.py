"""Which class a payload is: by SID prefix, by the name of the list, by the URL (wire-protocol 5.9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import DecodeError
from .activity import ActivityInstance, ActivityList
from .binding import read_instance
from .decoding import decode_any, decode_struct, is_object, split_items, split_object
from .event import EventInstance, EventList
from .instance import ReadOnlyInstance
from .page import Meta, Page
from .pages import decode_page
from .reservation import ReservationInstance, ReservationList
from .statistics import STATISTICS_BY_PATH, TaskQueueStatisticsItem, decode_statistics
from .task import TaskInstance, TaskList
from .task_channel import TaskChannelInstance, TaskChannelList
from .task_queue import TaskQueueInstance, TaskQueueList
from .worker import WorkerInstance, WorkerList
from .worker_channel import WorkerChannelInstance, WorkerChannelList
from .workflow import WorkflowInstance, WorkflowList
from .workspace import WorkspaceInstance

if TYPE_CHECKING:
    from .context import Context
    from .listing import ReadOnlyList

__all__ = ["INSTANCES", "LISTS", "materialize", "materialize_event"]

INSTANCES: Final[dict[str, type[ReadOnlyInstance]]] = {
    cls.prefix: cls
    for cls in (
        ActivityInstance,
        EventInstance,
        ReservationInstance,
        TaskChannelInstance,
        TaskInstance,
        TaskQueueInstance,
        WorkerChannelInstance,
        WorkerInstance,
        WorkflowInstance,
        WorkspaceInstance,
    )
}
"""SID prefix to class."""

LISTS: Final[tuple[type[ReadOnlyList[Any]], ...]] = (
    ActivityList,
    EventList,
    ReservationList,
    TaskList,
    TaskQueueList,
    WorkerList,
    WorkerChannelList,
    TaskChannelList,
    WorkflowList,
)
"""All lists. Two have the key ``channels``; their items' SIDs tell them apart (rest-api 1.1)."""


class _Peek(msgspec.Struct):
    sid: Any = None
    meta: Any = None
    url: Any = None


def materialize(raw: msgspec.Raw, context: Context, resource: ReadOnlyList[Any] | None = None) -> Any:
    """Make of a payload whatever it is; plain values if it is nothing known (Q34, Q53, Q54).

    Args:
        raw: The payload.
        context: The client's context.
        resource: The list that was asked, if one was.

    Raises:
        DecodeError: It is not JSON.
    """
    if resource is not None:
        page = decode_page(resource.item, resource.key, raw, context, resource)
        if page is not None:
            return page
    if not is_object(raw):
        return decode_any(raw)
    peek = decode_struct(_Peek, raw)
    if isinstance(peek.sid, str) and peek.sid:
        cls = INSTANCES.get(peek.sid[:2])
        return decode_any(raw) if cls is None else read_instance(cls, raw, context)
    if isinstance(peek.meta, dict):
        return _page(peek.meta, raw, context)
    return _statistics(peek.url, raw, context)


_MOST_NAMES: Final = 256
"""Names of events that are remembered; TaskRouter has some fifty, and a server might make up more."""


def materialize_event(name: str, raw: msgspec.Raw, context: Context) -> Any:
    """As :func:`materialize`, for an event's payload.

    It is read as what the last event of this name brought, and only if it is something else looked at before:
    0.6 x the time.
    """
    cls = context.brought.get(name)
    if cls is not None:
        try:
            instance = read_instance(cls, raw, context)
        except DecodeError:
            return materialize(raw, context)
        if instance.sid[:2] == cls.prefix:
            return instance
    value = materialize(raw, context)
    if isinstance(value, ReadOnlyInstance) and len(context.brought) < _MOST_NAMES:
        context.brought[name] = type(value)
    return value


def _page(meta: dict[str, Any], raw: msgspec.Raw, context: Context) -> Any:
    key = meta.get("key")
    items = split_object(raw).get(key) if isinstance(key, str) else None
    if items is None or bytes(items)[:1] != b"[":
        return decode_any(raw)
    cls = _item_class(str(key), items)
    page = None if cls is None else decode_page(cls, str(key), raw, context)
    if page is not None:
        return page
    return Page(decode_any(items), decode_struct(Meta, msgspec.json.encode(meta)), context)


def _item_class(key: str, items: msgspec.Raw) -> type[ReadOnlyInstance | TaskQueueStatisticsItem] | None:
    if key == TaskQueueStatisticsItem.key:
        return TaskQueueStatisticsItem
    prefixes = {str(decode_struct(_Peek, item).sid)[:2] for item in split_items(items) if is_object(item)}
    candidates = [cls.item for cls in LISTS if cls.key == key and prefixes <= {cls.item.prefix}]
    if candidates:
        return candidates[0]
    return INSTANCES.get(prefixes.pop()) if len(prefixes) == 1 else None


_SID = re.compile(r"/[A-Z]{2}[0-9a-fA-F]{32}(?=/)")


def _statistics(url: Any, raw: msgspec.Raw, context: Context) -> Any:
    path = url.partition("?")[0].partition("/Workspaces")[2] if isinstance(url, str) else ""
    cls = STATISTICS_BY_PATH.get(_SID.sub("/{sid}", path))
    return decode_any(raw) if cls is None else decode_statistics(cls, raw, context)
