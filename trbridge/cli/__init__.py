"""The command ``trbridge``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command. Without the extra that it needs, it says which."""
    try:
        from .root import trbridge
    except ModuleNotFoundError as error:
        sys.exit(f"trbridge: the command needs {error.name}; install it with: pip install 'trbridge[emulator]'")
    trbridge(prog_name="trbridge")
