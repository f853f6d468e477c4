"""An exchange on httptools, Node's parser: a request takes it a twentieth of h11's time. The only user of httptools."""

from __future__ import annotations

from typing import Final

import httptools
import httpx

from .speaking import HEAD_LIMIT

__all__ = ["HttptoolsExchange"]

_FINAL: Final = 200
_FRAMING: Final = 8
"""Bytes beside a byte of the body that are all right: a chunk of one byte has five. httptools has no limit, and time
that grows with the square of what follows the last chunk."""


class HttptoolsExchange:
    """Keeps the promises of :class:`~trbridge.requester.speaking.Exchange`."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._beside = 0  # bytes read that were not the body: the head, sizes of chunks, what follows the last
        self.status = 0
        self.reason = self.version = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.complete = self.may_go_on = False

    def request(self, request: httpx.Request, body: bytes) -> bytes:
        """What to write."""
        headers = request.headers.raw
        lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
        lines += [b"%b: %b" % header for header in headers]
        head = b"\r\n".join((*lines, b"", b""))
        if not head.count(b"\r") == head.count(b"\n") == len(lines) + 1 or b"\0" in head:
            raise httpx.LocalProtocolError("Illegal header value")
        return head + body

    def feed(self, data: bytes) -> None:
        """What was read."""
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise httpx.RemoteProtocolError("illegal answer: another protocol, which was not asked for") from None
        except httptools.HttpParserError as error:
            if not self.complete:  # else it is what came after the answer
                raise httpx.RemoteProtocolError(f"illegal answer: {error}") from error
            self.may_go_on = False
        self._beside += len(data)
        if self._beside > HEAD_LIMIT and not self.complete:
            what = "head" if not self.status else "end"
            raise httpx.RemoteProtocolError(f"the {what} of the answer is too long")

    def _end(self) -> None:
        """The connection ended: that is how a body ends which was not announced to end otherwise (RFC 9112, 6.3)."""
        if not self.status:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        if any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
        self.complete = True

    # -- called by the parser ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins; after the one we wait for there must not be another."""
        if self.complete:
            self.may_go_on = False
            return
        self.headers, self.reason = [], b""

    def on_status(self, reason: bytes) -> None:
        """A part of the reason phrase."""
        if not self.complete:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; after the head, what belongs to the end of a body in chunks."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete. Hints that come before the answer are let go."""
        status = self._parser.get_status_code()
        if not self.status and status >= _FINAL:
            self.status = status
            self.version = b"HTTP/" + self._parser.get_http_version().encode()

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        if not self.complete:
            self.body.append(data)
            self._beside -= (1 + _FRAMING) * len(data)

    def on_message_complete(self) -> None:
        """The answer is complete."""
        if self.status and not self.complete:
            self.complete, self.may_go_on = True, self._parser.should_keep_alive()
