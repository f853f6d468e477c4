"""A server that does nothing but open websockets, answer the ready request, and drop everybody on ``GET /drop``."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import json
import ssl
import sys

from trbridge import small_tls_buffers

from ..children import CERTIFICATE, SERVER_CORE, pin

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
_WORKSPACE = {
    "sid": f"WS{2:032x}",
    "account_sid": f"AC{1:032x}",
    "friendly_name": "Benchmark",
    "default_activity_sid": f"WA{4:032x}",
    "default_activity_name": "Offline",
    "timeout_activity_sid": f"WA{4:032x}",
    "timeout_activity_name": "Offline",
    "event_callback_url": None,
    "events_filter": None,
    "multi_task_enabled": True,
    "prioritize_queue_order": "FIFO",
    "date_created": "2030-01-01T00:00:00Z",
    "date_updated": "2030-01-02T09:00:00Z",
}
_BODY = json.dumps({"event_type": "ready", "payload": _WORKSPACE}).encode()
_READY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + str(len(_BODY)).encode() + b"\r\n\r\n"
) + _BODY
_SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)
_OPEN: set[asyncio.Transport] = set()


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._data = b""
        self._switched = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is here."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        """And gone."""
        _OPEN.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete. From a websocket only its end can come."""
        if self._switched:
            self._transport.abort()
            return
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head, lower = self._data[:end], self._data[:end].lower()
            at = lower.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            self._answer(head, lower)

    def _answer(self, head: bytes, lower: bytes) -> None:
        at = lower.find(b"sec-websocket-key:")
        if at >= 0:
            key = head[at + 18 :].split(b"\r\n", 1)[0].strip()
            self._transport.write(_SWITCHED % base64.b64encode(hashlib.sha1(key + _MAGIC).digest()))
            self._switched = True
            _OPEN.add(self._transport)
            return
        self._transport.write(_READY)
        if head.startswith(b"GET /drop"):
            for transport in list(_OPEN):
                transport.abort()


async def main() -> None:
    """Say where, and serve until killed."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)
    small_tls_buffers()  # the server's memory is not measured, but the machine has to have it
    listen = functools.partial(asyncio.get_running_loop().create_server, Answering, "127.0.0.1", 0, backlog=4096)
    plain, encrypted = await listen(), await listen(ssl=tls)
    ports = [server.sockets[0].getsockname()[1] for server in (plain, encrypted)]
    print(json.dumps({"port": ports[0], "tls_port": ports[1]}), flush=True)
    await asyncio.gather(plain.serve_forever(), encrypted.serve_forever())


if __name__ == "__main__":
    pin(SERVER_CORE)
    sys.exit(asyncio.run(main()))
