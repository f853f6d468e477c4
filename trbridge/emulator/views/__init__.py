"""Entities as the world sees them: REST JSON, and the two dialects of the websocket (wire-protocol 7.1)."""

from __future__ import annotations

from typing import Any

from .internal import INTERNAL_VIEWS
from .pages import page_view
from .rest import REST_VIEWS
from .scope import Scope

__all__ = ["INTERNAL_VIEWS", "REST_VIEWS", "Scope", "page_view", "view_of"]


def view_of(kind: str, scope: Scope, entity: Any, dialect: str = "v1") -> dict[str, Any]:
    """An entity as JSON.

    Args:
        kind: Kind of the route it was reached by, or of the entity.
        scope: Where and when it is looked at.
        entity: The entity.
        dialect: ``v1`` for the public REST JSON, ``v2`` for the internal one.
    """
    views = INTERNAL_VIEWS if dialect == "v2" else REST_VIEWS
    return views[kind](scope, entity)
