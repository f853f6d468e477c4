"""A user's server that callbacks go to: keeps what it was asked, answers what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

__all__ = ["Asked", "Webhook", "raw"]


class Asked(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


Answer = Callable[[Asked], bytes | None]


def raw(status: int = 200, body: Any = "", content_type: str | None = "application/json", *more: str) -> bytes:
    """An HTTP answer."""
    data = (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(data)}", *more]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join([*lines, "", ""]).encode() + data


class Webhook:
    """Serves on loopback as long as the ``async with`` lasts.

    Attributes:
        answer: Makes the bytes of an answer; None never answers.
        asked: What it was asked so far.
    """

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer: Answer = answer or (lambda _asked: raw(204, content_type=None))
        self.asked: list[Asked] = []
        self._news = asyncio.Condition()
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task, writer in self._open.items():
            task.cancel()
            writer.transport.abort()
        if self._open:
            await asyncio.wait(self._open)
        await self._server.wait_closed()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def until(self, number: int) -> list[Asked]:
        """Wait until it was asked so often; all that it was asked."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.asked) >= number)
        return self.asked

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Noted at once: a task that is cancelled before its first step would leave the connection open.
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open[task] = writer
        task.add_done_callback(self._open.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            async with self._news:
                self._news.notify_all()
            answer = self.answer(asked)
            if answer is None:
                await reader.read()  # until the other side gives up
            else:
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Asked(first.split(" ")[1], headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))
