"""Requests to the server that receives event callbacks: it stands in the internet."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final
from urllib.parse import parse_qsl

from trbridge.signatures import signature
from trbridge.webhooks import EventCallbacks

from .oracles import check, text_of

__all__ = ["read_callback"]

_SECRET: Final = "0123456789abcdef" * 2
_STATUSES: Final = {204, 400, 403, 405, 413, 415}
_FORM: Final = (b"content-type", b"application/x-www-form-urlencoded")


def read_callback(data: bytes) -> None:
    """A line that says what was asked for and how it is signed, and a form: answered, and believed only if signed."""
    line, _, body = data.partition(b"\n")
    target, _, given = line.partition(b" ")
    path, _, query = target.partition(b"?")
    headers = [(b"host", b"example.com"), _FORM, (b"x-twilio-signature", given)]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "scheme": "https", "path": path.decode("latin-1")}
    scope |= {"raw_path": path, "query_string": query, "headers": headers, "client": ("203.0.113.9", 5000)}
    status = _asked(EventCallbacks(_SECRET, now=lambda: 0.0), scope, body)
    check(status in _STATUSES, f"answered with {status}")
    if status == 204:
        check(given.strip().decode("latin-1") in _signatures(target, body), "what nobody signed was believed")
    # The same rightly signed, as far as it can be: then only its form decides.
    trusted = _asked(EventCallbacks(unsigned=True), scope | _LOCAL, body)
    check(trusted in _STATUSES - {413, 415}, f"answered with {trusted}")


_LOCAL: Final[dict[str, Any]] = {"client": ("127.0.0.1", 5000), "headers": [(b"host", b"127.0.0.1:8000"), _FORM]}


def _signatures(target: bytes, body: bytes) -> set[str]:
    form = dict(parse_qsl(text_of(body), keep_blank_values=True))
    place = target.decode("latin-1")
    return {signature(_SECRET, f"https://{host}{place}", form) for host in ("example.com", "example.com:443")}


def _asked(app: EventCallbacks, scope: dict[str, Any], body: bytes) -> int:
    """The status of the answer. Nothing in the application waits, so no event loop is needed."""
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        answers.append(message)

    _finished(app(scope, receive, send))
    check(len(answers) == 2, f"{len(answers)} messages for one answer")
    return int(answers[0]["status"])


def _finished(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    check(False, "it waits for something")
