"""An HTTP server that does nothing but answer: every POST to the bridge or to REST with the same activity."""

from __future__ import annotations

import asyncio
import json
import sys

from ..children import SERVER_CORE, pin

_ACTIVITY = {
    "sid": f"WA{4:032x}",
    "account_sid": f"AC{1:032x}",
    "workspace_sid": f"WS{2:032x}",
    "friendly_name": "Lunch",
    "available": False,
    "date_created": "2030-01-01T00:00:00Z",
    "date_updated": "2030-01-02T09:00:00Z",
    "url": f"https://taskrouter.twilio.com/v1/Workspaces/WS{2:032x}/Activities/WA{4:032x}",
    "links": {"workspace": f"https://taskrouter.twilio.com/v1/Workspaces/WS{2:032x}"},
}


def _response(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_BRIDGED = _response({"event_type": None, "payload": _ACTIVITY})
_PLAIN = _response(_ACTIVITY)


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is here."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            assert isinstance(self._transport, asyncio.WriteTransport)
            self._transport.write(_BRIDGED if b"wschannels" in head[:60] else _PLAIN)


async def main() -> None:
    """Say where, and serve until killed."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    pin(SERVER_CORE)
    sys.exit(asyncio.run(main()))
