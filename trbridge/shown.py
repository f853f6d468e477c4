"""Text fit to be shown: without tokens, and in one line if it came from outside."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["printable", "redacted", "without_query"]

_LONGEST: Final = 1000

_TOKEN_VALUE: Final = re.compile(r"(token(?:=|%3[dD]))[^&#\s\"'<>]+", re.IGNORECASE)
_USERINFO: Final = re.compile(r"(//)[^/?#\s@]*@")
_RUN: Final = re.compile(r"[\w.-]+")
_SEGMENTS: Final = re.compile(r"(?:\.[\w-]*){1,4}")
_BEGINNING: Final = "eyJ"
"""How the base64 of a JSON object begins, and so each token's header."""
_SHORTEST: Final = 8


def printable(text: str, limit: int = _LONGEST) -> str:
    """Text from outside, fit for a log: one line, nothing invisible, not endless (checks 28 and 29)."""
    line = "".join(char if char.isprintable() else _escape(char) for char in text[: limit + 1])
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def redacted(text: str) -> str:
    """The text with every token as ``***`` and without user names and passwords in URLs, fit for a log."""
    text = _TOKEN_VALUE.sub(r"\1***", _USERINFO.sub(r"\1", text))
    return _RUN.sub(_without_tokens, text) if _BEGINNING in text else text


def _without_tokens(run: re.Match[str]) -> str:
    """A run of a token's characters without the tokens in it: eight characters or more, and one to four segments.

    One pattern for that would take time that grows with the square of what somebody makes us show.
    """
    text, parts, done = run[0], [], 0
    while (start := text.find(_BEGINNING, done)) >= 0 and (dot := text.find(".", start)) >= 0:
        found = _SEGMENTS.match(text, dot) if dot - start >= _SHORTEST else None
        parts.append(text[done:dot] if found is None else f"{text[done:start]}***")
        done = dot if found is None else found.end()
    return "".join([*parts, text[done:]])


def without_query(url: str) -> str:
    """The URL up to its query, without user name and password, fit for an error's message."""
    return redacted(re.split(r"[?#]", url, maxsplit=1)[0])
