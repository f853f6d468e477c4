"""A resource as it is read: its fields, where it is, and how an answer comes into it."""

from __future__ import annotations

from collections.abc import Container
from itertools import compress
from operator import ne
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar, overload

import msgspec
from msgspec.structs import astuple, force_setattr

from ..completion import Callback, Operation
from ..errors import InvalidArgument
from ..wire import Reply, Request
from .binding import Bound, bound_of, decode_instance, linked, read_instance
from .context import Context
from .decoding import Moment, fields_of, parse_document, split_object
from .lateness import Verdict, compare

if TYPE_CHECKING:
    from .workspace import WorkspaceInstance

__all__ = ["ReadOnlyInstance", "require"]

R = TypeVar("R", bound="ReadOnlyInstance")
_NONE: Final[frozenset[str]] = frozenset()


class ReadOnlyInstance(msgspec.Struct, kw_only=True, dict=True, eq=False):
    """Base of all resources.

    Fields are TaskRouter's own, in snake_case; moments are aware datetimes, JSON documents are parsed,
    statuses stay open strings. A field that is null, or was not sent yet, is None. What the service
    sends beyond these fields is in :attr:`extra`. Fields cannot be assigned to: they are the service's
    (Q56). Two objects are equal only if they are the same object.
    """

    prefix: ClassVar[str]
    """Prefix of its SIDs."""
    path: ClassVar[str]
    """Its part of the URL under the workspace's."""
    updatable: ClassVar[frozenset[str]] = frozenset()
    """Parameters that ``update`` takes, by TaskRouter's names (wire-protocol 7.5)."""
    versioned: ClassVar[bool] = False
    """Whether the service keeps a version of it, so that ``if_match`` works (rest-api 1.3)."""
    shown: ClassVar[str] = "friendly_name"
    """The field that ``repr`` shows besides the SID; never a person's."""

    sid: str = ""
    account_sid: str | None = None
    workspace_sid: str | None = None
    date_created: Moment = None
    date_updated: Moment = None

    def __repr__(self) -> str:
        shown = getattr(self, self.shown, None)
        return f"<{type(self).__name__} {self.sid}{f' {shown!r}' if shown else ''}>"

    if not TYPE_CHECKING:  # a type checker would take it for leave to set anything

        def __setattr__(self, name: str, value: object) -> None:
            if name in self.__struct_fields__:
                raise AttributeError(
                    f"{name} is the service's: change it with update({name}=...); it follows the answer"
                )
            super().__setattr__(name, value)

    # -- where it is -------------------------------------------------------------------------------

    @property
    def _bound(self) -> Bound:
        return bound_of(self)

    @property
    def _context(self) -> Context:
        return self._bound.context

    @property
    def resource_url(self) -> str:
        """Its REST URL.

        Raises:
            InvalidArgument: The SID of what it is a part of is not known.
        """
        return f"{self._context.workspace_url}/{self.path}/{require(self.sid, 'sid', self)}"

    @property
    def workspace(self) -> WorkspaceInstance | None:
        """The workspace it is in; its fields come with ``fetch()``."""
        from .workspace import WorkspaceInstance

        return self._linked(WorkspaceInstance, "workspace_sid")

    @property
    def extra(self) -> dict[str, Any]:
        """What was last sent beyond the fields known here, or not as they are: by TaskRouter's names.

        Without ``url`` and ``links``, which the SIDs already tell.
        """
        odd: frozenset[str] = vars(self).get("_odd", frozenset())
        fields = {field.sent_as for field in fields_of(type(self))}
        known = (fields | {"url", "links"}) - odd
        return {name: value for name, value in self._bound.sent(self.sid).items() if name not in known}

    @property
    def etag(self) -> str | None:
        """Its version, if the last answer told it; what ``if_match`` compares (rest-api 1.3)."""
        return vars(self).get("_etag")

    # -- what can be done --------------------------------------------------------------------------

    @overload
    def fetch(self, /) -> Operation[Self]: ...
    @overload
    def fetch(self, callback: Callback[Self], /) -> None: ...
    def fetch(self, callback: Callback[Any] | None = None, /) -> Operation[Self] | None:
        """Read it again; this object changes in place and is the result.

        Raises:
            NotFound: It does not exist (any more).
        """
        return self._context.start(self._read(self.resource_url), callback)

    def update_token(self, token: str) -> None:
        """The client's ``update_token``: there is one token for all it has handed out (Q9)."""
        self._context.update_token(token)

    async def _read(self, url: str) -> Self:
        before = self.__dict__.get("_bound")
        reply = await self._context.send(Request("GET", url))
        if self._judge(reply, before) is not Verdict.TAKE:  # it was overtaken: once more
            before = self.__dict__.get("_bound")
            reply = await self._context.send(Request("GET", url))
            if self._judge(reply, before) is Verdict.DROP:
                return self
        return self._absorb(reply)

    # -- how answers come in -----------------------------------------------------------------------

    def _judge(self, reply: Reply, before: Bound | None) -> Verdict:
        """Whether an answer is older than what was taken over since ``before`` was what this was bound to."""
        if self.__dict__.get("_bound") is before:
            return Verdict.TAKE
        other = decode_instance(type(self), reply.payload, self._context)
        if not isinstance(other, type(self)) or other.sid != self.sid:
            return Verdict.TAKE
        return compare(self, other, reply.etag, {field.name: field.default for field in fields_of(type(self))})

    def _absorb(self, reply: Reply) -> Self:
        """Take over the answer's fields; an answer that is something else is handed on as it is (5.9)."""
        other = decode_instance(type(self), reply.payload, self._context)
        if not isinstance(other, type(self)):
            return other  # type: ignore[return-value]
        if self.sid and other.sid != self.sid:
            vars(self).clear()  # it became another: nothing of the old one may stay
            self._take_over(other, None)
        else:
            self._take_over(other, reply.payload)
        vars(self)["_etag"] = reply.etag
        return self

    # Reservations need the event's name.
    def _merge(self, raw: msgspec.Raw, event: str | None, read: Self | None) -> None:  # noqa: ARG002
        other = read_instance(type(self), raw, self._context) if read is None else read
        self._check_same(other)
        self._take_over(other, raw)

    def _check_same(self, other: ReadOnlyInstance) -> None:
        if other.sid and self.sid and other.sid != self.sid:
            raise InvalidArgument(f"{self!r} cannot take over what belongs to {other.sid}")

    def _take_over(self, other: Self, raw: msgspec.Raw | None) -> None:
        """Take the fields that were sent, and those that were made of what was sent; not the odd ones.

        Args:
            other: What was sent, as an object.
            raw: What was sent, to tell a null from nothing; None if nothing of this one is to stay.
        """
        mine, theirs = self.__dict__, other.__dict__
        odd = theirs.get("_odd", _NONE)
        members: Container[str] | None = None
        fields, news = fields_of(type(self)), astuple(other)
        # Mostly all fields were sent, few are others than before, and none became null. Then this takes 0.15 x the
        # time of a loop over all fields and of taking the JSON apart to look for their names.
        for at in compress(range(len(news)), map(ne, astuple(self), news)):
            field, new = fields[at], news[at]
            if field.sent_as in odd:
                continue
            if raw is not None and new == field.default:
                members = split_object(raw) if members is None else members
                if field.sent_as not in members:
                    continue
            force_setattr(self, field.name, new)
        mine["_bound"] = theirs["_bound"]
        mine["_odd"] = odd
        mine.pop("_etag", None)

    def _complete(self, raw: msgspec.Raw) -> None:
        """Fill in what this object knows under other names or in other places (wire-protocol 7.1)."""

    def _document(self, name: str, raw: msgspec.Raw) -> Any:
        """A JSON document among the fields, parsed when first asked for."""
        documents: dict[str, tuple[msgspec.Raw, Any]] | None = self.__dict__.get("_documents")
        known = documents.get(name) if documents else None
        if known is None or known[0] is not raw:
            known = self.__dict__.setdefault("_documents", {})[name] = (raw, parse_document(raw))
        return known[1]

    def _linked(self, cls: type[R], field: str) -> R | None:
        """The resource a foreign key points to."""
        return linked(self, cls, field)


def require(value: str | None, name: str, of: ReadOnlyInstance) -> str:
    """A field that a URL needs.

    Raises:
        InvalidArgument: It is not known; fetching the resource from its list would bring it.
    """
    if not value:
        raise InvalidArgument(f"{of!r} has no {name}, so its URL is not known; fetch it from its list")
    return value
