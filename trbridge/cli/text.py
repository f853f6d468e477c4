"""Text for a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """One line without control characters, whatever a name or a reason holds (security check 28)."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
