"""JSON Merge Patch (RFC 7396): what changes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["merge_patch"]


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a merge patch; neither argument is changed.

    A member of the patch replaces the target's, None removes it, an object is applied member by member.
    A patch that is no object takes the target's place (RFC 7396 section 2).

    Example:
        >>> merge_patch({"skills": {"en": 1, "fr": 2}, "team": "x"}, {"skills": {"fr": None}, "team": "y"})
        {'skills': {'en': 1}, 'team': 'y'}
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result
