"""Stands between the server and the application: writes down what is said, and lets fault rules have their way."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final, Literal

from ..bridge.sockets import ABORT, CHANNEL, WRITE
from ..state.alarms import Alarms
from ..web import AsgiScope, Receive, Send, Web, headers_of
from .effects import drop, end_upgrade, malformed, rule_answer, send_whole
from .record import Entry, Record
from .record_reading import (
    HEARTBEAT,
    KEPT,
    bridge_params,
    call_of,
    channel_of_path,
    frame_payload,
    frame_type,
    query_params,
    rest_params,
)
from .rules import Fault, Faults, Rule

__all__ = ["Interceptor"]

_Message = MutableMapping[str, Any]
_ENDS_UPGRADE: Final = frozenset({"answer", "drop", "close"})


class Interceptor:
    """What all requests and websockets go through.

    Args:
        record: Where it is written down.
        faults: The rules.
        alarms: What delays wait for.
        max_body: Largest body that is read ahead, bytes.
    """

    def __init__(self, record: Record, faults: Faults, alarms: Alarms, max_body: int) -> None:
        self.record = record
        self.faults = faults
        self._alarms = alarms
        self._max_body = max_body

    async def request(
        self, what: Literal["rest", "bridge"], app: Web, scope: AsgiScope, receive: Receive, send: Send
    ) -> None:
        """Let one HTTP request through."""
        data = b""
        if scope["method"] == "POST":
            body = _Body(receive)
            data = await body.read_ahead(scope, self._max_body)
            receive = body.receive
        entry = self._note(what, scope, data)
        fault = self.faults.take("request", entry) if self.faults else None
        if fault is not None:
            await self.wait(fault)
            if fault.rule.action == "drop":
                await drop(entry, scope, receive)
                return
            if fault.rule.action == "answer":
                await send_whole(send, entry, *rule_answer(fault.rule))
                return
        await app(scope, receive, _Answering(self, entry, scope, receive, send))

    async def socket(self, app: Web, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Let one websocket through, and each frame on it."""
        path: str = scope["path"]
        entry = self.record.note(
            "socket", None, path, channel_of_path(path), params=query_params(scope["query_string"])
        )
        fault = self.faults.take("upgrade", entry)
        if fault is not None:
            await self.wait(fault)
            if fault.rule.action in _ENDS_UPGRADE:
                await end_upgrade(fault.rule, entry, scope, receive, send)
                return
        frames = _Frames(self, entry, scope, send)
        try:
            await app(scope, receive, frames)
        finally:
            await frames.stop()

    async def wait(self, fault: Fault) -> None:
        """Wait as long as a rule says."""
        await self._alarms.sleep(fault.rule.delay)
        if fault.rule.action == "hold":
            await fault.hold()

    def _note(self, what: Literal["rest", "bridge"], scope: AsgiScope, body: bytes) -> Entry:
        path: str = scope["path"]
        kept = body if len(body) <= KEPT else b""
        if what == "rest":
            # Ten thousand of these are kept: not the whole scope with its headers.
            content_type = headers_of(scope).get(b"content-type", b"") if kept else b""
            params = partial(rest_params, scope["query_string"], content_type, kept)
            return self.record.note(what, scope["method"], path, params=params)
        channel = channel_of_path(path)
        return self.record.note(what, *call_of(scope, body), channel, params=partial(bridge_params, kept))


class _Body:
    """A request's body, read ahead and given again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: deque[_Message] = deque()

    async def read_ahead(self, scope: AsgiScope, limit: int) -> bytes:
        announced = headers_of(scope).get(b"content-length", b"")
        if announced.isdigit() and int(announced[:19]) > limit:
            return b""  # it will be refused unread
        data = bytearray()
        more = True
        while more and len(data) <= limit:
            message = await self._receive()
            self._messages.append(message)
            data += message.get("body", b"")
            more = message.get("more_body", False)
        return bytes(data)

    async def receive(self) -> _Message:
        return self._messages.popleft() if self._messages else await self._receive()


class _Answering:
    """The sending end of a request: notes the status, and meets the rules about answers."""

    def __init__(self, by: Interceptor, entry: Entry, scope: AsgiScope, receive: Receive, send: Send) -> None:
        self._by = by
        self._entry = entry
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fault: Fault | None = None
        self._start: _Message = {}
        self._body = bytearray()

    def __call__(self, message: _Message) -> Awaitable[None]:
        """Not a coroutine of its own: nearly always there is nothing to do but to pass the message on."""
        if message["type"] == "http.response.start":
            self._entry.status = message["status"]
            if self._by.faults:
                self._fault = self._by.faults.take("answer", self._entry)
                self._start = message
        return self._send(message) if self._fault is None else self._collect(self._fault, message)

    async def _collect(self, fault: Fault, message: _Message) -> None:
        self._body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._apply(fault)

    async def _apply(self, fault: Fault) -> None:
        await self._by.wait(fault)
        rule = fault.rule
        if rule.action == "drop":
            await drop(self._entry, self._scope, self._receive)
            return
        status, headers, body = self._start["status"], list(self._start["headers"]), bytes(self._body)
        if rule.action == "answer":
            status, headers, body = rule_answer(rule)
        elif rule.action == "malform":
            body = malformed(body, rule)
        await send_whole(self._send, self._entry, status, headers, body)


class _Frames:
    """The sending end of a websocket: writes frames down, and meets the rules about them."""

    def __init__(self, by: Interceptor, entry: Entry, scope: AsgiScope, send: Send) -> None:
        self._by = by
        self._entry = entry
        self._scope = scope
        self._send = send
        self._closed = False
        self._held: set[asyncio.Task[None]] = set()
        extensions = scope.setdefault("extensions", {})
        self._write: Callable[[str], bool] | None = extensions.get(WRITE)
        if self._write is not None:
            extensions[WRITE] = self._write_at_once

    def _write_at_once(self, text: str) -> bool:
        """The server's short way for frames, as long as no rule is about them."""
        if self._closed:
            return True
        if self._by.faults.watch("frame") or self._write is None or not self._write(text):
            return False
        self._note(text)
        return True

    async def __call__(self, message: _Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            await self._frame(message["text"])
            return
        if kind == "websocket.accept":
            self._entry.status = 101
            # The second generation's URLs do not name it; who let the socket in knows.
            self._entry.channel = self._scope.get(CHANNEL)
        elif kind == "websocket.http.response.start":
            self._entry.status = message["status"]
        elif kind == "websocket.close":
            if self._closed:
                return
            self._closed = True
        await self._send(message)

    async def _frame(self, text: str) -> None:
        if self._closed:
            return
        fault = self._by.faults.take("frame", self._note(text))
        if fault is None:
            await self._put(text)
        elif fault.rule.action == "hold":
            # Only this one: those after it overtake it, which is how an old state comes after a new one.
            task = asyncio.create_task(self._later(fault, text))
            self._held.add(task)
            task.add_done_callback(self._held.discard)
        else:
            await self._by.wait(fault)
            await self._apply(fault.rule, text)

    async def _apply(self, rule: Rule, text: str) -> None:
        if rule.action == "drop":
            self._closed = True
            self._scope["extensions"][ABORT]()
        elif rule.action == "close":
            self._closed = True
            await self._send({"type": "websocket.close", "code": rule.code, "reason": rule.reason})
        elif rule.action == "malform":
            await self._put(malformed(text, rule))
        elif rule.action != "suppress":
            await self._put(text)
            if rule.action == "duplicate":
                await self._put(text)

    async def _put(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _later(self, fault: Fault, text: str) -> None:
        await self._by.wait(fault)
        with contextlib.suppress(OSError):  # the client may have gone in the meantime (ASGI 2.4)
            await self._put(text)

    def _note(self, text: str) -> Entry:
        channel, event_type = self._entry.channel, frame_type(text)
        if event_type == HEARTBEAT:  # these would push out all else, so they are matched but not kept
            return Entry(0, 0.0, "frame", channel=channel, event_type=event_type)
        return self._by.record.note("frame", None, None, channel, event_type, payload=lambda: frame_payload(text))

    async def stop(self) -> None:
        """The socket has ended; what was held for it is of no use."""
        for task in self._held:
            task.cancel()
        if self._held:
            await asyncio.wait(self._held)
