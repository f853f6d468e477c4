"""The table of security checks is whole, and tells of tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from check_row import Check
from checks import CHECKS, PAGE, page

_TESTS = Path(__file__).parents[1]


@cache
def _names(file: str) -> frozenset[str]:
    """What a test file defines: functions, and those of its classes."""
    tree = ast.parse((_TESTS / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in tree.body if isinstance(node, functions)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, functions)}
    return frozenset(names)


def test_every_check_from_1_to_42_has_one_row_in_order() -> None:
    assert [check.number for check in CHECKS] == list(range(1, 43))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.number))
def test_a_row_names_tests_that_exist_or_says_why_not(check: Check) -> None:
    assert check.tests or check.missing
    assert len(set(check.tests)) == len(check.tests)
    for test in check.tests:
        file, _, name = test.partition("::")
        assert name.rpartition("::")[2].startswith("test_")
        assert name in _names(file), f"{file} has no {name}"


def test_the_page_is_the_tables() -> None:
    """If this fails: python tests/security/checks.py."""
    assert PAGE.read_text(encoding="utf-8") == page()
