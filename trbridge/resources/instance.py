"""One resource: its fields, and what can be done with it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self, TypeVar, overload

import msgspec

from ..completion import Callback, Operation
from ..errors import InvalidArgument, NotReady
from ..wire import Params, Reply, Request
from .arguments import read_instance_update
from .context import Context
from .decoding import NULL, decode_any, decode_struct, parse_document

if TYPE_CHECKING:
    from .page import Page

__all__ = ["Bound", "InstanceResource", "Moment", "bind", "decode_instance"]

Moment = Annotated[datetime, msgspec.Meta(tz=True)] | None
"""A moment with its time zone, or None."""

R = TypeVar("R", bound="InstanceResource")


class Bound(NamedTuple):
    """What ties an instance to its client; one for all items of a page.

    Attributes:
        context: The client's context.
        raw: The JSON that it came in, of the whole page for a page's item.
        key: Name of the list in ``raw``, or None if ``raw`` is the instance's own.
    """

    context: Context
    raw: msgspec.Raw
    key: str | None = None


class InstanceResource(msgspec.Struct, kw_only=True, dict=True, eq=False):
    """Base of all resources.

    Fields are TaskRouter's own, in snake_case; moments are aware datetimes, JSON documents are parsed,
    statuses stay open strings. A field that is null, or was not sent yet, is None. What the service
    sends beyond these fields is in :attr:`extra`.
    """

    prefix: ClassVar[str]
    """Prefix of its SIDs."""
    path: ClassVar[str]
    """Its part of the URL under the workspace's."""
    updatable: ClassVar[frozenset[str]] = frozenset()
    """Parameters that ``update`` takes, by TaskRouter's names (wire-protocol 7.5)."""

    sid: str = ""
    account_sid: str | None = None
    workspace_sid: str | None = None
    date_created: Moment = None
    date_updated: Moment = None

    def __repr__(self) -> str:
        name = getattr(self, "friendly_name", None)
        return f"<{type(self).__name__} {self.sid}{f' {name!r}' if name else ''}>"

    # -- where it is -------------------------------------------------------------------------------

    @property
    def _bound(self) -> Bound:
        bound = vars(self).get("_bound")
        if bound is None:
            raise NotReady(f"this {type(self).__name__} belongs to no client; fetch it from one")
        return bound  # type: ignore[no-any-return]

    @property
    def _context(self) -> Context:
        return self._bound.context

    @property
    def resource_url(self) -> str:
        """Its REST URL."""
        return f"{self._context.workspace_url}/{self.path}/{self.sid}"

    @property
    def extra(self) -> dict[str, Any]:
        """What was sent beyond the fields known here, by TaskRouter's names; without ``url`` and ``links``."""
        _, raw, key = self._bound
        value = decode_any(raw)
        if key is not None:
            value = next((item for item in value[key] if item.get("sid") == self.sid), {})
        known = {field.encode_name for field in msgspec.structs.fields(type(self))} | {"url", "links"}
        return {name: item for name, item in value.items() if name not in known} if isinstance(value, dict) else {}

    @property
    def etag(self) -> str | None:
        """Its version, if the last answer told it; what ``If-Match`` compares (rest-api 1.3)."""
        return vars(self).get("_etag")

    # -- what can be done --------------------------------------------------------------------------

    @overload
    def fetch(self) -> Operation[Self]: ...
    @overload
    def fetch(self, callback: Callback[Self], /) -> None: ...
    def fetch(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Read it again; this object changes in place and is the result.

        Raises:
            NotFound: It does not exist (any more).
        """
        return self._context.start(self._read(), callback)

    @overload
    def update(self, name: str, value: Any, /) -> Operation[Self]: ...
    @overload
    def update(self, name: str, value: Any, callback: Callback[Self], /) -> None: ...
    @overload
    def update(self, params: Params | None = None, /, **parameters: Any) -> Operation[Self]: ...
    @overload
    def update(self, params: Params, callback: Callback[Self], /, **parameters: Any) -> None: ...
    @overload
    def update(self, callback: Callback[Self], /, **parameters: Any) -> None: ...
    @overload
    def update(self, sid: str, name: str, value: Any, /) -> Operation[Self]: ...
    @overload
    def update(self, sid: str, name: str, value: Any, callback: Callback[Self], /) -> None: ...
    def update(self, *args: Any, **parameters: Any) -> Operation[Self] | None:
        """Change properties; this object changes in place and is the result.

        Examples::

            await activity.update("FriendlyName", "Lunch")
            await activity.update({"FriendlyName": "Lunch"})
            await activity.update(friendly_name="Lunch")

        Raises:
            InvalidArgument: Nothing to update, or a keyword that is no parameter of this resource.
            BadRequest: The service refuses a value.
        """
        call = read_instance_update(args, parameters, sid=self.sid, known=self.updatable)
        return self._context.start(self._post(call.params), call.callback)

    @overload
    def delete(self) -> Operation[None]: ...
    @overload
    def delete(self, callback: Callback[None], /) -> None: ...
    def delete(self, callback: Callback[Any] | None = None, /) -> Operation[None] | None:
        """Delete it.

        Raises:
            NotFound: It does not exist (any more).
        """
        return self._context.start(self._remove(), callback)

    async def _read(self) -> Self:
        return self._absorb(await self._context.send(Request("GET", self.resource_url)))

    async def _post(self, params: dict[str, str | list[str]] | None, *, if_match: str | None = None) -> Self:
        request = Request("POST", self.resource_url, params, if_match=if_match)
        return self._absorb(await self._context.send(request))

    async def _remove(self) -> None:
        await self._context.send(Request("DELETE", self.resource_url))

    # -- how answers come in -----------------------------------------------------------------------

    def _absorb(self, reply: Reply) -> Self:
        """Take over the answer's fields; an answer that is something else is handed on as it is (5.9)."""
        other = decode_instance(type(self), reply.payload, self._context)
        if not isinstance(other, type(self)):
            return other  # type: ignore[no-any-return]
        for name in self.__struct_fields__:
            setattr(self, name, getattr(other, name))
        mine = vars(self)
        mine.clear()
        mine.update(vars(other), _etag=reply.etag)
        return self

    def _document(self, name: str, raw: msgspec.Raw) -> Any:
        """A JSON document among the fields, parsed when first asked for."""
        mine = vars(self)
        if name not in mine:
            mine[name] = parse_document(raw)
        return mine[name]

    def _linked(self, cls: type[R], sid: str | None) -> R | None:
        """The resource a foreign key points to: only its SID until fetched; None for no SID (Q40-Q44)."""
        if not sid:
            return None
        links: dict[type[InstanceResource], InstanceResource] = vars(self).setdefault("_links", {})
        link = links.get(cls)
        if link is None or link.sid != sid:
            link = links[cls] = bind(cls(sid=sid), Bound(self._context, NULL))
        return link  # type: ignore[return-value]


def bind(instance: R, bound: Bound) -> R:
    """Tie an instance to its client."""
    vars(instance)["_bound"] = bound
    return instance


def decode_instance(cls: type[R], raw: msgspec.Raw, context: Context) -> R | Page[Any] | Any:
    """The payload of an answer as the resource that was asked for; as what it is if it is none."""
    from .registry import materialize  # the registry knows all classes, so it imports this module

    if raw[:1] == b"{" or bytes(raw).lstrip()[:1] == b"{":
        instance = decode_struct(cls, raw)
        if instance.sid[:2] == cls.prefix:
            return bind(instance, Bound(context, raw))
    return materialize(raw, context)


def require(value: str | None, name: str, of: InstanceResource) -> str:
    """A field that a URL needs.

    Raises:
        InvalidArgument: It is not known; fetching the resource from its list would bring it.
    """
    if not value:
        raise InvalidArgument(f"{of!r} has no {name}, so its URL is not known; fetch it from its list")
    return value
