"""What fault rules do to answers and connections, in terms of ASGI."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from ...errors import ApiError, api_error
from ..bridge.sockets import ABORT
from ..rest.answer import error_answer
from ..web import AsgiScope, Receive, Send
from .record import Entry
from .rules import Rule

__all__ = ["Headers", "drop", "end_upgrade", "malformed", "rule_answer", "send_whole"]

Headers = list[tuple[bytes, bytes]]
Text = TypeVar("Text", str, bytes)

_NO_BODY: Final = frozenset({204, 304})


def rule_answer(rule: Rule) -> tuple[int, Headers, bytes]:
    """Status, headers and body that a rule answers with."""
    body = rule.body
    if body is None and rule.status >= 400:
        body = error_answer(_usual_error(rule.status)).body
    headers = {"content-type": "application/json; charset=utf-8"}
    headers |= {name.lower(): value for name, value in rule.headers.items()}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return rule.status, pairs, b"" if body is None else _text(body)


def _usual_error(status: int) -> ApiError:
    error = api_error(status, "A fault rule of the emulator answers this.")
    error.code = type(error).default_code
    error.more_info = None if error.code is None else f"https://www.twilio.com/docs/errors/{error.code}"
    return error


def _text(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)


def malformed(whole: Text, rule: Rule) -> Text:
    """The rule's own text, else the first half: JSON that breaks off."""
    if rule.text is None:
        return whole[: len(whole) // 2]
    return rule.text if isinstance(whole, str) else rule.text.encode()


async def send_whole(send: Send, entry: Entry, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer whose length has become another."""
    entry.status = status
    headers = [pair for pair in headers if pair[0] != b"content-length"]
    if status in _NO_BODY:
        body = b""
    else:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def drop(entry: Entry, scope: AsgiScope, receive: Receive) -> None:
    """Cut the connection, and wait until the server has noticed."""
    entry.error, entry.status = "dropped", None
    scope["extensions"][ABORT]()
    while not (await receive())["type"].endswith(".disconnect"):
        pass


async def end_upgrade(rule: Rule, entry: Entry, scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Do to a handshake what a rule says, so that nothing comes of it."""
    await receive()
    if rule.action == "drop":
        await drop(entry, scope, receive)
    elif rule.action == "close":
        entry.status = 101
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": rule.code, "reason": rule.reason})
    else:
        status, headers, body = rule_answer(rule)
        entry.status = status
        await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
