"""Properties of expressions: the compiled form agrees with a plain reading of the rules, and any text is safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator.expressions import (
    Context,
    KnownWorker,
    OrderBy,
    compile_expression,
    compile_known_worker,
    compile_order_by,
)
from trbridge.emulator.expressions.grammar import parse_expression
from trbridge.emulator.expressions.tree import (
    AllOf,
    AnyOf,
    Comparison,
    Expression,
    ListOf,
    Literal,
    Operand,
    Reference,
    Scalar,
)
from trbridge.errors import ExpressionError

NAMES = ("a", "b", "langs", "$x", "_y", "lvl")
TEXTS = st.sampled_from(["", "a", "ab", "b", "6", "07", "1.5", "-2", "true", "é-:", "x"])
SCALARS: st.SearchStrategy[Scalar] = st.one_of(
    TEXTS, st.integers(-3, 8), st.sampled_from([0.5, 1.5, 6.0, -2.0]), st.booleans(), st.none()
)
LITERALS = SCALARS.map(Literal)
REFERENCES = st.builds(
    lambda head, tail: Reference((head, *tail)),
    st.sampled_from(NAMES),
    st.lists(st.one_of(st.sampled_from([*NAMES, "9z"]), st.integers(0, 2)), max_size=2),
)
ITEMS = st.one_of(LITERALS, REFERENCES)
OPERANDS: st.SearchStrategy[Operand] = st.one_of(
    LITERALS, REFERENCES, st.lists(ITEMS, max_size=3).map(lambda items: ListOf(tuple(items)))
)
OPERATORS = ("==", "!=", ">", ">=", "<", "<=", "CONTAINS", "HAS", "IN", "NOT IN")
COMPARISONS = st.builds(Comparison, OPERANDS, st.sampled_from(OPERATORS), OPERANDS)


def _joined(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    terms = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(terms.map(AllOf), terms.map(AnyOf))


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(COMPARISONS, _joined, max_leaves=6)
VALUES = st.recursive(
    SCALARS,
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.sampled_from([*NAMES, "9z"]), children, max_size=3)
    ),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=len(NAMES))


def _written(node: Any) -> str:
    """An expression as text."""
    match node:
        case Literal(value=None):
            return "null"
        case Literal(value=bool(value)):
            return "true" if value else "FALSE"
        case Literal(value=str(value)):
            return f"'{value}'"
        case Literal(value=value):
            return str(value)
        case Reference(path=path):
            return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)[1:]
        case ListOf(items=items):
            return f"[{', '.join(map(_written, items))}]"
        case Comparison(left=left, operator=operator, right=right):
            return f"{_written(left)} {operator} {_written(right)}"
        case AllOf(terms=terms):
            return " AND ".join(f"({_written(term)})" for term in terms)
        case AnyOf(terms=terms):
            return " or ".join(f"({_written(term)})" for term in terms)
    raise AssertionError(node)


def _value(node: Operand, attributes: dict[str, Any]) -> Any:
    match node:
        case Literal(value=value):
            return value
        case ListOf(items=items):
            return [_value(item, attributes) for item in items]
        case Reference(path=path):
            found: Any = attributes
            for step in path:
                found = _member(found, step)
            return found


def _member(container: Any, step: str | int) -> Any:
    match container, step:
        case dict(), str():
            return container.get(step)
        case list(), int():
            return container[step] if step < len(container) else None
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pair(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both sides as comparable things, or None: routing 1.4's row on numeric text."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    pair = [
        float(side) if isinstance(side, str) and re.fullmatch(r"-?\d+(\.\d+)?", side) else side
        for side in (left, right)
    ]
    return (pair[0], pair[1]) if all(map(_is_number, pair)) else None


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    pair = _pair(left, right)
    return pair is not None and pair[0] == pair[1]


def _array(left: Any, operator: str, right: Any) -> bool:
    array, value = (left, right) if operator == "HAS" else (right, left)
    if not isinstance(array, list) or isinstance(value, list | dict):
        return False
    found = value is not None and any(_same(item, value) for item in array if not isinstance(item, list | dict))
    return found is (operator != "NOT IN")


def _compare(node: Comparison, attributes: dict[str, Any]) -> bool:
    left, operator, right = _value(node.left, attributes), node.operator, _value(node.right, attributes)
    if operator in {"==", "!="} and Literal(None) in (node.left, node.right):
        return ((left is None) == (right is None)) is (operator == "==")
    if operator in {"HAS", "IN", "NOT IN"}:
        return _array(left, operator, right)
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    if operator in {"==", "!="}:
        return _same(left, right) is (operator == "==")
    if operator == "CONTAINS":
        texts = [str(side) if isinstance(side, str) or _is_number(side) else None for side in (left, right)]
        return texts[0] is not None and texts[1] is not None and texts[1] in texts[0]
    pair = _pair(left, right)
    if pair is None:
        return False
    a, b = pair
    return bool({">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b}[operator])


def _evaluate(node: Expression, attributes: dict[str, Any]) -> bool:
    """The rules of routing 1.4 read plainly, over the tree, with no compiling and no shortcuts."""
    match node:
        case AllOf(terms=terms):
            return all(_evaluate(term, attributes) for term in terms)
        case AnyOf(terms=terms):
            return any(_evaluate(term, attributes) for term in terms)
        case Comparison():
            return _compare(node, attributes)
    raise AssertionError(node)


T = TypeVar("T")


def _compiled(attempt: Callable[[], T]) -> T | ExpressionError:
    try:
        return attempt()
    except ExpressionError as refusal:
        return refusal


@given(EXPRESSIONS, ATTRIBUTES)
@settings(max_examples=250, deadline=None)
def test_a_written_expression_evaluates_as_its_tree_does(tree: Expression, attributes: dict[str, Any]) -> None:
    """Random tree -> text -> parse -> closures gives what a direct evaluator gives for the tree."""
    compiled = compile_expression(_written(tree))
    expected = _evaluate(tree, attributes)
    assert compiled.match({"worker": attributes}) is expected
    assert compiled.constant in (None, expected)


@given(COMPARISONS)
@settings(max_examples=120, deadline=None)
def test_a_comparison_survives_being_written_and_read(tree: Comparison) -> None:
    assert parse_expression(_written(tree)) == tree


TOKENS = ["a", "b.c", "x[0]", "'s'", '"t"', "1", "-2.5", "true", "NULL", "(", ")", "[", "]", ",", "==", "=", "!=", ">="]
TOKENS += [
    "<-",
    ">-",
    "<",
    ">",
    "and",
    "OR",
    "not",
    "in",
    "has",
    "CONTAINS",
    " ",
    "\n",
    "'",
    "-",
    "\\",
    ".",
    "ASC",
    "é",
]


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join)))
@settings(max_examples=250, deadline=None)
def test_any_text_compiles_or_is_refused_with_a_place(text: str) -> None:
    """Nothing else may come out: not a crash, not another exception (security check 42)."""
    for context in Context:
        found = _compiled(partial(compile_expression, text, context))
        if isinstance(found, ExpressionError):
            assert found.line >= 1
            assert found.column >= 1
            assert str(found).isprintable()
        else:
            assert isinstance(found.match({}), bool)


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(TOKENS), max_size=10).map(" ".join)))
@settings(max_examples=120, deadline=None)
def test_any_text_is_a_safe_order_by_and_known_worker(text: str) -> None:
    order, known = _compiled(partial(compile_order_by, text)), _compiled(partial(compile_known_worker, text))
    assert order.key({}) if isinstance(order, OrderBy) else str(order).isprintable()
    assert known.value({}) is None if isinstance(known, KnownWorker) else str(known).isprintable()
