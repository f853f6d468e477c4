"""HTTP as far as the emulator needs it: headers, bodies, forms, and who may call (ASGI 3)."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from ..errors import ApiError, BadRequest, Forbidden
from ..hosts import host_of
from .rest.answer import Answer
from .rest.parameters import shown

__all__ = [
    "AsgiScope",
    "Receive",
    "Send",
    "Web",
    "check_host",
    "check_origin",
    "headers_of",
    "is_loopback",
    "origin_allowed",
    "parse_form",
    "read_body",
    "send_answer",
]

AsgiScope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Web = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

_MAX_FIELDS: Final = 2000

_CORS: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Accept, Authorization, Content-Type, If-Match, apiVersion, clientVersion",
    ),
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", b"ETag, Retry-After, X-Rate-Limit-Limit, X-Rate-Limit-Remaining"),
)
_JSON: Final = (b"content-type", b"application/json; charset=utf-8")
_NO_BODY: Final = frozenset({204, 304})
_encode: Final = msgspec.json.Encoder().encode


def headers_of(scope: AsgiScope) -> dict[bytes, bytes]:
    """Headers by lower-case name; of repeated ones the last."""
    return dict(scope["headers"])


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The whole body.

    Raises:
        ApiError: It is larger than the limit, or the caller went away.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and len(announced) < 19 and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest("The request broke off.")
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(limit: int) -> ApiError:
    return ApiError(f"The request body has more than {limit} bytes.", status=413, code=20413)


def parse_form(text: bytes) -> dict[str, list[str]]:
    """A query or an urlencoded body: name to all its values.

    Raises:
        BadRequest: It is not UTF-8, or has thousands of fields.
    """
    if not text:
        return {}
    form: dict[str, list[str]] = {}
    try:
        pairs = _pairs(text.decode("ascii"))
    except ValueError as error:
        raise BadRequest("The parameters are not URL-encoded UTF-8, or too many.") from error
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    if "%" in text or "+" in text or ";" in text or text.count("&") >= _MAX_FIELDS:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    # Nothing to decode, as in most small forms: a twentieth of a request saved.
    return [(name, value) for name, _, value in (pair.partition("=") for pair in text.split("&") if pair)]


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a ``Host`` (with or without port) is this machine by its own name or address.

    By the name as it was sent, never by looking it up: a name that somebody else's DNS points here is how a
    web page would reach us (DNS rebinding, security check 30).
    """
    name = host_of(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_host(headers: dict[bytes, bytes], *, allow_remote: bool) -> str:
    """The ``Host`` a request came to.

    Raises:
        Forbidden: It is not this machine, and only this machine is served.
    """
    host = headers.get(b"host", b"localhost").decode("latin-1")
    if not allow_remote and not is_loopback(host):
        raise Forbidden(
            f"The host '{shown(host)}' is not this machine. The emulator serves loopback names only, "
            "unless it is started with allow_remote."
        )
    return host


def origin_allowed(headers: dict[bytes, bytes], origins: Iterable[str], *, allow_remote: bool) -> bool:
    """Whether a web page may ask something here. Programs send no ``Origin``.

    Pages from a file send ``null``, and so does any page of elsewhere from within a sandboxed frame.
    """
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if allow_remote or not origin or origin in origins:
        return True
    return "://" in origin and is_loopback(origin.partition("://")[2])


def check_origin(headers: dict[bytes, bytes], origins: Iterable[str], *, allow_remote: bool) -> None:
    """Refuse pages of elsewhere: a browser that knows the credentials sends them along without being asked (CSRF).

    Raises:
        Forbidden: The page is not this machine's, nor allowed.
    """
    if not origin_allowed(headers, origins, allow_remote=allow_remote):
        raise Forbidden("The Origin of this page is not this machine; allow it with origins=.")


@lru_cache(maxsize=64)
def _header_name(name: str) -> bytes:
    return name.lower().encode()


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer as JSON."""
    headers: list[tuple[bytes, bytes]]
    if answer.status in _NO_BODY:
        body, headers = b"", []
    else:
        body = b"" if answer.body is None else _encode(answer.body)
        headers = [_JSON, *_CORS, (b"content-length", str(len(body)).encode())]
    headers += [(_header_name(name), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_preflight(send: Send, methods: Iterable[str]) -> None:
    """Answer ``OPTIONS``: what may be done here, and that pages of other origins may ask."""
    allow = (b"allow", ", ".join([*methods, "OPTIONS"]).encode())
    await send({"type": "http.response.start", "status": 204, "headers": [*_CORS, allow]})
    await send({"type": "http.response.body", "body": b""})
