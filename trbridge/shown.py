"""Text fit to be shown: without tokens, and in one line if it came from outside."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["printable", "redacted", "without_query"]

_LONGEST: Final = 1000

_TOKEN_VALUE: Final = re.compile(r"(token(?:=|%3[dD]))[^&#\s\"'<>]+", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(//)[^/?#\s@]*@")
_JWT: Final = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,4}")


def printable(text: str, limit: int = _LONGEST) -> str:
    """Text from outside, fit for a log: one line, nothing invisible, not endless (checks 28 and 29)."""
    line = "".join(char if char.isprintable() else _escape(char) for char in text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def redacted(text: str) -> str:
    """The text with every token as ``***`` and without user names and passwords in URLs, fit for a log."""
    return _JWT.sub("***", _TOKEN_VALUE.sub(r"\1***", _USERINFO.sub(r"\1", text)))


def without_query(url: str) -> str:
    """The URL up to its query, without user name and password, fit for an error's message."""
    return redacted(re.split(r"[?#]", url, maxsplit=1)[0])
