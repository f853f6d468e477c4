"""Names in place of SIDs in the texts of a seed: ``workers.$activity(Available) > 2``.

SIDs differ from run to run, names do not. ``$activity(...)``, ``$task_channel(...)`` (by unique name),
``$worker(...)``, ``$task_queue(...)`` and ``$workflow(...)`` stand for the SID of what has the name; characters
that would end the name are percent-encoded. ``$$activity(`` is the text ``$activity(`` itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from ...errors import InvalidArgument
from ..state.indexes import (
    ACTIVITIES_BY_NAME,
    QUEUES_BY_NAME,
    TASK_CHANNELS_BY_NAME,
    WORKERS_BY_NAME,
    WORKFLOWS_BY_NAME,
    Index,
)
from ..state.model import Activity, Entity, TaskChannel, TaskQueue, Worker, Workflow
from ..state.store import Store

__all__ = ["MAX_DEPTH", "QUEUE_KEYS", "Names", "read_json", "walk"]

_NAMED: Final[dict[str, tuple[type[Any], str, Index[Any], Callable[[str], str]]]] = {
    "activity": (Activity, "friendly_name", ACTIVITIES_BY_NAME, str.casefold),
    "task_channel": (TaskChannel, "unique_name", TASK_CHANNELS_BY_NAME, str),
    "worker": (Worker, "friendly_name", WORKERS_BY_NAME, str.casefold),
    "task_queue": (TaskQueue, "friendly_name", QUEUES_BY_NAME, str),
    "workflow": (Workflow, "friendly_name", WORKFLOWS_BY_NAME, str),
}
"""Kind of resource: its class, the field with its name, the index by name, and how the index writes names."""

MAX_DEPTH: Final = 100
"""How deep a document in a seed may be nested."""

QUEUE_KEYS: Final = frozenset({"queue", "task_queue_sid"})
"""Keys of a workflow's configuration under which a queue is named (routing 2.1)."""

_KINDS: Final = "|".join(_NAMED)
_PREFIXES: Final = {kind.prefix: name for name, (kind, *_) in _NAMED.items()}
_SIDS: Final = re.compile(rf"(\$*)(?:\b((?:{'|'.join(_PREFIXES)})[0-9a-fA-F]{{32}})\b|(?=(?:{_KINDS})\())")
_REFERENCES: Final = re.compile(rf"(\$+)(?=({_KINDS})\()(?:\2\(([^()]*)\))?")
_SHOWN: Final = 10


class Names:
    """The names of one workspace.

    Args:
        store: Where its resources are.
        workspace_sid: The workspace.
    """

    def __init__(self, store: Store, workspace_sid: str) -> None:
        self._store = store
        self._workspace_sid = workspace_sid

    def sid(self, kind: str, name: str) -> str:
        """The SID of what has a name.

        Raises:
            InvalidArgument: Nothing has it, or more than one.
        """
        found = self._found(kind, name)
        if len(found) == 1:
            return found[0].sid
        called = kind.replace("_", " ")
        if found:
            raise InvalidArgument(f"{len(found)} {called}s are named {name!r}; give them names of their own")
        raise InvalidArgument(f"there is no {called} {name!r}; there are: {self._known(kind)}")

    def name(self, kind: str, sid: str) -> str:
        """The name of a SID.

        Raises:
            InvalidArgument: Another resource has the same name, so it could not be found again.
        """
        cls, field, *_ = _NAMED[kind]
        name: str = getattr(self._store.table(cls)[sid], field)
        self.sid(kind, name)
        return name

    def hide_sids(self, text: str) -> str:
        """Put references in place of the SIDs of this workspace in a text."""
        return _SIDS.sub(self._hidden, text)

    def fill_in(self, text: str) -> str:
        """Put SIDs in place of the references in a text.

        Raises:
            InvalidArgument: A reference leads nowhere or is not finished.
        """
        return _REFERENCES.sub(self._filled, text)

    def _hidden(self, match: re.Match[str]) -> str:
        dollars, sid = match.groups()
        if sid is None:
            return dollars * 2
        kind = _PREFIXES[sid[:2]]
        cls, field, *_ = _NAMED[kind]
        entity = self._store.get(cls, sid)
        if entity is None or entity.workspace_sid != self._workspace_sid:
            return match[0]
        name = getattr(entity, field)
        if len(self._found(kind, name)) != 1:
            return match[0]
        return f"{dollars * 2}${kind}({quote(name, safe=' ')})"

    def _filled(self, match: re.Match[str]) -> str:
        dollars, kind, name = match.groups()
        literal = "$" * (len(dollars) // 2)
        if len(dollars) % 2 == 0:
            # The text itself was meant; what follows it is looked through again.
            return literal + self.fill_in(match[0][len(dollars) :])
        if name is None:
            raise InvalidArgument(f"the reference ${kind}( has no end; ${kind}(name) is one, $${kind}( the text itself")
        return literal + self.sid(kind, unquote(name))

    def _found(self, kind: str, name: str) -> list[Entity]:
        _, _, index, written = _NAMED[kind]
        return self._store.select(index, (self._workspace_sid, written(name)))

    def _known(self, kind: str) -> str:
        cls, field, *_ = _NAMED[kind]
        names = [getattr(entity, field) for entity in self._store.in_workspace(cls, self._workspace_sid)]
        return ", ".join([*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])]) or "none"


def walk(value: Any, change: Callable[[str, str], str], key: str = "", depth: int = 0) -> Any:
    """A copy of a JSON value with every text in it changed; keys stay.

    Args:
        value: The value.
        change: Called with each text and the key it stands under (``""`` under none).
        key: The key the value stands under.
        depth: How deep it is.

    Raises:
        InvalidArgument: It is nested more than 100 deep.
    """
    if isinstance(value, str):
        return change(value, key)
    if depth > MAX_DEPTH:
        raise InvalidArgument(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {name: walk(item, change, str(name), depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [walk(item, change, key, depth + 1) for item in value]
    return value


def read_json(text: str) -> Any:
    """Decode JSON text.

    Raises:
        InvalidArgument: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"it is not valid JSON: {error}") from error
