"""One POST of a form to a URL of the user's: resolved, checked, sent, read, with limits on everything.

Plain asyncio streams: no redirect is followed, no proxy asked, and the address that was checked is the one
that is connected to (security check 32).
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit, urlunsplit

import httptools

from ...errors import TaskRouterError

__all__ = ["CallbackFailed", "Reply", "post_form", "without_credentials"]

_MOST: Final = 256 * 1024
"""Largest answer that is read, bytes: an instruction has a few hundred."""
_PATH: Final = "/%:@!$&'()*+,;=~-._"
_METADATA: Final = frozenset(
    map(ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254"))
)
"""Metadata services of clouds (AWS, Alibaba, Azure, Oracle, Google) that are not link-local [K]."""
_NAT64: Final = ip_network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 sees them (RFC 6052)."""


class CallbackFailed(TaskRouterError):
    """A callback got no usable answer. ``code`` is the debugger's: 11200, or 11205 where nobody was reached."""


class Reply(NamedTuple):
    """What the user's server answered.

    Attributes:
        status: HTTP status.
        content_type: Its ``Content-Type``, in lower case.
        body: The body.
    """

    status: int
    content_type: str
    body: bytes


def without_credentials(url: str) -> str:
    """A URL as it may be shown and is signed: without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


async def post_form(
    url: str, form: Mapping[str, str], headers: Mapping[str, str], *, hosts: Collection[str] = ()
) -> Reply:
    """Post a form and read the answer. The caller limits the time.

    Args:
        url: Absolute http or https URL; a user name and password in it become Basic credentials.
        form: The form.
        headers: More headers.
        hosts: Hosts beyond this machine that may be called; ``*`` for all.

    Raises:
        CallbackFailed: The host is not allowed or not there, or its answer is no HTTP or too large.
    """
    parts = urlsplit(url)
    request = _request(parts, urlencode(form).encode(), headers)
    try:
        reader, writer = await _connect(parts, hosts)
    except (OSError, ValueError) as error:  # a port beyond 65535, or a name that is none
        raise CallbackFailed(f"{_where(parts)} cannot be reached: {error}", code=11205) from error
    try:
        writer.write(request)
        return await _read(reader)
    except OSError as error:
        raise CallbackFailed(f"{_where(parts)} broke off: {error}", code=11205) from error
    finally:
        writer.transport.abort()  # the answer is complete, or of no use


def _request(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    target = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH + '?')}" if parts.query else "")
    lines = {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "Content-Length": str(len(body)),
        "Accept": "*/*",
        "User-Agent": "trbridge-emulator",
        "Connection": "close",
        **headers,
    }
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _connect(parts: SplitResult, hosts: Collection[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    context = ssl.create_default_context() if parts.scheme == "https" else None
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    allowed = [address for address in addresses if _allowed(address, host, hosts)]
    if not allowed:
        raise CallbackFailed(
            f"{_where(parts)} is not this machine", code=11200, hint=f"allow it with callback_hosts=({host!r},)"
        )
    error: OSError | None = None
    for address in allowed[:4]:
        try:
            return await asyncio.open_connection(
                address, port, ssl=context, server_hostname=None if context is None else host
            )
        except OSError as failure:
            error = failure
    raise error or OSError("no address")


def _allowed(text: str, host: str, hosts: Collection[str]) -> bool:
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback:
        return True
    inner = _inner(address)
    if _is_nobodys(address) or (inner is not None and (_is_nobodys(inner) or inner.is_loopback)):
        return False
    return "*" in hosts or host in hosts


def _is_nobodys(address: IPv4Address | IPv6Address) -> bool:
    """Where clouds keep their secrets, and what is nobody's address: refused whoever allows it."""
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to, through a gateway."""
    if isinstance(address, IPv4Address):
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.sixtofour


def _where(parts: SplitResult) -> str:
    return f"callback host {parts.hostname}"


async def _read(reader: asyncio.StreamReader) -> Reply:
    answer = _Answer()
    parser = answer.parser
    try:
        while not answer.complete:
            data = await reader.read(65536)
            if not data:
                break
            parser.feed_data(data)
            if len(answer.body) > _MOST:
                raise CallbackFailed(f"the callback's answer has more than {_MOST} bytes", code=11200)
    except httptools.HttpParserError as error:
        raise CallbackFailed(f"the callback's answer is no HTTP: {error}", code=11200) from error
    if answer.status is None or (answer.sized and not answer.complete):
        raise CallbackFailed("the callback's answer broke off", code=11200)
    return Reply(answer.status, answer.content_type, bytes(answer.body))


class _Answer:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.parser: Any = httptools.HttpResponseParser(self)
        self.status: int | None = None
        self.content_type = ""
        self.body = bytearray()
        self.sized = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self.content_type = value.decode("latin-1").strip().lower()
        elif name in {b"content-length", b"transfer-encoding"}:
            self.sized = True

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = self.status is not None and self.status >= 200
