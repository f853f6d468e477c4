"""TaskRouter in a box: REST, event bridge, routing and statistics on loopback.

``Emulator`` is imported when it is first asked for, so that parts of the emulator can be used (and tested)
without the web framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Emulator

__all__ = ["Emulator"]


def __getattr__(name: str) -> Any:
    if name == "Emulator":
        from .server import Emulator

        return Emulator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
