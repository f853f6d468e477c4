"""Requests as an ASGI server hands them over: what of a callback can be believed, and what it says."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import msgspec

from .errors import InvalidArgument
from .hosts import host_of, is_loopback
from .signatures import url_forms

__all__ = ["Refused", "Scope", "as_event", "check_loopback", "header", "read_form", "url_of"]

Scope = MutableMapping[str, Any]

_MOST_FIELDS: Final = 200
_PROXY_HEADERS: Final = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
_BROWSER_HEADERS: Final = frozenset({b"origin", b"sec-fetch-site"})
"""Any page may make a browser on this machine post a form here; neither service nor emulator is a browser."""
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


class Refused(Exception):
    """It is not taken.

    Args:
        status: The HTTP status of the answer.
        why: Its text.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def header(scope: Scope, name: bytes) -> str:
    """A header; empty if it is not there.

    Raises:
        Refused: It is there more than once.
    """
    values = [value for key, value in scope["headers"] if key.lower() == name]
    if len(values) > 1:
        raise Refused(400, f"more than one {name.decode()}")
    return values[0].decode("latin-1").strip() if values else ""


def url_of(scope: Scope) -> str:
    """The URL that was asked for. Its host is the caller's word, but it is signed.

    Raises:
        Refused: There is no host.
    """
    host = header(scope, b"host")
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1").partition("?")[0]
    query = scope.get("query_string", b"").decode("latin-1")
    url = f"{scope.get('scheme', 'http')}://{host}{path}{f'?{query}' if query else ''}"
    try:
        return url_forms(url) and url
    except InvalidArgument:
        raise Refused(400, "no host") from None


def check_loopback(scope: Scope) -> None:
    """Take it only from this machine: by address, by the name it asks for, through no proxy and of no web page.

    Raises:
        Refused: It comes from elsewhere, or may do.
    """
    client = scope.get("client")
    name = host_of(header(scope, b"host"))
    foreign = any(key.lower() in _PROXY_HEADERS | _BROWSER_HEADERS for key, _ in scope["headers"])
    if not client or not is_loopback(client[0]) or not is_loopback(name) or foreign:
        raise Refused(403, "what is not signed is taken from this machine only")


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a form.

    Raises:
        Refused: It is none, or a parameter comes twice: two readers could read two things.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise Refused(400, "the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(400, "a parameter comes twice")
    return form


_NAMES: Final = {
    "Sid": "sid",
    "AccountSid": "account_sid",
    "WorkspaceSid": "workspace_sid",
    "EventType": "event_type",
    "EventDescription": "description",
    "ResourceType": "resource_type",
    "ResourceSid": "resource_sid",
}


def as_event(form: dict[str, str]) -> msgspec.Raw:
    """The form as an entry of the log: the same names, written otherwise (routing 6.3)."""
    entry: dict[str, Any] = {name: form[parameter] for parameter, name in _NAMES.items() if parameter in form}
    seconds, ms = form.get("Timestamp", ""), form.get("TimestampMs", "")
    if ms.isdigit() or seconds.isdigit():
        entry["event_date_ms"] = ms if ms.isdigit() else f"{seconds}000"
    told = _NAMES.keys() | {"Timestamp", "TimestampMs"}
    entry["event_data"] = {_CAPITAL.sub("_", name).lower(): form[name] for name in form if name not in told}
    return msgspec.Raw(msgspec.json.encode(entry))
