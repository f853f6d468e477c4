"""Which class a payload is: by SID prefix, by the name of the list, by the URL (wire-protocol 5.9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .activity import ActivityInstance, ActivityList
from .decoding import decode_any, decode_struct
from .event import EventInstance, EventList
from .instance import Bound, InstanceResource, bind
from .page import Meta, Page
from .pages import decode_page
from .reservation import ReservationInstance, ReservationList
from .statistics import STATISTICS_BY_PATH, TaskQueueStatisticsItem
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

__all__ = ["INSTANCES", "LISTS", "materialize"]

INSTANCES: Final[dict[str, type[InstanceResource]]] = {
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
    """
    if resource is not None:
        page = decode_page(resource.item, resource.key, raw, context, resource)
        if page is not None:
            return page
    if bytes(raw).lstrip()[:1] != b"{":
        return decode_any(raw)
    peek = decode_struct(_Peek, raw)
    if isinstance(peek.sid, str) and peek.sid:
        return _instance(peek.sid, raw, context)
    if isinstance(peek.meta, dict):
        return _page(peek.meta, raw, context)
    return _statistics(peek.url, raw)


def _instance(sid: str, raw: msgspec.Raw, context: Context) -> Any:
    cls = INSTANCES.get(sid[:2])
    return decode_any(raw) if cls is None else bind(decode_struct(cls, raw), Bound(context, raw))


def _page(meta: dict[str, Any], raw: msgspec.Raw, context: Context) -> Any:
    value = decode_any(raw)
    key = meta.get("key")
    items = value.get(key) if isinstance(key, str) else None
    if not isinstance(items, list):
        return value
    page = None
    if key == "task_queues_statistics":
        page = decode_page(TaskQueueStatisticsItem, key, raw, context)
    elif (cls := _item_class(str(key), items)) is not None:
        page = decode_page(cls, str(key), raw, context)
    return page if page is not None else Page(items, decode_struct(Meta, msgspec.json.encode(meta)), context)


def _item_class(key: str, items: list[Any]) -> type[InstanceResource] | None:
    candidates = [cls.item for cls in LISTS if cls.key == key]
    prefixes = {str(item.get("sid"))[:2] for item in items if isinstance(item, dict)}
    return next((cls for cls in candidates if not prefixes or prefixes == {cls.prefix}), None)


_IDS = re.compile(r"/[A-Z]{2}[0-9a-fA-F]{32}")


def _statistics(url: Any, raw: msgspec.Raw) -> Any:
    path = _IDS.sub("", url.partition("?")[0]).partition("/Workspaces")[2] if isinstance(url, str) else ""
    one_worker = isinstance(url, str) and re.search(r"/Workers/WK[0-9a-fA-F]{32}/Statistics", url) is not None
    cls = STATISTICS_BY_PATH.get("/Workers/{sid}/Statistics" if one_worker else path)
    return decode_any(raw) if cls is None else decode_struct(cls, raw)
