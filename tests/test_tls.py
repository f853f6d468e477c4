"""TLS connections with smaller buffers."""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import ssl
from pathlib import Path

import pytest

from trbridge import InvalidArgument, small_tls_buffers

CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"
PROTOCOL = asyncio.sslproto.SSLProtocol


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting is the process's: put back after each test."""
    monkeypatch.setattr(PROTOCOL, "max_size", PROTOCOL.max_size)


async def test_a_connection_works_with_a_small_buffer() -> None:
    """A megabyte passes both ways through 17 KiB."""
    assert small_tls_buffers(17 * 1024)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(CERTIFICATE)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(1_000_000))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=serving)
    trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with asyncio.timeout(20), server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        protocol = vars(writer.transport)["_ssl_protocol"] if hasattr(writer.transport, "__dict__") else None
        assert protocol is None or len(protocol._ssl_buffer) == 17 * 1024
        data = bytes(1_000_000)
        writer.write(data)
        assert await reader.readexactly(len(data)) == data
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("size", [0, 16 * 1024, True, 32768.0])
def test_a_buffer_that_does_not_hold_a_record_is_refused(size: int) -> None:
    """Nothing is changed then."""
    before = PROTOCOL.max_size
    with pytest.raises(InvalidArgument, match="at least"):
        small_tls_buffers(size)
    assert PROTOCOL.max_size == before


def test_a_python_that_has_no_such_setting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is private, and may go."""
    monkeypatch.delattr(PROTOCOL, "max_size")
    assert small_tls_buffers() is False
    assert not hasattr(PROTOCOL, "max_size")
