"""Faults are made with the benches of other folders, so those must be importable here."""

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [
    str(_TESTS / folder) for folder in ("clients", "connection", "session") if str(_TESTS / folder) not in sys.path
]

from client_fixtures import absent, bench, seat, workspace  # noqa: E402

__all__ = ["absent", "bench", "seat", "workspace"]
