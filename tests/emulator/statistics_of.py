"""Asking a contact center for its statistics."""

from __future__ import annotations

from typing import Any

from contact_center import Center

from trbridge.emulator import statistics
from trbridge.emulator.state.model import Entity

__all__ = ["figures"]


def figures(center: Center, kind: str, entity: Entity | None = None, **values: Any) -> dict[str, Any]:
    """What one statistics operation answers, about the workspace unless another entity is given."""
    found = center.workspace if entity is None else center.now(entity)
    return statistics.fetch(center.store, kind, found, values, center.engine.now())
