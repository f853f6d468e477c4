"""Ordinals: a big ordered set in blocks that behaves like a sorted list. The declared indexes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trbridge.emulator.state import indexes
from trbridge.emulator.state.indexes import INDEXES, Index, Ordinals

NUMBERS = st.lists(st.integers(0, 60), max_size=120)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """With blocks of three, sixty numbers see every split and every empty block."""
    monkeypatch.setattr(indexes, "_BLOCK", 3)


def toggled(numbers: list[int]) -> tuple[Ordinals, list[int]]:
    """Ordinals and a model of them, each number added if it was not there and removed if it was."""
    ordinals, model = Ordinals(), set[int]()
    for number in numbers:
        if number in model:
            ordinals.remove(number)
        else:
            ordinals.add(number)
        model ^= {number}
    return ordinals, sorted(model)


@given(NUMBERS)
@settings(max_examples=200)
def test_ordinals_are_a_sorted_set(numbers: list[int]) -> None:
    ordinals, model = toggled(numbers)
    assert list(ordinals) == model
    assert len(ordinals) == len(model)
    assert [number for number in range(62) if number in ordinals] == model


@given(NUMBERS, st.integers(-1, 62))
def test_walking_goes_on_from_any_number_there_or_not(numbers: list[int], place: int) -> None:
    """A page token is an ordinal whose entity may have gone since."""
    ordinals, model = toggled(numbers)
    assert list(ordinals.after(place)) == [number for number in model if number > place]
    assert list(ordinals.before(place)) == [number for number in reversed(model) if number < place]


@given(NUMBERS, st.integers(-1, 62))
def test_search_finds_the_first_number_from_which_on_it_is_true(numbers: list[int], bound: int) -> None:
    ordinals, model = toggled(numbers)
    assert ordinals.search(lambda number: number >= bound) == next((n for n in model if n >= bound), None)


def test_rising_numbers_fill_blocks_without_sorting() -> None:
    ordinals = Ordinals()
    for number in range(1000):
        ordinals.add(number)
    assert list(ordinals) == list(range(1000))


def test_index_names_are_unique_and_shown() -> None:
    names = [index.name for index in INDEXES]
    assert len(set(names)) == len(names)
    assert repr(indexes.WORKERS_BY_NAME) == "Index('workers by name')"


def test_every_declared_index_is_kept() -> None:
    """A new one only has to be declared: the table collects itself."""
    declared = {value for value in vars(indexes).values() if isinstance(value, Index)}
    assert declared <= set(INDEXES)
    assert set(indexes.BY_WORKSPACE.values()) <= set(INDEXES)
