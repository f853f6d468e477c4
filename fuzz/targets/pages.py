"""URLs of pages, which come out of answers; base URLs; and text that is to be redacted."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv6Address
from urllib.parse import unquote

import httpx

from trbridge.errors import InvalidArgument
from trbridge.urls import Bases, check_page_url, redacted, same_origin, without_query

from .oracles import check, check_refusal, text_of

__all__ = ["BASES", "read_page_url"]

_WORKSPACE = "WS" + "2" * 32
BASES = ("https://taskrouter.twilio.com/v1", "http://127.0.0.1:8080/v1")
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhY2NvdW50X3NpZCI6IkFDIn0.c2lnbmF0dXJl"


def read_page_url(data: bytes) -> None:
    """What is accepted goes to the workspace's own base, whoever reads the URL; and no token survives redaction."""
    with suppress(UnicodeDecodeError):
        url = text_of(data)
        for base in BASES:
            _check_page(url, base)
        _check_base(url)
        _check_redaction(url)


def _check_page(url: str, base: str) -> None:
    try:
        accepted = check_page_url(url, base, _WORKSPACE)
    except InvalidArgument as error:
        check_refusal(error)
        check("@" not in str(error), "the refusal may show a password")
        return
    check(accepted == url, "another URL than the one that was checked")
    # httpx reads URLs by other rules (RFC 3986 strictly) than urllib, which the check is made with.
    read, root = httpx.URL(accepted), httpx.URL(base)
    check(_origin(read) == _origin(root), f"httpx goes to {_origin(read)}")
    check(not read.userinfo and not read.fragment, "httpx reads a user or a fragment")
    path = unquote(unquote(read.path))
    check(re.fullmatch(rf"/v1/Workspaces/{_WORKSPACE}(?:/[A-Za-z0-9_-]*)*", path) is not None, f"httpx reads {path}")
    check(same_origin(accepted, base), "of another origin")


def _is_this_machine(host: str) -> bool:
    if ":" in host:
        return int(IPv6Address(host)) == 1
    return host == "localhost" or re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host) is not None


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]


def _check_base(url: str) -> None:
    try:
        bases = Bases.resolve(url, url, environ={})
    except InvalidArgument as error:
        check_refusal(error)
        return
    for base in (bases.api, bases.event_bridge):
        read = httpx.URL(base)
        check(read.scheme in {"http", "https"} and bool(read.host), f"no base: {base}")
        check(not (read.userinfo or read.query or read.fragment), f"more than a base: {base}")
        check(read.scheme == "https" or _is_this_machine(read.host), f"in clear: {base}")


def _check_redaction(text: str) -> None:
    for secret in (f"wss://u:hunter2hunter2@h/{text}?token={_JWT}", f"{text} {_JWT}", f"{text}?token={_JWT}&x"):
        shown = redacted(secret) + without_query(secret)
        check(_JWT not in shown and _JWT[:20] not in shown, f"a token survives: {shown!r}")
