"""No token in any log or traceback, whatever goes wrong (checks 1 to 3, reliability W4)."""

from __future__ import annotations

import asyncio
import logging
import pickle
import pprint
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from live_sockets import TOKEN, RawServer, accepting, client_tls, frame, live, server_tls, stay

from trbridge.connection.opening import dial
from trbridge.session import effects

PIECES = [TOKEN, TOKEN[:20], *TOKEN.split("."), TOKEN.replace(".", "%2E")]


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Everything that anybody logs, at DEBUG."""
    lines: list[str] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, handler = logging.getLogger(), Recorder()
    before = {name: logging.getLogger(name).level for name in ("", "asyncio", "websockets", "trbridge")}
    root.addHandler(handler)
    for name in (*before, "websockets.client", "trbridge.connection"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def nothing_of_the_token(text: str) -> None:
    for piece in PIECES:
        assert piece not in text


async def _unruly(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Works once, then shows what else a server can do."""
    head = await raw.head(reader)
    match raw.connections:
        case 1:
            writer.write(accepting(head) + frame(b"hello") + frame(b"\x03\xf3oops", 8))
        case 2:
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        case 3:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + head.split()[1] + b"\r\nContent-Length: 0\r\n\r\n")
        case 4:
            writer.write(b"garbage " + head)
        case 5:
            writer.write(accepting(head) + b"\xff\xff")
        case _:
            writer.write(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))
    await stay(raw, reader, writer)


async def test_check_1_the_log_holds_no_token(written: list[str]) -> None:
    asyncio.get_running_loop().set_debug(True)
    async with RawServer(_unruly).run() as address, live(address, longest_retry=0.01) as client:
        stopped = await client.see(effects.Stopped)
        nothing_of_the_token(f"{client.connection!r} {client.session!r} {client.log!r}")
    nothing_of_the_token("\n".join(written))
    assert any(f"open ws://{address}/v1/wschannels/AC1/WS1" in line for line in written), "but it is worth reading"
    assert any("attempt failed" in line for line in written)
    errors: list[Any] = [
        stopped.error,
        stopped.error.__cause__,
        *(report.error for report in client.of(effects.Report)),
    ]
    assert len(errors) >= 5
    for error in errors:
        shown = [
            str(error),
            repr(error),
            f"{error}",
            pprint.pformat(vars(error)),
            "".join(traceback.format_exception(error)),
        ]
        nothing_of_the_token("\n".join(shown))
        assert TOKEN.encode() not in pickle.dumps(str(error))


async def test_check_1_over_tls(written: list[str]) -> None:
    raw = RawServer(_unruly)
    async with (
        raw.run(server_tls("localhost")) as address,
        live(address, ssl_context=client_tls("elsewhere")) as client,
    ):
        stopped = await client.see(effects.Stopped)
    nothing_of_the_token("\n".join([*written, "".join(traceback.format_exception(stopped.error))]))


async def test_an_open_connection_does_not_keep_the_url_that_opened_it() -> None:
    """It has the token, and whoever prints what a connection knows would print it."""

    async def talk(raw: RawServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepting(await raw.head(reader)))
        await stay(raw, reader, writer)

    async with RawServer(talk).run() as place:
        socket = await dial(f"ws://{place}/v1/wschannels/AC/WS?token={TOKEN}")
        try:
            wire = socket._connection
            for known in (vars(wire), vars(wire.protocol), vars(wire.response)):
                nothing_of_the_token(pprint.pformat(known))
        finally:
            await socket.close(1000, "")
            await socket.wait_released()
