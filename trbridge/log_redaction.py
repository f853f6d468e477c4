"""Keeps tokens out of log records that show what others raised.

An exception of your token provider or handler may hold a token or a password in its words: httpx puts the URL into
them. Our own words never do.
"""

from __future__ import annotations

import logging

from .shown import redacted

__all__ = ["redacting_logger"]

_FORMATTER = logging.Formatter()


def redacting_logger(name: str) -> logging.Logger:
    """The logger of this name, whose records have no token in message and traceback."""
    logger = logging.getLogger(name)
    if _redact not in logger.filters:
        logger.addFilter(_redact)
    return logger


def _redact(record: logging.LogRecord) -> bool:
    """Redact the message, and the traceback where formatters look for it first (``exc_text``)."""
    text = record.getMessage()
    clean = redacted(text)
    if clean != text:
        record.msg, record.args = clean, ()
    if record.exc_info and not record.exc_text:
        record.exc_text = redacted(_FORMATTER.formatException(record.exc_info))
    return True
