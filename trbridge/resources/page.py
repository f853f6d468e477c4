"""One page of a list, and the way to the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from ..completion import Callback, Operation
from ..errors import DecodeError, InvalidArgument
from ..urls import API_BASE_URL, check_page_url, same_origin
from ..wire import Request

if TYPE_CHECKING:
    from .context import Context
    from .listing import ReadOnlyList

__all__ = ["Meta", "Page"]

T = TypeVar("T")

_MOST_PAGES = 100_000
"""More pages than TaskRouter can hold at the smallest useful size: a walk that gets there goes in circles."""


class Meta(msgspec.Struct):
    """The paging part of a list's answer (rest-api 1.1)."""

    key: str = ""
    page: int = 0
    page_size: int = 50
    url: str | None = None
    first_page_url: str | None = None
    next_page_url: str | None = None
    previous_page_url: str | None = None


_OF_THE_LIST = frozenset(
    {"fetch", "create", "update", "delete", "update_token", "statistics", "cumulative_stats", "realtime_stats"}
)


class Page(Generic[T]):
    """A page: a sequence of resources with ``next()`` and ``previous()``.

    ``for`` walks this page, ``async for`` this one and all that follow::

        page = await workspace.workers.fetch(available=True)
        print(page.page, page.page_size, len(page))
        async for worker in page:
            print(worker.friendly_name)

    Attributes:
        data: The resources on this page.
        resource: The list it is a page of, where that is known.
    """

    def __init__(self, data: list[T], meta: Meta, context: Context, resource: ReadOnlyList[Any] | None = None) -> None:
        self.data = data
        self.resource = resource
        self._meta = meta
        self._context = context

    def __repr__(self) -> str:
        return f"<Page {self.page} of {self._meta.key}: {len(self.data)} items{', more follow' * self.has_next}>"

    @property
    def page(self) -> int:
        """Its number, from 0."""
        return self._meta.page

    @property
    def page_size(self) -> int:
        """Most items a page holds."""
        return self._meta.page_size

    @property
    def has_next(self) -> bool:
        """Whether a page follows."""
        return bool(self._meta.next_page_url)

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return bool(self._meta.previous_page_url)

    def __getattr__(self, name: str) -> Any:
        # In v1 a page is the list that it is of, with its methods (wire-protocol 5.9).
        if name in _OF_THE_LIST and self.resource is not None:
            return getattr(self.resource, name)
        raise AttributeError(f"{self!r} has no {name}")

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __getitem__(self, index: int) -> T:
        return self.data[index]

    async def __aiter__(self) -> AsyncIterator[T]:
        page = self
        for _ in range(_MOST_PAGES):
            for item in page.data:
                yield item
            if not page.has_next:
                return
            page = await page.next()
        raise DecodeError(f"the list does not end after {_MOST_PAGES} pages")

    @overload
    def next(self, /) -> Operation[Page[T]]: ...
    @overload
    def next(self, callback: Callback[Page[T]], /) -> None: ...
    def next(self, callback: Callback[Any] | None = None, /) -> Operation[Page[T]] | None:
        """The page after this one, with the client's current token (Q9).

        Raises:
            InvalidArgument: This is the last page, or the service points to a foreign address.
        """
        return self._turn(self._meta.next_page_url, "last", callback)

    @overload
    def previous(self, /) -> Operation[Page[T]]: ...
    @overload
    def previous(self, callback: Callback[Page[T]], /) -> None: ...
    def previous(self, callback: Callback[Any] | None = None, /) -> Operation[Page[T]] | None:
        """The page before this one.

        Raises:
            InvalidArgument: This is the first page, or the service points to a foreign address.
        """
        return self._turn(self._meta.previous_page_url, "first", callback)

    def _turn(self, url: str | None, which: str, callback: Callback[Any] | None) -> Operation[Page[T]] | None:
        if not url:
            raise InvalidArgument(f"this is the {which} page; look at has_next and has_previous")
        if url == self._meta.url:
            raise DecodeError(f"page {self.page} names itself as its neighbour; the list would never end")
        # The service names its own address even to those who reach it by another one; the bridge takes either.
        base = API_BASE_URL if same_origin(url, API_BASE_URL) else self._context.api_base_url
        url = check_page_url(url, base, self._context.workspace_sid)
        return self._context.start(self._load(url), callback)

    async def _load(self, url: str) -> Page[T]:
        from .registry import materialize

        reply = await self._context.send(Request("GET", url))
        return materialize(reply.payload, self._context, self.resource)  # type: ignore[no-any-return]
