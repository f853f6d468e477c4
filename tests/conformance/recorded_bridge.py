"""The event bridge as it was for the recording: a real server on loopback that plays back recorded answers."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

__all__ = ["RecordedBridge", "Socket"]

NOT_FOUND = {"status": 404, "body": {"code": 20404, "message": "Not Found", "status": 404}}


class Socket:
    """A websocket that the client opened, from the server's side."""

    def __init__(self, path: str, query: list[tuple[str, str]], protocol: ServerProtocol, line: _Line) -> None:
        self.path = path
        self.query = query
        self.mute = False
        self._protocol = protocol
        self._line = line

    @property
    def open(self) -> bool:
        """Whether neither side has closed it."""
        return self._line.alive and self._protocol.state is State.OPEN

    def send(self, frame: str) -> None:
        """Send a text frame."""
        self._protocol.send_text(frame.encode())
        self._line.flush(self._protocol)

    def close(self, code: int, reason: str) -> None:
        """Close it, with a handshake."""
        self._protocol.send_close(code, reason)
        self._line.flush(self._protocol)

    def drop(self) -> None:
        """Cut the line."""
        self._line.abort()

    def receive(self, data: bytes) -> None:
        """Bytes from the client; pings are answered, unless the socket is mute."""
        self._protocol.receive_data(data)
        frames = [event.opcode for event in self._protocol.events_received() if isinstance(event, Frame)]
        assert Opcode.TEXT not in frames, "the client must not send"
        if self.mute and Opcode.CLOSE not in frames:
            self._protocol.data_to_send()  # pongs, which are not sent
        else:
            self._line.flush(self._protocol)


class _Line(asyncio.Protocol):
    """One TCP connection: requests, one after another, or a websocket."""

    def __init__(self, bridge: RecordedBridge) -> None:
        self._bridge = bridge
        self._buffer = b""
        self._socket: Socket | None = None
        self.alive = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.alive = True
        self._bridge.add_line(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.alive = False
        self._bridge.forget_line(self)

    def abort(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._bridge.activity += 1
        if self._socket is not None:
            self._socket.receive(data)
            return
        self._buffer += data
        while b"\r\n\r\n" in self._buffer and self._take_request():
            pass

    def _take_request(self) -> bool:
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if first.startswith("GET "):
            self._buffer = b""
            self._upgrade(head + b"\r\n\r\n", first.split(" ")[1])
            return False
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return False
        self._buffer = rest[length:]
        self._answer(self._bridge.post(first.split(" ")[1], json.loads(rest[:length])))
        return True

    def _answer(self, answer: dict[str, Any]) -> None:
        if answer.get("hang"):
            return
        if answer.get("reset"):
            self.abort()
            return
        body: Any = answer.get("body")
        content = body.encode() if answer.get("raw") else b"" if body is None else json.dumps(body).encode()
        status = answer["status"]
        reason = answer.get("status_text") or HTTPStatus(status).phrase
        head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + (b"" if status == HTTPStatus.NOT_MODIFIED else content))

    def _upgrade(self, head: bytes, target: str) -> None:
        refusal = self._bridge.refusals.popleft() if self._bridge.refusals else None
        if refusal is not None and refusal.get("reset"):
            self._bridge.upgrades.append(target)
            self.abort()
            return
        protocol = ServerProtocol()
        protocol.receive_data(head)
        request = next(event for event in protocol.events_received() if isinstance(event, Request))
        status = refusal and HTTPStatus(refusal["status"])
        response = protocol.reject(status, "") if status else protocol.accept(request)
        del response.headers["Date"]  # the recording plays in 2021
        protocol.send_response(response)
        self._bridge.upgrades.append(target)
        if status is None:
            url = urlsplit(target)
            self._socket = Socket(url.path, parse_qsl(url.query, keep_blank_values=True), protocol, self)
            self._bridge.sockets.append(self._socket)
        self.flush(protocol)

    def flush(self, protocol: ServerProtocol) -> None:
        """Write what the websocket's protocol wants written; nothing means the end of the stream."""
        for data in protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()


class RecordedBridge:
    """Takes requests and websockets; answers with what the recording's server answered.

    Attributes:
        posts: Every request taken: its channel, and its body.
        upgrades: Targets of all attempts to open a websocket.
        sockets: The websockets that were opened.
        refusals: What the next attempts get instead: ``{"status": 503}`` or ``{"reset": true}``.
        activity: Grows whenever something arrives.
    """

    def __init__(self) -> None:
        self._lines: set[_Line] = set()
        self._all_cut = asyncio.Event()
        self._all_cut.set()
        self.activity = 0
        self._server: asyncio.Server | None = None
        self._port = 0
        self.forget()

    def forget(self) -> None:
        """Begin a new transcript."""
        self._script: list[tuple[tuple[str, str], dict[str, Any]]] = []
        self._given: dict[tuple[str, str], dict[str, Any]] = {}
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.upgrades: list[str] = []
        self.sockets: list[Socket] = []
        self.refusals: deque[dict[str, Any]] = deque()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen; the second time where it listened before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Line(self), "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut all lines."""
        assert self._server is not None
        self._server.close()
        for line in list(self._lines):
            line.abort()
        async with asyncio.timeout(10):
            await self._all_cut.wait()

    def add_line(self, line: _Line) -> None:
        """A connection was made."""
        self._lines.add(line)
        self._all_cut.clear()

    def forget_line(self, line: _Line) -> None:
        """A connection is gone."""
        self._lines.discard(line)
        self.activity += 1
        if not self._lines:
            self._all_cut.set()

    def script(self, answers: list[tuple[tuple[str, str], dict[str, Any]]]) -> None:
        """Add answers, each to the next request of that method and URL, in whatever order those come."""
        self._script.extend(answers)

    def post(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take a request. One that was recorded less often gets its last answer again, any other a 404."""
        self.posts.append((target, body))
        wanted = (body.get("method", ""), body.get("url", ""))
        for index, (key, answer) in enumerate(self._script):
            if key == wanted:
                del self._script[index]
                self._given[key] = answer
                return answer
        return self._given.get(wanted, NOT_FOUND)
