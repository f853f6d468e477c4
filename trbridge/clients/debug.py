"""``debug=True``: what the client does, on stderr."""

from __future__ import annotations

import logging

__all__ = ["print_debug_log"]

_handler: logging.Handler | None = None


def print_debug_log() -> None:
    """Print the log of all clients, however many ask for it; nothing in it holds a token."""
    global _handler  # noqa: PLW0603 - the log is the process's, so is the decision to print it
    logger = logging.getLogger("trbridge")
    logger.setLevel(logging.DEBUG)
    if _handler is None or _handler not in logger.handlers:
        _handler = logging.StreamHandler()
        _handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s  %(message)s"))
        logger.addHandler(_handler)
