"""One websocket, kept up: the driver of a :class:`~trbridge.session.Session`. The only user of ``websockets``."""

from .driver import Connection
from .interfaces import Dial, DialFailed, Listener, Socket

__all__ = ["Connection", "Dial", "DialFailed", "Listener", "Socket"]
