"""A server that is faster than any client: it sends frames that it made before, in large blocks.

It answers the few requests that clients make until they are ready, and then does as it is told by
``GET /go?frames=NAME&count=N&rate=R&held=H``: N frames as fast as they are taken (``rate=0``), or R a second; before
them H reservations that stay.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import socket
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..children import SERVER_CORE, pin
from .frames import ACCOUNT, ACTIVITY, BEGIN, END, FRAMES, WORKER, WORKSPACE, frame, held

_BLOCK = 256 * 1024
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_WORKER = {
    "sid": WORKER,
    "account_sid": ACCOUNT,
    "workspace_sid": WORKSPACE,
    "friendly_name": "Alice",
    "attributes": "{}",
    "available": True,
    "activity_sid": ACTIVITY,
    "activity_name": "Idle",
    "version": 0,
    "date_created": 1893456000,
    "date_updated": 1893456000,
    "date_status_changed": 1893456000,
}
_IDLE = {
    "sid": ACTIVITY,
    "account_sid": ACCOUNT,
    "workspace_sid": WORKSPACE,
    "friendly_name": "Idle",
    "available": True,
    "date_created": 1893456000,
    "date_updated": 1893456000,
}
_WORKSPACE = {"sid": WORKSPACE, "account_sid": ACCOUNT, "friendly_name": "Benchmark"}


@functools.lru_cache(maxsize=2)
def _frames(name: str, count: int) -> list[bytes]:
    return [frame(*event) for event in FRAMES[name](count)]


@functools.lru_cache(maxsize=2)
def _blocks(name: str, count: int) -> list[bytes]:
    everything = b"".join((frame(BEGIN, {}), *_frames(name, count), frame(END, {})))
    return [everything[at : at + _BLOCK] for at in range(0, len(everything), _BLOCK)]


class Server:
    """Serves one measured client at a time."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._websocket: socket.socket | None = None

    def serve(self) -> None:
        """Say where, and serve until killed."""
        print(json.dumps({"port": self._listener.getsockname()[1]}), flush=True)
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * _BLOCK)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        try:
            while line := stream.readline():
                headers = _headers(stream)
                body = stream.read(int(headers.get("content-length", 0)))
                target = urlsplit(line.decode().split(" ")[1])
                if "upgrade" in headers:
                    _shake_hands(connection, headers["sec-websocket-key"], v2="clientVersion" in target.query)
                    self._websocket = connection
                    stream.read1()  # a client says nothing but goodbye
                    connection.close()
                    return
                if target.path == "/go":
                    _answer(connection, {})
                    threading.Thread(target=self._go, args=(parse_qs(target.query),), daemon=True).start()
                else:
                    _answer(connection, {"event_type": json.loads(body).get("event_type"), "payload": _payload(body)})
        except OSError:
            pass  # the client has what it wanted

    def _go(self, query: dict[str, list[str]]) -> None:
        name, count, rate = query["frames"][0], int(query["count"][0]), float(query["rate"][0])
        if self._websocket is None:
            return
        try:
            self._websocket.sendall(b"".join(frame(*event) for event in held(int(query.get("held", ["0"])[0]))))
            if rate:
                _pace(self._websocket, name, count, rate)
            else:
                for block in _blocks(name, count):
                    self._websocket.sendall(block)
        except OSError:
            pass


def _pace(websocket: socket.socket, name: str, count: int, rate: float) -> None:
    frames = _frames(name, count)
    websocket.sendall(frame(BEGIN, {}))
    began = time.perf_counter()
    for number, each in enumerate(frames):
        ahead = began + number / rate - time.perf_counter()
        if ahead > 0:
            time.sleep(ahead)
        websocket.sendall(each)
    websocket.sendall(frame(END, {}))


def _headers(stream: Any) -> dict[str, str]:
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return headers


def _shake_hands(connection: socket.socket, key: str, *, v2: bool) -> None:
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC).digest()).decode()
    head = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    )
    connection.sendall("".join(f"{line}\r\n" for line in (*head, "")).encode())
    if v2:  # wire-protocol 3.6
        told = {"account_sid": ACCOUNT, "workspace_sid": WORKSPACE, "channel_id": WORKER, "token_lifetime": 3_600_000}
        connection.sendall(frame("init", told))


def _payload(body: bytes) -> Any:
    url = urlsplit(json.loads(body)["url"]).path.rstrip("/")
    name = url.rpartition("/")[2]
    v2 = not url.startswith("/")
    if name == WORKER:
        return _WORKER
    if name == WORKSPACE:
        return _WORKSPACE
    items = [_IDLE] if name == "Activities" else []
    if v2:
        return {"contents": items, "total": len(items), "page": 0, "after_sid": None, "meta": {"list_key": "contents"}}
    key = {"Activities": "activities", "Reservations": "reservations"}[name]
    return {key: items, "meta": {"key": key, "page": 0, "page_size": 50, "next_page_url": None}}


def _answer(connection: socket.socket, value: Any) -> None:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


if __name__ == "__main__":
    pin(SERVER_CORE)
    Server().serve()
