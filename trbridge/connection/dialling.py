"""How a connection gets its sockets when nobody gives it another way."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..errors import ConnectionFailed, TaskRouterError
from ..session import Failure
from ..troubles import diagnose
from .interfaces import Dial, DialFailed, Socket

if TYPE_CHECKING:
    from ssl import SSLContext

__all__ = ["default_dial", "failure_of"]


def default_dial(ssl: SSLContext | None) -> Dial:
    """The dial by way of ``websockets``, which is imported at the first attempt."""
    return _dial if ssl is None else functools.partial(_dial, ssl=ssl)


async def _dial(url: str, *, ssl: SSLContext | None = None) -> Socket:
    from . import opening

    return await opening.dial(url, ssl=ssl)


def failure_of(error: Exception) -> Failure:
    """The failure that a dial, or the maker of its URL, has raised."""
    if isinstance(error, DialFailed):
        return error.failure
    if isinstance(error, TaskRouterError):
        return Failure(getattr(error, "kind", "network"), error)
    # The text of a foreign exception may hold the URL, so it is not shown.
    failed = ConnectionFailed(f"no websocket: {type(error).__name__} while opening it")
    failed.kind = diagnose(error).kind
    failed.__cause__ = error.with_traceback(None) if isinstance(error, OSError) else None
    return Failure(failed.kind, failed)
