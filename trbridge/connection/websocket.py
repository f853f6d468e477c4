"""One websocket, by way of the ``websockets`` library. Works with its versions 14.2 to 17.

Frames go from the parser to the listener without a task, a queue or a timer: ``process_event`` of the library's
connection is overridden (perf, "Receive path": 2 us and 3 KiB less than a ``recv()`` loop). That method is not in
the library's documentation, so a version without it is read with ``recv()`` instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from websockets.protocol import State

from ..answers import printable
from .interfaces import Listener

__all__ = ["WebSocket", "Wire"]

_CAN_OVERRIDE: Final = callable(getattr(ClientConnection, "process_event", None))


class WebSocket:
    """Keeps the promises of :class:`~trbridge.connection.interfaces.Socket` for one connection of the library."""

    __slots__ = (
        "_closing",
        "_connection",
        "_deliver",
        "_early",
        "_ended",
        "_listener",
        "_message",
        "_reader",
        "server_time",
    )

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.server_time: float | None = None
        self._early: list[bytes] = []
        # The first frames may come in one packet with the answer to the handshake, before anybody listens.
        self._deliver: Callable[[bytes], None] = self._early.append
        self._listener: Listener | None = None
        self._message: bytearray | None = None
        self._ended: tuple[int | None, str] | None = None
        self._closing = False
        self._reader: asyncio.Task[None] | None = None

    # -- for the driver ------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """The handshake is over: keep the ``Date`` of its answer and let the rest go.

        That is 5 KiB of an idle client's 15, and the URL with the token.
        """
        connection, protocol = self._connection, self._connection.protocol
        if connection.response is not None:
            self.server_time = _served_at(connection.response.headers.get_all("Date"))
            connection.response.headers.clear()  # the object itself stays: it says that the answer came
        connection.request = None
        for name in _URIS & vars(protocol).keys():
            setattr(protocol, name, None)

    def listen(self, listener: Listener) -> None:
        """Tell this listener from now on, beginning with what came already."""
        self._listener = listener
        self._deliver = listener.frame
        for data in self._early:
            self._deliver(data)
        self._early.clear()
        if not _CAN_OVERRIDE:
            self._reader = asyncio.get_running_loop().create_task(self._read())
        elif self._ended is not None and self._listener is not None:
            listener.lost(*self._ended)

    def ping(self) -> None:
        """Send a ping."""
        if self._is_open():
            self._connection.protocol.send_ping(b"")
            self._flush()

    def hold(self, is_held: bool) -> None:
        """Leave what comes in the kernel's buffers, where it holds up the service; or take it again."""
        transport = self._connection.transport
        transport.pause_reading() if is_held else transport.resume_reading()

    def abort(self, code: int, reason: str) -> None:
        """Let go at once."""
        self._detach()
        if self._is_open():
            self._connection.protocol.send_close(code, reason)
            self._flush()
        self._connection.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        """Close with a handshake that does not take long."""
        self._detach()
        self.hold(False)  # so that the answer is seen
        self._closing = True
        try:
            await self._connection.close(code, reason)
        finally:
            self._connection.transport.abort()

    async def wait_released(self) -> None:
        """Wait until the transport is closed."""
        await self._connection.wait_closed()
        if self._reader is not None:
            await asyncio.wait({self._reader})

    # -- for the library's connection ----------------------------------------------------------------------------

    def came(self) -> None:
        """Bytes came."""
        if self._listener is not None:
            self._listener.traffic()

    def take(self, frame: Any) -> None:
        """A frame of data came. The parser has checked that fragments are in order and not too long in sum."""
        if frame.fin and self._message is None:
            self._deliver(bytes(frame.data))
            return
        if self._message is None:
            self._message = bytearray()
        self._message += frame.data
        if frame.fin:
            data, self._message = bytes(self._message), None
            self._deliver(data)

    def check(self) -> None:
        """Bytes were dealt with: was it the end? The server may take its time to hang up, so we do it."""
        protocol = self._connection.protocol
        state = protocol.state
        if state is State.OPEN or state is State.CONNECTING:
            return
        if not self._closing or protocol.close_rcvd is not None:
            self.end()
            self._connection.transport.abort()

    def end(self) -> None:
        """It is over, for whatever reason."""
        if self._ended is None:
            self._ended = self._how_it_ended()
            listener = self._listener
            if listener is not None and _CAN_OVERRIDE:
                self._detach()
                listener.lost(*self._ended)

    # -- for itself ----------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """The way without ``process_event``: what was received before the end is still delivered."""
        try:
            while True:
                self._deliver(await self._connection.recv(decode=False))
        except ConnectionClosed:
            listener = self._listener
            if listener is not None:
                self._listener, self._deliver = None, _ignore
                listener.lost(*self._how_it_ended())

    def _how_it_ended(self) -> tuple[int | None, str]:
        protocol = self._connection.protocol
        # What the server said, else what we said: that we failed the connection, and why (1002, 1007, 1009).
        close = protocol.close_rcvd or protocol.close_sent
        return (None, "") if close is None else (int(close.code), printable(close.reason, 123))

    def _detach(self) -> None:
        self._listener = None
        self._deliver = _ignore
        if self._reader is not None:
            self._reader.cancel()

    def _is_open(self) -> bool:
        return self._connection.protocol.state is State.OPEN and not self._connection.transport.is_closing()

    def _flush(self) -> None:
        for data in self._connection.protocol.data_to_send():
            if data:
                self._connection.transport.write(data)


_URIS: Final = frozenset({"uri", "wsuri"})
"""Where the library's protocol has its URL: the second until version 14."""


def _served_at(dates: list[str]) -> float | None:
    try:
        # "-0000" reads as a naive datetime; an HTTP date is always UTC.
        return parsedate_to_datetime(dates[0]).replace(tzinfo=UTC).timestamp() if dates else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _ignore(_: bytes) -> None:
    pass


class _NoMessages:
    """In place of what ``recv()`` would take messages from."""

    def close(self) -> None:
        """The connection is closed."""


_NO_MESSAGES: Final = _NoMessages()


class Wire(ClientConnection):
    """The library's connection, which tells our socket of everything.

    Attributes:
        socket: What is told.
        unwanted: Close it as soon as it is made.
    """

    unwanted = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.socket = WebSocket(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The way is open, as far as TLS; nothing of ours was sent yet."""
        super().connection_made(transport)
        if _CAN_OVERRIDE:
            # Two queues that stay empty here; an idle client would pay 1.7 KiB for them.
            self.recv_messages = cast("Any", _NO_MESSAGES)
            self.drain_waiters = cast("Any", [])
        if self.unwanted:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.socket.came()
        super().data_received(data)
        self.socket.check()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        super().connection_lost(exc)
        self.socket.end()

    if _CAN_OVERRIDE:

        def process_event(self, event: Any) -> None:
            """The parser has found a frame, or the answer to the handshake."""
            # The first event is the answer to the handshake; it has no opcode.
            if self.response is None or event.opcode not in _DATA:
                super().process_event(event)
            else:
                self.socket.take(event)


_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
