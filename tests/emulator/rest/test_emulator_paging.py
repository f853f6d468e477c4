"""Pages lead on and back, whatever comes and goes meanwhile."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trbridge.emulator.clock import ManualClock
from trbridge.emulator.engine import Engine
from trbridge.emulator.rest.paging import Page, PageRequest, Rows, SortedRows, WalkedRows, take_page
from trbridge.emulator.state.indexes import BY_WORKSPACE
from trbridge.emulator.state.model import Activity, Workspace
from trbridge.errors import BadRequest


class Shelf:
    """Activities named 0, 1, 2..., in a workspace of their own."""

    def __init__(self, number: int) -> None:
        self.engine = Engine(clock=ManualClock(), random=Random(3))  # noqa: S311  SIDs are no secrets
        with self.engine.transaction() as tx:
            self.workspace = tx.create(Workspace, "", account_sid=self.engine.account_sid, friendly_name="w")
        for name in range(number):
            self.add(str(name))

    def add(self, name: str) -> None:
        with self.engine.transaction() as tx:
            tx.create(Activity, self.workspace.sid, friendly_name=name)

    def drop(self, name: str) -> None:
        with self.engine.transaction() as tx:
            tx.remove(next(one for one in self.engine.store.activities.values() if one.friendly_name == name))

    def walked(self, *, newest_first: bool = False, even: bool = False) -> Rows:
        return WalkedRows(
            self.engine.store,
            BY_WORKSPACE[Activity],
            self.workspace.sid,
            (lambda one: int(one.friendly_name) % 2 == 0) if even else None,
            newest_first=newest_first,
        )

    def by_tens(self) -> Rows:
        """By the last digit, falling: many rows share a key."""
        rows = list(self.engine.store.activities.values())
        return SortedRows(self.engine.store, rows, lambda one: (-(int(one.friendly_name) % 10),), 1)


def names(page: Page) -> list[str]:
    return [one.friendly_name for one in page.rows]


def every_page(rows: Rows, size: int) -> list[Page]:
    pages = [take_page(rows, PageRequest(size))]
    while (token := pages[-1].next_token) is not None:
        pages.append(take_page(rows, PageRequest(size, len(pages), token)))
    return pages


@given(
    number=st.integers(0, 25), size=st.integers(1, 12), which=st.sampled_from(["walked", "newest", "even", "sorted"])
)
def test_every_row_is_on_exactly_one_page_and_the_way_back_is_the_same(number: int, size: int, which: str) -> None:
    shelf = Shelf(number)
    rows = {
        "walked": shelf.walked,
        "newest": lambda: shelf.walked(newest_first=True),
        "even": lambda: shelf.walked(even=True),
        "sorted": shelf.by_tens,
    }[which]()
    pages = every_page(rows, size)
    everything = [one.friendly_name for one in rows.after(None)]
    assert [name for page in pages for name in names(page)] == everything
    assert all(len(page.rows) == size for page in pages[:-1])
    assert pages[0].previous_token is None
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = take_page(rows, PageRequest(size, page.number, back.previous_token))
        assert names(back) == names(page)
    assert back.previous_token is None


@given(st.data())
def test_rows_that_come_and_go_neither_repeat_nor_hide_others(data: st.DataObject) -> None:
    shelf = Shelf(12)
    there = {str(name) for name in range(12)}
    dropped: set[str] = set()
    seen: list[str] = []
    token: str | None = None
    for number in range(50):
        page = take_page(shelf.walked(), PageRequest(3, number, token))
        seen += names(page)
        token = page.next_token
        if token is None:
            break
        for name in data.draw(st.lists(st.sampled_from(sorted(there)), max_size=2, unique=True)):
            shelf.drop(name)
            there.remove(name)
            dropped.add(name)
        if data.draw(st.booleans()):
            name = str(100 + number)
            shelf.add(name)
            there.add(name)
    assert len(seen) == len(set(seen))
    assert there - dropped <= set(seen)


def test_a_token_outlives_its_row() -> None:
    """The row a page ended with may be gone when the next is asked for."""
    shelf = Shelf(6)
    token = take_page(shelf.walked(), PageRequest(2)).next_token
    shelf.drop("1")
    page = take_page(shelf.walked(), PageRequest(2, 1, token))
    assert names(page) == ["2", "3"]
    assert names(take_page(shelf.walked(), PageRequest(2, 0, page.previous_token))) == ["0"]


def test_back_to_where_nothing_is_left_is_the_beginning() -> None:
    shelf = Shelf(4)
    first = take_page(shelf.walked(), PageRequest(2))
    back = take_page(shelf.walked(), PageRequest(2, 1, first.next_token)).previous_token
    shelf.drop("0")
    shelf.drop("1")
    page = take_page(shelf.walked(), PageRequest(2, 3, back))
    assert (names(page), page.number, page.previous_token) == (["2", "3"], 0, None)


def test_after_the_last_row_there_is_still_a_way_back() -> None:
    shelf = Shelf(3)
    token = take_page(shelf.walked(), PageRequest(2)).next_token
    shelf.drop("2")
    page = take_page(shelf.walked(), PageRequest(2, 1, token))
    assert (page.rows, page.next_token) == ([], None)
    assert names(take_page(shelf.walked(), PageRequest(2, 0, page.previous_token))) == ["0"]


def test_a_page_number_without_a_token_skips_pages() -> None:
    """Discouraged, but accepted (rest-api 1.1)."""
    page = take_page(Shelf(7).walked(), PageRequest(3, 2))
    assert (names(page), page.number) == (["6"], 2)
    assert take_page(Shelf(7).walked(), PageRequest(3, 9)).rows == []


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "PA",
        "PAW10",
        "QAWzFd",
        "PA!!!!",
        "PAWzEuNV0",
        "PAWzEsMl0",
        "PA" + "W" * 10_000,
        "PAeyJhIjoxfQ",
        "PAWy0xZTMwOV0",
    ],
)
def test_a_token_of_another_list_or_of_nobody_is_refused(token: str) -> None:
    with pytest.raises(BadRequest, match="Invalid PageToken"):
        take_page(Shelf(3).walked(), PageRequest(2, 1, token))


def test_a_sorted_list_does_not_take_a_walked_ones_token() -> None:
    shelf = Shelf(5)
    token = take_page(shelf.walked(), PageRequest(2)).next_token
    with pytest.raises(BadRequest, match="Invalid PageToken"):
        take_page(shelf.by_tens(), PageRequest(2, 1, token))


def test_the_request_is_taken_out_of_the_values() -> None:
    values = {"page_size": 7, "page": 2, "page_token": "PAx", "friendly_name": "a"}
    assert PageRequest.of(values) == PageRequest(7, 2, "PAx")
    assert values == {"friendly_name": "a"}
    assert PageRequest.of({"page_token": ""}) == PageRequest(50, 0, None)
