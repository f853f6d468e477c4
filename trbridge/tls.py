"""Memory of TLS connections: Python's own buffers, made smaller on request."""

from __future__ import annotations

import asyncio.sslproto
from typing import Final

from .errors import InvalidArgument

__all__ = ["small_tls_buffers"]

_LEAST: Final = 16 * 1024 + 512
"""Bytes: a whole TLS record and its frame (RFC 8446 section 5.2) come in one read."""


def small_tls_buffers(size: int = 32 * 1024) -> bool:
    """Let each TLS connection that asyncio opens from now on do with a smaller buffer.

    asyncio keeps 256 KiB for every TLS connection, whatever it brings: nine tenths of what an idle client costs. Call
    this once, before the first client connects, in a process that holds hundreds of them. It holds for all of the
    process's TLS connections on asyncio's own event loop: one that brings megabytes a second reads them in
    smaller pieces. uvloop has smaller buffers by itself and is not touched.

    The size is a class attribute that asyncio does not document. Where a version of Python has it no more, nothing
    happens.

    Args:
        size: Bytes of the buffer.

    Returns:
        Whether this version of Python could be told.

    Raises:
        InvalidArgument: The size is less than a TLS record.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < _LEAST:
        raise InvalidArgument(f"a TLS buffer has at least {_LEAST} bytes, so size must not be {size!r}")
    protocol = asyncio.sslproto.SSLProtocol
    if not isinstance(getattr(protocol, "max_size", None), int):
        return False
    protocol.max_size = size
    return True
