"""Looks through what every test logs for tokens and secrets (security check 1).

It costs nothing where nothing is logged, which is most tests at the usual level. ``pytest --log-level=DEBUG`` runs
any part of the suite with every logger at DEBUG, those of the libraries included, and then nothing is left out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["LogWatch", "secrets_in", "watched"]

_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}")
_SECRET: Final = re.compile(r"(?<![0-9A-Za-z_%-])[0-9a-f]{32}(?![0-9A-Za-z_-])")
"""An auth token has the form of a SID without its two letters."""
_BY_HAND: Final = "websockets.client"
"""What a websocket writes that a test opened by hand; those of trbridge are silent (connection/opening.py)."""
_FORMAT: Final = logging.Formatter("%(name)s %(message)s")


def secrets_in(text: str) -> list[str]:
    """What has the form of a token or of an auth token."""
    return [*_TOKEN.findall(text), *_SECRET.findall(text)]


class LogWatch(logging.Handler):
    """Keeps the records that hold what looks like a secret.

    Attributes:
        found: Their texts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one record, its traceback included."""
        if record.name == _BY_HAND:
            return
        try:
            text = _FORMAT.format(record)
        except Exception:  # noqa: BLE001 what cannot be formatted is for the test that logs it
            return
        if secrets_in(text):
            self.found.append(text)


@contextmanager
def watched() -> Iterator[LogWatch]:
    """Watch the root logger.

    Raises:
        AssertionError: Something that looks like a secret was logged.
    """
    root, watch = logging.getLogger(), LogWatch()
    root.addHandler(watch)
    try:
        yield watch
    finally:
        root.removeHandler(watch)
    assert not watch.found, f"a log holds what looks like a secret: {watch.found[:3]}"
