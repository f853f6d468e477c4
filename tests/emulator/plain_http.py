"""HTTP clients for loopback that do not spend a tenth of a second each on certificates nobody asks for."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

__all__ = ["plain_client"]

_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def plain_client(base_url: str = "", **more: Any) -> httpx.AsyncClient:
    # A machine that measures coverage beside other work takes its time.
    return httpx.AsyncClient(base_url=base_url, verify=_NO_CERTIFICATES, trust_env=False, timeout=60, **more)
