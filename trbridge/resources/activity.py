"""Activities: what a worker is doing, and whether it may get tasks meanwhile (rest-api 3.2)."""

from __future__ import annotations

from typing import ClassVar

from .instance import InstanceResource
from .listing import ListResource

__all__ = ["ActivityInstance", "ActivityList"]


class ActivityInstance(InstanceResource, kw_only=True, dict=True, eq=False):
    """An activity.

    Attributes:
        friendly_name: Its name, unique in the workspace.
        available: Whether a worker in it may be given tasks; fixed at creation.
    """

    prefix: ClassVar[str] = "WA"
    path: ClassVar[str] = "Activities"
    updatable: ClassVar[frozenset[str]] = frozenset({"FriendlyName"})

    friendly_name: str | None = None
    available: bool | None = None


class ActivityList(ListResource[ActivityInstance]):
    """The workspace's activities.

    Filters: ``friendly_name``, ``available``. Parameters: ``friendly_name`` (required to create, at most
    64 characters), ``available`` (default False, at creation only).
    """

    item: ClassVar[type[ActivityInstance]] = ActivityInstance
    key: ClassVar[str] = "activities"
    filters: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "Available"})
    creatable: ClassVar[frozenset[str]] = frozenset({"FriendlyName", "Available"})
