"""The path of a URL in the one form in which URLs are compared."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from .errors import InvalidArgument

__all__ = ["quoted", "resource_path", "split_url"]

_URL: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\s]+)?(/[^?#]*)?(?:\?([^#]*))?")


def resource_path(url: str) -> tuple[str, ...]:
    """The segments of a URL's path, decoded once.

    Scheme, host, query and one trailing slash are left away (v1 asks for its workspace with a slash that
    its policy does not have, wire-protocol 1.4). Whoever checks a URL and then acts on it should do both
    by these segments, so that what was allowed is what is done.

    Raises:
        InvalidArgument: A segment is empty, ``.`` or ``..``, holds an encoded slash, backslash, percent
            or control character, or is not UTF-8; or there is no absolute path, or a fragment.
    """
    return split_url(url)[0]


def split_url(url: str) -> tuple[tuple[str, ...], str]:
    """The segments as :func:`resource_path` gives them, and the query as it stands.

    Raises:
        InvalidArgument: As :func:`resource_path`.
    """
    match = _URL.fullmatch(url)
    if match is None or not (match[1] or "://" in url):
        raise InvalidArgument(f"{quoted(url)} is neither an absolute URL nor a path that starts with a slash")
    path = (match[1] or "").removesuffix("/")
    return tuple(_segment(raw, url) for raw in path.split("/")[1:]), match[2] or ""


def _segment(raw: str, url: str) -> str:
    try:
        text = unquote(raw, errors="strict") if "%" in raw else raw
    except UnicodeDecodeError:
        text = ""
    # What is still encoded after decoding once, or would move to another place when a server cleans the
    # path up, could leave a pattern that it seems to be in.
    if text in ("", ".", "..") or "/" in text or "\\" in text or "%" in text or not text.isprintable():
        raise InvalidArgument(
            f"the path of {quoted(url)} has a segment that can be read in two ways: {quoted(raw)}; "
            "give each segment a name, without dots, slashes or percent signs in disguise"
        )
    return text


def quoted(text: str) -> str:
    """Text for a message: in quotes, escaped, and not longer than a line or two (security check 28)."""
    shown = ascii(text)
    return shown if len(shown) <= 200 else f"{shown[:197]}...{shown[0]}"
