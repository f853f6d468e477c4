"""Hosts: who is named by a URL, a ``Host`` or an ``Origin``, and whether that is this machine."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

__all__ = ["host_of", "is_loopback"]

_AUTHORITY: Final = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


def host_of(authority: str) -> str:
    """The host of ``host:port``, in small letters and without brackets; empty if this is no such text.

    Nothing that parsers disagree about is one: ``urlsplit`` reads ``evil.example[::1]`` and ``evil.example@localhost``
    as this machine, and others do not (check 15).
    """
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return ""
    if found["v6"] is None:
        return found["name"].lower()
    try:
        return str(IPv6Address(found["v6"]))
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``.

    Decided by address, never by the look of a name: ``127.0.0.1.nip.io`` and ``0x7f000001`` are names that some
    server on the network may answer for.
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback if isinstance(address, IPv4Address) else address == IPv6Address("::1")
