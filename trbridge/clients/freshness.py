"""Telling news from what is told twice or too late (F43, F44)."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any, Final

__all__ = ["Freshness", "is_older"]

_MOST: Final = 10_000
"""Resources that are remembered; those not heard of for longest are forgotten first."""


class Freshness:
    """Knows how new the last event of each resource was.

    A version decides where the payload has one (wire-protocol 7.4): each change has a higher one, so an
    event of the same name and version is a duplicate. Else ``date_updated`` does; it has whole seconds, so
    only what is older is late, and a duplicate within a second cannot be told from a second change.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int | None, datetime | None, set[str]]] = OrderedDict()

    def is_news(self, name: str, resource: Any) -> bool:
        """Take in an event; False if it is late or told already.

        Args:
            name: The event's name.
            resource: What its payload was made into; anything without a SID is always news.
        """
        sid = getattr(resource, "sid", None)
        if not sid:
            return True
        version, moment = getattr(resource, "version", None), resource.date_updated
        old_version, old_moment, names = self._seen.pop(sid, (None, None, set()))
        if version is not None and old_version is not None:
            order = (version > old_version) - (version < old_version)
            fresh = order > 0 or (order == 0 and name not in names)
        else:
            order = 0 if moment is None or old_moment is None else (moment > old_moment) - (moment < old_moment)
            fresh = order >= 0
        if fresh:
            names = names | {name} if order == 0 else {name}
            old_version, old_moment = (old_version if version is None else version), moment or old_moment
        self._seen[sid] = (old_version, old_moment, names)
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return fresh


def is_older(brought: Any, held: Any) -> bool:
    """Whether an event is older than what is held, which was read since; not, if either does not tell its date."""
    return (
        brought.date_updated is not None and held.date_updated is not None and brought.date_updated < held.date_updated
    )
