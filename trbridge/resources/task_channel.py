"""Task channels: kinds of tasks that are counted separately, such as voice and chat (rest-api 3.5)."""

from __future__ import annotations

from typing import Any, ClassVar

from .arguments import check_sid_or_name
from .instance import InstanceResource
from .listing import ListResource

__all__ = ["TaskChannelInstance", "TaskChannelList"]


class TaskChannelInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """A task channel.

    Attributes:
        friendly_name: Its name for people.
        unique_name: Its name in parameters and expressions; fixed at creation.
        channel_optimized_routing: Whether those workers go first who had nothing on it for the longest time.
    """

    prefix: ClassVar[str] = "TC"
    path: ClassVar[str] = "TaskChannels"
    shown: ClassVar[str] = "unique_name"
    updatable: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "ChannelOptimizedRouting"})

    friendly_name: str | None = None
    unique_name: str | None = None
    channel_optimized_routing: bool | None = None


class TaskChannelList(ListResource[TaskChannelInstance]):
    """The workspace's task channels.

    Instead of a SID, ``fetch``, ``update`` and ``delete`` also take a unique name: ``fetch("voice")``.
    Parameters: ``friendly_name`` and ``unique_name`` (both required), ``channel_optimized_routing``.
    """

    item: ClassVar[type[TaskChannelInstance]] = TaskChannelInstance
    key: ClassVar[str] = "channels"
    creatable: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "UniqueName", "ChannelOptimizedRouting"})

    def _check(self, sid: Any) -> str:
        return check_sid_or_name(sid, "TC")
