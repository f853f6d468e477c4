"""What an expression says, as values: the tree between the grammar and the closures (routing 1.3)."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Expression",
    "ListOf",
    "Literal",
    "Operand",
    "OrderClause",
    "Path",
    "Reference",
    "Scalar",
]

Scalar: TypeAlias = str | int | float | bool | None
Path: TypeAlias = tuple[str | int, ...]
"""``geo.sites[1]`` is ``("geo", "sites", 1)``."""


class Literal(msgspec.Struct, frozen=True):
    """A string, a number, ``true``, ``false`` or ``null``."""

    value: Scalar


class Reference(msgspec.Struct, frozen=True):
    """A key, with its members and zero-based indexes."""

    path: Path


class ListOf(msgspec.Struct, frozen=True):
    """``[a, b, ...]``."""

    items: tuple[Literal | Reference, ...]


Operand: TypeAlias = Literal | Reference | ListOf


class Comparison(msgspec.Struct, frozen=True):
    """Two operands and the operator between them, by its canonical name (``=`` is ``==``, ``>-`` is ``HAS``)."""

    left: Operand
    operator: str
    right: Operand


class AllOf(msgspec.Struct, frozen=True):
    """Terms joined by ``AND``."""

    terms: tuple[Expression, ...]


class AnyOf(msgspec.Struct, frozen=True):
    """Terms joined by ``OR``."""

    terms: tuple[Expression, ...]


Expression: TypeAlias = "Comparison | AllOf | AnyOf"


class OrderClause(msgspec.Struct, frozen=True):
    """One clause of an ``order_by``."""

    path: Path
    descending: bool
