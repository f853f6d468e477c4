"""uvicorn's websocket, with what ASGI lacks. Imported when the first one is opened: it takes a while."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from .sockets import ABORT, WRITE

if TYPE_CHECKING:
    from websockets.http11 import Request

__all__ = ["WebSocketProtocol", "frame"]


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Adds a way to cut a websocket, and one to write to it without a task.

    A client that never reads must go. And one event to a thousand sockets is one frame: a server's frames are
    not masked (RFC 6455 section 5.1), so the bytes are the same for all.
    """

    def handle_connect(self, event: Request) -> None:
        """Begin, with the two in the scope's extensions."""
        super().handle_connect(event)
        scope: dict[str, Any] | None = getattr(self, "scope", None)
        if scope is not None:
            scope["extensions"][ABORT] = self.transport.abort
            scope["extensions"][WRITE] = self.write_text

    async def send(self, message: Any) -> None:
        """Send one message. Whoever was refused has had an answer: uvicorn would log that there was none."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    # uvicorn waits for `writable` in each send, but until 0.53 nothing cleared it: frames for somebody who does not
    # read would pile up without an end (security check 27).

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for a client that has gone."""
        super().connection_lost(exc)
        self.writable.set()

    def shutdown(self) -> None:
        """The server stops. A handshake that was refused has its answer already; uvicorn would give it another."""
        if self.conn.eof_sent and not self.handshake_complete:
            self.transport.close()
        else:
            super().shutdown()

    def write_text(self, text: str) -> bool:
        """Write a frame if that needs no waiting. One that nobody will read any more counts as written."""
        if not self.handshake_complete or not self.writable.is_set():
            return False
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame(text))
        return True


@lru_cache(maxsize=16)
def frame(text: str) -> bytes:
    """A text frame as a server sends it."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
