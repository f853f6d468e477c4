"""The grammar of expressions: what is refused and how it is said, and that no text costs too much."""

from __future__ import annotations

import time

import pytest

from trbridge.emulator.expressions import MAX_DEPTH, MAX_LENGTH, MAX_LIST, compile_expression
from trbridge.errors import ExpressionError, InvalidArgument

REFUSED = [
    ("skill-level > 3", 6, "unexpected '-', expecting an operator", "a key cannot hold '-'"),
    ("", 1, "the expression is empty", "a key"),
    ("   ", 4, "the expression is empty", "a key"),
    ("x", 2, "it ends here, expecting an operator", "NOT IN"),
    ("x ==", 5, "it ends here", "a string, a number, true, false, null or a key"),
    ("x == 'a', 'b'", 9, "unexpected ','", "AND, OR or the end"),
    ("*(x == 1)", 1, "unexpected '*'", "'('"),
    ("(x == 1", 8, "it ends here", "')'"),
    ("x == 1)", 7, "unexpected ')'", "the end"),
    ("x == 'a", 6, 'unexpected "\'"', "the string has no end"),
    ("x <> 1", 4, "unexpected '>'", "a key"),
    ("NOT x == 1", 1, "unexpected 'NOT'", "a key"),
    ("x NOT HAS 1", 3, "unexpected 'NOT'", "an operator"),
    ("x && y", 3, "unexpected '&'", "an operator"),
    ("x == -y", 6, "unexpected '-'", "a number"),
    ("x == 1.", 6, "unexpected '1.'", "a number"),
    ("in == 3", 1, "unexpected 'in'", "a key"),
    ("x IN ['a' 'b']", 11, 'unexpected "\'"', "']' or ','"),
    ("x IN [[1]]", 7, "unexpected '['", "a string"),
    ("langs [0] == 1", 7, "unexpected '['", "an operator"),
    ("a..b == 1", 2, "unexpected '..b'", "an operator"),
    ("é == 1", 1, "unexpected 'é'", "a key"),
    ("x == 1 \x1b[2J", 8, r"unexpected '\x1b'", "the end"),
]


@pytest.mark.parametrize(("text", "column", "what", "expected"), REFUSED, ids=repr)
def test_a_refusal_says_where_what_and_what_was_expected(text: str, column: int, what: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(text)
    assert (refusal.value.line, refusal.value.column) == (1, column)
    assert what in str(refusal.value)
    assert expected in str(refusal.value).split("expecting", 1)[1]
    assert isinstance(refusal.value, InvalidArgument)


def test_a_refusal_counts_lines() -> None:
    with pytest.raises(ExpressionError, match="line 3, column 4") as refusal:
        compile_expression("a == 1\nAND\n b c")
    assert (refusal.value.line, refusal.value.column) == (3, 4)
    with pytest.raises(ExpressionError, match="line 2, column 6: it ends here"):
        compile_expression("a == 1 AND\nb == ")


def test_an_operator_token_beats_a_negative_number() -> None:
    """``level<-3`` reads as IN (routing 1.2, token hazard), so it needs a space."""
    roots = {"worker": {"level": -5}}
    assert not compile_expression("level<-3").match(roots)
    assert compile_expression("level< -3").match(roots)


def test_the_limits_hold() -> None:
    """Security check 26: too deep, too long or too many is an error, at once; the limit itself is not."""
    compile_expression("(" * MAX_DEPTH + "a==1" + ")" * MAX_DEPTH)
    compile_expression("(a==1) AND " * (MAX_DEPTH + 1) + "(a==1)")
    compile_expression(f"a IN [{','.join(['1'] * MAX_LIST)}]")
    compile_expression("a == '" + "x" * (MAX_LENGTH - 7) + "'")
    for text in (
        "(" * (MAX_DEPTH + 1) + "a==1" + ")" * (MAX_DEPTH + 1),
        "(" * 10_000 + "a==1",
        f"a IN [{','.join(['1'] * (MAX_LIST + 1))}]",
        "a == '" + "x" * (MAX_LENGTH - 6) + "'",
        "a" * 100_000,
    ):
        with pytest.raises(ExpressionError):
            compile_expression(text)


def test_long_numbers_are_numbers() -> None:
    """Python refuses to read integers of more than 4,300 digits; an expression with one still has a meaning."""
    assert compile_expression(f"{'9' * 5000} > 1").match({})
    assert compile_expression("big > 1").match({"worker": {"big": "9" * 5000}})
    assert not compile_expression("big == 1").match({"worker": {"big": "9" * 5000}})


def test_a_large_expression_compiles_and_matches() -> None:
    """A thousand terms are no deeper than two, so nothing recurses over them."""
    text = " OR ".join(f"lvl == {n}" for n in range(1000, 0, -1))
    started = time.process_time()
    assert compile_expression(text).match({"worker": {"lvl": 4}})
    assert time.process_time() - started < 5  # linear: some 50 ms of processor time
