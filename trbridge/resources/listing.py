"""A list of resources: search, create, and act on one by its SID."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar, Generic, TypeVar, cast, overload

from ..completion import Callback, Operation
from ..sids import check_sid
from ..wire import Params, Request
from .arguments import read_create, read_delete, read_fetch, read_list_update, take_if_match
from .binding import decode_instance
from .context import Context
from .instance import ReadOnlyInstance
from .page import Page

__all__ = ["ListResource", "ReadOnlyList", "UpdatableList"]

R = TypeVar("R", bound=ReadOnlyInstance)


class ReadOnlyList(Generic[R]):
    """A list that can be searched and read.

    ``async for`` walks every resource on every page::

        async for worker in workspace.workers:
            print(worker.friendly_name)

    Args:
        context: The client's context.
        parent_url: URL of what the list belongs to; the workspace's when left out.
    """

    item: ClassVar[type[ReadOnlyInstance]]
    """Class of its resources."""
    key: ClassVar[str]
    """Name of the list in an answer (rest-api 1.1)."""
    filters: ClassVar[frozenset[str]] = frozenset()
    """Query parameters, beyond the paging ones."""

    def __init__(self, context: Context, parent_url: str | None = None) -> None:
        self._context = context
        self.resource_url = f"{parent_url or context.workspace_url}/{self._segment}"

    @property
    def _segment(self) -> str:
        return self.item.path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.resource_url}>"

    @overload
    def fetch(self, sid: str, /) -> Operation[R]: ...
    @overload
    def fetch(self, sid: str, callback: Callback[R], /) -> None: ...
    @overload
    def fetch(self, params: Params, /, **filters: Any) -> Operation[Page[R]]: ...
    @overload
    def fetch(self, /, **filters: Any) -> Operation[Page[R]]: ...
    @overload
    def fetch(self, params: Params, callback: Callback[Page[R]], /, **filters: Any) -> None: ...
    @overload
    def fetch(self, callback: Callback[Page[R]], /, **filters: Any) -> None: ...
    def fetch(self, /, *args: Any, **filters: Any) -> Operation[Any] | None:
        """Read one resource by its SID, or the first page of those that match.

        Examples::

            worker = await workspace.workers.fetch("WK0123456789abcdef0123456789abcdef")
            page = await workspace.workers.fetch({"Available": "true"})
            page = await workspace.workers.fetch(available=True, page_size=100)

        Raises:
            InvalidArgument: The SID is none of this list's, or a keyword is no filter of it.
            NotFound: No such resource.
        """
        call = read_fetch(args, filters, check=self._check, known=self.filters | _PAGING)
        if call.sid is not None:
            return self._context.start(self._one(Request("GET", f"{self.resource_url}/{call.sid}")), call.callback)
        return self._context.start(self._page(Request("GET", self.resource_url, call.params)), call.callback)

    def update_token(self, token: str) -> None:
        """The client's ``update_token``: there is one token for all it has handed out (Q8)."""
        self._context.update_token(token)

    async def __aiter__(self) -> AsyncIterator[R]:
        async for resource in await self._page(Request("GET", self.resource_url)):
            yield resource

    def _check(self, sid: Any) -> str:
        """Return the SID if it may be part of a URL of this list."""
        return check_sid(sid, self.item.prefix)

    async def _one(self, request: Request) -> R:
        reply = await self._context.send(request)
        instance = decode_instance(self.item, reply.payload, self._context)
        if reply.etag is not None and isinstance(instance, ReadOnlyInstance):
            vars(instance)["_etag"] = reply.etag
        return cast("R", instance)

    async def _page(self, request: Request) -> Page[R]:
        from .registry import materialize

        reply = await self._context.send(request)
        return materialize(reply.payload, self._context, self)  # type: ignore[no-any-return]


_PAGING = frozenset({"PageSize", "Page", "PageToken"})


class UpdatableList(ReadOnlyList[R]):
    """A list whose resources can also be updated."""

    @overload
    def update(self, sid: str, name: str, value: Any, /) -> Operation[R]: ...
    @overload
    def update(self, sid: str, name: str, value: Any, callback: Callback[R], /) -> None: ...
    @overload
    def update(self, sid: str, params: Params | None = None, /, **parameters: Any) -> Operation[R]: ...
    @overload
    def update(self, sid: str, params: Params, callback: Callback[R], /, **parameters: Any) -> None: ...
    @overload
    def update(self, sid: str, callback: Callback[R], /, **parameters: Any) -> None: ...
    def update(self, /, *args: Any, **parameters: Any) -> Operation[R] | None:
        """Update one resource by its SID; the list itself is not touched (Q17).

        Raises:
            InvalidArgument: The SID is none of this list's, or a keyword is no parameter.
            NotFound: No such resource.
            PreconditionFailed: It is no longer the version given with ``if_match``.
        """
        if_match = take_if_match(parameters, versioned=self.item.versioned)
        call = read_list_update(args, parameters, check=self._check, known=self.item.updatable)
        request = Request("POST", f"{self.resource_url}/{call.sid}", call.params, if_match=if_match)
        return self._context.start(self._one(request), call.callback)


class ListResource(UpdatableList[R]):
    """A list whose resources can also be created and deleted."""

    creatable: ClassVar[frozenset[str]] = frozenset()
    """Parameters that ``create`` takes, by TaskRouter's names (wire-protocol 7.5)."""

    @overload
    def create(self, params: Params | None = None, /, **parameters: Any) -> Operation[R]: ...
    @overload
    def create(self, params: Params, callback: Callback[R], /, **parameters: Any) -> None: ...
    @overload
    def create(self, callback: Callback[R], /, **parameters: Any) -> None: ...
    def create(self, /, *args: Any, **parameters: Any) -> Operation[R] | None:
        """Create a resource.

        Examples::

            await workspace.activities.create(friendly_name="Lunch", available=False)
            await workspace.activities.create({"FriendlyName": "Lunch", "Available": "false"})

        Raises:
            InvalidArgument: A keyword is no parameter of this resource.
            BadRequest: The service refuses a value.
        """
        call = read_create(args, parameters, known=self.creatable)
        return self._context.start(self._one(Request("POST", self.resource_url, call.params)), call.callback)

    @overload
    def delete(self, sid: str, /, *, if_match: str | None = None) -> Operation[None]: ...
    @overload
    def delete(self, sid: str, callback: Callback[None], /, *, if_match: str | None = None) -> None: ...
    def delete(self, /, *args: Any, if_match: str | None = None) -> Operation[None] | None:
        """Delete one resource by its SID.

        Raises:
            InvalidArgument: No SID, or one of another kind (v1 asked for ``/undefined``).
            NotFound: No such resource.
        """
        version = take_if_match({"if_match": if_match}, versioned=self.item.versioned)
        call = read_delete(args, check=self._check)
        request = Request("DELETE", f"{self.resource_url}/{call.sid}", if_match=version)
        return self._context.start(self._remove(request), call.callback)

    async def _remove(self, request: Request) -> None:
        await self._context.send(request)
