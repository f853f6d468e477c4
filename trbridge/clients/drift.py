"""What handlers were told of a resource's properties, and what they were not. Neither clock nor I/O is here.

A comparison tells what differs from what was told last; what it was in between is not made up. The frame of such a
change may still be on its way: it is recognised, and not told again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

__all__ = ["SILENT", "Watch"]

SILENT: Final = ""
"""In place of an event's name: the service has no event for these properties. They count, and nobody is told."""

Values = tuple[object, ...]


class Watch:
    """Remembers what was told of some resources of one class.

    Args:
        watched: Events to the properties they tell of.
    """

    __slots__ = ("_found", "_told", "_watched")

    def __init__(self, watched: Mapping[str, tuple[str, ...]]) -> None:
        self._watched = watched
        self._told: dict[str, dict[str, Values]] = {}
        self._found: dict[tuple[str, str], tuple[Values, datetime | None]] = {}

    def __contains__(self, event: str) -> bool:
        return event in self._watched

    def note(self, resource: Any) -> None:
        """Take it as it is for told."""
        self._told[resource.sid] = {event: _values(resource, fields) for event, fields in self._watched.items()}

    def find(self, resource: Any) -> list[str]:
        """Compare a resource, as the service says it is, with what was told: events to tell now.

        The first time there is nothing to compare with, and nothing is found.
        """
        sid, told = resource.sid, self._told.get(resource.sid)
        self.note(resource)
        if told is None:
            return []
        news = [event for event, values in self._told[sid].items() if told.get(event) != values]
        for event in news:
            self._found[sid, event] = self._told[sid][event], resource.date_updated
        return news

    def hear(self, event: str, resource: Any, *, late: bool = False) -> bool:
        """Take in a frame; False if what it tells of was told by a comparison.

        Args:
            event: Its event.
            resource: The resource as it is held, which has taken the frame over.
            late: It has not, since what is held is newer than the frame. Then it is told as it is held, if that was
                not told, and not when the next frame comes.
        """
        fields = self._watched.get(event)
        if fields is None:
            return True
        sid, values = resource.sid, _values(resource, fields)
        told = self._told.setdefault(sid, {})
        # Moments are in whole seconds, so in the same second the values decide.
        known, moment = self._found.get((sid, event), (None, None))
        if known != values or (moment and resource.date_updated and resource.date_updated > moment):
            known = None
        if known == values or (late and told.get(event) == values):
            return False
        self._found.pop((sid, event), None)
        if late:
            self._found[sid, event] = values, resource.date_updated
        told[event] = values
        return True


def _values(resource: Any, fields: tuple[str, ...]) -> Values:
    return tuple(_fixed(getattr(resource, field)) for field in fields)


def _fixed(value: object) -> object:
    """A value that does not change when somebody changes the document he was given."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value
