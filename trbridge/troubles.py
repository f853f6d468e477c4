"""What kind of trouble a network error is, in a word, whatever library wrapped it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Trouble", "diagnose"]

# The first line that fits counts, so the narrower class stands above the wider one.
_KINDS: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...]] = (
    # The other side hung up; that says nothing about its certificate.
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError), "reset"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    ((ConnectionResetError, ConnectionAbortedError, BrokenPipeError), "reset"),
)
_UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_MAX_CHAIN: Final = 32


class Trouble(NamedTuple):
    """A network error, understood.

    Attributes:
        kind: As in :class:`trbridge.errors.TransportError`.
        detail: The system's words, if it has any; never bytes from the network.
        cause: The system's own error at the bottom, if there is one.
    """

    kind: str
    detail: str = ""
    cause: OSError | None = None


def diagnose(error: BaseException, otherwise: str = "network") -> Trouble:
    """Find the system's error under the libraries' and name its kind.

    Args:
        error: What a library raised.
        otherwise: The kind if no error of the system is to be found.
    """
    found: OSError | None = None
    for cause in _causes(error):
        if isinstance(cause, OSError):
            found = cause
            if (kind := _kind(cause)) is not None:
                return Trouble(kind, _words(cause), cause)
    return Trouble(otherwise, _words(found), found) if found else Trouble(otherwise)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and the members of groups (one per address that was tried)."""
    waiting: list[BaseException | None] = [error]
    for _ in range(_MAX_CHAIN):
        if not waiting:
            return
        current = waiting.pop(0)
        if current is None:
            continue
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        waiting.append(current.__cause__ or current.__context__)


def _kind(error: OSError) -> str | None:
    for types, kind in _KINDS:
        if isinstance(error, types):
            return kind
    return "unreachable" if error.errno in _UNREACHABLE else None


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        # Only errors that OpenSSL made have these.
        words = getattr(error, "verify_message", None) or getattr(error, "reason", None) or ""
        return str(words).replace("_", " ")
    # asyncio's words for a refusal repeat the address and nothing else.
    return "" if isinstance(error, ConnectionRefusedError) else error.strerror or ""
