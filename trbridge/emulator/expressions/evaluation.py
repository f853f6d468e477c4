"""Tree to closures: what an expression means (routing 1.4).

A value is what JSON holds: None (absent and ``null`` are the same), bool, int, float, str, list, dict.
"Scalar" is every one of them but list and dict; an operator given the wrong shape is false, never an error.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .grammar import number
from .tree import AllOf, AnyOf, Comparison, Expression, ListOf, Literal, Operand, Path, Reference

__all__ = ["OPERATORS", "Getter", "Predicate", "Resolve", "Roots", "compile_tree", "look_up", "references"]

Value: TypeAlias = Any
Roots: TypeAlias = Mapping[str, Any]
"""What names stand for while one expression is evaluated: root to value."""
Getter: TypeAlias = Callable[[Roots], Value]
Predicate: TypeAlias = Callable[[Roots], bool]
Resolve: TypeAlias = Callable[[Path], "tuple[str, Path] | None"]
"""From a key as written to (root, path below it); None for a key that is always NULL."""

_NUMERAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def look_up(value: Value, path: Path) -> Value:
    """The value at a path; None where it leads nowhere."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if type(value) is list and step < len(value) else None
        if value is None:
            return None
    return value


def _compound(value: Value) -> bool:
    return isinstance(value, list | dict)


def _number(value: Value) -> int | float | None:
    # A numeral in a text counts as its number: attribute "6" satisfies "> 5" (routing 1.4). True is no number here.
    if type(value) is int or type(value) is float:
        return value
    if type(value) is str and _NUMERAL.fullmatch(value):
        return number(value)
    return None


def _equal(left: Value, right: Value) -> bool:
    if type(left) is type(right):
        return bool(left == right) and not _compound(left)
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    a, b = _number(left), _number(right)
    return a is not None and a == b


def _not_equal(left: Value, right: Value) -> bool:
    return not (_compound(left) or _compound(right) or _equal(left, right))


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def ordered(left: Value, right: Value) -> bool:
        kind = type(left)
        if kind is type(right) and (kind is int or kind is str or kind is float):
            return compare(left, right)  # texts by code points [?], "10" before "9"
        a, b = _number(left), _number(right)
        return a is not None and b is not None and compare(a, b)

    return ordered


def _has(array: Value, value: Value) -> bool:
    if type(array) is not list or value is None or _compound(value):
        return False
    if type(value) is str and not _NUMERAL.fullmatch(value):
        return value in array
    return any(_equal(item, value) for item in array)


def _in(value: Value, array: Value) -> bool:
    return _has(array, value)


def _not_in(value: Value, array: Value) -> bool:
    # Without an array it is false, so a step that lists nobody's keys matches nobody (routing 1.4).
    return type(array) is list and not _compound(value) and not _has(array, value)


def _contains(whole: Value, part: Value) -> bool:
    a, b = _text(whole), _text(part)
    return a is not None and b is not None and b in a


def _text(value: Value) -> str | None:
    if type(value) is str:
        return value
    return str(value) if type(value) is int or type(value) is float else None


OPERATORS: dict[str, Callable[[Value, Value], bool]] = {
    "==": _equal,
    "!=": _not_equal,
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    "CONTAINS": _contains,
    "HAS": _has,
    "IN": _in,
    "NOT IN": _not_in,
}
"""What each operator does with two values."""


def compile_tree(tree: Expression, resolve: Resolve) -> tuple[Predicate, bool | None]:
    """Turn a tree into a function of the roots.

    Returns:
        The function, and its answer if that never changes (``1 == 1``), else None.
    """
    if isinstance(tree, Comparison):
        return _comparison(tree, resolve)
    parts = [compile_tree(term, resolve) for term in tree.terms]
    neutral = isinstance(tree, AllOf)  # True changes nothing in an AND, False nothing in an OR
    if any(constant is (not neutral) for _, constant in parts):
        return _always(not neutral)
    open_terms = [test for test, constant in parts if constant is None]
    if not open_terms:
        return _always(neutral)
    return (_all if neutral else _any)(open_terms), None


def _always(answer: bool) -> tuple[Predicate, bool]:
    return (lambda _roots: answer), answer


def _all(terms: list[Predicate]) -> Predicate:
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        first, second = terms
        return lambda roots: first(roots) and second(roots)

    def every(roots: Roots) -> bool:
        for term in terms:  # noqa: SIM110 - all() and its generator cost twice as much
            if not term(roots):
                return False
        return True

    return every


def _any(terms: list[Predicate]) -> Predicate:
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        first, second = terms
        return lambda roots: first(roots) or second(roots)

    def some(roots: Roots) -> bool:
        for term in terms:  # noqa: SIM110
            if term(roots):
                return True
        return False

    return some


def _comparison(tree: Comparison, resolve: Resolve) -> tuple[Predicate, bool | None]:
    (left, fixed_left), (right, fixed_right) = _operand(tree.left, resolve), _operand(tree.right, resolve)
    test = _presence(tree, left, right) or _closure(tree.operator, left, right, fixed_right)
    return _always(test({})) if fixed_left and fixed_right else (test, None)


def _closure(name: str, left: Getter, right: Getter, fixed_right: bool) -> Predicate:
    compare = OPERATORS[name]
    if not fixed_right:
        return lambda roots: compare(left(roots), right(roots))
    value = right({})
    if type(value) is str and not _NUMERAL.fullmatch(value):
        # What most queues and filters ask, at a third of the cost: a word equals and is found as itself only.
        if name == "==":
            return lambda roots: left(roots) == value
        if name == "HAS":
            return lambda roots: type(array := left(roots)) is list and value in array
    return lambda roots: compare(left(roots), value)


def _presence(tree: Comparison, left: Getter, right: Getter) -> Predicate | None:
    # "x != null" asks whether x is there, whatever its shape (routing 1.4), so it comes before the rule for arrays.
    null = Literal(None)
    if tree.operator not in {"==", "!="} or null not in (tree.left, tree.right):
        return None
    get = right if tree.left == null else left
    return (lambda roots: get(roots) is None) if tree.operator == "==" else (lambda roots: get(roots) is not None)


def _operand(operand: Operand, resolve: Resolve) -> tuple[Getter, bool]:
    if isinstance(operand, Literal):
        value = operand.value
        return (lambda _roots: value), True
    if isinstance(operand, Reference):
        target = resolve(operand.path)
        return ((lambda _roots: None), True) if target is None else (_getter(*target), False)
    items = [_operand(item, resolve) for item in operand.items]
    getters = [getter for getter, _ in items]
    if all(fixed for _, fixed in items):
        fixed_list = [getter({}) for getter in getters]
        return (lambda _roots: fixed_list), True
    return (lambda roots: [getter(roots) for getter in getters]), False


def _getter(root: str, path: Path) -> Getter:
    if len(path) == 1 and isinstance(path[0], str):
        (key,) = path

        def member(roots: Roots) -> Value:
            mapping = roots.get(root)
            return mapping.get(key) if mapping else None

        return member
    return lambda roots: look_up(roots.get(root), path)


def references(tree: Expression, resolve: Resolve) -> frozenset[tuple[str, Path]]:
    """Every (root, path) that an expression reads."""
    if isinstance(tree, AllOf | AnyOf):
        return frozenset().union(*(references(term, resolve) for term in tree.terms))
    operands = [tree.left, tree.right]
    items = [item for operand in operands for item in (operand.items if isinstance(operand, ListOf) else (operand,))]
    targets = (resolve(item.path) for item in items if isinstance(item, Reference))
    return frozenset(target for target in targets if target is not None)
