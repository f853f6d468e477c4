"""An exchange on h11, which httpx itself is built on. The only user of h11."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import h11
import httpx

from .speaking import HEAD_LIMIT

__all__ = ["H11Exchange"]


class H11Exchange:
    """Keeps the promises of :class:`~trbridge.requester.speaking.Exchange`."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        self.status = 0
        self.reason = self.version = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.complete = False

    @property
    def may_go_on(self) -> bool:
        """Whether another exchange may follow."""
        return self._h11.our_state is self._h11.their_state is h11.DONE and not self._h11.trailing_data[0]

    def request(self, request: httpx.Request, body: bytes) -> bytes:
        """What to write."""
        with _translated():
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            return b"".join(self._h11.send(event) or b"" for event in (head, h11.Data(data=body), h11.EndOfMessage()))

    def feed(self, data: bytes) -> None:
        """What was read."""
        with _translated():
            if not data and self._h11.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._h11.receive_data(data)
            while not self.complete and (event := self._h11.next_event()) is not h11.NEED_DATA:
                self._take(event)

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Response):  # what comes before it, such as 103, is another class
            self.status, self.reason = event.status_code, bytes(event.reason)
            self.version = b"HTTP/" + bytes(event.http_version)
            self.headers = event.headers.raw_items()
        elif isinstance(event, h11.Data):
            self.body.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self.complete = True


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of h11 as httpx's, of the same names."""
    try:
        yield
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
