"""Seeds in a test's hand: an engine, what is planted in it, and the smallest seed."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.routing import routing
from trbridge.emulator.seeds import seed

__all__ = ["new_engine", "planted", "support"]


def new_engine(*, routes: bool = False) -> Engine:
    engine = Engine(clock=ManualClock(), random=Random(7))  # noqa: S311
    if routes:
        routing.install(engine)
    return engine


def planted(content: str | dict[str, Any], engine: Engine | None = None) -> Engine:
    engine = engine or new_engine()
    text = content if isinstance(content, str) else json.dumps(content)
    seed.apply(engine, seed.parse(text))
    return engine


def support(**parts: Any) -> dict[str, Any]:
    return {"workspaces": [{"friendly_name": "Support", **parts}]}
