"""What several operations check about a form: one function per kind of value.

Each returns the value to keep, or raises BadRequest (400/20001) with a message that names TaskRouter's
parameter and repeats the value, as the service does (rest-api 1.2). Wording is ours where none was seen [I].
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from ...errors import BadRequest
from ...wire import wire_name
from ..state.indexes import BY_WORKSPACE
from ..state.model import Activity, Entity, TaskQueue, Worker, Workspace
from ..state.store import Store

__all__ = [
    "ATTRIBUTES_LENGTH",
    "LIMITS",
    "NAME_LENGTH",
    "Form",
    "choice",
    "invalid",
    "json_object",
    "limit",
    "name",
    "reference",
    "required",
    "unique_name",
    "url",
    "whole_number",
]

E = TypeVar("E", bound=Entity)

Form = Mapping[str, Any]
"""Typed, snake_case values; only what the caller sent. None counts as not sent."""

NAME_LENGTH: Final = 64
"""Most characters of a friendly name (rest-api 1.5)."""

ATTRIBUTES_LENGTH: Final = 4_096
"""Most characters of attributes, blanks included (rest-api 1.5)."""

LIMITS: Final[dict[type[Entity], tuple[int, str]]] = {
    Worker: (15_000, "workers"),
    TaskQueue: (5_000, "task queues"),
    Activity: (100, "activities"),
}
"""How many of a kind a workspace may have (rest-api 1.5, routing 9), and what they are called."""

_UNIQUE_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SHOWN: Final = 100


def invalid(key: str, value: object, wanted: str) -> BadRequest:
    """The error for a value that is none of what is wanted; shows the value, shortened."""
    shown = str(value)
    shown = shown.encode(errors="backslashreplace").decode()
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
    return BadRequest(f"Invalid {wire_name(key)}. '{shown}' is not {wanted}.")


def required(form: Form, key: str) -> Any:
    """A value that must be there."""
    value = form.get(key)
    if value is None or value == "":
        raise BadRequest(f"Missing required parameter {wire_name(key)} in the post body")
    return value


def name(form: Form, key: str = "friendly_name") -> str:
    """A name: required, not blank, up to 64 characters."""
    value: str = required(form, key)
    if not value.strip() or not _is_text(value):
        raise invalid(key, value, "a name")
    if len(value) > NAME_LENGTH:
        raise invalid(key, value, f"a name of up to {NAME_LENGTH} characters; it has {len(value)}")
    return value


def _is_text(value: str) -> bool:
    """Half a surrogate pair, as JSON can spell it, can be neither answered nor written down."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def unique_name(form: Form) -> str:
    """A task channel's unique name: expressions use it as an identifier (rest-api 3.5)."""
    value = name(form, "unique_name")
    if _UNIQUE_NAME.fullmatch(value) is None:
        raise invalid("unique_name", value, "made of letters, digits, '_' and '$', the first one no digit")
    return value


def json_object(form: Form, key: str = "attributes") -> str:
    """JSON text of an object, up to 4096 characters; kept as it is. Blank is ``{}`` [I]."""
    value: str = form[key]
    if len(value) > ATTRIBUTES_LENGTH:
        raise invalid(key, value, f"JSON of up to {ATTRIBUTES_LENGTH} characters; it has {len(value)}")
    if not value.strip():
        return "{}"
    try:
        document = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise invalid(key, value, f"valid JSON: {error}") from error
    if not isinstance(document, dict):
        raise invalid(key, value, "a JSON object")
    return value


def url(form: Form, key: str) -> str | None:
    """An absolute http or https URL; blank takes away the one there was."""
    value: str = form[key].strip()
    if not value:
        return None
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and value.isprintable() and " " not in value
    except ValueError:
        good = False
    if not good:
        raise invalid(key, value, "an absolute http or https URL")
    return value


def whole_number(form: Form, key: str, least: int, most: int) -> int:
    """A whole number between two bounds, both included."""
    value: int = form[key]
    if not least <= value <= most:
        raise invalid(key, value, f"between {least} and {most}")
    return value


def choice(form: Form, key: str, words: Collection[str]) -> str:
    """One of some words."""
    value: str = form[key]
    if value not in words:
        raise invalid(key, value, f"one of {', '.join(words)}")
    return value


def reference(store: Store, workspace_sid: str, form: Form, key: str, kind: type[E]) -> E:
    """The entity a SID in the form stands for; it must be in the same workspace."""
    entity = store.get(kind, form[key])
    if entity is None or entity.workspace_sid != workspace_sid:
        raise invalid(
            key, form[key], f"the SID of an existing {kind.kind.replace('_', ' ')} in workspace {workspace_sid}"
        )
    return entity


def limit(store: Store, workspace: Workspace, kind: type[Entity]) -> None:
    """Refuse one more of a kind when the workspace is full."""
    most, called = LIMITS[kind]
    if store.count(BY_WORKSPACE[kind], workspace.sid) >= most:
        raise BadRequest(f"Workspace {workspace.sid} has {most} {called} already, which is the most it can have.")
