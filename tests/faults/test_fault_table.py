"""The table of faults is whole, and tells of tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from fault_row import Fault
from table import FAULTS, PAGE, page

_TESTS = Path(__file__).parents[1]


@cache
def _names(file: str) -> frozenset[str]:
    """What a test file defines: functions, and classes of state machines by the name that pytest finds."""
    tree = ast.parse((_TESTS / file).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    assigned = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return frozenset(names | {target.id for target in assigned if isinstance(target, ast.Name)})


def test_every_fault_from_1_to_68_has_one_row_in_order() -> None:
    assert [fault.number for fault in FAULTS] == [f"F{number:02}" for number in range(1, 69)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.number)
def test_a_row_names_tests_that_exist_or_says_why_not(fault: Fault) -> None:
    assert fault.tests or fault.missing
    assert bool(fault.promise) == bool(fault.tests), "what is promised is shown"
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert name.startswith("test_")
        assert name in _names(file), f"{file} has no {name}"


def test_the_page_is_the_tables() -> None:
    """If this fails: python tests/faults/table.py."""
    assert PAGE.read_text(encoding="utf-8") == page()
