"""Why a websocket could not be opened: whatever was raised becomes a :class:`~trbridge.session.Failure`.

The error says what kind of trouble it was, where, and what to do; it never holds the URL's query, which is where
the token is (check 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from websockets import exceptions

from ..answers import printable
from ..errors import ConnectionFailed
from ..hints import hint_for_kind
from ..retry import parse_retry_after
from ..session import Failure
from ..troubles import diagnose
from ..urls import redacted, without_query

__all__ = ["Redirected", "describe"]

_MOST_BODY: Final = 4096
"""Bytes of a refusal that are looked at (F10)."""


class Redirected(Exception):
    """The server wants us to go elsewhere, and the library was about to."""


_ProxyError: Final[type[Exception]] = getattr(exceptions, "ProxyError", Redirected)  # from 15 on
_InvalidProxy: Final[type[Exception]] = getattr(exceptions, "InvalidProxy", Redirected)

_KINDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    # The first line that fits counts.
    (Redirected, "http"),
    (TimeoutError, "timeout"),
    (_ProxyError, "proxy"),
    ((_InvalidProxy, exceptions.InvalidURI, ImportError, UnicodeError), "configuration"),
)
_WORDS: Final[Mapping[str, str]] = {
    "dns": "the name does not resolve",
    "refused": "nothing listens there",
    "unreachable": "there is no way to that network",
    "reset": "the connection broke off",
    "timeout": "it took too long",
    "tls": "the certificate or the TLS handshake is not acceptable",
    "proxy": "the proxy did not let us through",
    "protocol": "the answer is not a websocket's",
    "configuration": "the address, or that of the proxy, cannot be used",
    "network": "there is trouble with the network",
}
_HINTS: Final[Mapping[str, str]] = {
    "proxy": "check HTTPS_PROXY and NO_PROXY in the environment",
    "protocol": "check event_bridge_base_url, and whether a proxy or a login page answers in its place",
    "configuration": "check event_bridge_base_url and HTTPS_PROXY; a SOCKS proxy needs the package python-socks",
}


def describe(error: BaseException, url: str, now: float) -> Failure:
    """What an exception of the library or the system means.

    Args:
        error: What was raised while opening the socket.
        url: The websocket's URL, with its query.
        now: Seconds since 1970, for a ``Retry-After`` that is a date.
    """
    where = without_query(url)
    if isinstance(error, exceptions.InvalidStatus):
        return _refused(error.response, where, now)
    status = getattr(getattr(error, "response", None), "status_code", None)  # the proxy's
    kind, detail, cause = _kind(error)
    words = _WORDS.get(kind, _WORDS["network"])
    failed = ConnectionFailed(
        f"no websocket to {where}: {words}{f' ({printable(detail, 200)})' if detail else ''}",
        status=status,
        hint=_HINTS.get(kind) or hint_for_kind(kind),
    )
    failed.kind = kind
    if cause is not None:
        # Without its frames: they hold the URL.
        failed.__cause__ = cause.with_traceback(None)
    return Failure(kind, failed, status)


def _kind(error: BaseException) -> tuple[str, str, OSError | None]:
    for types, kind in _KINDS:
        if isinstance(error, types):
            return kind, "", error if isinstance(error, OSError) else None
    if isinstance(error, exceptions.InvalidHandshake):
        broke_off = isinstance(error.__cause__, EOFError)
        trouble = diagnose(error, otherwise="reset" if broke_off else "protocol")
    else:
        trouble = diagnose(error)
    return trouble.kind, trouble.detail, trouble.cause


def _refused(response: Any, where: str, now: float) -> Failure:
    status: int = response.status_code
    told = _told(response.body)
    message, code = told.get("message"), told.get("code")
    words = redacted(printable(message, 200)) if isinstance(message, str) and message else _phrase(status)
    failed = ConnectionFailed(
        f"no websocket to {where}: {words}",
        status=status,
        code=code if type(code) is int else None,
        hint=_hint(status, where),
    )
    failed.kind = "http"
    return Failure("http", failed, status, parse_retry_after(_header(response, "Retry-After"), now))


def _hint(status: int, where: str) -> str | None:
    if status == 401:
        return "the token has run out or is signed with another account's key: give the client a new one"
    if status == 403:
        return f"the token needs a policy that allows GET on {where}; the builders put it in"
    if status in (400, 404):
        return f"there is no such channel at {where}: check the region, event_bridge_base_url and the token's SIDs"
    if 200 <= status < 300:
        return "what answers there is not a websocket server: a proxy or a login page perhaps, or a wrong address"
    if 300 <= status < 400:
        return "redirects are not followed, since the token would go along: check event_bridge_base_url"
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"the server answered with status {status}"


def _told(body: bytes | None) -> dict[str, Any]:
    """Twilio's error object (rest-api 1.2); empty for HTML and whatever else a refusal may hold."""
    if not body or len(body) > _MOST_BODY:
        return {}
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return told if isinstance(told, dict) else {}


def _header(response: Any, name: str) -> str | None:
    # Of several, the first: the library raises for a name that comes twice.
    values: list[str] = response.headers.get_all(name)
    return values[0] if values else None
