"""One POST over a transport of httpx's."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Self

import httpx

from ..answers import MAX_ANSWER, MAX_ERROR, Answer, Inflater
from ..errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .pool import Connections
    from .posting import Body, Headers

__all__ = ["exchange"]


class _Content(httpx.AsyncByteStream):
    """A body as transports want it: an iterator in one piece, for a generator costs a request 3 %."""

    __slots__ = ("_body", "_given")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._given = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._given:
            raise StopAsyncIteration
        self._given = True
        return self._body.take()


async def exchange(connections: Connections, url: str, headers: Headers, body: Body) -> Answer:
    """Post the body and read the answer.

    Straight to the transport: what a client of httpx adds (merging with defaults of its own, cookies, redirects,
    authentication, hooks) is nothing we want, and took 30 us of 110.

    Raises:
        httpx.HTTPError: There was no answer, or not all of it.
        DecodeError: A success that is too large or wrongly compressed.
    """
    target, host = _place(url)
    length = b"%d" % len(body)
    request = httpx.Request(
        "POST", target, headers=[host, *headers, (b"Content-Length", length)], stream=_Content(body)
    )
    response = await connections.to(target).handle_async_request(request)
    try:
        received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        if response.is_success:
            return Answer(response.status_code, response.reason_phrase, received, await _read(response, received))
        told = body.scrub(await _read_error(response, received))
        reason = body.scrub(response.reason_phrase.encode()).decode()
        return Answer(response.status_code, reason, received, told)
    finally:
        await response.aclose()


@functools.lru_cache(maxsize=1024)
def _place(url: str) -> tuple[httpx.URL, tuple[bytes, bytes]]:
    # A channel URL is the same for the life of a client, and costs more to read than to send.
    target = httpx.URL(url)
    return target, (b"Host", target.netloc)


async def _read(response: httpx.Response, headers: Mapping[str, str]) -> bytes:
    inflater = await _inflate(response, headers, MAX_ANSWER)
    if inflater.overflown:
        raise DecodeError(
            f"the answer is larger than {MAX_ANSWER // 1024**2} MiB",
            status=response.status_code,
            hint="ask for less at once: page_size=100",
        )
    return inflater.body()


async def _read_error(response: httpx.Response, headers: Mapping[str, str]) -> bytes:
    try:
        return (await _inflate(response, headers, MAX_ERROR)).body()
    except DecodeError:
        return b""


async def _inflate(response: httpx.Response, headers: Mapping[str, str], limit: int) -> Inflater:
    if response.is_stream_consumed:  # an answer made of bytes, such as a mock's: httpx has inflated it already
        inflater = Inflater("", limit)
        inflater.feed(response.content)
        return inflater
    inflater = Inflater(headers.get("content-encoding", ""), limit)
    # Not aiter_raw(), which puts two generators on top of the transport's.
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for mypy: it is an asynchronous transport
    chunks = aiter(response.stream)
    try:
        async for chunk in chunks:
            inflater.feed(chunk)
            if inflater.overflown:
                break
    finally:
        if isinstance(chunks, AsyncGenerator):  # one that is not read to its end waits to be closed
            await chunks.aclose()
    return inflater
