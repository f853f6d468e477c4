"""Text to tree: the grammar of TaskRouter's expressions (routing 1.1-1.3). The only user of lark.

The parser is LALR: its time is linear in the text, it does not recurse, and nothing is ever evaluated
as Python (security check 26). Lark is imported, and the grammar built, when the first expression comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from ...errors import ExpressionError
from .tree import (
    AllOf,
    AnyOf,
    Comparison,
    Expression,
    ListOf,
    Literal,
    Operand,
    OrderClause,
    Path,
    Reference,
    Scalar,
)

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_LIST", "number", "parse_expression", "parse_order_by", "parse_path"]

MAX_LENGTH = 16_384
"""Characters of one expression [?]: far more than any seen, and parsed in well under 100 ms."""
MAX_DEPTH = 64
"""Parentheses inside parentheses [?]."""
MAX_LIST = 2_048
"""Items of one list [?]."""

# [0-9] and [A-Za-z], not \d and \w: keys and numbers are ASCII. Keywords are reserved in any case (routing 1.2),
# but only as the first word of a key: "task.in" is a member called "in".
GRAMMAR = r"""
expression: any_of
?any_of: all_of (_OR all_of)*
?all_of: term (_AND term)*
?term: LPAR any_of RPAR -> group
     | comparison
comparison: operand OPERATOR operand
?operand: literal | reference | list_of
list_of: "[" [item ("," item)*] "]"
?item: literal | reference
literal: STRING | NUMBER | CONSTANT
reference: REFERENCE

order_by: order_clause ("," order_clause)*
order_clause: REFERENCE DIRECTION

path: REFERENCE

LPAR: "("
RPAR: ")"
_OR: /or(?![A-Za-z0-9_$])/i
_AND: /and(?![A-Za-z0-9_$])/i
OPERATOR: />-|<-|==|!=|>=|<=|=|>|<|(?:has|contains|in|not[ \t\r\n\f]+in)(?![A-Za-z0-9_$])/i
STRING: /'[^']*'|"[^"]*"/
NUMBER: /-?[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_$.])/
CONSTANT: /(?:true|false|null)(?![A-Za-z0-9_$.\[])/i
DIRECTION: /(?:asc|desc)(?![A-Za-z0-9_$])/i
REFERENCE: /(?!(?:and|or|not|in|has|contains|true|false|null)(?![A-Za-z0-9_$]))[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z0-9_$]+|\[[0-9]+\])*/i

%import common.WS
%ignore WS
"""  # noqa: E501 - a terminal is one line

_ALIASES = {"=": "==", ">-": "HAS", "<-": "IN"}
_CONSTANTS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_STEP = re.compile(r"[A-Za-z0-9_$]+|\[[0-9]+\]")
_EXPECTED = {
    "OPERATOR": "an operator (== != > >= < <= CONTAINS HAS IN NOT IN)",
    "_AND": "AND",
    "_OR": "OR",
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "STRING": "a string",
    "NUMBER": "a number",
    "CONSTANT": "true, false, null",
    "REFERENCE": "a key",
    "DIRECTION": "ASC or DESC",
    "$END": "the end",
}


def parse_expression(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: It does not follow the grammar or is too large; ``line`` and ``column`` say where.
    """
    tree: Expression = _parse(text, "expression")
    return tree


def parse_order_by(text: str) -> tuple[OrderClause, ...]:
    """Read ``worker.level DESC, worker.age ASC`` (routing 2.6).

    Raises:
        ExpressionError: It does not follow the grammar.
    """
    clauses: tuple[OrderClause, ...] = _parse(text, "order_by")
    return clauses


def parse_path(text: str) -> Path:
    """Read a lone key such as ``task.last_agent`` (routing 2.5).

    Raises:
        ExpressionError: It is more or less than one key.
    """
    path: Path = _parse(text, "path")
    return path


def number(text: str) -> int | float:
    """The number that a numeral stands for. A very long one becomes a float: Python refuses long integers."""
    return int(text) if "." not in text and len(text) <= 40 else float(text)


def _parse(text: str, start: str) -> Any:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        _refuse(text, error)


def _refuse(text: str, error: UnexpectedInput) -> NoReturn:
    from lark.exceptions import UnexpectedToken

    if isinstance(error, UnexpectedToken) and error.token.type == "$END":  # lark repeats the last token's place
        lines = text.split("\n")
        line, column, found = len(lines), len(lines[-1]) + 1, ""
    else:
        line, column, found = error.line, error.column, text[error.pos_in_stream or 0 :]
    expected = _accepted(error)
    wanted = [words for name, words in _EXPECTED.items() if name in expected]
    empty = "the expression is empty" if not text.strip() else "it ends here"
    what = f"unexpected {_shown(found)}" if found else empty
    message = f"line {line}, column {column}: {what}, expecting {_listed(wanted)}{_hint(found, expected)}"
    raise ExpressionError(message, line=line, column=column)


def _accepted(error: UnexpectedInput) -> set[str]:
    # What could really follow. The sets in lark's errors are those of a merged LALR state, which holds too much.
    interactive: Any = error.interactive_parser
    return set(interactive.accepts())


def _hint(found: str, expected: set[str]) -> str:
    if found[:1] == "-" and "OPERATOR" in expected:
        return "; a key cannot hold '-'"
    if found[:1] in {"'", '"'} and "STRING" in expected:
        return "; the string has no end"
    return ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(found: str) -> str:
    # repr() keeps control characters of a stranger's text out of logs (security check 28).
    word = re.match(r"[A-Za-z0-9_$.]+|.", found, re.DOTALL)
    return repr(word.group()[:40]) if word else repr(found[:40])


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer="contextual",
        start=["expression", "order_by", "path"],
        transformer=_Builder(),  # any object with the rules' names will do
        postlex=_DepthGuard(),
        maybe_placeholders=False,
    )


class _DepthGuard:
    """Counts open parentheses between lexer and parser, so that depth costs no recursion anywhere later."""

    always_accept: tuple[str, ...] = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth = 0
        for token in stream:
            if token.type == "LPAR":
                depth += 1
                if depth > MAX_DEPTH:
                    message = f"line {token.line}, column {token.column}: more than {MAX_DEPTH} open parentheses"
                    raise ExpressionError(message, line=token.line or 1, column=token.column or 1)
            elif token.type == "RPAR":
                depth -= 1
            yield token


class _Builder:
    """Builds the tree while the text is parsed: one method per rule, given what the rule's parts became."""

    def expression(self, parts: list[Expression]) -> Expression:
        return parts[0]

    def any_of(self, parts: list[Expression]) -> Expression:
        return AnyOf(tuple(parts))

    def all_of(self, parts: list[Expression]) -> Expression:
        return AllOf(tuple(parts))

    def group(self, parts: list[Expression]) -> Expression:
        return parts[1]  # between its parentheses

    def comparison(self, parts: tuple[Operand, str, Operand]) -> Comparison:
        left, operator, right = parts
        name = " ".join(operator.upper().split())
        return Comparison(left, _ALIASES.get(name, name), right)

    def list_of(self, parts: list[Literal | Reference]) -> ListOf:
        if len(parts) > MAX_LIST:
            raise ExpressionError(f"a list has {len(parts)} items, more than {MAX_LIST}")
        return ListOf(tuple(parts))

    def literal(self, parts: list[Token]) -> Literal:
        return Literal(_value(parts[0]))

    def reference(self, parts: list[str]) -> Reference:
        return Reference(_path(parts[0]))

    def path(self, parts: list[str]) -> Path:
        return _path(parts[0])

    def order_clause(self, parts: list[str]) -> OrderClause:
        return OrderClause(_path(parts[0]), parts[1].upper() == "DESC")

    def order_by(self, parts: list[OrderClause]) -> tuple[OrderClause, ...]:
        return tuple(parts)


def _value(token: Token) -> Scalar:
    if token.type == "STRING":
        return str(token[1:-1])  # no escapes [?]: a text with one kind of quote goes into the other kind
    if token.type == "NUMBER":
        return number(token)
    return _CONSTANTS[token.lower()]


def _path(text: str) -> Path:
    steps = _STEP.findall(text)
    # An index of ten digits and more is beyond any list; Python refuses to read very long integers.
    return tuple(int(step[1:-1][:10]) if step[0] == "[" else str(step) for step in steps)
