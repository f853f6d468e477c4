"""Pages of a list: which rows, and the tokens that lead to the next and the previous ones (rest-api 1.1).

A token names a place between rows, by what the list is ordered by and the row's ordinal. Rows that come
and go meanwhile, the row at that place included, neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Protocol

import msgspec

from ...errors import BadRequest
from ..state.indexes import Index
from ..state.model import Entity
from ..state.store import Store
from .parameters import shown

__all__ = [
    "MAX_PAGE_SIZE",
    "Page",
    "PageRequest",
    "Position",
    "Rows",
    "SortedRows",
    "WalkedRows",
    "take_page",
    "token_after",
]

DEFAULT_PAGE_SIZE: Final = 50
MAX_PAGE_SIZE: Final = 1000
_LONGEST_TOKEN: Final = 400

Position = tuple[float, ...]
"""A place in a list: what it is ordered by, and last the row's ordinal."""


class Rows(Protocol):
    """The rows of a list in their order."""

    def after(self, position: Position | None) -> Iterator[Any]:
        """The rows that come after a place, in order; all rows for None."""
        ...

    def before(self, position: Position) -> Iterator[Any]:
        """The rows that come before a place, the nearest first."""
        ...

    def position(self, row: Any) -> Position:
        """A row's own place."""
        ...

    @property
    def depth(self) -> int:
        """How many numbers a position has."""
        ...


class WalkedRows:
    """Rows in order of creation (or the reverse), taken from an index as they are needed.

    Args:
        store: Where they are.
        index: Which index.
        key: Which group of it.
        keep: Whether a row belongs to the list.
        newest_first: Reverse the order.
    """

    depth = 1

    def __init__(
        self,
        store: Store,
        index: Index[Any],
        key: Hashable,
        keep: Callable[[Any], bool] | None = None,
        *,
        newest_first: bool = False,
    ) -> None:
        self._store = store
        self._index = index
        self._key = key
        self._keep = keep
        self._newest_first = newest_first

    def after(self, position: Position | None) -> Iterator[Any]:
        """The rows that come after a place, in order; all rows for None."""
        return self._walk(None if position is None else int(position[-1]), up=not self._newest_first)

    def before(self, position: Position) -> Iterator[Any]:
        """The rows that come before a place, the nearest first."""
        return self._walk(int(position[-1]), up=self._newest_first)

    def position(self, row: Entity) -> Position:
        """A row's own place."""
        return (self._store.ordinal(row.sid),)

    def _walk(self, ordinal: int | None, *, up: bool) -> Iterator[Any]:
        store = self._store
        rows: Iterator[Any]
        if up:
            rows = store.each(self._index, self._key, after=ordinal)
        else:
            rows = store.each(self._index, self._key, before=store.next_ordinal if ordinal is None else ordinal)
        if self._keep is not None:
            rows = filter(self._keep, rows)
        return rows


class SortedRows:
    """Rows in an order of their own.

    Args:
        store: Where they are.
        rows: The rows that belong to the list.
        key: What a row is ordered by: numbers, negative where the order falls.
        depth: How many numbers that are.
    """

    def __init__(self, store: Store, rows: Sequence[Any], key: Callable[[Any], Position], depth: int) -> None:
        self._store = store
        self._key = key
        self.depth = depth + 1
        self._rows = sorted(rows, key=self.position)

    def after(self, position: Position | None) -> Iterator[Any]:
        """The rows that come after a place, in order; all rows for None."""
        start = 0 if position is None else bisect_right(self._rows, position, key=self.position)
        return iter(self._rows[start:])

    def before(self, position: Position) -> Iterator[Any]:
        """The rows that come before a place, the nearest first."""
        return iter(self._rows[: bisect_left(self._rows, position, key=self.position)][::-1])

    def position(self, row: Entity) -> Position:
        """A row's own place."""
        return (*self._key(row), self._store.ordinal(row.sid))


class PageRequest(msgspec.Struct, frozen=True):
    """Which page is asked for.

    Attributes:
        size: Rows a page, 1 to 1000.
        number: The caller's own count of pages, from 0; it comes back as it is. Without a token it skips pages.
        token: The place, as an earlier page gave it.
    """

    size: int = DEFAULT_PAGE_SIZE
    number: int = 0
    token: str | None = None

    @classmethod
    def of(cls, values: dict[str, Any]) -> PageRequest:
        """Take ``page_size``, ``page`` and ``page_token`` out of the values that were read."""
        return cls(
            values.pop("page_size", DEFAULT_PAGE_SIZE), values.pop("page", 0), values.pop("page_token", "") or None
        )


class Page(msgspec.Struct, frozen=True):
    """One page.

    Attributes:
        rows: Its rows.
        number: Its number, from 0.
        size: How many rows it may have.
        next_token: Leads to the next page; None on the last.
        previous_token: Leads to the previous page; None on the first.
    """

    rows: list[Any]
    number: int
    size: int
    next_token: str | None = None
    previous_token: str | None = None


def take_page(rows: Rows, request: PageRequest) -> Page:
    """The page that is asked for.

    Raises:
        BadRequest: The token is none of this list's.
    """
    if request.token is None:
        skip = request.number * request.size
        return _forward(rows, request, islice(rows.after(None), skip, None))
    backward, position = _read_token(request.token, rows.depth)
    if not backward:
        return _forward(rows, request, rows.after(position), behind=position)
    found = list(islice(rows.before(position), request.size + 1))
    if not found:
        # Everything before it has gone: this is the beginning now.
        return _forward(rows, PageRequest(request.size), rows.after(None))
    page = found[: request.size][::-1]
    more = next(rows.after(rows.position(page[-1])), None) is not None
    return Page(
        page,
        request.number,
        request.size,
        next_token=_token("PA", rows.position(page[-1])) if more else None,
        previous_token=_token("PB", rows.position(page[0])) if len(found) > request.size else None,
    )


def _forward(rows: Rows, request: PageRequest, walk: Iterator[Any], behind: Position | None = None) -> Page:
    found = list(islice(walk, request.size + 1))
    page = found[: request.size]
    first = rows.position(page[0]) if page else behind
    earlier = first is not None and next(rows.before(first), None) is not None
    return Page(
        page,
        request.number,
        request.size,
        next_token=_token("PA", rows.position(page[-1])) if len(found) > request.size else None,
        previous_token=_token("PB", first) if earlier and first is not None else None,
    )


def token_after(position: Position) -> str:
    """A token for the page that begins after a place."""
    return _token("PA", position)


def _token(direction: str, position: Position) -> str:
    return direction + base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


_positions: Final = msgspec.json.Decoder(tuple[float, ...])


def _read_token(token: str, depth: int) -> tuple[bool, Position]:
    direction, text = token[:2], token[2:]
    try:
        if direction not in ("PA", "PB") or len(text) > _LONGEST_TOKEN:
            raise ValueError(direction)
        position = _positions.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if len(position) != depth or not position[-1].is_integer():
            raise ValueError(position)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise BadRequest(f"Invalid PageToken. '{shown(token)}' is not a token of this list.") from None
    return direction == "PB", position
