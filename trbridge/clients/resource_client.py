"""A client that is a resource itself: its properties, and fetch, update and delete on it (wire-protocol 5.2)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast, overload

import msgspec

from ..completion import Callback, Operation
from ..errors import TaskRouterError
from ..events import RECONCILE
from ..resources.arguments import read_instance_update
from ..resources.binding import Bound, bind
from ..resources.decoding import NULL
from ..resources.instance import InstanceResource, ReadOnlyInstance, merge
from ..resources.registry import materialize_event
from .base import Client
from .drift import SILENT, Watch
from .freshness import is_older

if TYPE_CHECKING:
    from ..claims import UnverifiedClaims
    from ..resources.context import Context
    from ..wire import Params, Reply

__all__ = ["ResourceClient"]

R = TypeVar("R", bound=InstanceResource)


class ResourceClient(Client, Generic[R]):
    """Base of the clients: each is the resource that its channel belongs to."""

    resource_class: ClassVar[type[InstanceResource]]
    """Class of that resource."""
    watched: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Events that a comparison may tell, to the properties they tell of."""

    _known: R | None = None

    @property
    def resource(self) -> R:
        """What this client is, as a resource like any other.

        Raises:
            NotReady: The token provider was not asked yet.
        """
        self._context  # noqa: B018 - raises NotReady with the way out
        return cast("R", self._known)

    @property
    def ready_url(self) -> str:
        """REST URL of what this client is."""
        return self.resource.resource_url

    @overload
    def fetch(self) -> Operation[R]: ...
    @overload
    def fetch(self, callback: Callback[R], /) -> None: ...
    def fetch(self, callback: Callback[Any] | None = None, /) -> Operation[R] | None:  # type: ignore[misc]
        """Read the properties again; they change in place.

        Returns:
            The resource that this client is, as in v1, where it is an entity of its own.
        """
        return self._context.start(self._fetch(), callback)

    @overload
    def update(self, name: str, value: Any, /) -> Operation[R]: ...
    @overload
    def update(self, name: str, value: Any, callback: Callback[R], /) -> None: ...
    @overload
    def update(self, params: Params | None = None, /, **parameters: Any) -> Operation[R]: ...
    @overload
    def update(self, params: Params, callback: Callback[R], /, **parameters: Any) -> None: ...
    @overload
    def update(self, callback: Callback[R], /, **parameters: Any) -> None: ...
    def update(self, *args: Any, **parameters: Any) -> Operation[R] | None:  # type: ignore[misc]
        """Update one or several properties; they change in place, and :attr:`resource` is the result.

        Examples::

            await workspace.update("EventCallbackUrl", "https://example.com/events")
            await workspace.update(friendly_name="Support", prioritize_queue_order="LIFO")

        Raises:
            InvalidArgument: Nothing to update, or a keyword is no parameter of this resource.
            BadRequest: The service refuses a value.
        """
        call = read_instance_update(args, parameters, sid=self.resource.sid, known=self.resource.updatable)
        return self._context.start(self._update(call.params), call.callback)

    @overload
    def delete(self) -> Operation[None]: ...
    @overload
    def delete(self, callback: Callback[None], /) -> None: ...
    def delete(self, callback: Callback[Any] | None = None, /) -> Operation[None] | None:  # type: ignore[misc]
        """Delete it, with everything that belongs to it."""
        return self._context.start(self.resource._remove(self.ready_url, None), callback)

    async def _fetch(self) -> R:
        return await self.resource._read(self.ready_url)

    async def _update(self, params: dict[str, str | list[str]] | None) -> R:
        resource = await self.resource._post(self.ready_url, params)
        if self.kind != "worker":  # whose socket tells of it; to others it need not be told, they did it
            self._watch.note(self.resource)
        return resource

    # -- what the service says, and nobody was told --------------------------------------------------

    def absorb_ready(self, reply: Reply) -> None:
        """Take over the properties that the ready request brought."""
        self.resource._absorb(reply)

    async def catch_up(self) -> None:
        """Tell what changed while the client was away."""
        self.tell_drift(self._watch, self.resource)

    async def compare(self) -> None:
        """Read the properties again, and tell what changed; a failure is reported, there is a next time."""
        try:
            await self._fetch()
        except TaskRouterError as error:
            self.emitter.report(error)
        else:
            self.tell_drift(self._watch, self.resource)

    def receive(self, name: str, payload: msgspec.Raw) -> None:
        """Publish an event of the socket; one about this client's own resource changes that."""
        if name in self._watch and not self._hear(name, payload):
            self._stats.duplicates += 1
            return
        super().receive(name, payload)

    def _hear(self, name: str, payload: msgspec.Raw) -> bool:
        value = materialize_event(name, payload, self._context)
        if not isinstance(value, self.resource_class) or value.sid != self.resource.sid:
            return True
        late = is_older(value, self.resource)
        return self._watch.hear(name, self.resource if late else merge(self.resource, payload), late=late)

    def tell_drift(self, watch: Watch, resource: ReadOnlyInstance) -> None:
        """Tell what handlers have not heard of a resource that was just read."""
        for event in watch.find(resource):
            self.found_out()
            if event != SILENT:
                self.emitter.publish(event, resource, origin=RECONCILE)

    @functools.cached_property
    def _watch(self) -> Watch:
        return Watch(self.watched)

    def _make_resource(self, context: Context, claims: UnverifiedClaims) -> R:
        return cast("R", bind(self.resource_class(sid=claims.channel_sid), Bound(context, NULL)))
